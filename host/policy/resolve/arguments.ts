/** Arguments: which value, of which type, how long, and where in it. */

import type { Argument, Returned } from "../document/hooks.js";
import { type Place, type Position, quoted } from "../document/problem.js";
import type { ArgumentSpec, ArgumentType, ResolveStep } from "../hookSpec.js";
import { autoType, type CType, mismatch } from "../kernel/cType.js";
import type { Parameter, Signature } from "../kernel/signature.js";
import { argumentTypeNames, argumentTypes, canonicalType } from "./argumentTypes.js";
import { type Context, warn } from "./context.js";
import { limits } from "./limits.js";
import { resolvePath, structureOf, typesOf } from "./members.js";

/** Of buffers and strings, if the policy does not ask for more. */
const usualData = 4096;
const usualReturn: ArgumentType = "s64";

export function resolveArguments(
  context: Context,
  signature: Signature,
  args: readonly Argument[],
  place: Place,
): ArgumentSpec[] {
  const first = args[limits.arguments];
  if (first !== undefined) {
    place.refuse(
      first.at,
      `${args.length} arguments are too many; ${limits.arguments} are the most`,
    );
  }
  return place.all(args, (each, at) => resolveArgument(context, signature, each, at));
}

function resolveArgument(
  context: Context,
  signature: Signature,
  text: Argument,
  place: Place,
): ArgumentSpec {
  const parameter = parameterOf(signature, text, place);
  return {
    ...specOf(context, signature, text, parameter, place, text.type?.at ?? text.index.at),
    ...lengthOf(signature, text, parameter, place),
    index: text.index.value,
  };
}

export function resolveReturned(
  context: Context,
  signature: Signature,
  text: Returned,
  at: Position,
  place: Place,
): ArgumentSpec {
  const { returned, noReturn } = signature;
  if (returned === undefined) return place.refuse(at, noReturn ?? "this hook has no return value");
  for (const field of ["sizeArgIndex", "source"] as const) {
    const given = text[field];
    if (given !== undefined) place.in(field).refuse(given.at, "a return value has no such thing");
  }
  const spec = specOf(context, signature, text, returned, place, text.type?.at ?? at);
  return { ...spec, index: text.index };
}

function parameterOf(signature: Signature, text: Argument, place: Place): Parameter {
  const { source, index } = text;
  if (source === undefined) {
    const found = signature.parameter(index.value);
    return typeof found === "string" ? place.in("index").refuse(index.at, found) : found;
  }
  if (source.value !== "current_task") {
    const why =
      source.value === "pt_regs"
        ? "guidestar does not support pt_regs: arguments are read by their index"
        : `${quoted(source.value)} is none of current_task`;
    return place.in("source").refuse(source.at, why);
  }
  if (text.resolve === undefined) {
    return place.in("source").refuse(source.at, "current_task needs resolve: which part of it");
  }
  return { name: "current_task", source: { kind: "currentTask" } };
}

function specOf(
  context: Context,
  signature: Signature,
  text: Argument | Returned,
  parameter: Parameter,
  place: Place,
  at: Position,
): Omit<ArgumentSpec, "index" | "length"> {
  const start = structureOf(context, signature, text, parameter, place);
  const path = resolvePath(context, signature, text, start, place);
  const c = path?.c ?? start?.c ?? parameter.c;
  const type = typeOf(context, signature, text, { ...parameter, ...(c ? { c } : {}) }, place, at);
  const isData = ["text", "bytes"].includes(argumentTypes[type].class);
  if (text.maxData && !isData)
    place.refuse(at, `maxData is for buffers and strings, not for ${type}`);
  return {
    type,
    source: parameter.source,
    ...(text.label === undefined ? {} : { label: text.label }),
    maxData: text.maxData ? limits.data : usualData,
    resolve: [...(path?.stepsFor(type) ?? []), ...setSteps(context, signature, type, c)],
    user: isUser(signature, parameter, c),
  };
}

