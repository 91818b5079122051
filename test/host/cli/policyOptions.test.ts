import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { UsageError } from "../../../host/cli/exit.js";
import { policiesConfig } from "../../../host/cli/policyOptions.js";

test("the policies of the folder come first, in the order of their names", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "policies-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const name of ["20.yaml", "10.yml", "notes.txt"]) writeFileSync(join(folder, name), name);
  mkdirSync(join(folder, "sub"));
  const more = join(folder, "notes.txt");
  const flags = { tracingPolicyDir: folder, tracingPolicy: [more] };
  const options = policiesConfig(flags, "live");
  assert.deepEqual(options?.files, [
    { name: join(folder, "10.yml"), yaml: "10.yml" },
    { name: join(folder, "20.yaml"), yaml: "20.yaml" },
    { name: more, yaml: "notes.txt" },
  ]);
  assert.equal(options?.countTime, true);
});

test("a folder that was named must be there, and a recording takes no policies", () => {
  const refused = (...args: Parameters<typeof policiesConfig>) => {
    try {
      policiesConfig(...args);
    } catch (error) {
      assert.ok(error instanceof UsageError);
      return error.message;
    }
    return assert.fail("it was taken");
  };
  assert.equal(
    refused({ tracingPolicyDir: "/no/such" }, "live"),
    "--tracing-policy-dir: cannot read /no/such: there is no such folder",
  );
  assert.match(
    refused({ tracingPolicy: ["/no/such.yaml"] }, "live"),
    /cannot read \/no\/such\.yaml/,
  );
  assert.match(
    refused({ tracingPolicy: ["x"] }, "recording:y"),
    /--tracing-policy needs a live kernel/,
  );
  // The usual folder says nothing of a recording; a command without any needs nothing of them.
  assert.equal(policiesConfig({ tracingPolicyDir: "/no/such" }, "recording:y"), undefined);
  assert.equal(policiesConfig({ tracingPolicy: [] }, "live"), undefined);
});
