/** What really runs, where the name given to exec does not tell it. */
import assert from "node:assert/strict";
import { chmodSync, chownSync, copyFileSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { act, type Case, nop, type SeenEvent } from "../case.js";

const nopLinks = () => statSync(nop).nlink;
const inodeOf = (file: string) => String(statSync(file).ino);

/** The file as expected, but for its inode, which the case can't know beforehand. */
function fileBut({ process }: SeenEvent): Record<string, unknown> {
  const { inode, uid, gid, ...rest } = process.file as Record<string, unknown>;
  assert.ok(Number(inode) > 0, "an inode");
  return rest;
}

const toolAt = (file: string) => (folder: string) => {
  copyFileSync(nop, `${folder}/${file}`);
  chmodSync(`${folder}/${file}`, 0o755);
};

const scriptAt = (file: string, text: string) => (folder: string) => {
  writeFileSync(`${folder}/${file}`, text);
  chmodSync(`${folder}/${file}`, 0o755);
};

/** A second exec in the same process whose file says what `file` holds. */
const becomes = (
  name: string,
  ops: readonly string[],
  shown: { readonly binary: string; readonly arguments?: string; readonly flags?: string },
  file: Record<string, unknown> | ((event: SeenEvent) => void),
  more: Partial<Case> = {},
): Case => ({
  name,
  run: [act, ...ops],
  events: [
    { exec: "A" },
    {
      exec: "A.2",
      ...shown,
      also: typeof file === "function" ? file : (event) => assert.deepEqual(fileBut(event), file),
    },
    { exit: "A.2" },
  ],
  ...more,
});

const byDescriptor = { flags: "execve execveat" };
const memory = { path: "/memfd:copy", in_memory: true };
const deletedTool = { path: "@", deleted: true };

export const fileCases: readonly Case[] = [
  becomes(
    "a file in memory run by fexecve is told as such",
    ["memfd", "7", nop, "at", "7", "", "arg"],
    { binary: "/dev/fd/7", arguments: "arg", ...byDescriptor },
    memory,
  ),
  becomes(
    "a file in memory run through /proc/self/fd is told as such",
    ["memfd", "7", nop, "exec", "/proc/self/fd/7", "arg"],
    { binary: "/proc/self/fd/7", arguments: "arg" },
    memory,
  ),
  becomes(
    "a file in memory whose descriptor closes on exec is told as such",
    ["memfd", "7", nop, "cloexec", "7", "at", "7", ""],
    { binary: "/dev/fd/7", ...byDescriptor },
    memory,
  ),
  becomes(
    "a file run by fexecve shows its path",
    ["open", "5", nop, "at", "5", ""],
    { binary: "/dev/fd/5", ...byDescriptor },
    ({ process }) => {
      const { path, inode, links } = process.file as Record<string, unknown>;
      assert.deepEqual(
        { path, inode, links },
        { path: nop, inode: inodeOf(nop), links: nopLinks() },
      );
    },
  ),
  becomes(
    "a file run through /dev/fd shows its path",
    ["open", "5", nop, "exec", "/dev/fd/5"],
    { binary: "/dev/fd/5" },
    { path: nop, links: nopLinks() },
  ),
  becomes(
    "a file run by a name relative to /proc/self/fd shows its path",
    ["open", "5", nop, "cd", "/proc/self/fd", "exec", "./5"],
    { binary: "/proc/%A/fd/5", cwd: "/proc/%A/fd" } as { binary: string },
    { path: nop, links: nopLinks() },
  ),
  becomes(
    "a process that runs itself again through /proc/self/exe shows which file that is",
    ["exec", "/proc/self/exe", "exit", "0"],
    { binary: "/proc/self/exe", arguments: "exit 0" },
    { path: act, links: 1 },
  ),
  becomes(
    "execveat of a name in an open folder shows the whole path",
    ["open", "4", "@/sub", "at", "4", "tool"],
    { binary: "/dev/fd/4/tool", ...byDescriptor },
    ({ process }) => {
      const { path } = process.file as { path: string };
      assert.match(path, /\/sub\/tool$/);
    },
    {
      prepare: (folder) => {
        mkdirSync(`${folder}/sub`);
        toolAt("sub/tool")(folder);
      },
    },
  ),
  {
    name: "a file that is deleted before it runs still has its path",
    run: [act, "open", "5", "@/tool", "unlink", "@/tool", "at", "5", ""],
    prepare: toolAt("tool"),
    events: [
      { exec: "A" },
      {
        exec: "A.2",
        binary: "/dev/fd/5",
        ...byDescriptor,
        also: (event, seen) =>
          assert.deepEqual(fileBut(event), {
            ...deletedTool,
            path: `${String(seen.process("A").cwd)}/tool`,
          }),
      },
      { exit: "A.2" },
    ],
  },
  {
    name: "one of two names that is gone is told as deleted, and the other name counted",
    run: [
      act,
      "link",
      "@/tool",
      "@/other",
      "open",
      "5",
      "@/tool",
      "unlink",
      "@/tool",
      "at",
      "5",
      "",
    ],
    prepare: toolAt("tool"),
    events: [
      { exec: "A" },
      {
        exec: "A.2",
        binary: "/dev/fd/5",
        ...byDescriptor,
        also: (event) => {
          const { links, deleted } = fileBut(event);
          assert.deepEqual({ links, deleted }, { links: 1, deleted: true });
        },
      },
      { exit: "A.2" },
    ],
  },
  {
    name: "a script shows itself and its interpreter",
    run: ["@/script", "arg"],
    prepare: scriptAt("script", `#!${nop} -e\n`),
    events: [
      {
        exec: "A",
        arguments: "-e @/script arg",
        also: ({ process }) => assert.equal(process.interpreter, nop),
      },
      { exit: "A" },
    ],
  },
  {
    name: "a script run by a script shows the last interpreter",
    run: ["@/outer"],
    prepare: (folder) => {
      scriptAt("inner", `#!${nop}\n`)(folder);
      scriptAt("outer", `#!${folder}/inner\n`)(folder);
    },
    events: [
      {
        exec: "A",
        arguments: "@/inner @/outer",
        also: ({ process }) => assert.equal(process.interpreter, nop),
      },
      { exit: "A" },
    ],
  },
  {
    name: "a script run by fexecve shows its own path and its interpreter",
    run: [act, "open", "6", "@/script", "at", "6", "", "arg"],
    prepare: scriptAt("script", `#!${nop}\n`),
    events: [
      { exec: "A" },
      {
        exec: "A.2",
        binary: "/dev/fd/6",
        arguments: "/dev/fd/6 arg",
        ...byDescriptor,
        also: ({ process }, seen) => {
          assert.equal(process.interpreter, nop);
          const { path, script } = process.file as Record<string, unknown>;
          const folder = String(seen.process("A").cwd);
          assert.deepEqual({ path, script }, { path: `${folder}/script`, script: true });
        },
      },
      { exit: "A.2" },
    ],
  },
  {
    name: "a script run by execveat of a name in an open folder shows its own path",
    run: [act, "open", "6", "@", "at", "6", "script"],
    prepare: scriptAt("script", `#!${nop}\n`),
    events: [
      { exec: "A" },
      {
        exec: "A.2",
        binary: "/dev/fd/6/script",
        arguments: "/dev/fd/6/script",
        ...byDescriptor,
        also: ({ process }, seen) => {
          const { path, script } = process.file as Record<string, unknown>;
          const folder = String(seen.process("A").cwd);
          assert.deepEqual({ path, script }, { path: `${folder}/script`, script: true });
        },
      },
      { exit: "A.2" },
    ],
  },
  {
    name: "a file that gives its owner's rights shows that, and that it did",
    run: [act, "uid", "1234", "exec", "@/tool"],
    prepare: (folder) => {
      toolAt("tool")(folder);
      chownSync(`${folder}/tool`, 4321, 4321);
      chmodSync(`${folder}/tool`, 0o4755);
    },
    events: [
      { exec: "A" },
      {
        exec: "A.2",
        binary: "@/tool",
        uid: 1234,
        capabilities: [],
        also: ({ process }) => {
          const { inode, ...file } = process.file as Record<string, unknown>;
          assert.deepEqual(file, {
            links: 1,
            setuid: true,
            uid: 4321,
            gid: 4321,
            privileged: true,
          });
          assert.deepEqual(process.euid, { value: 4321 });
        },
      },
      { exit: "A.2" },
    ],
  },
  {
    name: "without new privileges a set-user-id bit is shown and does nothing",
    run: [act, "nopriv", "uid", "1234", "exec", "@/tool"],
    prepare: (folder) => {
      toolAt("tool")(folder);
      chmodSync(`${folder}/tool`, 0o4755);
    },
    events: [
      { exec: "A" },
      {
        exec: "A.2",
        binary: "@/tool",
        uid: 1234,
        capabilities: [],
        also: ({ process }) => {
          const { setuid, privileged = false } = process.file as Record<string, unknown>;
          assert.deepEqual({ setuid, privileged }, { setuid: true, privileged: false });
          assert.equal(process.euid, undefined);
        },
      },
      { exit: "A.2" },
    ],
  },
];
