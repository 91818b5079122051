/** Where a process runs, and what. */
import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import { act, type Case, nop } from "../case.js";

const copyTo = (file: string, mode = 0o755) => {
  copyFileSync(nop, file);
  chmodSync(file, mode);
};

export const pathCases: readonly Case[] = [
  {
    name: "a relative binary is joined to the directory",
    run: ["./tool"],
    prepare: (folder) => copyTo(`${folder}/tool`),
    events: [{ exec: "A", binary: "@/tool" }, { exit: "A" }],
  },
  {
    name: "a relative binary above the directory is resolved",
    run: ["../bin/tool"],
    cwd: "sub",
    prepare: (folder) => {
      mkdirSync(`${folder}/sub`);
      mkdirSync(`${folder}/bin`);
      copyTo(`${folder}/bin/tool`);
    },
    events: [{ exec: "A", binary: "@/bin/tool" }, { exit: "A" }],
  },
  {
    name: "a symbolic link is shown as it was called",
    run: ["@/link"],
    prepare: (folder) => symlinkSync(nop, `${folder}/link`),
    events: [{ exec: "A", binary: "@/link" }, { exit: "A" }],
  },
  {
    name: "the root as a directory is flagged",
    run: [act, "cd", "/", "exec", nop, ";"],
    events: [
      { exec: "A" },
      { exec: "A.2", binary: nop, cwd: "/", flags: "execve rootcwd" },
      { exit: "A.2" },
    ],
  },
  {
    name: "a directory that is gone still has its path",
    run: [act, "mkdir", "gone", "cd", "gone", "rmdir", "../gone", "exec", nop, ";"],
    events: [{ exec: "A" }, { exec: "A.2", binary: nop, cwd: "@/gone" }, { exit: "A.2" }],
  },
  {
    name: "a directory in another mount is shown through it",
    run: [act, "cd", "/proc/self/attr", "exec", nop, ";"],
    events: [{ exec: "A" }, { exec: "A.2", binary: nop, cwd: "/proc/%A/attr" }, { exit: "A.2" }],
  },
  {
    name: "binary and directory are seen from the process's own root",
    run: [act, "root", "@", "cd", "/inside/deeper", "exec", "/tool"],
    prepare: (folder) => {
      mkdirSync(`${folder}/inside/deeper`, { recursive: true });
      copyTo(`${folder}/tool`);
    },
    events: [
      { exec: "A" },
      { exec: "A.2", binary: "/tool", cwd: "/inside/deeper" },
      { exit: "A.2" },
    ],
  },
  {
    name: "a file opened before chroot, outside of the new root, shows its path from the top",
    run: [act, "open", "5", nop, "root", "@", "cd", "/", "at", "5", ""],
    events: [
      { exec: "A" },
      {
        exec: "A.2",
        binary: "/dev/fd/5",
        cwd: "/",
        flags: "execve execveat rootcwd",
        also: ({ process }) => assert.equal((process.file as { path: string }).path, nop),
      },
      { exit: "A.2" },
    ],
  },
  {
    name: "a directory in a mount of the process's own is shown through the mount",
    run: [act, "unshare", "mnt", "tmpfs", "@/m", "mkdir", "@/m/d", "cd", "@/m/d", "exec", nop],
    prepare: (folder) => mkdirSync(`${folder}/m`),
    events: [
      { exec: "A" },
      { exec: "A.2", binary: nop, cwd: "@/m/d", foreign: ["mnt"] },
      { exit: "A.2" },
    ],
  },
  {
    name: "a file bound to another name and run by descriptor shows the name it was opened by",
    run: [act, "unshare", "mnt", "bind", nop, "@/bound", "open", "5", "@/bound", "at", "5", ""],
    prepare: (folder) => copyTo(`${folder}/bound`),
    events: [
      { exec: "A" },
      {
        exec: "A.2",
        binary: "/dev/fd/5",
        flags: "execve execveat",
        foreign: ["mnt"],
        also: ({ process }, seen) =>
          assert.equal(
            (process.file as { path: string }).path,
            `${String(seen.process("A").cwd)}/bound`,
          ),
      },
      { exit: "A.2" },
    ],
  },
  {
    name: "a binary whose path has 3,000 bytes is shown whole",
    run: [`@/${`${"d".repeat(200)}/`.repeat(14)}tool`],
    prepare: (folder) => {
      const deep = `${folder}/${`${"d".repeat(200)}/`.repeat(14)}`;
      mkdirSync(deep, { recursive: true });
      copyTo(`${deep}tool`);
    },
    events: [{ exec: "A" }, { exit: "A" }],
  },
];
