import koffi from "koffi";
import { BpfError } from "../errors.js";
import { objectInfo } from "../maps/info.js";
import { Handle } from "../native/handle.js";
import type { Pointer } from "../native/lazy.js";
import { libbpf } from "../native/libbpf.js";
import { libc } from "../native/libc.js";
import { withMessages } from "../native/messages.js";
import { attachError } from "./attachError.js";
import type { Attachment } from "./attachment.js";

/** What the kernel tells of a link. Plain data. */
export interface LinkInfo {
  readonly id: number;
  /** `tracing`, `perf_event`, `raw_tracepoint`, ... */
  readonly typeName: string;
  readonly programId: number;
}

/** An attached program. Lives on its own: the object it came from may be closed before it. */
export class Link {
  readonly #handle: Handle;

  /** Runs the native call that attaches. */
  static create(attachment: Attachment, call: () => Pointer | null): Link {
    const { value, errno, messages } = withMessages(call);
    if (value === null) throw attachError(attachment, errno, messages);
    const { program, target } = attachment;
    return new Link(new Handle(`the link of ${program} to ${target}`, value, "bpf_link__destroy"));
  }

  private constructor(handle: Handle) {
    this.#handle = handle;
  }

  get closed(): boolean {
    return this.#handle.closed;
  }

  get fd(): number {
    return libbpf.bpf_link__fd(this.#handle.pointer);
  }

  /** Throws `EINVAL` for attachments that the kernel has no link object for (kprobes before 5.15). */
  info(): LinkInfo {
    const info = objectInfo("link", this.fd, 48);
    const type = info.getU32(0);
    return {
      id: info.getU32(4),
      typeName: libbpf.libbpf_bpf_link_type_str(type) ?? `type ${type}`,
      programId: info.getU32(8),
    };
  }

  /** Runs an attached iterator program from beginning to end and returns all that it wrote. */
  iterate(): Buffer {
    const fd = libbpf.bpf_iter_create(this.fd);
    if (fd < 0) throw BpfError.fromErrno(`cannot iterate ${this.#handle.what}`, fd);
    try {
      return readAll(fd);
    } finally {
      libc.close(fd);
    }
  }

  /** Detaches the program. Twice does no harm. */
  close(): void {
    this.#handle.close();
  }
}

function readAll(fd: number): Buffer {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(64 * 1024);
    const got = Number(libc.read(fd, chunk, chunk.length));
    if (got < 0) throw BpfError.fromErrno("cannot read from the iterator", koffi.errno());
    if (got === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, got));
  }
}
