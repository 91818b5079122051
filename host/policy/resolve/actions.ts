/** `matchActions`: what is done with a call that matches. */
import { constants } from "node:os";
import { type Place, quoted } from "../document/problem.js";
import { isNone } from "../document/scalars.js";
import type { Located } from "../document/schema.js";
import type { ActionText } from "../document/selectors.js";
import type { ActionSpec, ArgumentSpec } from "../hookSpec.js";
import type { Signature } from "../kernel/signature.js";
import { argumentTypes } from "./argumentTypes.js";

const names = [
  "Post",
  "NoPost",
  "FollowFD",
  "UnfollowFD",
  "CopyFD",
  "Sigkill",
  "Signal",
  "Override",
] as const;
type Name = (typeof names)[number];

/** Of the language, but not of guidestar. */
const unsupported: Readonly<Record<string, string>> = {
  geturl: "it makes no requests of its own; react to the event in a client",
  dnslookup: "it makes no requests of its own; react to the event in a client",
  tracksock: "it keeps no table of who owns which socket",
  untracksock: "it keeps no table of who owns which socket",
  notifyenforcer: "use Sigkill, Signal or Override in this hook itself",
  cleanupenforcernotification: "use Sigkill, Signal or Override in this hook itself",
  set: "it belongs to USDT probes",
};

/** The parameters of each action. */
const parameters: Readonly<Record<Name, readonly (keyof ActionText)[]>> = {
  Post: ["rateLimit", "rateLimitScope"],
  NoPost: [],
  FollowFD: ["argFd", "argName"],
  // The name is there in policies of old, and not looked at.
  UnfollowFD: ["argFd", "argName"],
  CopyFD: ["argFd", "argName"],
  Sigkill: [],
  Signal: ["argSig"],
  Override: ["argError"],
};

const allParameters = [
  ...new Set([...Object.values(parameters).flat(), "argSock", "argUrl", "argFqdn"]),
];

export function resolveAction(
  signature: Signature,
  args: readonly ArgumentSpec[],
  text: ActionText,
  place: Place,
): ActionSpec {
  const name = nameOf(text, place);
  for (const key of allParameters as (keyof ActionText)[]) {
    const given = text[key] as Located<unknown> | undefined;
    if (given === undefined || parameters[name].includes(key)) continue;
    // What old policies fill in with zero asks for nothing.
    if (given.value === 0 || given.value === "") continue;
    place.in(key).refuse(given.at, `${name} takes no ${key}`);
  }
  if (name !== "Post" && (text.kernelStackTrace || text.userStackTrace)) {
    place.refuse(text.at, `only Post takes stack traces, not ${name}`);
  }
  const position = (key: "argFd" | "argName", what: "integer" | "path") =>
    positionOf(args, name, text, key, what, place);
  switch (name) {
    case "Post":
      return post(text, place);
    case "NoPost":
      return { kind: "noPost" };
    case "FollowFD":
      return {
        kind: "followFd",
        fd: position("argFd", "integer"),
        name: position("argName", "path"),
      };
    case "UnfollowFD":
      return { kind: "unfollowFd", fd: position("argFd", "integer") };
    case "CopyFD":
      return {
        kind: "copyFd",
        from: position("argFd", "integer"),
        to: position("argName", "integer"),
      };
    case "Sigkill":
      return { kind: "signal", signal: constants.signals.SIGKILL };
    case "Signal":
      return { kind: "signal", signal: signalOf(text, place) };
    case "Override":
      return { kind: "override", error: errorOf(signature, text, place) };
  }
}

function nameOf({ action }: ActionText, place: Place): Name {
  const lower = action.value.toLowerCase();
  const found = names.find((name) => name.toLowerCase() === lower);
  if (found !== undefined) return found;
  const here = place.in("action");
  if (Object.hasOwn(unsupported, lower)) {
    return here.refuse(
      action.at,
      `guidestar does not support ${action.value}: ${unsupported[lower]}`,
    );
  }
  return here.refuse(
    action.at,
    `parseMatchAction: actionType ${action.value.slice(0, 64)} unknown: ${isNone(action.value, names)}`,
  );
}

