/** Tracepoints: by the kernel's format files, or raw by the prototype that BTF has of them. */
import { Kind } from "../../../bpf/libbpf/index.js";
import { closest } from "../../suggest.js";
import type { LsmHook, Tracepoint } from "../document/hooks.js";
import { type Place, quoted } from "../document/problem.js";
import type { Located } from "../document/schema.js";
import type { HookTarget } from "../hookSpec.js";
import { btfType, fieldType } from "../kernel/cType.js";
import { isUnknown, type TracepointFormat } from "../kernel/facts.js";
import type { Parameter, Signature } from "../kernel/signature.js";
import { type Context, leaveUnchecked } from "./context.js";
import { finishHook, type ResolvedHook } from "./hook.js";

const noReturn = { wanted: false, returnArg: undefined };

export function resolveTracepoint(
  context: Context,
  text: Tracepoint,
  place: Place,
): ResolvedHook[] {
  const signature = text.raw
    ? rawSignature(context, text, place)
    : formatSignature(context, text, place);
  return [finishHook(context, signature, text, noReturn, place)];
}

export function resolveLsmHook(context: Context, text: LsmHook, place: Place): ResolvedHook[] {
  const { value, at } = text.hook;
  // As the kernel calls it from outside.
  const hook = value.replace(/^(bpf_lsm_|security_)/, "");
  const target = { kind: "lsm", hook } as const;
  const names = { target, functionName: hook };
  const signature = typed(context, { value: `bpf_lsm_${hook}`, at }, names, place.in("hook"), {
    what: "security hook",
    prefix: "bpf_lsm_",
  });
  return [finishHook(context, signature, text, noReturn, place)];
}

function formatSignature(context: Context, text: Tracepoint, place: Place): Signature {
  const { facts } = context;
  const [subsystem, event] = [text.subsystem.value, text.event.value];
  const name = `${subsystem}/${event}`;
  for (const key of ["subsystem", "event"] as const) {
    const { value, at } = text[key];
    if (/^[\w-]+$/.test(value)) continue;
    place
      .in(key)
      .refuse(
        at,
        `tracepoint ${name} not supported: ${quoted(value)} can be no name of a tracepoint`,
      );
  }
  const format = facts.tracepoint(subsystem, event);
  if (format === undefined) {
    const groups = facts.tracepointNames();
    const isGroup = groups.includes(subsystem);
    const [at, known] = isGroup
      ? [text.event.at, facts.tracepointNames(subsystem)]
      : [text.subsystem.at, groups];
    const what = isGroup
      ? `the group has no such event${closest(event, known)}`
      : `there is no group ${quoted(subsystem)}${closest(subsystem, known)}`;
    return place
      .in(isGroup ? "event" : "subsystem")
      .refuse(at, `tracepoint ${name} not supported: ${what}`);
  }
  if (isUnknown(format)) {
    leaveUnchecked(
      context,
      place,
      text.at,
      `tracepoint ${name} was not looked up: ${format.unknown}`,
    );
    return signatureOf(name, subsystem, event, undefined, format.unknown);
  }
  return signatureOf(name, subsystem, event, format);
}

function signatureOf(
  name: string,
  subsystem: string,
  event: string,
  format: TracepointFormat | undefined,
  noTypes?: string,
): Signature {
  const fields = format?.fields ?? [];
  return {
    target: { kind: "tracepoint", subsystem, event, id: format?.id ?? 0 },
    functionName: name,
    user: subsystem === "syscalls",
    noReturn: "a tracepoint does not return",
    noOverride: "a tracepoint has no result",
    ...(noTypes === undefined ? {} : { noTypes, unchecked: true }),
    parameter(index) {
      if (format === undefined) {
        const source = { kind: "field", index, offset: 0, size: 8, signed: false, dataLoc: false };
        return { name: `field ${index} of ${name}`, source: source as Parameter["source"] };
      }
      const field = fields[index];
      if (field === undefined) {
        const list = fields.map((each, number) => `${number} ${each.name}`).join(", ");
        return `tracepoint ${name} has ${fields.length} fields but field ${index} was requested: ${list}`;
      }
      const c = fieldType(field);
      const { offset, size, signed } = field;
      const source = {
        kind: "field",
        index,
        offset,
        size,
        signed,
        dataLoc: c.dataLoc ?? false,
      } as const;
      return { name: `field ${index} of ${name} (${field.name})`, source, c };
    },
  };
}

/** BTF has the prototype of what a raw tracepoint calls; its first parameter is not for us. */
function rawSignature(context: Context, text: Tracepoint, place: Place): Signature {
  const name = text.event.value;
  const target = { kind: "rawTracepoint", name } as const;
  const names = { target, functionName: `${text.subsystem.value}/${name}` };
  const what = { what: "raw tracepoint", prefix: "btf_trace_" };
  const traced = { value: `btf_trace_${name}`, at: text.event.at };
  return {
    ...typed(context, traced, names, place.in("event"), what),
    noOverride: "a tracepoint has no result",
  };
}

interface Named {
  readonly target: HookTarget;
  readonly functionName: string;
}

function typed(
  context: Context,
  wanted: Located<string>,
  names: Named,
  place: Place,
  { what, prefix }: { readonly what: string; readonly prefix: string },
): Signature {
  const { btf } = context.facts;
  const name = names.functionName;
  const common = { ...names, user: false, noReturn: `a ${what} reports no return value` };
  if (isUnknown(btf)) {
    leaveUnchecked(
      context,
      place,
      wanted.at,
      `${what} ${quoted(name)} was not looked up: ${btf.unknown}`,
    );
    const parameter = (index: number): Parameter => ({
      name: `argument ${index} of ${name}`,
      source: { kind: "argument", index },
    });
    return { ...common, noTypes: btf.unknown, unchecked: true, parameter };
  }
  const kinds = [Kind.FUNC, Kind.TYPEDEF] as const;
  const found = btf.find(wanted.value, ...kinds);
  const prototype = found && prototypeOf(btf, found.id);
  if (prototype === undefined) {
    const known = [...btf.names(prefix, ...kinds)].map((each) => each.slice(prefix.length));
    const bare = wanted.value.slice(prefix.length);
    return place.refuse(
      wanted.at,
      `the kernel has no ${what} ${quoted(bare)}${closest(bare, known)}`,
    );
  }
  const parameters = prefix === "btf_trace_" ? prototype.slice(1) : prototype;
  return {
    ...common,
    btf,
    parameter(index) {
      const found = parameters[index];
      if (found === undefined) {
        const list = parameters.map((each) => btf.text(each.type)).join(", ") || "none";
        return `${name} has ${parameters.length} arguments, counted from 0: ${list}`;
      }
      const described = `argument ${index} of ${name}${found.name ? ` (${found.name})` : ""}`;
      const c = btfType(btf, found.type);
      return { name: described, source: { kind: "argument", index }, c, typeId: found.type };
    },
  };
}

function prototypeOf(btf: Extract<Context["facts"]["btf"], { type: unknown }>, id: number) {
  let type = btf.resolve(id);
  for (let steps = 0; steps < 4; steps++) {
    if (type.kind === Kind.FUNC_PROTO) return type.parameters;
    if (type.kind !== Kind.FUNC && type.kind !== Kind.PTR) return undefined;
    type = btf.resolve(type.target);
  }
  return undefined;
}
