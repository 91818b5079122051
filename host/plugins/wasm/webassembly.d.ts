/** The part of the WebAssembly JavaScript API that the host uses; TypeScript has it only in its DOM library. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Record<string, unknown>;
  }

  interface Memory {
    /** A new one each time the memory has grown. */
    readonly buffer: ArrayBuffer;
  }

  interface Global {
    value: bigint;
  }

  type Imports = Record<string, Record<string, (...numbers: number[]) => unknown>>;

  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  function compile(bytes: Uint8Array): Promise<Module>;
  function validate(bytes: Uint8Array): boolean;
}
