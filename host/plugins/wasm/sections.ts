import { WASM_LIMITS } from "./limits.js";
import {
  type Export,
  type ExternalKind,
  externalKinds,
  type FunctionType,
  type Global,
  type Import,
  type Memory,
  type Range,
  SectionId,
} from "./module.js";
import { FUNCREF, foreignInstruction, Op, ValueType } from "./opcodes.js";
import type { Reader } from "./reader.js";
import { WasmError } from "./wasmError.js";

/** What the sections read so far have told. */
export interface Draft {
  types: FunctionType[];
  imports: Import[];
  functions: number[];
  importedFunctions: number;
  globals: Global[];
  memories: Memory[];
  tables: number;
  exports: Export[];
  start: number | undefined;
  bodies: Range[];
}

export function emptyDraft(): Draft {
  return {
    types: [],
    imports: [],
    functions: [],
    importedFunctions: 0,
    globals: [],
    memories: [],
    tables: 0,
    exports: [],
    start: undefined,
    bodies: [],
  };
}

/** Reads the content of section `id` into `draft`. */
export function readSection(id: number, reader: Reader, draft: Draft): void {
  readers[id]?.(reader, draft);
}

const readers: Readonly<Record<number, (reader: Reader, draft: Draft) => void>> = {
  [SectionId.type]: readTypes,
  [SectionId.import]: readImports,
  [SectionId.function]: readFunctions,
  [SectionId.table]: readTables,
  [SectionId.memory]: readMemories,
  [SectionId.global]: readGlobals,
  [SectionId.export]: readExports,
  [SectionId.start]: (reader, draft) => {
    draft.start = readFunctionIndex(reader, draft, "the start function");
  },
  [SectionId.element]: readElements,
  [SectionId.dataCount]: (reader) => {
    reader.count("data segments", WASM_LIMITS.segments);
  },
  [SectionId.code]: readBodies,
  [SectionId.data]: readData,
};

function readTypes(reader: Reader, draft: Draft): void {
  const count = reader.count("types", WASM_LIMITS.types);
  for (let index = 0; index < count; index++) {
    const at = reader.at;
    const form = reader.byte("a type");
    if (form !== 0x60) {
      throw new WasmError(`type ${index} is not a function type (0x${form.toString(16)})`, at);
    }
    draft.types.push({
      parameters: readValueTypes(reader, "parameters", WASM_LIMITS.parameters),
      results: readValueTypes(reader, "results", WASM_LIMITS.results),
    });
  }
}

function readValueTypes(reader: Reader, what: string, limit: number): number[] {
  const count = reader.count(what, limit);
  const types: number[] = [];
  for (let index = 0; index < count; index++) types.push(readValueType(reader));
  return types;
}

export function readValueType(reader: Reader): number {
  const at = reader.at;
  const type = reader.byte("a value type");
  if (type >= ValueType.f64 && type <= ValueType.i32) return type;
  if (type === 0x7b) throw new WasmError("the module uses SIMD vectors (v128)", at);
  if (type >= 0x63 && type <= 0x74) throw new WasmError("the module uses reference types", at);
  throw new WasmError(`0x${type.toString(16)} is not a value type`, at);
}

function readImports(reader: Reader, draft: Draft): void {
  const count = reader.count("imports", WASM_LIMITS.imports);
  for (let index = 0; index < count; index++) {
    const module = reader.name("the module name of an import", WASM_LIMITS.nameBytes);
    const name = reader.name("the name of an import", WASM_LIMITS.nameBytes);
    const kind = readKind(reader, `import ${module}.${name}`);
    let type = -1;
    if (kind === "function") {
      type = readTypeIndex(reader, draft);
      draft.functions.push(type);
      draft.importedFunctions++;
    } else if (kind === "table") {
      readTableType(reader, draft);
    } else if (kind === "memory") {
      draft.memories.push(readMemoryType(reader, true));
    } else {
      draft.globals.push(readGlobalType(reader));
    }
    draft.imports.push({ module, name, kind, type });
  }
}

function readKind(reader: Reader, what: string): ExternalKind {
  const at = reader.at;
  const kind = reader.byte(what);
  const known = externalKinds[kind];
  if (known === undefined) {
    throw new WasmError(`${what} is of the unknown kind ${kind}`, at);
  }
  return known;
}

function readTypeIndex(reader: Reader, draft: Draft): number {
  const at = reader.at;
  const type = reader.u32("a type index");
  if (type >= draft.types.length) throw new WasmError(`there is no type ${type}`, at);
  return type;
}

function readFunctions(reader: Reader, draft: Draft): void {
  const count = reader.count("functions", WASM_LIMITS.functions);
  for (let index = 0; index < count; index++) draft.functions.push(readTypeIndex(reader, draft));
}

function readTables(reader: Reader, draft: Draft): void {
  const count = reader.count("tables", 1);
  for (let index = 0; index < count; index++) readTableType(reader, draft);
}

function readTableType(reader: Reader, draft: Draft): void {
  const at = reader.at;
  if (reader.byte("the type of a table") !== FUNCREF) {
    throw new WasmError("the module has a table that does not hold functions", at);
  }
  const { minimum } = readLimits(reader, "table");
  if (minimum > WASM_LIMITS.tableElements) {
    throw new WasmError(
      `the module's table has ${minimum} elements, more than the ${WASM_LIMITS.tableElements} allowed`,
      at,
    );
  }
  if (++draft.tables > 1) throw new WasmError("the module has more than one table", at);
}

