import type { LibraryHandle } from "koffi";

/** A C prototype that knows its TypeScript signature. */
export interface Definition<A extends unknown[], R> {
  readonly prototype: string;
  readonly signature?: (...args: A) => R;
}

/** Declares a native function: the C prototype koffi binds, and what it looks like from here. */
export function native<A extends unknown[], R>(prototype: string): Definition<A, R> {
  return { prototype };
}

type Bound<T> = {
  readonly [K in keyof T]: T[K] extends Definition<infer A, infer R> ? (...args: A) => R : never;
};

/**
 * The functions of a library, looked up when the first of them is used; then all at once. koffi
 * ends the process if a worker is terminated while it declares a function, so that is done early
 * in a thread's life and never again.
 */
export function bindLazily<T extends Record<string, Definition<never[], unknown>>>(
  library: () => LibraryHandle,
  definitions: T,
): Bound<T> {
  const bound = {};
  const bindAll = (): void => {
    const handle = library();
    for (const [name, { prototype }] of Object.entries(definitions)) {
      Object.defineProperty(bound, name, { value: handle.func(prototype) });
    }
  };
  for (const name of Object.keys(definitions)) {
    Object.defineProperty(bound, name, {
      configurable: true,
      get() {
        bindAll();
        return (bound as Record<string, unknown>)[name];
      },
    });
  }
  return bound as Bound<T>;
}

/** Address of a native object. */
export type Pointer = bigint;

/** Memory that native code reads or writes: bytes of ours, or an address. */
export type Memory = Uint8Array | ArrayBuffer | Pointer | null;
