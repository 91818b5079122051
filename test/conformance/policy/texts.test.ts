/** Strings, buffers and paths: whole, their starts, their ends; of any number and to the bound of length. */
import { definePacked, type PackedCase, type PackedGroup } from "./packed.js";
import { calls, firstCall } from "./run.js";
import { argFilter, defineGroup, matchArg, selector } from "./suite.js";

const sized = (bytes: number, last = "z"): string => `/${"p".repeat(bytes - 2)}${last}`;

const paths = [
  "/etc/passwd",
  "/etc/passwd2",
  "/etc",
  "relative/passwd",
  sized(56),
  sized(57),
  sized(248),
  sized(249),
  sized(256),
  sized(257),
  sized(257, "y"),
  "",
  "unmapped",
];
const [unmapped] = [paths.length - 1];
const known = (i: number): boolean => i !== unmapped;
const reports = (holds: (text: string) => boolean, unreadable = false): number[] =>
  paths.flatMap((text, i) => ((known(i) ? holds(text) : unreadable) ? [i] : []));

const command = (
  call: (text: string, i: number) => readonly string[],
  texts: readonly string[],
) => [calls, ...texts.flatMap((text, i) => [...(i > 0 ? [","] : []), ...call(text, i)])];

const one = (
  name: string,
  operator: string,
  values: readonly string[],
  holds: (text: string) => boolean,
): PackedCase => ({
  name,
  filters: argFilter(1, operator, ...values),
  reports: reports(holds, operator.startsWith("Not")),
});

const many = Array.from({ length: 50 }, (_, i) => `/some/where/${i}`);
const ends = ["wd", "2", sized(128).slice(1)];

const strings: PackedGroup = {
  name: "strings",
  count: paths.length,
  call: (which, number) => ["mkdirat", String(number), paths[which] ?? "", "0"],
  hook: "call: sys_mkdirat\nsyscall: true\nargs: [{index: 0, type: int}, {index: 1, type: string}]",
  cases: [
    one("Equal: one", "Equal", ["/etc/passwd"], (text) => text === "/etc/passwd"),
    one("Equal: a start is not enough", "Equal", ["/etc/pass"], () => false),
    one("Equal: longer is too much", "Equal", ["/etc/passwd22"], () => false),
    one("Equal: case matters", "Equal", ["/ETC/PASSWD"], () => false),
    one("Equal: of 56 and 57 bytes", "Equal", [sized(56), sized(57)], (text) =>
      [56, 57].includes(text.length),
    ),
    one(
      "Equal: as long as can be, and one more",
      "Equal",
      [sized(256)],
      (text) => text.length === 256,
    ),
    one("Equal: one among 51", "Equal", [...many, "/etc"], (text) => text === "/etc"),
    one("NotEqual: one", "NotEqual", ["/etc/passwd"], (text) => text !== "/etc/passwd"),
    one(
      "NotEqual: none of several",
      "NotEqual",
      [...many, "/etc", sized(256)],
      (text) => !["/etc", sized(256)].includes(text),
    ),
    one("Prefix: one", "Prefix", ["/etc"], (text) => text.startsWith("/etc")),
    one("Prefix: the whole", "Prefix", ["/etc/passwd2"], (text) => text === "/etc/passwd2"),
    one("Prefix: longer than the text", "Prefix", ["/etc/passwd23"], () => false),
    one("Prefix: as long as can be", "Prefix", [sized(249).slice(0, 248)], (text) =>
      text.startsWith(sized(249).slice(0, 248)),
    ),
    one("Prefix: one that others begin with, too", "Prefix", ["/etc/passwd2x", "/e"], (text) =>
      text.startsWith("/e"),
    ),
    one("Prefix: one among 51", "Prefix", [...many, "rel"], (text) => text.startsWith("rel")),
    one("NotPrefix", "NotPrefix", ["/etc", "/p"], (text) => !/^\/(etc|p)/.test(text)),
    one("Postfix: one", "Postfix", ["passwd"], (text) => text.endsWith("passwd")),
    one("Postfix: the whole", "Postfix", ["/etc/passwd2"], (text) => text === "/etc/passwd2"),
    one("Postfix: longer than the text", "Postfix", ["//etc"], () => false),
    one("Postfix: to the bound", "Postfix", [`${sized(128).slice(0, 127)}z`], () => false),
    one("Postfix: several", "Postfix", ends, (text) => ends.some((end) => text.endsWith(end))),
    one("NotPostfix", "NotPostfix", ["wd", "z"], (text) => !/(wd|z)$/.test(text)),
  ],
};
definePacked([strings]);

