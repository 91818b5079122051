import { ClosedError } from "../errors.js";
import { type Releaser, releaseAtExit } from "./cleanup.js";
import type { Pointer } from "./lazy.js";
import { libbpf } from "./libbpf.js";
import { duplicateFd, libc } from "./libc.js";
import { withMessages } from "./messages.js";

/** One native thing that is released once: by `close()`, or when this thread's environment ends. */
export class Handle {
  #thing: Pointer | undefined;
  readonly #forget: () => void;

  constructor(
    /** Names the thing in errors: `map "events"`. */
    readonly what: string,
    thing: Pointer,
    readonly release: Releaser,
  ) {
    this.#thing = thing;
    this.#forget = releaseAtExit(release, thing);
  }

  /** A descriptor of our own for the file behind `fd`, which stays the caller's. */
  static duplicate(what: string, fd: number): Handle {
    return new Handle(what, BigInt(duplicateFd(what, fd)), "close");
  }

  get closed(): boolean {
    return this.#thing === undefined;
  }

  /** The native address; throws `ClosedError` after `close()`. */
  get pointer(): Pointer {
    if (this.#thing === undefined) throw new ClosedError(this.what);
    return this.#thing;
  }

  /** The file descriptor, for handles that are one. */
  get fd(): number {
    return Number(this.pointer);
  }

  /** Releases it; twice does no harm. */
  close(): void {
    const thing = this.#thing;
    if (thing === undefined) return;
    this.#thing = undefined;
    this.#forget();
    if (this.release === "close") libc.close(Number(thing));
    else withMessages(() => libbpf[this.release as keyof typeof releasers](thing));
  }
}

const releasers = { bpf_object__close: true, bpf_link__destroy: true };
