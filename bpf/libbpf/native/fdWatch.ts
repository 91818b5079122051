import koffi, { type node } from "koffi";
import type { Pointer } from "./lazy.js";
import { libc, libcLibrary } from "./libc.js";

/**
 * Wakes this thread's event loop when a file descriptor becomes readable. It runs no JavaScript:
 * who waits looks for himself in an immediate, which Node runs in each turn of the loop.
 *
 * koffi's poll handle would call back into JavaScript, and ends the whole process if that happens
 * while the worker is being terminated. So the handle is koffi's (which closes it with the thread,
 * as nothing of ours could), but what libuv calls when the descriptor is readable is libuv's own
 * `uv_poll_stop`: it is safe at any time, wakes the loop, and makes one wake-up of each start.
 */
export class FdWatch {
  readonly #poll: node.PollHandle;
  readonly #handle: Pointer | undefined;
  readonly #onReadable: Pointer;
  #closed = false;

  constructor(fd: number) {
    this.#poll = koffi.node.poll(fd, nothing);
    this.#handle = handleOf(fd);
    this.#onReadable = stopFunction();
    this.stop();
  }

  /** Wakes the loop once when the descriptor is readable; at once if it is already. Twice does no harm. */
  start(): void {
    if (this.#closed) return;
    if (this.#handle === undefined) this.#poll.start(nothing);
    else if (libc.uv_is_active(this.#handle) === 0) {
      libc.uv_poll_start(this.#handle, READABLE, this.#onReadable);
    }
  }

  stop(): void {
    if (this.#closed) return;
    if (this.#handle === undefined) this.#poll.stop();
    else libc.uv_poll_stop(this.#handle);
  }

  /** Twice does no harm. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#poll.close();
  }
}

const nothing = (): void => undefined;
const READABLE = 1;
const UV_POLL = 8;

/** The libuv handle that watches the descriptor, which only one does. */
function handleOf(fd: number): Pointer | undefined {
  const loop: (Pointer | null)[] = [null];
  if (libc.napi_get_uv_event_loop(koffi.node.env, loop) !== 0) return undefined;
  wanted = fd;
  found = undefined;
  libc.uv_walk(loop[0] ?? null, visitor(), null);
  return found;
}

let wanted = -1;
let found: Pointer | undefined;
const number = new Int32Array(1);

function visit(handle: Pointer): void {
  if (libc.uv_handle_get_type(handle) !== UV_POLL) return;
  if (libc.uv_fileno(handle, number) === 0 && number[0] === wanted) found = handle;
}

let registered: Pointer | undefined;

function visitor(): Pointer {
  registered ??= koffi.register(visit, koffi.pointer(koffi.proto("void", ["void *", "void *"])));
  return registered;
}

let stop: Pointer | undefined;

function stopFunction(): Pointer {
  stop ??= libcLibrary().symbol("uv_poll_stop") as Pointer;
  return stop;
}
