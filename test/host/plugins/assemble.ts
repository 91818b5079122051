/** A small assembler: makes modules byte by byte, good and bad ones. */
import { MANIFEST_SECTION } from "../../../host/plugins/manifest.js";
import { Writer } from "../../../host/plugins/wasm/writer.js";

export const I32 = 0x7f;
export const I64 = 0x7e;

export interface FunctionSource {
  readonly name?: string;
  readonly parameters?: readonly number[];
  readonly results?: readonly number[];
  /** How many 32-bit locals it has. */
  readonly locals?: number;
  /** Instructions, without the last end. */
  readonly code: readonly number[];
}

export interface ModuleSource {
  readonly imports?: readonly {
    readonly module: string;
    readonly name: string;
    readonly parameters?: readonly number[];
    readonly results?: readonly number[];
  }[];
  readonly functions: readonly FunctionSource[];
  /** Pages: at start, and at most. */
  readonly memory?: readonly [number, number?] | "none" | "private";
  /** Mutable 32-bit globals. */
  readonly globals?: number;
  /** Index of the start function. */
  readonly start?: number;
  readonly data?: { readonly at: number; readonly bytes: Uint8Array };
  /** Null: no manifest. */
  readonly manifest?: string | null;
  /** Behind everything else. */
  readonly tail?: readonly number[];
}

export function assemble(source: ModuleSource): Uint8Array {
  const out = new Writer();
  out.raw([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const imports = source.imports ?? [];
  const all = [...imports, ...source.functions];
  const types = new Writer().u32(all.length);
  for (const { parameters = [], results = [] } of all) {
    types.byte(0x60).u32(parameters.length).raw(parameters).u32(results.length).raw(results);
  }
  out.section(1, types.bytes);
  if (imports.length > 0) {
    const section = new Writer().u32(imports.length);
    imports.forEach(({ module, name }, n) => {
      section.name(module).name(name).byte(0).u32(n);
    });
    out.section(2, section.bytes);
  }
  const functions = new Writer().u32(source.functions.length);
  source.functions.forEach((_, n) => {
    functions.u32(imports.length + n);
  });
  out.section(3, functions.bytes);
  const memory = source.memory ?? [2];
  if (memory !== "none") {
    const [minimum, maximum] = memory === "private" ? [2] : memory;
    const section = new Writer()
      .u32(1)
      .byte(maximum === undefined ? 0 : 1)
      .u32(minimum);
    if (maximum !== undefined) section.u32(maximum);
    out.section(5, section.bytes);
  }
  if (source.globals) {
    const section = new Writer().u32(source.globals);
    for (let n = 0; n < source.globals; n++) section.raw([I32, 1, 0x41, 0, 0x0b]);
    out.section(6, section.bytes);
  }
  out.section(7, exportSection(source, imports.length, Array.isArray(memory)));
  if (source.start !== undefined) out.section(8, new Writer().u32(source.start).bytes);
  const code = new Writer().u32(source.functions.length);
  for (const { locals = 0, code: instructions } of source.functions) {
    const body = new Writer();
    if (locals > 0) body.u32(1).u32(locals).byte(I32);
    else body.u32(0);
    body.raw(instructions).byte(0x0b);
    code.u32(body.length).raw(body.bytes);
  }
  out.section(10, code.bytes);
  if (source.data) {
    const section = new Writer()
      .u32(1)
      .u32(0)
      .raw([0x41, ...sleb(source.data.at), 0x0b]);
    section.u32(source.data.bytes.length).raw(source.data.bytes);
    out.section(11, section.bytes);
  }
  if (source.manifest !== null)
    out.raw(customSection(MANIFEST_SECTION, source.manifest ?? manifest));
  return out.raw(source.tail ?? []).bytes.slice();
}

const manifest = JSON.stringify({ name: "handmade", version: "1.0.0", description: "" });

export function customSection(name: string, text: string): Uint8Array {
  const content = new Writer().name(name).raw(new TextEncoder().encode(text));
  return new Writer().section(0, content.bytes).bytes.slice();
}

function exportSection(source: ModuleSource, imported: number, memory: boolean): Uint8Array {
  const named = source.functions.flatMap(({ name }, n) => (name ? [{ name, n }] : []));
  const section = new Writer().u32(named.length + (memory ? 1 : 0));
  for (const { name, n } of named) {
    section
      .name(name)
      .byte(0)
      .u32(imported + n);
  }
  if (memory) section.name("memory").byte(2).u32(0);
  return section.bytes;
}

/** Signed LEB128 of 32 bits, for the operand of i32.const. */
export function sleb(value: number): number[] {
  return [...new Writer().s64(BigInt(value | 0)).bytes];
}

/** Where handmade plugins have the host put batches: behind the first page. */
export const BLOCK = 65_536;

/** Instructions of gs_process_batch that keep every event: memory.fill of the verdicts with 0. */
export const KEEP_ALL = [
  ...[0x20, 0, 0x20, 0, 0x28, 2, 36, 0x6a],
  ...[0x41, 0],
  ...[0x20, 0, 0x28, 2, 12],
  ...[0xfc, 11, 0],
];

/** Instructions that set the header field at `offset` of the batch. */
export function setField(offset: number, value: number): number[] {
  return [0x20, 0, 0x41, ...sleb(value), 0x36, 2, ...new Writer().u32(offset).bytes];
}

/** Instructions that set a 32-bit field of the output area. */
export function setOutput(offset: number, value: number): number[] {
  const address = [0x20, 0, 0x20, 0, 0x28, 2, 40, 0x6a];
  return [...address, 0x41, ...sleb(value), 0x36, 2, ...new Writer().u32(offset).bytes];
}

/** A plugin whose gs_process_batch is `code`; it must leave its result on the stack. */
export function plugin(code: readonly number[], more: Partial<ModuleSource> = {}): Uint8Array {
  const extra = more.functions ?? [];
  return assemble({
    memory: [64],
    ...more,
    functions: [
      { name: "gs_abi", results: [I32], code: [0x41, 1] },
      { name: "gs_allocate", parameters: [I32], results: [I32], code: [0x41, ...sleb(BLOCK)] },
      { name: "gs_process_batch", parameters: [I32], results: [I32], locals: 4, code },
      ...extra,
    ],
  });
}
