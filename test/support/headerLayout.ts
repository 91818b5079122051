/**
 * The record layout read from the text of `bpf/core/common/record.h` and `hook/record.h`, so that tests of the host need
 * neither a compiler nor BTF. A test of the eBPF core holds it against the object's BTF.
 */
import { readFileSync } from "node:fs";
import type { FieldLayout, RecordLayout, StructLayout } from "../../host/source/source.js";

const scalarSizes: Record<string, number> = {
  __u64: 8,
  __u32: 4,
  __u16: 2,
  __u8: 1,
  __s32: 4,
  char: 1,
};

const headers = ["common/record.h", "dns/record.h", "hook/record.h"].map(
  (name) => new URL(`../../../bpf/core/${name}`, import.meta.url),
);

export function headerLayout(files = headers): RecordLayout {
  const texts = files.map((file) => readFileSync(file, "utf8"));
  const text = texts.join("\n").replace(/\/\*[\s\S]*?\*\//g, "");
  const enums: Record<string, Record<string, number>> = {};
  for (const [, name, body] of text.matchAll(/enum (\w+) \{([^}]*)\}/g))
    enums[name as string] = enumerators(body as string);
  const structs: Record<string, StructLayout> = {};
  for (const [, name, body] of text.matchAll(/struct (\w+) \{([^}]*)\}/g))
    structs[name as string] = structLayout(body as string, structs, enums);
  return { structs, enums };
}

function enumerators(body: string): Record<string, number> {
  const values: Record<string, number> = {};
  let next = 0;
  for (const item of body.split(",").map((part) => part.trim())) {
    if (item === "") continue;
    const [name, expression] = item.split("=").map((part) => part.trim());
    const shift = expression && /^1u << (\d+)$/.exec(expression);
    if (shift) next = 2 ** Number(shift[1]);
    else if (expression) next = Number(expression);
    values[name as string] = next++;
  }
  return values;
}

function structLayout(
  body: string,
  structs: Record<string, StructLayout>,
  enums: Record<string, Record<string, number>>,
): StructLayout {
  const fields: Record<string, FieldLayout> = {};
  let offset = 0;
  let alignment = 1;
  const members = [...body.matchAll(/((?:struct )?\w+)\s+(\w+(?:\[\w+\])?(?:,\s*\w+)*);/g)].flatMap(
    ([, type, names = ""]) =>
      names.split(/,\s*/).map((each) => {
        const [, name, length] = /^(\w+)(?:\[(\w+)\])?$/.exec(each) ?? [];
        return [type, name, length] as const;
      }),
  );
  for (const [type, name, length] of members) {
    const nested = structs[(type as string).replace("struct ", "")];
    const unit = nested?.size ?? scalarSizes[type as string];
    if (unit === undefined) throw new Error(`record.h: type ${type} is not known`);
    const count = length ? (constant(length, enums) ?? Number(length)) : 1;
    const align = nested ? 8 : unit;
    if (offset % align !== 0) throw new Error(`record.h: a hole before ${name}`);
    alignment = Math.max(alignment, align);
    fields[name as string] = { offset, size: unit * count };
    for (const [inner, field] of Object.entries(nested?.fields ?? {}))
      fields[`${name}.${inner}`] = { offset: offset + field.offset, size: field.size };
    offset += unit * count;
  }
  if (offset % alignment !== 0) throw new Error("record.h: a hole at the end of a struct");
  return { size: offset, fields };
}

function constant(name: string, enums: Record<string, Record<string, number>>): number | undefined {
  for (const values of Object.values(enums)) if (name in values) return values[name];
  return undefined;
}
