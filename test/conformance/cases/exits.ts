/** How a process ends. */
import { act, type Case } from "../case.js";

const status = (code: number, shown = code): Case => ({
  name: `exit status ${code} is told as ${shown}`,
  run: [act, "exit", String(code)],
  events: [{ exec: "A" }, { exit: "A", status: shown }],
});

const ended = (signal: string, number: number): Case => ({
  name: `a process that ${signal} ends tells so, and has no status`,
  run: [act, "signal", String(number)],
  events: [{ exec: "A" }, { exit: "A", signal }],
});

export const exitCases: readonly Case[] = [
  status(1),
  status(42),
  status(125),
  status(255),
  status(-30, 226),
  ended("SIGHUP", 1),
  ended("SIGINT", 2),
  ended("SIGILL", 4),
  ended("SIGABRT", 6),
  ended("SIGFPE", 8),
  ended("SIGKILL", 9),
  ended("SIGUSR1", 10),
  ended("SIGPIPE", 13),
  ended("SIGALRM", 14),
  ended("SIGTERM", 15),
  ended("SIGRTMIN+2", 34),
  {
    name: "a core dump does not hide the signal",
    run: [act, "core", "signal", "11"],
    events: [{ exec: "A" }, { exit: "A", signal: "SIGSEGV" }],
  },
  {
    name: "a leader that ends before its threads ends nothing; the last thread does",
    run: [act, "thread", "[", "sleep", "100", "exit", "9", "]", "end", "3"],
    events: [{ exec: "A" }, { exit: "A", status: 9 }],
  },
  {
    name: "when the last thread just ends, the status is what wait(2) gets: that thread's",
    run: [act, "thread", "[", "sleep", "100", "end", "5", "]", "end", "3"],
    events: [{ exec: "A" }, { exit: "A", status: 5 }],
  },
  {
    name: "a thread that ends is no event",
    run: [act, "thread", "[", "end", "5", "]", "join", "exit", "4"],
    events: [{ exec: "A" }, { exit: "A", status: 4 }],
  },
  {
    name: "a thread that ends the process ends it once",
    run: [act, "thread", "[", "exit", "6", "]", "join", "sleep", "5000"],
    events: [{ exec: "A" }, { exit: "A", status: 6 }],
  },
  {
    name: "a signal to a process with threads ends it once",
    run: [
      act,
      "thread",
      "[",
      "sleep",
      "5000",
      "]",
      "thread",
      "[",
      "sleep",
      "5000",
      "]",
      "signal",
      "15",
    ],
    events: [{ exec: "A" }, { exit: "A", signal: "SIGTERM" }],
  },
  {
    name: "a zombie has ended when it ends, not when it is waited for",
    run: [
      act,
      "fork",
      "[",
      "exit",
      "2",
      "]",
      "waitid",
      "fork",
      "[",
      "exit",
      "3",
      "]",
      "sleep",
      "50",
      "wait",
    ],
    events: [
      { exec: "A" },
      { exit: "B", status: 2, parent: "A" },
      { exit: "C", status: 3, parent: "A" },
      { exit: "A" },
    ],
  },
];
