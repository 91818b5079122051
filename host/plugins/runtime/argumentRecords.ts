import { isUtf8 } from "node:buffer";
import {
  ARG_DESCRIPTION,
  ARG_ERROR,
  ARG_FLAG_CUT,
  ARG_FLAG_VALUE,
  ARG_FLAGS,
  ARG_KIND,
  ARG_SIZE,
  ARG_STRUCT,
  ARG_TEXT,
  ARG_VALUE,
} from "../../../plugins/sdk/abi.js";
import type { ArgumentCursor } from "../../events/hook/argumentCursor.js";
import { copyAscii } from "../../events/hook/ascii.js";
import { ArgumentKind } from "../../events/hook/constants.js";
import { PLUGIN_LIMITS } from "../limits.js";
import { structBytes, writeStruct } from "./argumentStructs.js";
import { writeCut } from "./writeCut.js";

const objectNameBytes = 16;
const longNameBytes = 64;
const nothing = Buffer.alloc(0);

/** Argument records, with their texts behind them. */
export class ArgumentRecords {
  private readonly bytes: Buffer;
  private readonly words: Uint32Array;
  /** Used again and again. */
  private readonly written: Written = { bytes: 0, cut: false };

  constructor(buffer: ArrayBuffer) {
    this.bytes = Buffer.from(buffer);
    this.words = new Uint32Array(buffer);
  }

  /** @param description where that is, or 0. @returns where what is written next begins. */
  write(cursor: ArgumentCursor, description: number, at: number): number {
    const { words } = this;
    const word = at >>> 2;
    const { kind, hasValue } = cursor;
    const size = structBytes[kind] ?? ARG_STRUCT;
    for (let n = 0; n < size >>> 2; n++) words[word + n] = 0;
    words[word + ARG_SIZE / 4] = size;
    words[word + ARG_KIND / 4] = kind;
    words[word + ARG_ERROR / 4] = cursor.error;
    if (description !== 0) words[word + ARG_DESCRIPTION / 4] = description - (at + ARG_DESCRIPTION);
    if (!hasValue) return at + size;
    this.writeValue(cursor, word);
    writeStruct(cursor, words, word);
    const most = PLUGIN_LIMITS.textBytes;
    const text = this.writeText(cursor, at + size, most);
    words[word + ARG_FLAGS / 4] = ARG_FLAG_VALUE | (text.cut ? ARG_FLAG_CUT : 0);
    words[word + ARG_TEXT / 4] = size - ARG_TEXT;
    words[word + ARG_TEXT / 4 + 1] = text.bytes;
    return (at + size + text.bytes + 7) & ~7;
  }

  private writeValue(cursor: ArgumentCursor, word: number): void {
    const { fields } = cursor.data;
    const value = word + ARG_VALUE / 4;
    let low = 0;
    let high = 0;
    switch (cursor.kind) {
      case ArgumentKind.INT:
        low = cursor.u32(0);
        high = cursor.u32(4);
        break;
      case ArgumentKind.STRING:
      case ArgumentKind.BYTES:
        low = cursor.u32(fields.bytes.original_size);
        high = cursor.u32(fields.bytes.original_size + 4);
        break;
      case ArgumentKind.SOCK:
        low = cursor.u32(fields.sock.cookie);
        high = cursor.u32(fields.sock.cookie + 4);
        break;
      case ArgumentKind.SKB:
        low = cursor.u32(fields.skb.length);
        break;
    }
    this.words[value] = low;
    this.words[value + 1] = high;
  }

  private writeText(cursor: ArgumentCursor, at: number, most: number): Written {
    const { written } = this;
    written.cut = false;
    written.bytes = 0;
    if (cursor.kind === ArgumentKind.INT) return written;
    const start = textStart(cursor);
    if (start !== 0) {
      written.bytes = cursor.end - start;
      if (copyAscii(cursor.data.bytes, start, cursor.end, this.bytes, at)) return written;
    }
    const text = textOf(cursor);
    if (cursor.kind === ArgumentKind.BYTES || (text.length <= most && isUtf8(text))) {
      const shown = text.length > most ? text.subarray(0, most) : text;
      this.bytes.set(shown, at);
      written.bytes = shown.length;
      written.cut = shown.length < text.length;
      return written;
    }
    // A plugin may put it into an annotation, which must be UTF-8; and no character is cut in two.
    return writeCut(this.bytes, text.toString(), at, most);
  }
}

interface Written {
  bytes: number;
  cut: boolean;
}

/** Where the text of the usual kinds begins, which goes to the payload's end; 0: look with `textOf`. */
function textStart({ kind, start, data }: ArgumentCursor): number {
  const { fields } = data;
  if (kind === ArgumentKind.PATH) return start + fields.path.end;
  if (kind === ArgumentKind.STRING) return start + fields.bytes.end;
  return 0;
}

function textOf(cursor: ArgumentCursor): Buffer {
  const { fields } = cursor.data;
  switch (cursor.kind) {
    case ArgumentKind.STRING:
    case ArgumentKind.BYTES:
      return cursor.rest(fields.bytes.end);
    case ArgumentKind.PATH:
      return cursor.rest(fields.path.end);
    case ArgumentKind.SOCKADDR:
      return cursor.rest(fields.sockaddr.end);
    case ArgumentKind.BPF_ATTR:
    case ArgumentKind.BPF_PROG:
    case ArgumentKind.BPF_MAP:
      return cursor.fixedText(fields.bpf.name, objectNameBytes);
    case ArgumentKind.PERF_EVENT:
      return cursor.fixedText(fields.perfEvent.name, longNameBytes);
    case ArgumentKind.MODULE:
      return cursor.fixedText(fields.module.name, longNameBytes);
    default:
      return nothing;
  }
}
