import koffi from "koffi";
import type { Pointer } from "./lazy.js";
import { libbpfLibrary } from "./libbpf.js";
import { libc, libcLibrary } from "./libc.js";

/** Native functions that release one thing, given as their only argument. */
export type Releaser = "bpf_object__close" | "bpf_link__destroy" | "close";

/**
 * Has `release(thing)` called when this thread's JavaScript environment goes away, even by
 * `worker.terminate()`, which runs no JavaScript any more. Returns how to call it off, to be used
 * before releasing it oneself.
 */
export function releaseAtExit(release: Releaser, thing: Pointer): () => void {
  const key = `${release} ${thing}`;
  // Node aborts the process if the same hook is added twice.
  if (registered.has(key)) return () => undefined;
  const address = addressOf(release);
  libc.napi_add_env_cleanup_hook(koffi.node.env, address, thing);
  registered.add(key);
  return () => {
    if (!registered.delete(key)) return;
    libc.napi_remove_env_cleanup_hook(koffi.node.env, address, thing);
  };
}

const registered = new Set<string>();
const addresses = new Map<Releaser, Pointer>();

function addressOf(release: Releaser): Pointer {
  let address = addresses.get(release);
  if (address === undefined) {
    const library = release === "close" ? libcLibrary() : libbpfLibrary();
    address = library.symbol(release) as Pointer;
    addresses.set(release, address);
  }
  return address;
}
