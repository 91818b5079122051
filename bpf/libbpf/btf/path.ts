import { BpfError } from "../errors.js";
import { didYouMean } from "../suggest.js";
import type { Btf } from "./btf.js";
import { type BtfType, Kind } from "./kinds.js";
import { layoutOf } from "./layout.js";

/**
 * Follows a path such as `.limits[2].bytes` into a type. Returns the type there and its byte
 * offset. Does not follow pointers. `start` names the beginning in errors.
 */
export function stepInto(
  btf: Btf,
  typeId: number,
  path: string,
  start: string,
): { typeId: number; offset: number } {
  let at = { typeId, offset: 0 };
  let where = start;
  for (const [step] of path.matchAll(/\.[^.[\]]*|\[[^\]]*\]|.+/g)) {
    at = step.startsWith("[") ? element(btf, at, step, where) : member(btf, at, step, where);
    where += step;
  }
  return at;
}

type At = { typeId: number; offset: number };

function element(btf: Btf, at: At, step: string, where: string): At {
  const type = btf.resolve(at.typeId);
  if (type.kind !== Kind.ARRAY) throw refused(`${where} is no array but ${btf.text(at.typeId)}`);
  const index = /^\[(\d+)\]$/.exec(step)?.[1];
  if (index === undefined) throw refused(`${where}${step}: an index is a number in brackets`);
  if (Number(index) >= type.count) {
    throw refused(`${where} has ${type.count} elements, there is no ${step}`);
  }
  return { typeId: type.element, offset: at.offset + Number(index) * btf.sizeOf(type.element) };
}

function member(btf: Btf, at: At, step: string, where: string): At {
  const type: BtfType = btf.resolve(at.typeId);
  if (!step.startsWith(".")) throw refused(`${where}${step}: expected .member or [index]`);
  if (type.kind !== Kind.STRUCT && type.kind !== Kind.UNION) {
    throw refused(`${where} has no members, it is ${btf.text(at.typeId)}`);
  }
  const { members } = layoutOf(btf, type.id);
  const name = step.slice(1);
  const found = members[name];
  if (!found)
    throw refused(`${where} has no member "${name}"${didYouMean(name, Object.keys(members))}`);
  if (found.bitSize !== undefined) {
    throw refused(`${where}${step} is a bit-field: set it as a member of ${where}`);
  }
  return { typeId: found.typeId, offset: at.offset + found.offset };
}

function refused(message: string): BpfError {
  return new BpfError(message, { code: "UNKNOWN_NAME" });
}
