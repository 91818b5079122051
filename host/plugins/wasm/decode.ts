import { WASM_LIMITS } from "./limits.js";
import {
  type CustomSection,
  type Range,
  SectionId,
  sectionNames,
  sectionOrder,
  type WasmModule,
} from "./module.js";
import { Reader } from "./reader.js";
import { type Draft, emptyDraft, readSection } from "./sections.js";
import { WasmError } from "./wasmError.js";

const MAGIC = 0x6d736100;
const VERSION = 1;
const COMPONENT_VERSION = 0x1000d;

/**
 * Decodes a module, strictly: what it does not know, it refuses, with a `WasmError` that says what and
 * where. It does not check types inside functions; V8 does that.
 */
export function decode(bytes: Uint8Array): WasmModule {
  checkHeader(bytes);
  const reader = new Reader(bytes, 8);
  const sections = new Map<number, Range>();
  const custom: CustomSection[] = [];
  const draft = emptyDraft();
  let place = -1;
  while (!reader.done) {
    const at = reader.at;
    const id = reader.byte("a section number");
    const size = reader.u32("the size of a section");
    const start = reader.at;
    reader.skip(size, `section ${sectionNames[id] ?? id}`);
    const content = new Reader(bytes, start, reader.at);
    if (id === SectionId.custom) {
      custom.push(readCustom(content, custom.length, at));
      continue;
    }
    place = nextPlace(id, place, at);
    sections.set(id, { start, end: reader.at });
    readSection(id, content, draft);
    if (!content.done) {
      throw new WasmError(`section ${sectionNames[id]} goes on behind its content`, content.at);
    }
  }
  checkCodeIsThere(draft, bytes.length);
  return { bytes, sections, custom, ...draft };
}

function checkHeader(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new WasmError("the file is empty", 0);
  if (bytes.length < 8) throw new WasmError("the file ends inside the 8-byte header", bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  if (view.getUint32(0, true) !== MAGIC) {
    throw new WasmError("the file does not begin with the bytes 00 61 73 6d", 0);
  }
  const version = view.getUint32(4, true);
  if (version === VERSION) return;
  if (version === COMPONENT_VERSION) {
    throw new WasmError("the file is a component of the component model, not a core module", 4);
  }
  throw new WasmError(`the file has WebAssembly version ${version}, not 1`, 4);
}

/** Sections come in a fixed order, each at most once. */
function nextPlace(id: number, place: number, at: number): number {
  const next = sectionOrder.indexOf(id);
  if (id === 13) throw new WasmError("the module has exception tags", at);
  if (next < 0) throw new WasmError(`the module has a section of the unknown number ${id}`, at);
  if (next === place) throw new WasmError(`the module has section ${sectionNames[id]} twice`, at);
  if (next < place) throw new WasmError(`section ${sectionNames[id]} is out of order`, at);
  return next;
}

function readCustom(content: Reader, known: number, at: number): CustomSection {
  if (known >= WASM_LIMITS.customSections) {
    throw new WasmError(
      `the module has more than ${WASM_LIMITS.customSections} custom sections`,
      at,
    );
  }
  const name = content.name("the name of a custom section", WASM_LIMITS.nameBytes);
  return { name, start: content.at, end: content.end };
}

function checkCodeIsThere(draft: Draft, end: number): void {
  const declared = draft.functions.length - draft.importedFunctions;
  if (declared !== draft.bodies.length) {
    throw new WasmError(
      `the module declares ${declared} functions, but has code for ${draft.bodies.length}`,
      end,
    );
  }
}
