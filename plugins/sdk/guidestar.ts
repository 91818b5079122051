/**
 * What a plugin asks of its host, and all it may ask: these and `env.abort`. The name of this file is
 * the module name of the imports.
 */

/** Writes one line, `bytes` of UTF-8 at `address`, to the plugin's log. `level`: one of `LOG_*`. */
export declare function log(level: i32, address: usize, bytes: i32): void;

/** Wall clock when the call began, ns since 1970. */
export declare function clock(): u64;

/** Copies what the host keeps under a key, as far as there is room; returns its bytes, or -1. */
export declare function kv_get(key: usize, keyBytes: i32, to: usize, room: i32): i32;

/** Has the host keep a value; returns 0, or -1 if there is no more room. */
export declare function kv_set(key: usize, keyBytes: i32, value: usize, bytes: i32): i32;

/** Returns 0, or -1 if it was not there. */
export declare function kv_delete(key: usize, keyBytes: i32): i32;
