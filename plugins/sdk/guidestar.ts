/**
 * What a plugin asks of its host, and all it may ask: these and `env.abort`. The name of this file is
 * the module name of the imports. `kv_get`, `kv_set`, `emit`, `finding` and `clock` are names kept for
 * later versions.
 */

/** Writes one line, `bytes` of UTF-8 at `address`, to the plugin's log. `level`: one of `LOG_*`. */
export declare function log(level: i32, address: usize, bytes: i32): void;
