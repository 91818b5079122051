/** The kernel's process accounting: one record for each process that ends, whatever ended it. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

export interface Ended {
  readonly pid: number;
  /** Who would have waited for it when it ended. */
  readonly parentPid: number;
  /** As wait(2) tells it. */
  readonly code: number;
}

/** `struct acct_v3` of linux/acct.h; bytes. */
const layout = { size: 64, version: 1, code: 4, pid: 16, parentPid: 20 };

export class Accounting {
  constructor(readonly file: string) {
    writeFileSync(file, "");
    execFileSync("accton", [file]);
  }

  /** What has ended so far, in that order. */
  read(): Ended[] {
    const bytes = readFileSync(this.file);
    const ended: Ended[] = [];
    for (let at = 0; at + layout.size <= bytes.length; at += layout.size) {
      // The upper half is the byte order.
      const version = bytes.readUInt8(at + layout.version) & 0x0f;
      if (version !== 3) throw new Error(`${this.file}: accounting format ${version}, not 3`);
      ended.push({
        pid: bytes.readUInt32LE(at + layout.pid),
        parentPid: bytes.readUInt32LE(at + layout.parentPid),
        code: bytes.readUInt32LE(at + layout.code),
      });
    }
    return ended;
  }

  close(): void {
    execFileSync("accton", ["off"]);
  }
}
