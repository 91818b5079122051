import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";
import { fgs } from "../../proto/generated/api.js";

const repository = new URL("../../../", import.meta.url);

test("a response survives the codec with the names of the .proto and exact 64-bit numbers", () => {
  const bytes = fgs.GetEventsResponse.encode({
    process_exec: { process: { exec_id: "a", pid: { value: 7 }, uid: { value: 0 } } },
    annotations: { rule: "shell" },
  });
  const sequence = bytes.uint32(2001 << 3).uint64("18446744073709551615");
  const back = fgs.GetEventsResponse.decode(sequence.finish());
  assert.equal(back.process_exec?.process?.exec_id, "a");
  assert.equal(back.process_exec?.process?.pid?.value, 7);
  assert.equal(back.process_exec?.process?.uid?.value, 0);
  assert.equal(String(back.sequence), "18446744073709551615");
  assert.deepEqual(back.annotations, { rule: "shell" });
});

test("a client without our additions decodes the same bytes", async () => {
  const seed = await protobuf.load(fileURLToPath(new URL("test/proto/seed/fgs.proto", repository)));
  const type = seed.lookupType("fgs.GetEventsResponse");
  const bytes = fgs.GetEventsResponse.encode({
    process_exit: { process: { exec_id: "x" }, signal: "SIGKILL" },
    annotations: { a: "b" },
    lost: { ring: 3 },
  }).finish();
  const message = type.decode(bytes);
  assert.deepEqual(type.toObject(message), {
    processExit: { process: { execId: "x" }, signal: "SIGKILL" },
  });
});

test("a second run of the generator changes nothing", () => {
  const script = fileURLToPath(new URL("proto/generate.mjs", repository));
  execFileSync(process.execPath, [script]);
  const output = execFileSync(process.execPath, [script], { encoding: "utf8" });
  assert.equal(output, "proto: codecs are up to date\n");
});