function readMemories(reader: Reader, draft: Draft): void {
  const at = reader.at;
  const count = reader.count("memories", 1);
  for (let index = 0; index < count; index++) draft.memories.push(readMemoryType(reader, false));
  if (draft.memories.length > 1) throw new WasmError("the module has more than one memory", at);
}

function readMemoryType(reader: Reader, imported: boolean): Memory {
  return { ...readLimits(reader, "memory"), imported };
}

function readLimits(reader: Reader, what: string) {
  const at = reader.at;
  const flags = reader.byte(`the limits of a ${what}`);
  if (flags === 2 || flags === 3) throw new WasmError(`the module has a shared ${what}`, at);
  if (flags > 3) throw new WasmError(`the module has a 64-bit ${what}`, at);
  const minimum = reader.u32(`the size of a ${what}`);
  const maximum = flags === 1 ? reader.u32(`the maximum of a ${what}`) : undefined;
  return { minimum, maximum };
}

function readGlobals(reader: Reader, draft: Draft): void {
  const count = reader.count("globals", WASM_LIMITS.globals);
  for (let index = 0; index < count; index++) {
    const global = readGlobalType(reader);
    readConstant(reader, draft);
    draft.globals.push(global);
  }
}

function readGlobalType(reader: Reader): Global {
  const type = readValueType(reader);
  const at = reader.at;
  const mutable = reader.byte("the mutability of a global");
  if (mutable > 1) throw new WasmError("a global is neither constant nor variable", at);
  return { type, mutable: mutable === 1 };
}

/** An initialiser: one constant, or the value of a global before it. */
function readConstant(reader: Reader, draft: Draft): void {
  const at = reader.at;
  const opcode = reader.byte("an initialiser");
  if (opcode === Op.i32Const) reader.skipLeb("a constant", 32);
  else if (opcode === Op.i64Const) reader.skipLeb("a constant", 64);
  else if (opcode === Op.f32Const) reader.skip(4, "a constant");
  else if (opcode === Op.f64Const) reader.skip(8, "a constant");
  else if (opcode === Op.globalGet) {
    const global = reader.u32("a global index");
    if (global >= draft.globals.length) throw new WasmError(`there is no global ${global}`, at);
  } else if (opcode >= 0xd0) {
    throw new WasmError(`an initialiser has ${foreignInstruction(opcode)}`, at);
  } else {
    throw new WasmError(`an initialiser begins with 0x${opcode.toString(16)}, no constant`, at);
  }
  const endAt = reader.at;
  if (reader.byte("the end of an initialiser") !== Op.end) {
    throw new WasmError("an initialiser is more than one constant", endAt);
  }
}

function readExports(reader: Reader, draft: Draft): void {
  const count = reader.count("exports", WASM_LIMITS.exports);
  for (let position = 0; position < count; position++) {
    const name = reader.name("the name of an export", WASM_LIMITS.nameBytes);
    const kind = readKind(reader, `export ${name}`);
    const at = reader.at;
    const index = reader.u32(`the index of export ${name}`);
    const counts = {
      function: draft.functions.length,
      table: draft.tables,
      memory: draft.memories.length,
      global: draft.globals.length,
    };
    if (index >= counts[kind]) {
      throw new WasmError(`export ${name} names ${kind} ${index}, which is not there`, at);
    }
    draft.exports.push({ name, kind, index });
  }
}

function readFunctionIndex(reader: Reader, draft: Draft, what: string): number {
  const at = reader.at;
  const index = reader.u32(what);
  if (index >= draft.functions.length) {
    throw new WasmError(`${what} is function ${index}, which is not there`, at);
  }
  return index;
}

function readElements(reader: Reader, draft: Draft): void {
  const count = reader.count("element segments", WASM_LIMITS.segments);
  let elements = 0;
  for (let index = 0; index < count; index++) {
    const at = reader.at;
    const kind = reader.u32("the kind of an element segment");
    if (kind !== 0) throw new WasmError(`element segment ${index} is of the kind ${kind}`, at);
    if (draft.tables === 0) throw new WasmError("there is no table for the element segments", at);
    readConstant(reader, draft);
    const size = reader.count("table elements", WASM_LIMITS.tableElements - elements);
    elements += size;
    for (let n = 0; n < size; n++) readFunctionIndex(reader, draft, "a table element");
  }
}

function readBodies(reader: Reader, draft: Draft): void {
  const count = reader.count("function bodies", WASM_LIMITS.functions);
  for (let index = 0; index < count; index++) {
    const size = reader.u32("the size of a function");
    const start = reader.at;
    reader.skip(size, `the code of function ${draft.importedFunctions + index}`);
    draft.bodies.push({ start, end: reader.at });
  }
}

function readData(reader: Reader, draft: Draft): void {
  const count = reader.count("data segments", WASM_LIMITS.segments);
  for (let index = 0; index < count; index++) {
    const at = reader.at;
    const kind = reader.u32("the kind of a data segment");
    if (kind > 1) throw new WasmError(`data segment ${index} is of the kind ${kind}`, at);
    if (kind === 0) {
      if (draft.memories.length === 0) {
        throw new WasmError("there is no memory for the data segments", at);
      }
      readConstant(reader, draft);
    }
    reader.skip(reader.u32("the size of a data segment"), `data segment ${index}`);
  }
}