/** From credentials to the set that the type names. */
function setSteps(
  context: Context,
  signature: Signature,
  type: ArgumentType,
  c: CType | undefined,
): readonly ResolveStep[] {
  if (argumentTypes[type].class !== "capabilities" || c?.of !== "cred") return [];
  const member = typesOf(context, signature)?.struct("cred").members[type];
  return member === undefined ? [] : [{ offset: member.offset, dereference: false }];
}

function isUser(signature: Signature, { source, c }: Parameter, end: CType | undefined): boolean {
  if (source.kind === "currentTask" || source.kind === "return") return c?.user ?? false;
  return signature.user || (end?.user ?? false);
}

function typeOf(
  context: Context,
  signature: Signature,
  text: Argument | Returned,
  { c, name, source }: Parameter,
  place: Place,
  at: Position,
): ArgumentType {
  const given = text.type?.value ?? "auto";
  const here = place.in("type");
  if (given === "auto") {
    if (c === undefined && source.kind === "return") return usualReturn;
    if (c === undefined) {
      const why = signature.noTypes ?? "nothing is known of it";
      return here.refuse(
        at,
        `the type of ${name} must be named, since ${why}; one of ${argumentTypeNames.join(", ")}`,
      );
    }
    const buffer = c.form === "pointer" && (text as Argument).sizeArgIndex !== undefined;
    const found = buffer ? "char_buf" : autoType(c);
    if (found !== undefined) return found;
    return here.refuse(
      at,
      `${name} is ${c.text}, for which there is no type of its own; name one (uint64 is its address)`,
    );
  }
  const type = canonicalType(given) as ArgumentType;
  if (c === undefined) {
    if (signature.noTypes !== undefined && !signature.unchecked && source.kind === "argument") {
      warn(context, here, at, `${name} was not compared with ${given}: ${signature.noTypes}`);
    }
    return type;
  }
  if (c.form === "void") return here.refuse(at, `${name} is void: there is nothing to report`);
  const why = mismatch(type, c);
  if (why === undefined) return type;
  const better = autoType(c);
  const hint = better === undefined ? "" : `; ${better} would do`;
  return here.refuse(at, `${name} is ${c.text}, which cannot be read as ${given}: ${why}${hint}`);
}

function lengthOf(
  signature: Signature,
  text: Argument,
  { c, source, name }: Parameter,
  place: Place,
): Pick<ArgumentSpec, "length"> {
  const type = text.type?.value ?? (c && autoType(c));
  const isSized = type === "char_buf" || type === "char_iovec";
  const { sizeArgIndex, returnCopy } = text;
  const sized = sizeArgIndex !== undefined && sizeArgIndex.value !== 0;
  if (returnCopy && signature.noReturn !== undefined) {
    place.refuse(text.at, `returnCopy needs a hook that sees the return: ${signature.noReturn}`);
  }
  if (sized) {
    const index = sizeArgIndex.value - 1;
    const size = signature.parameter(index);
    const here = place.in("sizeArgIndex");
    if (typeof size === "string") return here.refuse(sizeArgIndex.at, `it counts from 1: ${size}`);
    if (size.c !== undefined && size.c.form !== "integer") {
      return here.refuse(
        sizeArgIndex.at,
        `it counts from 1, so it names ${size.name}, which is ${size.c.text} and no size`,
      );
    }
    // What a read has filled is what it returned, however large the buffer is.
    const field = size.source.kind === "field" ? { field: size.source } : {};
    if (!returnCopy) return { length: { kind: "argument", index, ...field } };
  }
  if (returnCopy) return { length: { kind: "returned" } };
  const sizesItself = source.kind === "field" && c?.form === "array";
  if (!isSized || sizesItself || sized) return {};
  return place.refuse(
    text.at,
    `${name} as ${type} needs sizeArgIndex (the argument that has its size, counted from 1) or returnCopy`,
  );
}
