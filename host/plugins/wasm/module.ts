/** A decoded module: where things are in its bytes, and what the host needs to know of them. */
export interface WasmModule {
  readonly bytes: Uint8Array;
  /** In the order of the file; custom sections are in `custom`. */
  readonly sections: ReadonlyMap<number, Range>;
  readonly custom: readonly CustomSection[];
  readonly types: readonly FunctionType[];
  readonly imports: readonly Import[];
  /** Type index of every function, imported ones first. */
  readonly functions: readonly number[];
  readonly importedFunctions: number;
  readonly globals: readonly Global[];
  readonly memories: readonly Memory[];
  readonly tables: number;
  readonly exports: readonly Export[];
  /** Index of the start function. */
  readonly start: number | undefined;
  /** Code of the functions that are not imported. */
  readonly bodies: readonly Range[];
}

/** Bytes `start` up to `end` of the module. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface CustomSection extends Range {
  readonly name: string;
}

/** Value types as in the binary (`ValueType`). */
export interface FunctionType {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

export const externalKinds = ["function", "table", "memory", "global"] as const;
export type ExternalKind = (typeof externalKinds)[number];

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternalKind;
  /** Type index, of a function. */
  readonly type: number;
}

export interface Export {
  readonly name: string;
  readonly kind: ExternalKind;
  readonly index: number;
}

export interface Global {
  readonly type: number;
  readonly mutable: boolean;
}

/** Sizes in pages of 64 KiB. */
export interface Memory {
  readonly minimum: number;
  readonly maximum: number | undefined;
  readonly imported: boolean;
}

export const SectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

/** Sections in the order in which a module holds them. */
export const sectionOrder: readonly number[] = [
  SectionId.type,
  SectionId.import,
  SectionId.function,
  SectionId.table,
  SectionId.memory,
  SectionId.global,
  SectionId.export,
  SectionId.start,
  SectionId.element,
  SectionId.dataCount,
  SectionId.code,
  SectionId.data,
];

export const sectionNames: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(SectionId).map(([name, id]) => [id, name]),
);
