/** Where a process runs, and what. */
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
];
