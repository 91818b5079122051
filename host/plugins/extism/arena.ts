import { PluginError } from "../runtime/pluginError.js";

/** Bytes for all blocks of one call. */
const MOST_BYTES = 16 * 1024 * 1024;
const FIRST_BYTES = 64 * 1024;
/** Offset 0 stands for "nothing". */
const FIRST_OFFSET = 16;

/**
 * The memory between a plugin and its host, as the Extism ABI has it: blocks by offset. It lasts for
 * one call, and is begun anew with the next: nothing grows, however long the plugin runs.
 */
export class Arena {
  private bytes = Buffer.alloc(FIRST_BYTES);
  private used = FIRST_OFFSET;
  private lengths = new Map<number, number>();

  /** All blocks are gone. */
  reset(): void {
    this.bytes.fill(0, 0, this.used);
    this.used = FIRST_OFFSET;
    this.lengths.clear();
  }

  /** Returns the offset of a new block; its bytes are 0. */
  allocate(length: number): number {
    if (length === 0) return 0;
    const offset = this.used;
    const end = offset + length;
    if (!(end <= MOST_BYTES)) {
      throw new PluginError(`asked for a block of ${length} bytes, where ${MOST_BYTES} are in all`);
    }
    if (end > this.bytes.length) {
      const larger = Buffer.alloc(Math.min(MOST_BYTES, Math.max(end, this.bytes.length * 2)));
      this.bytes.copy(larger, 0, 0, this.used);
      this.bytes = larger;
    }
    // Some plugin kits write strings a little beyond their block: into nobody's bytes.
    this.used = Math.min(this.bytes.length, (end + 7) & ~7);
    this.lengths.set(offset, length);
    return offset;
  }

  put(content: Uint8Array): number {
    const offset = this.allocate(content.length);
    this.bytes.set(content, offset);
    return offset;
  }

  /** Length of the block that begins at an offset; 0: there is none. */
  length(offset: number): number {
    return this.lengths.get(offset) ?? 0;
  }

  free(offset: number): void {
    this.lengths.delete(offset);
  }

  /** Bytes from anywhere in the arena. */
  view(offset: number, length: number): Buffer {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.used)) {
      throw new PluginError(`named ${length} bytes at ${offset}, outside of its blocks`);
    }
    return this.bytes.subarray(offset, offset + length);
  }

  /** The block at an offset; empty if there is none. */
  block(offset: number): Buffer {
    return this.view(offset, this.length(offset));
  }
}
