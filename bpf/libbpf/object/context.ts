import type { Btf } from "../btf/btf.js";
import type { Pointer } from "../native/lazy.js";

/** What programs, maps and variables need of their object. */
export interface ObjectContext {
  /** Throws once the object is closed. */
  readonly pointer: Pointer;
  loaded(): boolean;
  assertLoaded(what: string): void;
  assertNotLoaded(what: string): void;
  btf(): Btf;
}
