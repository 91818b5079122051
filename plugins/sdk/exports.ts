import { ABI_VERSION } from "./abi";

/**
 * What the host calls besides `gs_process_batch`, which the compiler transform writes, because it
 * calls the plugin's own `onEvent`.
 */

let block: usize = 0;
let blockBytes: usize = 0;

/** Version of the batch layout that this plugin was built for. */
export function gs_abi(): i32 {
  return ABI_VERSION;
}

/** Makes room for batches of up to `bytes` bytes, and returns where: 8-aligned, good until the next call. */
export function gs_allocate(bytes: usize): usize {
  if (bytes > blockBytes) {
    if (block) heap.free(block);
    blockBytes = 0;
    block = heap.alloc(bytes);
    blockBytes = bytes;
  }
  return block;
}
