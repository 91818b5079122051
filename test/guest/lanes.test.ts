import assert from "node:assert/strict";
import { test } from "node:test";
import { lanesOf } from "./lanes.js";

const files = ["a", "b", "guest/inside/pods", "guest/inside/startup", "z"];

test("every file is in exactly one lane, in the order given", () => {
  const lanes = lanesOf(files, 2);
  assert.equal(lanes.length, 2);
  assert.deepEqual(lanes.flat().toSorted(), files.toSorted());
  for (const lane of lanes) assert.deepEqual(lane, lane.toSorted());
});

test("two slow files are in different lanes", () => {
  for (const lane of lanesOf(files, 2)) {
    assert.equal(lane.filter((name) => name.startsWith("guest/inside/")).length, 1);
  }
});

test("no lane is empty, and one lane is all of it", () => {
  assert.deepEqual(lanesOf(["a"], 2), [["a"]]);
  assert.deepEqual(lanesOf(files, 1), [files]);
  assert.deepEqual(lanesOf([], 2), [[]]);
});
