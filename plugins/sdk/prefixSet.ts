import { Text } from "./text";

/** Texts that others may begin with: `SYSTEM.has(process.binary)`. Makes no garbage. */
export class PrefixSet {
  constructor(private readonly prefixes: string[]) {}

  has(text: Text): bool {
    return this.indexOf(text) >= 0;
  }

  /** Which of them `text` begins with, the first in the list; -1: none. */
  indexOf(text: Text): i32 {
    const prefixes = this.prefixes;
    for (let n = 0; n < prefixes.length; ++n) {
      const prefix = unchecked(prefixes[n]);
      if (prefix.length == 0 || text.startsWith(prefix)) return n;
    }
    return -1;
  }
}
