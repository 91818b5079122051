/** What a policy says of its hooks, as it is written. */
import { argumentTypeNames, canonicalType, unsupportedTypes } from "../resolve/argumentTypes.js";
import { limits } from "../resolve/limits.js";
import type { Position } from "./problem.js";
import { anyText, flag, integer, isNone, properText, text } from "./scalars.js";
import {
  list,
  located,
  object,
  optional,
  type Read,
  required,
  unsupported,
  withDefault,
} from "./schema.js";
import { selector } from "./selectors.js";
import { type StackTraceTreeText, treeField } from "./trees.js";

const typeName: Read<string> = (node, place) => {
  const name = properText(node, place);
  if (name === "auto" || canonicalType(name) !== undefined) return name;
  if (Object.hasOwn(unsupportedTypes, name)) {
    return place.refuse(node.at, `guidestar does not support ${name}: ${unsupportedTypes[name]}`);
  }
  return place.refuse(node.at, isNone(name, ["auto", ...argumentTypeNames]));
};

const argumentFields = {
  label: optional(text(64)),
  sizeArgIndex: optional(located(integer(0, 64))),
  returnCopy: withDefault(flag, false),
  maxData: withDefault(flag, false),
  resolve: optional(located(text(1024))),
  btfType: optional(located(text(128))),
  btfTypeModule: unsupported("types are looked up in the kernel and in the module of the function"),
  source: optional(located(text(64))),
};

export const argument = object("an argument", {
  index: required(located(integer(0, 64)), "which argument, counted from 0"),
  type: optional(located(typeName)),
  ...argumentFields,
});
export type Argument = ReturnType<typeof argument>;

/** `data`: as an argument, but of the task and not of the call. */
const datum = object("a datum", {
  index: withDefault(located(integer(0, 64)), { value: 0, at: { line: 1, column: 1 } }),
  type: optional(located(typeName)),
  ...argumentFields,
});

const returned = object("the return value", {
  index: withDefault(integer(0, 64), 0),
  type: optional(located(typeName)),
  ...argumentFields,
});
export type Returned = ReturnType<typeof returned>;

const ignore = object("what to ignore", { callNotFound: withDefault(flag, false) });

const common = {
  message: optional(text(256)),
  tags: withDefault(list("tags", text(256), 16), []),
  args: withDefault(list("arguments", argument, limits.arguments), []),
  selectors: withDefault(list("selectors", selector, limits.selectors), []),
  stackTraceTree: treeField,
};

const returnArgAction: Read<string> = (node, place) => {
  const action = anyText(node, place);
  if (action === "" || action.toLowerCase() === "post") return action;
  if (/^(un)?tracksock$/i.test(action)) {
    return place.refuse(
      node.at,
      `guidestar does not support ${action}: it keeps no table of who owns which socket`,
    );
  }
  return place.refuse(node.at, isNone(action, ["Post"]));
};

export const kprobe = object("a kprobe", {
  call: required(located(properText), "the kernel function to watch"),
  syscall: optional(located(flag)),
  return: withDefault(flag, false),
  returnArg: optional(located(returned)),
  returnArgAction: optional(returnArgAction),
  data: withDefault(list("data", datum, limits.arguments), []),
  ignore: optional(ignore),
  ...common,
});
export type Kprobe = ReturnType<typeof kprobe>;

export const tracepoint = object("a tracepoint", {
  subsystem: required(located(properText), "the group of the tracepoint, such as syscalls"),
  event: required(located(properText), "its name in the group, such as sys_enter_openat"),
  raw: withDefault(flag, false),
  ...common,
});
export type Tracepoint = ReturnType<typeof tracepoint>;

export const lsmHook = object("an LSM hook", {
  hook: required(located(properText), "the security hook to watch, such as file_open"),
  ...common,
});
export type LsmHook = ReturnType<typeof lsmHook>;

export const uprobe = object("a uprobe", {
  path: required(located(text()), "the program or library to watch"),
  symbols: withDefault(list("symbols", located(properText), 512), []),
  symbol: optional(located(properText)),
  offsets: withDefault(list("offsets", located(integer(0, Number.MAX_SAFE_INTEGER)), 512), []),
  addrs: withDefault(list("addresses", located(integer(0, Number.MAX_SAFE_INTEGER)), 512), []),
  refCtrOffsets: unsupported("reference counters belong to USDT probes"),
  binaryDigests: unsupported("it has no table of digests of binaries"),
  resolvePathInContainer: unsupported("paths are those of the node"),
  return: withDefault(flag, false),
  returnArg: optional(located(returned)),
  ignore: optional(ignore),
  ...common,
});
export type Uprobe = ReturnType<typeof uprobe>;

/** Of any hook. */
export interface HookText {
  readonly at: Position;
  readonly message: string | undefined;
  readonly tags: readonly string[];
  readonly args: readonly Argument[];
  readonly selectors: readonly ReturnType<typeof selector>[];
  readonly stackTraceTree: StackTraceTreeText | undefined;
}
