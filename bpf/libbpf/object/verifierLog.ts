import { libbpf } from "../native/libbpf.js";
import { cText } from "../native/struct.js";
import type { Program } from "./program.js";

// The most that kernels before 5.2 take. Pages that are not written cost nothing.
const LOG_BYTES = 0x00ff_ffff;

/**
 * The buffer into which the kernel writes why it refuses a program. libbpf asks for it only when a
 * load fails, so one buffer serves all programs of an object.
 */
export class VerifierLog {
  readonly #programs: readonly Program[];
  readonly #bytes = Buffer.alloc(LOG_BYTES);

  constructor(programs: readonly Program[]) {
    this.#programs = programs;
    for (const program of programs) {
      libbpf.bpf_program__set_log_buf(program.pointer, this.#bytes, LOG_BYTES);
    }
  }

  /** Takes the buffer away from the programs and returns what it holds. */
  end(): string {
    for (const program of this.#programs) {
      libbpf.bpf_program__set_log_buf(program.pointer, null, 0);
    }
    return cText(this.#bytes);
  }
}
