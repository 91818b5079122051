/** Who begets whom. */
import { act, type Case, nop } from "../case.js";

export const lineageCases: readonly Case[] = [
  {
    name: "a child that never execs ends as a copy of its creator",
    run: [act, "fork", "[", "exit", "7", "]", "wait"],
    events: [{ exec: "A" }, { exit: "B", status: 7 }, { exit: "A" }],
  },
  {
    name: "a child that execs has its creator as parent",
    run: [act, "fork", "[", "exec", nop, "x", ";", "]", "wait"],
    events: [
      { exec: "A" },
      { exec: "B", binary: nop, arguments: "x" },
      { exit: "B" },
      { exit: "A" },
    ],
  },
  {
    name: "a grandchild whose parent is gone by its exec has who made it as parent",
    run: [
      act,
      "fork",
      "[",
      "fork",
      "[",
      "orphaned",
      "exec",
      nop,
      ";",
      "]",
      "exit",
      "3",
      "]",
      "wait",
    ],
    anyOrder: true,
    events: [
      { exec: "A" },
      { exit: "B", status: 3 },
      { exec: "C", binary: nop, parent: "B" },
      { exit: "C" },
      { exit: "A" },
    ],
  },
  {
    name: "a second exec in the same process has the first as parent",
    run: [act, "exec", act, "exec", nop, "last"],
    events: [
      { exec: "A" },
      { exec: "A.2", binary: act, arguments: `exec ${nop} last` },
      { exec: "A.3", binary: nop, arguments: "last" },
      { exit: "A.3" },
    ],
  },
];
