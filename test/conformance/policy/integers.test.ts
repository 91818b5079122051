/** Integers of every type, with every operator, where their values begin, end and wrap. */

import { definePacked, type PackedCase, type PackedGroup } from "./packed.js";
import { argFilter } from "./suite.js";

const types: Readonly<Record<string, { readonly bits: number; readonly signed: boolean }>> = {
  int8: { bits: 8, signed: true },
  uint8: { bits: 8, signed: false },
  int16: { bits: 16, signed: true },
  uint16: { bits: 16, signed: false },
  int32: { bits: 32, signed: true },
  uint32: { bits: 32, signed: false },
  int64: { bits: 64, signed: true },
  uint64: { bits: 64, signed: false },
  size_t: { bits: 64, signed: false },
};

const groups = Object.entries(types).map(([type, { bits, signed }]): PackedGroup => {
  const min = signed ? -(1n << BigInt(bits - 1)) : 0n;
  const max = (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
  const passed = [min, min + 1n, signed ? -1n : 1n, 0n, 1n, 7n, 8n, 100n, max - 1n, max];
  const isReported = (holds: (value: bigint) => boolean) =>
    passed.flatMap((value, i) => (holds(value) ? [i] : []));
  const one = (
    name: string,
    operator: string,
    values: readonly (bigint | string)[],
    holds: (value: bigint) => boolean,
  ): PackedCase => ({
    name: `${type} ${name}`,
    filters: argFilter(1, operator, ...values),
    reports: isReported(holds),
  });
  const many = Array.from({ length: 40 }, (_, i) => BigInt(i) + 7n);
  const ranges = ["1:1", "3:6", "8:9", "20:30", "40:50", `${max - 1n}:${max}`];
  const inRanges = (value: bigint) =>
    ranges.some((each) => {
      const [from = 0n, to = 0n] = each.split(":").map(BigInt);
      return value >= from && value <= to;
    });
  return {
    name: `${type} in the kernel`,
    count: passed.length,
    call: (which, number) => [
      "lseek",
      String(number),
      String(BigInt.asIntN(64, passed[which] ?? 0n)),
      "0",
    ],
    hook: `call: sys_lseek\nsyscall: true\nargs: [{index: 0, type: int}, {index: 1, type: ${type}}]`,
    cases: [
      one("Equal: its ends", "Equal", [min, max], (value) => value === min || value === max),
      one("Equal: none of them", "Equal", [5n, 101n], () => false),
      one("NotEqual: several", "NotEqual", [0n, 7n, max], (v) => ![0n, 7n, max].includes(v)),
      one("Equal: more than stand in the program", "Equal", many, (v) => many.includes(v)),
      one("GT: the largest but one", "GT", [max - 1n], (value) => value === max),
      one("GT: the largest", "GT", [max], () => false),
      one("GT: in the middle", "GT", [7n], (value) => value > 7n),
      one("LT: the smallest but one", "LT", [min + 1n], (value) => value === min),
      one("LT: in the middle", "LT", [7n], (value) => value < 7n),
      one("Mask", "Mask", [4n, 64n], (value) => (value & 68n) !== 0n),
      one("InRange: both ends", "InRange", ["7:8"], (value) => value === 7n || value === 8n),
      one("InRange: all", "InRange", [`${min}:${max}`], () => true),
      one("InRange: more than stand in the program", "InRange", ranges, inRanges),
      one("NotInRange: several", "NotInRange", ranges, (value) => !inRanges(value)),
      one("InMap", "InMap", [min, 7n, max], (v) => [min, 7n, max].includes(v)),
      one("NotInMap: many", "NotInMap", many, (value) => !many.includes(value)),
    ],
  };
});

definePacked(groups);
