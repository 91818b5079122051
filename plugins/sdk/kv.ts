import { kv_delete, kv_get, kv_set } from "./guidestar";

/**
 * Keys and values that the host keeps for the plugin. They outlive its versions, and what a call wrote
 * is kept only if the call goes well. Keys of 1 to 256 bytes, values of up to 64 KiB.
 */
export namespace kv {
  /** Null: nothing is kept under the key. */
  export function get(key: string): string | null {
    const name = String.UTF8.encode(key);
    const at = changetype<usize>(name);
    const length = kv_get(at, name.byteLength, 0, 0);
    if (length < 0) return null;
    const value = new ArrayBuffer(length);
    kv_get(at, name.byteLength, changetype<usize>(value), length);
    return String.UTF8.decode(value);
  }

  /** Returns whether there was room. */
  export function set(key: string, value: string): bool {
    const name = String.UTF8.encode(key);
    const bytes = String.UTF8.encode(value);
    return (
      kv_set(
        changetype<usize>(name),
        name.byteLength,
        changetype<usize>(bytes),
        bytes.byteLength,
      ) == 0
    );
  }

  /** Returns whether it was there. */
  export function remove(key: string): bool {
    const name = String.UTF8.encode(key);
    return kv_delete(changetype<usize>(name), name.byteLength) == 0;
  }

  /** A number, or `otherwise` if none is kept. */
  export function getNumber(key: string, otherwise: u64 = 0): u64 {
    const value = get(key);
    return value === null ? otherwise : U64.parseInt(value);
  }

  export function setNumber(key: string, value: u64): bool {
    return set(key, `${value}`);
  }
}
