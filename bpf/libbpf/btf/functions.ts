import type { Btf } from "./btf.js";
import { Kind, type TypeOfKind } from "./kinds.js";

export interface BtfParameter {
  /** "" if BTF has no name for it. */
  readonly name: string;
  /** In C. */
  readonly type: string;
  readonly typeId: number;
}

export interface BtfFunction {
  readonly name: string;
  readonly parameters: readonly BtfParameter[];
  /** Takes more arguments than it declares. */
  readonly variadic: boolean;
  /** In C; `void` if it returns nothing. */
  readonly returns: string;
  readonly returnTypeId: number;
  readonly linkage: "static" | "global" | "extern";
}

export function functionOf(btf: Btf, func: TypeOfKind<typeof Kind.FUNC>): BtfFunction {
  const prototype = btf.type(func.target);
  const declared = prototype.kind === Kind.FUNC_PROTO ? [...prototype.parameters] : [];
  const last = declared.at(-1);
  const variadic = last !== undefined && last.type === 0 && last.name === "";
  if (variadic) declared.pop();
  const returnTypeId = prototype.kind === Kind.FUNC_PROTO ? prototype.returns : 0;
  return {
    name: func.name,
    parameters: declared.map(({ name, type }) => ({ name, type: btf.text(type), typeId: type })),
    variadic,
    returns: btf.text(returnTypeId),
    returnTypeId,
    linkage: (["static", "global", "extern"] as const)[func.linkage] ?? "static",
  };
}
