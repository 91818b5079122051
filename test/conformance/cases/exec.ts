/** What one exec shows of itself. */
import assert from "node:assert/strict";
import { act, type Case, nop } from "../case.js";

const aAndItsEnd = (fields = {}): Case["events"] => [{ exec: "A", ...fields }, { exit: "A" }];

export const execCases: readonly Case[] = [
  {
    name: "a program that does nothing execs and exits",
    run: [nop],
    events: aAndItsEnd(),
  },
  {
    name: "arguments are joined by spaces",
    run: [nop, "one", "-2", "--three=3"],
    events: aAndItsEnd({ arguments: "one -2 --three=3" }),
  },
  {
    name: "an argument with a space is quoted",
    run: [nop, "two words", "one"],
    events: aAndItsEnd({ arguments: '"two words" one' }),
  },
  {
    name: "empty arguments are not lost, whether first, between or last",
    run: [nop, "", "a", "", "b", ""],
    events: aAndItsEnd({ arguments: '"" a "" b ""' }),
  },
  {
    name: "an only argument that is empty is not lost",
    run: [nop, ""],
    events: aAndItsEnd({ arguments: '""' }),
  },
  {
    name: "quotes and backslashes can be told from the quotes around an argument",
    run: [nop, '"', 'a"b', 'c "d" \\e', "f\\g"],
    events: aAndItsEnd({ arguments: '"\\"" a"b "c \\"d\\" \\\\e" f\\g' }),
  },
  {
    name: "arguments are shown whole in any alphabet, with line feeds and tabs",
    run: [nop, "três", "日本語", "🚀", "a\nb\tc"],
    events: aAndItsEnd({ arguments: "três 日本語 🚀 a\nb\tc" }),
  },
  {
    name: "an argument area of 200,000 bytes is shown whole",
    run: [nop, ..."abcd".split("").map((letter) => letter.repeat(50_000))],
    events: aAndItsEnd(),
  },
  {
    name: "a name in argv[0] of its own making changes nothing of the binary",
    run: [act, "as", nop, "[kworker/0:1]", "arg", ";"],
    events: [{ exec: "A" }, { exec: "A.2", binary: nop, arguments: "arg" }, { exit: "A.2" }],
  },
  {
    name: "an exec without any argument has none",
    run: [act, "bare", nop],
    events: [{ exec: "A" }, { exec: "A.2", binary: nop }, { exit: "A.2" }],
  },
  {
    name: "an exec that fails causes nothing",
    run: [act, "try", "@/missing", ";", "try", "/", ";", "try", "/dev/null", ";", "exit", "3"],
    events: [{ exec: "A" }, { exit: "A", status: 3 }],
  },
  {
    name: "the exec of a process comes after its start",
    run: [act, "exec", nop, ";"],
    events: [
      { exec: "A" },
      {
        exec: "A.2",
        binary: nop,
        also: ({ process, timeNs }, seen) => {
          const startOf = ({ start_time }: Record<string, unknown>) => {
            const { seconds, nanos = 0 } = start_time as { seconds: string; nanos?: number };
            return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
          };
          assert.ok(startOf(process) <= timeNs);
          assert.ok(startOf(seen.process("A")) < startOf(process), "each exec starts a new one");
        },
      },
      { exit: "A.2" },
    ],
  },
];
