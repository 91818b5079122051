/**
 * Cuts a stream of JSON objects into pieces, one object each. Objects may stand on a line each,
 * span lines, or follow one another directly. What is no object comes out as a piece as well, so
 * that whoever reads the pieces can say where it stands.
 */

export interface JsonPiece {
  readonly text: string;
  /** Of its first character, from 1. */
  readonly line: number;
}

/** Characters; a piece that grows longer is cut off, so that garbage cannot fill the memory. */
const maxPieceLength = 64 * 1024 * 1024;

export class JsonSplitter {
  /** What has been received of a piece that is not complete. */
  private text = "";
  /** Up to where `text` has been looked at. */
  private seen = 0;
  private line = 1;
  private depth = 0;
  private isInString = false;

  *push(text: string): Generator<JsonPiece> {
    this.text += text;
    for (;;) {
      if (this.depth === 0 && !this.skipBlanks()) return;
      const end = this.findEnd();
      if (end === undefined) return;
      yield this.take(end);
    }
  }

  /** The rest: an object that is cut off, if there is one. */
  *end(): Generator<JsonPiece> {
    if (this.text.trim() !== "") yield this.take(this.text.length);
  }

  private skipBlanks(): boolean {
    const start = this.text.search(/\S/);
    this.drop(start < 0 ? this.text.length : start);
    return start >= 0;
  }

  /** Where the piece at the start of `text` ends, or where it must have been cut off. */
  private findEnd(): number | undefined {
    const { text } = this;
    if (text[0] !== "{") {
      const lineEnd = text.indexOf("\n");
      return lineEnd < 0 ? undefined : lineEnd;
    }
    for (; this.seen < text.length; this.seen++) {
      const char = text.charCodeAt(this.seen);
      if (char === newline) {
        // No string spans lines, and an object at the very start of a line is a new one.
        if (this.isInString) return this.seen;
        if (this.seen + 1 < text.length && text.charCodeAt(this.seen + 1) === open)
          return this.seen;
      } else if (this.isInString) {
        if (char === backslash) {
          if (this.seen + 1 === text.length) return undefined;
          this.seen++;
        } else if (char === doubleQuote) {
          this.isInString = false;
        }
      } else if (char === doubleQuote) {
        this.isInString = true;
      } else if (char === open) {
        this.depth++;
      } else if (char === close && --this.depth === 0) {
        return this.seen + 1;
      }
    }
    return text.length > maxPieceLength ? text.length : undefined;
  }

  private take(end: number): JsonPiece {
    const piece = { text: this.text.slice(0, end), line: this.line };
    this.drop(end);
    this.depth = 0;
    this.isInString = false;
    return piece;
  }

  private drop(length: number): void {
    for (let at = this.text.indexOf("\n"); at >= 0 && at < length; ) {
      this.line++;
      at = this.text.indexOf("\n", at + 1);
    }
    this.text = this.text.slice(length);
    this.seen = 0;
  }
}

const newline = 0x0a;
const doubleQuote = 0x22;
const backslash = 0x5c;
const open = 0x7b;
const close = 0x7d;

/** The same JSON on one line. */
export function onOneLine(json: string): string {
  return json.replace(/("[^"\\]*(?:\\.[^"\\]*)*")|\s+/gs, "$1");
}
