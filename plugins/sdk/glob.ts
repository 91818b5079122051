import { Text } from "./text";

const STAR: u8 = 0x2a;
const QUESTION: u8 = 0x3f;
const SLASH: u8 = 0x2f;

/**
 * A pattern for paths: `*` stands for anything but `/`, `**` for anything, `?` for one byte other than
 * `/`. Linear in the length of the text for each star, and no garbage.
 */
export class Glob {
  private readonly bytes: ArrayBuffer;

  constructor(pattern: string) {
    this.bytes = String.UTF8.encode(pattern);
  }

  matches(text: Text): bool {
    const start = text.address;
    return matchGlob(
      changetype<usize>(this.bytes),
      changetype<usize>(this.bytes) + <usize>this.bytes.byteLength,
      start,
      start + <usize>text.length,
    );
  }
}

/** Several patterns, of which one has to match. */
export class GlobSet {
  private readonly globs: Glob[];

  constructor(patterns: string[]) {
    const globs: Glob[] = [];
    for (let n = 0; n < patterns.length; ++n) globs.push(new Glob(patterns[n]));
    this.globs = globs;
  }

  get isEmpty(): bool {
    return this.globs.length == 0;
  }

  matches(text: Text): bool {
    return this.indexOf(text) >= 0;
  }

  /** Which pattern matches first; -1: none. */
  indexOf(text: Text): i32 {
    const globs = this.globs;
    for (let n = 0; n < globs.length; ++n) if (unchecked(globs[n]).matches(text)) return n;
    return -1;
  }
}

/**
 * On a mismatch the last star takes one byte more; if that is a `/`, the last double star does, with
 * all that stands behind it begun anew.
 */
function matchGlob(pattern: usize, patternEnd: usize, text: usize, textEnd: usize): bool {
  let star: usize = 0;
  let starText: usize = 0;
  let double: usize = 0;
  let doubleText: usize = 0;
  while (true) {
    if (pattern < patternEnd && load<u8>(pattern) == STAR) {
      if (pattern + 1 < patternEnd && load<u8>(pattern, 1) == STAR) {
        pattern += 2;
        double = pattern;
        doubleText = text;
        star = 0;
      } else {
        star = ++pattern;
        starText = text;
      }
      continue;
    }
    if (text == textEnd) {
      if (pattern == patternEnd) return true;
    } else if (pattern < patternEnd) {
      const expected = load<u8>(pattern);
      const actual = load<u8>(text);
      if (expected == actual || (expected == QUESTION && actual != SLASH)) {
        ++pattern;
        ++text;
        continue;
      }
    }
    if (star && starText < textEnd && load<u8>(starText) != SLASH) {
      text = ++starText;
      pattern = star;
    } else if (double && doubleText < textEnd) {
      text = ++doubleText;
      pattern = double;
      star = 0;
    } else return false;
  }
}