const buffers = ["hello", "hello\tyou", "helloworld", "world", "", "ünï"];
defineGroup({
  name: "buffers",
  command: command(
    (text, i) => ["write", String(firstCall + i), text, String(Buffer.byteLength(text))],
    buffers,
  ),
  hook: "call: sys_write\nsyscall: true\nargs: [{index: 0, type: int}, {index: 1, type: char_buf, sizeArgIndex: 3}]",
  cases: [
    { name: "Equal", selectors: selector(matchArg(1, "Equal", "hello")), reports: [0] },
    { name: "Equal: beyond ASCII", selectors: selector(matchArg(1, "Equal", "ünï")), reports: [5] },
    {
      name: "NotEqual",
      selectors: selector(`${matchArg(1, "NotEqual", "hello", "")}`),
      reports: [1, 2, 3, 5],
    },
    { name: "Prefix", selectors: selector(matchArg(1, "Prefix", "hello")), reports: [0, 1, 2] },
    { name: "Postfix", selectors: selector(matchArg(1, "Postfix", "world")), reports: [2, 3] },
    {
      name: "with what it is written to",
      selectors: `[{matchArgs: [{index: 1, operator: Prefix, values: [hello]}, {index: 0, operator: Equal, values: ["1002"]}]}]`,
      reports: [2],
    },
  ].map((each) => ({
    ...each,
    selectors: each.selectors.replace(
      "matchArgs: [",
      `matchArgs: [{index: 0, operator: GT, values: ["999"]}, `,
    ),
  })),
});

const files = ["/", "/etc", "/etc/hosts", "/proc/self/stat", "/dev/null"];
defineGroup({
  name: "descriptors",
  command: [
    calls,
    ...files.flatMap((file, i) => [
      ...[...(i > 0 ? [","] : []), "openat", "-100", file, "0"],
      ...[",", "lseek", `%${2 * i}`, "0", String(firstCall + i)],
    ]),
    ...[",", "lseek", "999", "0", String(firstCall + files.length)],
    ...[",", "lseek", "-1", "0", String(firstCall + files.length + 1)],
  ],
  hook: "call: sys_lseek\nsyscall: true\nargs: [{index: 0, type: fd}, {index: 2, type: int}]",
  numbered: 1,
  cases: [
    { name: "Equal", operator: "Equal", values: ["/etc"], reports: [1] },
    {
      name: "NotEqual: also what is not open",
      operator: "NotEqual",
      values: ["/etc"],
      reports: [0, 2, 3, 4, 5, 6],
    },
    { name: "Prefix", operator: "Prefix", values: ["/etc", "/dev/"], reports: [1, 2, 4] },
    { name: "Postfix", operator: "Postfix", values: ["hosts", "/stat"], reports: [2, 3] },
    { name: "FileType: directories", operator: "FileType", values: ["directory"], reports: [0, 1] },
    { name: "FileType: devices", operator: "FileType", values: ["char"], reports: [4] },
    {
      name: "NotFileType: no directory",
      operator: "NotFileType",
      values: ["dir"],
      reports: [2, 3, 4, 5, 6],
    },
  ].map(({ name, operator, values, reports }) => ({
    name,
    reports,
    selectors: `[{matchArgs: [{index: 2, operator: GT, values: ["999"]}, {index: 0, operator: ${operator}, values: ${JSON.stringify(values)}}]}]`,
  })),
});
