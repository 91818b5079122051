/** Kernel functions and system calls by name, and what can be asked of them. */
import { Kind } from "../../../bpf/libbpf/index.js";
import { nearestFew } from "../../suggest.js";
import { type Place, quoted } from "../document/problem.js";
import type { Located } from "../document/schema.js";
import { type Context, leaveUnchecked } from "../resolve/context.js";
import { btfType } from "./cType.js";
import { type FunctionFact, isUnknown } from "./facts.js";
import type { Parameter, Signature } from "./signature.js";

/** What registers can pass. */
const registerArguments = 6;

/** A system call; `name` is the kernel's, without prefix. */
export function syscallSignature(context: Context, name: string, number: number): Signature {
  const { prefix } = context.facts.syscalls;
  return {
    target: { kind: "syscall", name, number },
    functionName: `${prefix}${name}`,
    user: true,
    parameter: (index) =>
      index < registerArguments
        ? { name: `argument ${index} of ${prefix}${name}`, source: { kind: "argument", index } }
        : `system calls have ${registerArguments} arguments at most, counted from 0`,
    returned: { name: "the result", source: { kind: "return" } },
  };
}

/** Undefined: there is no such function, which has been noted unless the policy does not mind. */
export function functionSignature(
  context: Context,
  call: Located<string>,
  ignoreMissing: boolean,
  place: Place,
): Signature | undefined {
  const { value: name, at } = call;
  if (!/^[A-Za-z_.][\w.$]*$/.test(name) || name.length > 255) {
    return place.refuse(at, `${quoted(name)} is no name of a function`);
  }
  const fact = context.facts.function(name);
  if (fact === undefined) {
    if (ignoreMissing) return undefined;
    return place.refuse(at, missing(context, name));
  }
  if (isUnknown(fact)) {
    leaveUnchecked(context, place, at, `${quoted(name)} was not looked up: ${fact.unknown}`);
    return { ...described(context, name, {}, fact.unknown), unchecked: true };
  }
  return described(context, name, fact, `BTF does not describe ${name}`);
}

function missing({ facts }: Context, name: string): string {
  const sentence = `the kernel has no function ${quoted(name)} that can be watched`;
  const bare = name.replace(/^(__x64_|__arm64_)?sys_/, "");
  if (bare !== name && facts.syscalls.numbers.has(bare)) {
    return `${sentence}; for the system call write syscall: true`;
  }
  const near = nearestFew(name, facts.functionNames(), 3).map((each) => `"${each}"`);
  return near.length === 0 ? sentence : `${sentence} (did you mean ${near.join(" or ")}?)`;
}

function described(
  { facts }: Context,
  name: string,
  { module, prototype, btf }: FunctionFact,
  noTypes: string,
): Signature {
  const noOverride = overrideObstacle(facts, name);
  const target = { kind: "function", name, ...(module === undefined ? {} : { module }) } as const;
  const common = { target, functionName: name, user: false, ...(noOverride ? { noOverride } : {}) };
  if (prototype === undefined || btf === undefined) {
    return {
      ...common,
      noTypes,
      parameter: (index) =>
        index < registerArguments
          ? { name: `argument ${index} of ${name}`, source: { kind: "argument", index } }
          : `only the first ${registerArguments} arguments of a function can be read`,
      returned: { name: "the result", source: { kind: "return" } },
    };
  }
  const { parameters, returnTypeId } = prototype;
  const returns = btfType(btf, returnTypeId);
  const returned: Parameter = {
    name: `what ${name} returns`,
    source: { kind: "return" },
    c: returns,
    typeId: returnTypeId,
  };
  return {
    ...common,
    btf,
    parameter(index) {
      const found = parameters[index];
      if (found === undefined) {
        return `${name} has ${count(parameters.length)}, counted from 0: ${parameters.map((each) => `${each.type} ${each.name}`).join(", ") || "none"}`;
      }
      const described = `argument ${index} of ${name} (${found.name || "unnamed"})`;
      const c = btfType(btf, found.typeId);
      return { name: described, source: { kind: "argument", index }, c, typeId: found.typeId };
    },
    ...(returns.form === "void" ? { noReturn: `${name} returns nothing` } : { returned }),
  };
}

const count = (n: number): string => (n === 1 ? "1 argument" : `${n} arguments`);

/** Why the result of a function cannot be changed; "" if it can, or if that is not known. */
function overrideObstacle(facts: Context["facts"], name: string): string {
  const { btf } = facts;
  if (name.startsWith("security_")) {
    const hook = `bpf_lsm_${name.slice("security_".length)}`;
    if (isUnknown(btf) || btf.find(hook, Kind.FUNC) !== undefined) return "";
  }
  const injectable = facts.errorInjectable();
  if (isUnknown(injectable) || injectable.has(name)) return "";
  return `${name} is not among them`;
}
