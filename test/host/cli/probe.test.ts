import assert from "node:assert/strict";
import { test } from "node:test";
import { probeText } from "../../../host/cli/probe.js";
import { paintFor } from "../../../host/cli/text/paint.js";

const plain = paintFor(false);

test("what the kernel offers is a table, with the reason for what is missing below it", () => {
  const reason = "cannot load program: operation not permitted (EPERM)\x1b";
  const text = probeText(
    {
      kernel: "6.1.0-28-amd64",
      machine: "x86_64",
      libbpf: "1.1.2",
      ready: true,
      problems: [],
      features: [
        { name: "ring buffer", available: true, use: "events" },
        { name: "fentry", available: false, use: "hooks through kprobes", reason },
      ],
    },
    40,
    plain,
  );
  assert.equal(
    text,
    [
      "Linux 6.1.0-28-amd64 on x86_64, libbpf 1.1.2",
      "Live events: yes",
      "",
      "FEATURE      HERE  USE",
      "ring buffer  yes   events",
      "fentry       no    hooks through kprobes",
      '    "cannot load program: operation not',
      '    permitted (EPERM)\\x1b"',
    ].join("\n"),
  );
});

test("where nothing could be looked at, there is no table", () => {
  const found = { kernel: "5.4.0", machine: "x86_64", libbpf: undefined, features: [] };
  const text = probeText({ ...found, ready: false, problems: ["too old"] }, 80, plain);
  assert.equal(text, "Linux 5.4.0 on x86_64\nLive events: no");
});
