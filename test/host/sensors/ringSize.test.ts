import assert from "node:assert/strict";
import { test } from "node:test";
import { checkRingBytes } from "../../../host/options.js";
import { defaultRingBytes, hookRingBytes } from "../../../host/sensors/ringSize.js";

test("the ring takes about a sixty-fourth of the memory, within limits", () => {
  const MiB = 2 ** 20;
  const sizes = [64, 512, 1024, 3000, 8192, 262_144].map((mib) => defaultRingBytes(mib * MiB));
  assert.deepEqual(
    sizes,
    [8, 8, 16, 32, 128, 128].map((mib) => mib * MiB),
  );
  const here = defaultRingBytes();
  assert.equal(checkRingBytes(here, "--ring-size"), here);
});

test("a quarter of the ring is kept for processes", () => {
  assert.equal(hookRingBytes(4096), 3072);
  assert.equal(hookRingBytes(128 << 20), 96 << 20);
});
