import { Handle } from "../native/handle.js";
import { type ProgramInfo, programInfo } from "./programInfo.js";

/** A loaded program by its descriptor, which outlives the object that it came from. */
export class KernelProgram {
  readonly #handle: Handle;

  /** Takes a duplicate, so the descriptor stays the caller's. `name` is for errors. */
  constructor(source: number | { readonly fd: number }, name = "a program") {
    const fd = typeof source === "number" ? source : source.fd;
    this.#handle = Handle.duplicate(name, fd);
  }

  get fd(): number {
    return this.#handle.fd;
  }

  get closed(): boolean {
    return this.#handle.closed;
  }

  /** What the kernel tells of it: id, sizes, runs. */
  info(): ProgramInfo {
    return programInfo(this.fd);
  }

  /** Unloads it, unless something else holds it: a link does. Twice does no harm. */
  close(): void {
    this.#handle.close();
  }
}
