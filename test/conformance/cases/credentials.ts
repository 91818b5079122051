/** Who a process is, and where it lives. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, rmdirSync } from "node:fs";
import { act, type Case, nop } from "../case.js";

const inSpace = (name: string): Case => ({
  name: `a process in a ${name} namespace of its own says so`,
  run: [act, "unshare", name, "exec", nop],
  events: [{ exec: "A" }, { exec: "A.2", binary: nop, foreign: [name] }, { exit: "A.2" }],
});

const id = createHash("sha256").update("conformance").digest("hex");
const cgroupRoot = "/sys/fs/cgroup";

/** Leaf directories as runtimes name them, and what is told of them. */
const inCgroup = (runtime: string, folder: string, docker: string): Case => ({
  name: `the container of ${runtime} is told from its cgroup`,
  run: [act, "cgroup", `${cgroupRoot}/${folder}`, "exec", nop],
  guestOnly: true,
  prepare: () => mkdirSync(`${cgroupRoot}/${folder}`, { recursive: true }),
  events: [
    { exec: "A" },
    { exec: "A.2", binary: nop, docker },
    {
      exit: "A.2",
      also: () => {
        for (let at = folder; at !== "."; at = at.includes("/") ? at.replace(/\/[^/]*$/, "") : ".")
          rmdirSync(`${cgroupRoot}/${at}`);
      },
    },
  ],
});

const container = id.slice(0, 31);

export const credentialCases: readonly Case[] = [
  {
    name: "a change of user takes the capabilities away",
    run: [act, "uid", "1234", "exec", nop],
    events: [
      { exec: "A" },
      { exec: "A.2", binary: nop, uid: 1234, capabilities: [] },
      { exit: "A.2" },
    ],
  },
  {
    name: "uid is the real one, and an effective one that differs is shown beside it",
    run: [act, "euid", "1234", "exec", nop],
    events: [
      { exec: "A" },
      {
        exec: "A.2",
        binary: nop,
        uid: 0,
        capabilities: [],
        also: ({ process }) => assert.deepEqual(process.euid, { value: 1234 }),
      },
      { exit: "A.2" },
    ],
  },
  {
    name: "real and effective group are told",
    run: [act, "gid", "77", "egid", "88", "exec", nop],
    events: [
      { exec: "A" },
      {
        exec: "A.2",
        binary: nop,
        also: ({ process: { gid, egid } }) =>
          assert.deepEqual({ gid, egid }, { gid: { value: 77 }, egid: { value: 88 } }),
      },
      { exit: "A.2" },
    ],
  },
  {
    name: "a capability that was dropped is not shown",
    run: [act, "drop", "25", "exec", nop],
    events: [
      { exec: "A" },
      {
        exec: "A.2",
        binary: nop,
        capabilities: "any",
        also: ({ process }, seen) => {
          const of = (one: Record<string, unknown>) =>
            (one.cap as { effective: number[] }).effective;
          assert.deepEqual(
            of(process),
            of(seen.process("A")).filter((number) => number !== 25),
          );
        },
      },
      { exit: "A.2" },
    ],
  },
  ...["uts", "ipc", "mnt", "net", "cgroup"].map(inSpace),
  {
    name: "a process that makes a pid namespace stays in its own, its children do not",
    run: [act, "unshare", "pid", "fork", "[", "exec", nop, ";", "]", "wait", "exec", nop],
    events: [
      { exec: "A" },
      {
        exec: "B",
        binary: nop,
        foreign: ["pid", "pid_for_children"],
        also: ({ process }) => {
          assert.deepEqual(process.ns_pid, { value: 1 });
          assert.deepEqual(process.in_init_tree, { value: true });
        },
      },
      { exit: "B" },
      {
        exec: "A.2",
        binary: nop,
        foreign: ["pid_for_children"],
        also: ({ process }) => assert.equal(process.ns_pid, undefined),
      },
      { exit: "A.2" },
    ],
  },
  {
    name: "a process in a time namespace of its own says so",
    run: [act, "unshare", "time", "fork", "[", "exec", nop, ";", "]", "wait"],
    events: [
      { exec: "A" },
      { exec: "B", binary: nop, foreign: ["time", "time_for_children"] },
      { exit: "B" },
      { exit: "A" },
    ],
  },
  inCgroup("Docker, systemd driver", `system.slice/docker-${id}.scope`, container),
  inCgroup("Docker, cgroupfs driver", `docker/${id}`, container),
  inCgroup("containerd", `kubepods.slice/cri-containerd-${id}.scope`, container),
  inCgroup("CRI-O", `kubepods.slice/crio-${id}.scope`, container),
  inCgroup("podman", `machine.slice/libpod-${id}.scope/container`, container),
  inCgroup("a service", `system.slice/${id}.service`, ""),
];
