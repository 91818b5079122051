import { PAGE_BYTES } from "./limits.js";
import { Meter } from "./meter.js";
import { type CustomSection, type Range, SectionId, type WasmModule } from "./module.js";
import { ValueType } from "./opcodes.js";
import { WasmError } from "./wasmError.js";
import { Writer } from "./writer.js";

/** What the host finds in a rewritten module besides its own exports. */
export const PrivateExport = {
  /** A mutable 64-bit global: fuel that is left; negative once the module ran out of it. */
  fuel: "guidestar.fuel",
  /** The start function, if the module has one. The host calls it, with fuel, before all else. */
  start: "guidestar.start",
} as const;

export interface RewriteOptions {
  /** Most memory the module may have, a multiple of 64 KiB. */
  readonly memoryBytes: number;
  /** See `Meter`; default true. */
  readonly registers?: boolean;
}

/**
 * Makes a module countable and bounded: it burns fuel as it runs (see `Meter`), its memory cannot
 * outgrow the limit, and nothing of it runs before the host has given it fuel. Whatever is added
 * stands behind what was there, so no index changes. Of custom sections only the names stay.
 *
 * The module must be valid (`WebAssembly.validate`): code that names a global that is not there could
 * else reach the one that is added.
 */
export function rewrite(module: WasmModule, options: RewriteOptions): Uint8Array {
  for (const name of Object.values(PrivateExport)) {
    if (module.exports.some((e) => e.name === name)) {
      throw new WasmError(`the module exports ${name}, a name that belongs to the host`, 0);
    }
  }
  const meter = new Meter(module, module.globals.length, options.registers);
  const code = module.bodies.map((_, position) => meter.rewrite(position));
  code.push(...meter.helpers.map((instruction) => meter.helper(instruction)));

  const out = new Writer(module.bytes.length * 2);
  out.raw(module.bytes.subarray(0, 8));
  const copy = (id: number) => {
    const section = module.sections.get(id);
    if (section) out.section(id, module.bytes.subarray(section.start, section.end));
  };
  const helpers = meter.helpers.length;
  out.section(SectionId.type, withTypes(module, helpers));
  copy(SectionId.import);
  out.section(SectionId.function, withHelpers(module, helpers));
  copy(SectionId.table);
  if (module.sections.has(SectionId.memory)) {
    out.section(SectionId.memory, boundedMemory(module, options));
  }
  out.section(SectionId.global, withFuel(module));
  out.section(SectionId.export, withPrivateExports(module));
  copy(SectionId.element);
  copy(SectionId.dataCount);
  out.section(SectionId.code, codeSection(code));
  copy(SectionId.data);
  for (const custom of module.custom) if (custom.name === "name") copyCustom(module, custom, out);
  return out.bytes.slice();
}

/** The type section, and the type of the helpers: three 32-bit operands, nothing back. */
function withTypes(module: WasmModule, helpers: number): Uint8Array {
  const { out, rest } = appended(module, SectionId.type, module.types.length, helpers > 0 ? 1 : 0);
  out.raw(rest);
  if (helpers > 0) {
    out.raw([0x60, 3, ValueType.i32, ValueType.i32, ValueType.i32, 0]);
  }
  return out.bytes;
}

function withHelpers(module: WasmModule, helpers: number): Uint8Array {
  const { out, rest } = appended(module, SectionId.function, module.bodies.length, helpers);
  out.raw(rest);
  for (let n = 0; n < helpers; n++) out.u32(module.types.length);
  return out.bytes;
}

function boundedMemory(module: WasmModule, options: RewriteOptions): Uint8Array {
  const limit = Math.floor(options.memoryBytes / PAGE_BYTES);
  const out = new Writer(16);
  const own = module.memories.filter((memory) => !memory.imported);
  out.u32(own.length);
  for (const { minimum, maximum } of own) {
    if (minimum > limit) {
      throw new WasmError(
        `the module asks for ${minimum * PAGE_BYTES} bytes of memory at start, more than the ${options.memoryBytes} allowed`,
        module.sections.get(SectionId.memory)?.start ?? 0,
      );
    }
    out
      .byte(1)
      .u32(minimum)
      .u32(Math.min(maximum ?? limit, limit));
  }
  return out.bytes;
}

function withFuel(module: WasmModule): Uint8Array {
  const own = module.globals.length - module.imports.filter((i) => i.kind === "global").length;
  const { out, rest } = appended(module, SectionId.global, own, 1);
  out.raw(rest);
  // i64, mutable, i64.const 0, end
  return out.raw([ValueType.i64, 1, 0x42, 0, 0x0b]).bytes;
}

function withPrivateExports(module: WasmModule): Uint8Array {
  const added = module.start === undefined ? 1 : 2;
  const { out, rest } = appended(module, SectionId.export, module.exports.length, added);
  out.raw(rest);
  out.name(PrivateExport.fuel).byte(3).u32(module.globals.length);
  if (module.start !== undefined) out.name(PrivateExport.start).byte(0).u32(module.start);
  return out.bytes;
}

function codeSection(code: readonly Uint8Array[]): Uint8Array {
  const out = new Writer(code.reduce((sum, body) => sum + body.length + 5, 5));
  out.u32(code.length);
  for (const body of code) out.u32(body.length).raw(body);
  return out.bytes;
}

/** A section's content with a new count; `rest` is what stood behind the old one. */
function appended(module: WasmModule, id: number, count: number, added: number) {
  const section: Range | undefined = module.sections.get(id);
  const out = new Writer((section ? section.end - section.start : 0) + 64);
  out.u32(count + added);
  if (!section) return { out, rest: new Uint8Array() };
  let at = section.start;
  while ((module.bytes[at] as number) >= 0x80) at++;
  return { out, rest: module.bytes.subarray(at + 1, section.end) };
}

function copyCustom(module: WasmModule, section: CustomSection, out: Writer): void {
  const content = new Writer(section.end - section.start + section.name.length + 8);
  content.name(section.name).raw(module.bytes.subarray(section.start, section.end));
  out.section(SectionId.custom, content.bytes);
}
