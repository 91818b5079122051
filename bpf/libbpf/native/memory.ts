import koffi from "koffi";
import { BpfError } from "../errors.js";
import type { Pointer } from "./lazy.js";
import { libc, MapFlag, mapMemory, Protection } from "./libc.js";

const WASM_PAGE = 65536;
const MAX_PAGES = 65536;

interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Part of a file to be mapped: sizes and offsets in bytes, multiples of the page size. */
export interface Mapping {
  readonly fd: number;
  readonly fileOffset: number;
  readonly size: number;
  /** Where in this memory it goes. */
  readonly at: number;
  readonly writable: boolean;
}

/**
 * Memory with files mapped into it that JavaScript can look at safely.
 *
 * An ArrayBuffer over mapped memory must never outlive the mapping, but a plain external buffer
 * cannot be detached in Node 20. A WebAssembly memory's buffer can: growing the memory, if only by
 * nothing, detaches it. So the files are mapped over the pages of a WebAssembly memory. V8 owns the
 * address range and unmaps it with all that is in it when the memory is collected or the thread
 * ends, `worker.terminate()` included; so no view can ever point at unmapped memory.
 */
export class MappedMemory {
  readonly #memory: WasmMemory;
  readonly #address: Pointer;
  #buffer: ArrayBuffer | undefined;

  /** `what` names it in errors; `size` in bytes, at most 4 GiB. */
  constructor(
    readonly what: string,
    readonly size: number,
  ) {
    const pages = Math.ceil(size / WASM_PAGE);
    if (pages > MAX_PAGES) {
      throw new BpfError(
        `${what} is too big to map: ${size} of at most ${MAX_PAGES * WASM_PAGE} bytes`,
        {
          code: "TOO_BIG",
        },
      );
    }
    this.#memory = allocate(what, pages);
    this.#buffer = this.#memory.buffer;
    this.#address = koffi.address(this.#buffer);
  }

  /** The memory; detached by `release()`. */
  get buffer(): ArrayBuffer {
    return this.#buffer ?? new ArrayBuffer(0);
  }

  map(part: Mapping): void {
    mapMemory(
      this.what,
      this.#address + BigInt(part.at),
      part.size,
      part.writable ? Protection.READ | Protection.WRITE : Protection.READ,
      MapFlag.SHARED | MapFlag.FIXED,
      part.fd,
      part.fileOffset,
    );
  }

  /** Detaches the buffer, so that every view of it has length 0, and lets go of the files. Twice does no harm. */
  release(): void {
    if (this.#buffer === undefined) return;
    this.#buffer = undefined;
    this.#memory.grow(0);
    // Until V8 gives the range back.
    this.clear(0, Math.ceil(this.size / WASM_PAGE) * WASM_PAGE);
  }

  /** Lets go of what is mapped there; plain memory takes its place, all zeros. */
  clear(at: number, size: number): void {
    libc.mmap(
      this.#address + BigInt(at),
      size,
      Protection.READ | Protection.WRITE,
      MapFlag.PRIVATE | MapFlag.ANONYMOUS | MapFlag.NORESERVE | MapFlag.FIXED,
      -1,
      0,
    );
  }
}

function allocate(what: string, pages: number): WasmMemory {
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: { Memory: new (limits: { initial: number; maximum: number }) => WasmMemory };
  };
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (cause) {
    throw new BpfError(
      `cannot reserve ${pages * WASM_PAGE} bytes of address space for ${what}; is there a limit (ulimit -v)?`,
      { code: "ENOMEM", cause },
    );
  }
}
