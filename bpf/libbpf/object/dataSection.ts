import { BpfError } from "../errors.js";
import type { Pointer } from "../native/lazy.js";
import { libbpf } from "../native/libbpf.js";
import { libc, MapFlag, mapMemory, Protection, pageSize } from "../native/libc.js";

/** A map that holds global variables. */
export interface Section {
  readonly name: string;
  readonly map: Pointer;
  /** Undefined before `load()`: the initial values are meant then. */
  readonly fd: number | undefined;
  /** Bytes. */
  readonly size: number;
}

export function readSection(section: Section, offset: number, size: number): Uint8Array {
  checkRange(section, offset, size);
  const bytes = new Uint8Array(size);
  withMemory(section, Protection.READ, (at) => libc.memcpy(bytes, at + BigInt(offset), size));
  return bytes;
}

export function writeSection(section: Section, offset: number, bytes: Uint8Array): void {
  checkRange(section, offset, bytes.length);
  withMemory(section, Protection.READ | Protection.WRITE, (at) =>
    libc.memcpy(at + BigInt(offset), bytes, bytes.length),
  );
}

/**
 * The memory is mapped for just the one access. libbpf keeps such a mapping, too, but not in all
 * versions one that is still the map's own memory after load.
 */
function withMemory(section: Section, protection: number, use: (at: Pointer) => void): void {
  if (section.fd === undefined) {
    const initial = libbpf.bpf_map__initial_value(section.map, new BigUint64Array(1));
    if (initial === null) throw new BpfError(`${section.name} has no values`, { code: "NO_DATA" });
    use(initial);
    return;
  }
  const size = Math.ceil(section.size / pageSize()) * pageSize();
  const at = mapMemory(
    `map "${section.name}"`,
    null,
    size,
    protection,
    MapFlag.SHARED,
    section.fd,
    0,
  );
  try {
    use(at);
  } finally {
    libc.munmap(at, size);
  }
}

function checkRange(section: Section, offset: number, size: number): void {
  if (offset >= 0 && size >= 0 && offset + size <= section.size) return;
  throw new BpfError(
    `${size} bytes at ${offset} are not within ${section.name}, which has ${section.size}`,
    { code: "BAD_VALUE" },
  );
}
