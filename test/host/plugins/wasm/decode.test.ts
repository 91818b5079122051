import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../../../../host/plugins/wasm/decode.js";
import { readShape } from "../../../../host/plugins/wasm/regions.js";
import { WasmError } from "../../../../host/plugins/wasm/wasmError.js";
import { assemble, customSection, I32 } from "../assemble.js";

const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** Decodes it all, code included. */
function decodeAll(bytes: Uint8Array): void {
  const module = decode(bytes);
  for (const position of module.bodies.keys()) readShape(module, position);
}

function withCode(...code: number[]): Uint8Array {
  return assemble({ manifest: null, functions: [{ name: "run", code }] });
}

test("what is no module is refused with what it is instead", () => {
  const cases: [number[], RegExp][] = [
    [[], /^the file is empty/],
    [[0, 0x61, 0x73], /^the file ends inside the 8-byte header/],
    [[...Buffer.from("#!/bin/sh\nls\n")], /^the file does not begin with the bytes 00 61 73 6d/],
    [[0, 0x61, 0x73, 0x6d, 2, 0, 0, 0], /^the file has WebAssembly version 2, not 1/],
    [[0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0], /^the file is a component of the component model/],
  ];
  for (const [bytes, message] of cases) {
    assert.throws(() => decode(Uint8Array.from(bytes)), { name: "WasmError", message });
  }
});

test("instructions beyond those of plugins are refused by family, opcode and place", () => {
  const cases: [number[], RegExp][] = [
    [
      [0xfd, 12],
      /function 0 has a SIMD instruction \(0xfd\), which plugins may not use \(at byte \d+\)/,
    ],
    [[0xfe, 0], /a threads instruction/],
    [[0x12, 0], /a tail call/],
    [[0x06, 0x40], /an exception-handling instruction/],
    [[0x1f, 0x40], /an exception-handling instruction/],
    [[0x25, 0], /a reference-type instruction/],
    [[0xd0, 0x70], /a reference-type instruction/],
    [[0xfb, 0], /a garbage-collection instruction/],
    [[0xfc, 15, 0], /a table instruction \(0xfc 15\)/],
    [[0xff], /an unknown instruction \(0xff\)/],
    [[0x10, 9], /function 0 names function 9, which is not there/],
    [[0x23, 0], /function 0 names global 0, which is not there/],
    [[0x05], /an else stands without an if/],
    [[0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], /a constant is too large a number/],
  ];
  for (const [code, message] of cases) {
    assert.throws(() => decodeAll(withCode(...code)), { name: "WasmError", message });
  }
});

test("the place in an error is the byte where the offence is", () => {
  const bytes = withCode(0x01, 0x01, 0xfd, 12);
  const at = bytes.lastIndexOf(0xfd);
  assert.throws(
    () => decodeAll(bytes),
    (error) => error instanceof WasmError && error.offset === at,
  );
});

test("sections are known, in order, and there once", () => {
  const type = [1, 4, 1, 0x60, 0, 0];
  const cases: [number[], RegExp][] = [
    [[...type, ...type], /has section type twice/],
    [[3, 1, 0, ...type], /section type is out of order/],
    [[99, 0], /section of the unknown number 99/],
    [[13, 1, 0], /has exception tags/],
    [[1, 5, 1, 0x60, 0, 0, 0], /section type goes on behind its content/],
    [[1, 40, 1], /section type is cut off: 40 bytes should follow/],
    [[3, 2, 1, 0], /there is no type 0/],
    [[...type, 3, 2, 1, 0], /declares 1 functions, but has code for 0/],
    [[5, 3, 2, 0, 1], /has 2 memories, more than the 1 allowed/],
    [[5, 4, 1, 3, 1, 1], /has a shared memory/],
    [[5, 3, 1, 4, 1], /has a 64-bit memory/],
    [[6, 6, 1, 0x7b, 0, 0x41, 0, 0x0b], /uses SIMD vectors/],
    [[6, 6, 1, 0x6f, 0, 0x41, 0, 0x0b], /uses reference types/],
    [[6, 8, 1, 0x7f, 0, 0x41, 1, 0x41, 2, 0x6a], /an initialiser is more than one constant/],
    [[8, 1, 0], /the start function is function 0, which is not there/],
    [[7, 5, 1, 1, 0x61, 2, 0], /export a names memory 0, which is not there/],
    [[1, 0xff, 0xff, 0xff, 0xff, 0x7f], /the size of a section is too large a number/],
  ];
  for (const [bytes, message] of cases) {
    assert.throws(() => decodeAll(Uint8Array.from([...header, ...bytes])), {
      name: "WasmError",
      message,
    });
  }
});

test("counts are bounded before anything is made of them", () => {
  const many = [0xff, 0xff, 0xff, 0xff, 0x0f];
  for (const [id, message] of [
    [1, /4294967295 types, more than the 2000 allowed/],
    [2, /4294967295 imports/],
    [3, /4294967295 functions/],
    [6, /4294967295 globals/],
    [7, /4294967295 exports/],
    [9, /4294967295 element segments/],
    [11, /4294967295 data segments/],
  ] as const) {
    assert.throws(() => decode(Uint8Array.from([...header, id, 5, ...many])), { message });
  }
  const locals = assemble({ manifest: null, functions: [{ locals: 5001, code: [] }] });
  assert.throws(() => decodeAll(locals), { message: /function 0 has more than the 5000 locals/ });
  const nested = withCode(...Array(1200).fill([0x02, 0x40]).flat(), ...Array(1200).fill(0x0b));
  assert.throws(() => decodeAll(nested), { message: /function 0 nests deeper than 1000/ });
});

test("blocks with parameters and results, sign extension and saturating conversion are accepted", () => {
  const code = [
    ...[0x41, 5, 0x03, 1, 0xc0, 0x0b], // loop of type (i32) -> (i32) around i32.extend8_s
    ...[0xb2, 0xfc, 0], // f32.convert_i32_s, i32.trunc_sat_f32_s
    0x1a,
  ];
  const bytes = assemble({
    manifest: null,
    functions: [{ code }, { parameters: [I32], results: [I32], code: [0x20, 0] }],
  });
  assert.ok(WebAssembly.validate(bytes));
  decodeAll(bytes);
});

test("every beginning of a module but the whole of it is refused", () => {
  const whole = assemble({
    functions: [{ name: "run", parameters: [I32], results: [I32], code: [0x20, 0] }],
    data: { at: 8, bytes: Uint8Array.of(1, 2, 3) },
  });
  decodeAll(whole);
  // Between two sections the rest is a module of its own, as long as code and declarations agree.
  for (let length = 0; length < whole.length; length++) {
    const cut = whole.subarray(0, length);
    if (WebAssembly.validate(cut)) continue;
    assert.throws(() => decodeAll(cut), WasmError, `${length} bytes`);
  }
});

test("custom sections are found by name", () => {
  const bytes = assemble({
    manifest: null,
    functions: [],
    tail: [...customSection("one", "first"), ...customSection("two", "second")],
  });
  const { custom } = decode(bytes);
  const texts = custom.map(({ name, start, end }) => [
    name,
    new TextDecoder().decode(bytes.subarray(start, end)),
  ]);
  assert.deepEqual(texts, [
    ["one", "first"],
    ["two", "second"],
  ]);
});