function positionOf(
  args: readonly ArgumentSpec[],
  name: Name,
  text: ActionText,
  key: "argFd" | "argName",
  what: "integer" | "path",
  place: Place,
): number {
  const given = text[key];
  if (given === undefined) {
    return place.refuse(text.at, `${name} needs ${key}: the index of an argument of the hook`);
  }
  const position = args.findIndex((arg) => arg.index === given.value);
  const arg = args[position];
  const here = place.in(key);
  if (arg === undefined) {
    const known = args.map(({ index }) => index).join(", ") || "there are none";
    return here.refuse(given.at, `argument ${given.value} is not among the hook's args (${known})`);
  }
  const kind = argumentTypes[arg.type].class;
  const fits =
    what === "integer"
      ? kind === "integer" || arg.type === "fd"
      : kind === "path" || kind === "text";
  if (fits) return position;
  const needs = what === "integer" ? "an integer, the descriptor" : "a file, a path or a string";
  return here.refuse(
    given.at,
    `${name} needs ${needs}; argument ${given.value} is of type ${arg.type}`,
  );
}

const highestSignal = 64;

function signalOf({ argSig, at }: ActionText, place: Place): number {
  if (argSig === undefined)
    return place.refuse(at, "Signal needs argSig: the number of the signal");
  if (argSig.value >= 1 && argSig.value <= highestSignal) return argSig.value;
  return place
    .in("argSig")
    .refuse(
      argSig.at,
      `${argSig.value} is no signal: they have numbers from 1 to ${highestSignal}`,
    );
}

const mostErrno = 4095;

function errorOf(signature: Signature, { argError, action, at }: ActionText, place: Place): number {
  if (signature.noOverride !== undefined) {
    place
      .in("action")
      .refuse(
        action.at,
        `Error override action can be used only with syscalls, security hooks and functions that the kernel lets fail: ${signature.noOverride}`,
      );
  }
  if (argError === undefined) {
    return place.refuse(
      at,
      "Override needs argError: the result of the call, such as -1 for EPERM",
    );
  }
  if (argError.value <= -1 && argError.value >= -mostErrno) return argError.value;
  return place
    .in("argError")
    .refuse(
      argError.at,
      `${argError.value} is no error: they are from -1 (EPERM) to -${mostErrno}`,
    );
}

const seconds: Readonly<Record<string, bigint>> = { "": 1n, s: 1n, m: 60n, h: 3600n };
const scopes = ["thread", "process", "global"] as const;

function post(text: ActionText, place: Place): ActionSpec & { kind: "post" } {
  const {
    rateLimit,
    rateLimitScope,
    kernelStackTrace: kernelStack,
    userStackTrace: userStack,
  } = text;
  if (rateLimit === undefined) {
    if (rateLimitScope !== undefined) {
      place
        .in("rateLimitScope")
        .refuse(rateLimitScope.at, "it belongs to rateLimit, which is missing");
    }
    return { kind: "post", kernelStack, userStack };
  }
  const match = /^(\d{1,6})([smh]?)$/.exec(rateLimit.value.trim());
  if (match === null || Number(match[1]) === 0) {
    return place
      .in("rateLimit")
      .refuse(
        rateLimit.at,
        `${quoted(rateLimit.value)} is no time: write seconds, or a number with s, m or h, such as 5m`,
      );
  }
  const scope = scopes.find((each) => each === (rateLimitScope?.value ?? "thread").toLowerCase());
  if (scope === undefined) {
    const { value, at } = rateLimitScope as Located<string>;
    return place.in("rateLimitScope").refuse(at, isNone(value, scopes));
  }
  const intervalNs = BigInt(match[1] ?? 0) * (seconds[match[2] ?? ""] ?? 1n) * 1_000_000_000n;
  return { kind: "post", rateLimit: { intervalNs, scope }, kernelStack, userStack };
}
