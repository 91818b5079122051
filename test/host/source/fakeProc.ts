/** A folder that looks like /proc, for what can't be brought about at will in the real one. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

export interface FakeProcess {
  readonly pid: number;
  readonly parentPid?: number;
  readonly name?: string;
  readonly state?: string;
  readonly startTicks?: number;
  readonly kernelThread?: boolean;
  readonly args?: string;
  readonly exe?: string;
  readonly cwd?: string;
  readonly root?: string;
  readonly children?: string;
}

export class FakeProc {
  readonly path = mkdtempSync(path.join(tmpdir(), "proc-"));

  add(process: FakeProcess): this {
    const folder = path.join(this.path, String(process.pid));
    this.#write(folder, process);
    this.#write(path.join(folder, "task", String(process.pid)), process);
    return this;
  }

  /** One more thread of a process. */
  addThread(pid: number, thread: FakeProcess): this {
    this.#write(path.join(this.path, String(pid), "task", String(thread.pid)), thread);
    return this;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  #write(folder: string, process: FakeProcess): void {
    const { pid, parentPid = 1, name = "sh", state = "S", startTicks = 100 } = process;
    mkdirSync(path.join(folder, "ns"), { recursive: true });
    const flags = process.kernelThread === true ? 0x208040 : 0x400000;
    const before = `${pid} (${name}) ${state} ${parentPid} 1 1 0 -1 ${flags} `;
    writeFileSync(path.join(folder, "stat"), `${before}${"0 ".repeat(12)}${startTicks} 0 0\n`);
    writeFileSync(
      path.join(folder, "status"),
      `Name:\t${name}\nUid:\t7\t8\t9\t10\nNSpid:\t${pid}\t3\nCapInh:\t0000000000000001\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000000002\n`,
    );
    writeFileSync(path.join(folder, "loginuid"), "1000");
    writeFileSync(path.join(folder, "cgroup"), "0::/a/b\n");
    writeFileSync(path.join(folder, "children"), process.children ?? "");
    if (state === "Z") {
      writeFileSync(path.join(folder, "cmdline"), "");
      return;
    }
    writeFileSync(path.join(folder, "cmdline"), process.args ?? "sh\0-c\0true\0");
    symlinkSync(process.exe ?? "/bin/sh", path.join(folder, "exe"));
    symlinkSync(process.cwd ?? "/srv", path.join(folder, "cwd"));
    symlinkSync(process.root ?? "/", path.join(folder, "root"));
    symlinkSync("uts:[4026531838]", path.join(folder, "ns/uts"));
  }
}
