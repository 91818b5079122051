/**
 * The instructions that plugins may use: WebAssembly 1.0 with sign extension, saturating conversion,
 * bulk memory and multi-value blocks. What is not here is refused.
 */
export const Op = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  i64LtS: 0x53,
  i64Sub: 0x7d,
  i64ShrU: 0x88,
  i64ExtendI32U: 0xad,
  prefix: 0xfc,
} as const;

/** Second byte of the instructions behind `Op.prefix`. */
export const PrefixedOp = {
  lastTruncate: 7,
  memoryInit: 8,
  dataDrop: 9,
  memoryCopy: 10,
  memoryFill: 11,
} as const;

export const EMPTY_BLOCK = 0x40;
export const ValueType = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c } as const;
export const FUNCREF = 0x70;

export const Immediate = {
  none: 1,
  blockType: 2,
  label: 3,
  labels: 4,
  func: 5,
  typeAndTable: 6,
  local: 7,
  global: 8,
  memory: 9,
  zero: 10,
  s32: 11,
  s64: 12,
  f32: 13,
  f64: 14,
  prefixed: 15,
} as const;

/** What follows each one-byte opcode (`Immediate`); 0: not an instruction that plugins may use. */
export const immediates: Uint8Array = table();

/** Names the family that an instruction outside of `immediates` belongs to. */
export function foreignInstruction(opcode: number): string {
  if (opcode >= 0x06 && opcode <= 0x0a) return "an exception-handling instruction";
  if (opcode === 0x18 || opcode === 0x19 || opcode === 0x1f)
    return "an exception-handling instruction";
  if (opcode === 0x12 || opcode === 0x13) return "a tail call";
  if (opcode === 0x14 || opcode === 0x15) return "a call by typed reference";
  if (opcode === 0x1c || opcode === 0x25 || opcode === 0x26) return "a reference-type instruction";
  if (opcode >= 0xd0 && opcode <= 0xd6) return "a reference-type instruction";
  if (opcode === 0xfb) return "a garbage-collection instruction";
  if (opcode === 0xfd) return "a SIMD instruction";
  if (opcode === 0xfe) return "a threads instruction";
  return "an unknown instruction";
}

function table(): Uint8Array {
  const kinds = new Uint8Array(256);
  const set = (from: number, to: number, kind: number) => kinds.fill(kind, from, to + 1);
  set(0x00, 0x01, Immediate.none); // unreachable, nop
  set(0x02, 0x04, Immediate.blockType);
  set(0x05, 0x05, Immediate.none);
  set(0x0b, 0x0b, Immediate.none);
  set(0x0c, 0x0d, Immediate.label); // br, br_if
  set(0x0e, 0x0e, Immediate.labels);
  set(0x0f, 0x0f, Immediate.none); // return
  set(0x10, 0x10, Immediate.func);
  set(0x11, 0x11, Immediate.typeAndTable);
  set(0x1a, 0x1b, Immediate.none); // drop, select
  set(0x20, 0x22, Immediate.local);
  set(0x23, 0x24, Immediate.global);
  set(0x28, 0x3e, Immediate.memory);
  set(0x3f, 0x40, Immediate.zero); // memory.size, memory.grow
  set(0x41, 0x41, Immediate.s32);
  set(0x42, 0x42, Immediate.s64);
  set(0x43, 0x43, Immediate.f32);
  set(0x44, 0x44, Immediate.f64);
  set(0x45, 0xc4, Immediate.none); // comparisons, arithmetic, conversions, sign extension
  set(0xfc, 0xfc, Immediate.prefixed);
  return kinds;
}
