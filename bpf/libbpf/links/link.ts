import { BpfError } from "../errors.js";
import { Handle } from "../native/handle.js";
import type { Pointer } from "../native/lazy.js";
import { libbpf } from "../native/libbpf.js";
import { withMessages } from "../native/messages.js";

/** An attached program. Lives on its own: the object it came from may be closed before it. */
export class Link {
  readonly #handle: Handle;

  /** Runs the native call that attaches; `program` and `target` name both ends in errors. */
  static create(program: string, target: string, call: () => Pointer | null): Link {
    const { value, errno, messages } = withMessages(call);
    if (value === null) {
      const said = messages.at(-1);
      throw BpfError.fromErrno(`cannot attach ${program} to ${target}`, errno, {
        messages,
        advice: said && `libbpf says: ${said}`,
      });
    }
    return new Link(new Handle(`the link of ${program} to ${target}`, value, "bpf_link__destroy"));
  }

  private constructor(handle: Handle) {
    this.#handle = handle;
  }

  get fd(): number {
    return libbpf.bpf_link__fd(this.#handle.pointer);
  }

  get closed(): boolean {
    return this.#handle.closed;
  }

  /** Detaches the program. Twice does no harm. */
  close(): void {
    this.#handle.close();
  }
}
