/** `btfType` and `resolve` of an argument. */
import { Kind } from "../../../bpf/libbpf/index.js";
import { closest } from "../../suggest.js";
import type { Argument, Returned } from "../document/hooks.js";
import { type Place, quoted } from "../document/problem.js";
import type { ArgumentType, ResolveStep } from "../hookSpec.js";
import type { CType } from "../kernel/cType.js";
import { isUnknown } from "../kernel/facts.js";
import { PathError, resolveMembers, stepsFor } from "../kernel/memberPath.js";
import type { Parameter, Signature } from "../kernel/signature.js";
import { type Context, leaveUnchecked } from "./context.js";
import { limits } from "./limits.js";

/** What the argument points to. */
export interface Structure {
  readonly typeId: number;
  /** Of the pointer, if the policy says what it is by `btfType`. */
  readonly c?: CType;
}

export interface Path {
  readonly c: CType;
  stepsFor(type: ArgumentType): readonly ResolveStep[];
}

export function structureOf(
  context: Context,
  signature: Signature,
  text: Argument | Returned,
  parameter: Parameter,
  place: Place,
): Structure | undefined {
  const { btfType: name } = text;
  const btf = typesOf(context, signature);
  if (name === undefined) {
    if (btf === undefined) return undefined;
    const isTask = parameter.source.kind === "currentTask";
    if (isTask) return { typeId: btf.get("task_struct", Kind.STRUCT).id };
    if (parameter.typeId === undefined) return undefined;
    const type = btf.resolve(parameter.typeId);
    return type.kind === Kind.PTR ? { typeId: type.target } : undefined;
  }
  const here = place.in("btfType");
  if (btf === undefined) {
    leaveUnchecked(
      context,
      here,
      name.at,
      `${quoted(name.value)} was not looked up: there is no BTF`,
    );
    return undefined;
  }
  if (parameter.c !== undefined && parameter.c.form !== "pointer") {
    here.refuse(name.at, `${parameter.name} is ${parameter.c.text}, which points to no structure`);
  }
  const plain = name.value.replace(/^(struct|union)\s+/, "");
  const found = btf.find(plain, Kind.STRUCT, Kind.UNION);
  if (found === undefined) {
    const names = btf.names("", Kind.STRUCT, Kind.UNION);
    return here.refuse(
      name.at,
      `the kernel has no structure ${quoted(plain)}${closest(plain, names)}`,
    );
  }
  const written = `${btf.text(found.id)} *`;
  return { typeId: found.id, c: { text: written, form: "pointer", of: plain } };
}

export function resolvePath(
  context: Context,
  signature: Signature,
  text: Argument | Returned,
  start: Structure | undefined,
  place: Place,
): Path | undefined {
  const { resolve } = text;
  if (resolve === undefined) return undefined;
  const here = place.in("resolve");
  const btf = typesOf(context, signature);
  if (btf === undefined) {
    leaveUnchecked(
      context,
      here,
      resolve.at,
      `${quoted(resolve.value)} was not compiled: there is no BTF`,
    );
    return undefined;
  }
  if (start === undefined) {
    return here.refuse(
      resolve.at,
      "there is no structure to look into: it is no pointer to one; name it with btfType",
    );
  }
  try {
    const path = resolveMembers(btf, start.typeId, resolve.value);
    if (path.steps.length > limits.resolveSteps) {
      return here.refuse(
        resolve.at,
        `${quoted(resolve.value)} follows ${path.steps.length} pointers; ${limits.resolveSteps} are the most`,
      );
    }
    // What is embedded is read by its address, as if there were a pointer to it.
    const c: CType = path.c.form === "record" ? { ...path.c, form: "pointer" } : path.c;
    return { c, stepsFor: (type) => stepsFor(path, type) };
  } catch (error) {
    if (error instanceof PathError) return here.refuse(resolve.at, error.message);
    throw error;
  }
}

/** The types that the hook's own are among. */
export function typesOf({ facts }: Context, signature: Signature) {
  if (signature.btf !== undefined) return signature.btf;
  return isUnknown(facts.btf) ? undefined : facts.btf;
}
