/** Code that a process has mapped, from /proc/PID/maps. */

export interface Mapping {
  readonly start: number;
  readonly end: number;
  /** Bytes in the file. */
  readonly offset: number;
  /** As the process' own mount namespace has it; "" for memory of no file, `[vdso]` and the like. */
  readonly path: string;
  /** Its name in /proc/PID/map_files. */
  readonly range: string;
  /** Device and inode, as far as /proc/PID/maps tells them. */
  readonly file: string;
}

/** More are no code that anybody wrote. */
const mostMappings = 65_536;

export function parseMaps(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  const line = /^([0-9a-f]+)-([0-9a-f]+) ..x. ([0-9a-f]+) (\S+ \d+) *(.*)$/gm;
  for (const [, start = "", end = "", offset = "", file = "", path = ""] of text.matchAll(line)) {
    if (mappings.length >= mostMappings) break;
    // The kernel's own half: [vsyscall]
    if (start.length > 12) continue;
    mappings.push({
      start: Number.parseInt(start, 16),
      end: Number.parseInt(end, 16),
      offset: Number.parseInt(offset, 16),
      path: unescaped(path),
      range: `${start}-${end}`,
      file,
    });
  }
  return mappings;
}

export function mappingAt(mappings: readonly Mapping[], address: number): Mapping | undefined {
  // They come in order.
  let low = 0;
  let high = mappings.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((mappings[middle]?.start ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  const found = mappings[low - 1];
  return found !== undefined && address < found.end ? found : undefined;
}

/** The kernel writes a line feed as `\012`. */
const unescaped = (path: string): string => path.replaceAll("\\012", "\n");
