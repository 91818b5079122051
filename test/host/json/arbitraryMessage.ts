/** Arbitrary messages of a type, made from its descriptor. */
import fc from "fast-check";
import protobuf from "protobufjs";
import { integerRange, scalarKind } from "../../../host/json/kinds.js";

type Message = Record<string, unknown>;

/** Every field may be missing; of a oneof at most one member is set; `depth` bounds the nesting. */
export function arbitraryMessage(type: protobuf.Type, depth = 5): fc.Arbitrary<Message> {
  if (type.fullName === ".google.protobuf.Timestamp") {
    const seconds = fc.bigInt({ min: -62135596800n, max: 253402300799n });
    return fc.record({ seconds: seconds.map(toLong(false)), nanos: fc.nat(999_999_999) });
  }
  const fields = type.fieldsArray.map((field) => field.resolve());
  const single = fields.filter((field) => !field.partOf);
  const parts: fc.Arbitrary<Message>[] = single.map((field) => optional(field, depth));
  for (const oneof of type.oneofsArray) {
    parts.push(fc.oneof(...oneof.fieldsArray.map((field) => optional(field.resolve(), depth))));
  }
  return fc.tuple(...parts).map((each) => Object.assign({}, ...each));
}

function optional(field: protobuf.Field, depth: number): fc.Arbitrary<Message> {
  const isTooDeep = depth === 0 && field.resolvedType instanceof protobuf.Type;
  if (isTooDeep) return fc.constant({});
  return fc.option(
    arbitraryField(field, depth).map((value) => ({ [field.name]: value })),
    {
      nil: {},
      freq: 2,
    },
  ) as fc.Arbitrary<Message>;
}

function arbitraryField(field: protobuf.Field, depth: number): fc.Arbitrary<unknown> {
  const value = arbitraryValue(field, depth);
  // Keys in the order in which both sides write them; a key's meaning is not at stake here.
  if (field instanceof protobuf.MapField) {
    const entries = fc.uniqueArray(fc.tuple(text, value), {
      maxLength: 3,
      selector: ([key]) => key,
    });
    return entries.map((pairs) =>
      Object.fromEntries([...pairs].sort(([a], [b]) => (a < b ? -1 : 1))),
    );
  }
  return field.repeated ? fc.array(value, { maxLength: 3 }) : value;
}

function arbitraryValue(field: protobuf.Field, depth: number): fc.Arbitrary<unknown> {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type) return arbitraryMessage(resolvedType, depth - 1);
  if (resolvedType instanceof protobuf.Enum) {
    return fc.oneof(fc.constantFrom(...Object.values(resolvedType.values)), fc.integer());
  }
  const [min, max] = integerRange(field.type);
  switch (scalarKind(field.type)) {
    case "string":
      return text;
    case "bytes":
      return fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
    case "bool":
      return fc.boolean();
    case "integer":
      return fc.integer({ min: Number(min), max: Number(max) });
    case "long":
      return fc.bigInt({ min, max }).map(toLong(min === 0n));
    case "float":
      return fc.double();
  }
}

/** Not `__proto__`: protobufjs itself passes over that key. */
const text = fc.string({ unit: "binary", maxLength: 20 }).filter((each) => each !== "__proto__");

function toLong(isUnsigned: boolean) {
  return (value: bigint) =>
    new protobuf.util.LongBits(
      Number(BigInt.asUintN(32, value)),
      Number(BigInt.asUintN(32, value >> 32n)),
    ).toLong(isUnsigned);
}
