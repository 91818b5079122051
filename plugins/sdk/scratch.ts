/**
 * Memory for small things that live no longer than one event: taken by adding to a pointer, given
 * back all at once. Chunks are kept, so a plugin that runs for months takes them once.
 */

const CHUNK_BYTES: usize = 4096;
const NEXT: usize = 0;
const HEAD_BYTES: usize = 8;

let first: usize = 0;
let current: usize = 0;
let position: usize = 0;
let limit: usize = 0;

/** `bytes`: a multiple of 8, small against a chunk. */
export function takeScratch(bytes: usize): usize {
  let at = position;
  if (at + bytes > limit) {
    nextChunk();
    at = position;
  }
  position = at + bytes;
  return at;
}

/** Everything taken so far is free again. */
export function resetScratch(): void {
  if (first) enter(first);
}

function nextChunk(): void {
  let next = current ? load<usize>(current, NEXT) : first;
  if (!next) {
    next = heap.alloc(CHUNK_BYTES);
    store<usize>(next, 0, NEXT);
    if (current) store<usize>(current, next, NEXT);
    else first = next;
  }
  enter(next);
}

function enter(chunk: usize): void {
  current = chunk;
  position = chunk + HEAD_BYTES;
  limit = chunk + CHUNK_BYTES;
}
