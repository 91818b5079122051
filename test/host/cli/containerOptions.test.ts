import assert from "node:assert/strict";
import { test } from "node:test";
import { containersConfig } from "../../../host/cli/containerOptions.js";
import { UsageError } from "../../../host/cli/exit.js";
import { endpointsFor } from "../../../host/pods/config.js";
import { usualEndpoints } from "../../../host/pods/endpoints.js";

const all = { kind: "all" } as const;
const tree = { kind: "tree", rootPids: [5] } as const;

test("without options the usual sockets are looked for, but not for a process tree or a recording", () => {
  const config = containersConfig({});
  assert.deepEqual(config, { endpoints: undefined, waitMs: 1000 });
  assert.deepEqual(endpointsFor(config, "live", all), usualEndpoints);
  assert.deepEqual(endpointsFor(config, "live", tree), []);
  assert.deepEqual(endpointsFor(config, "recording:x.rec", all), []);
});

test("sockets that are given are the only ones, whatever is traced", () => {
  const config = containersConfig({
    criEndpoint: ["unix:///run/a.sock", "/run/b.sock"],
    dockerEndpoint: ["unix:/run/c.sock"],
    podWait: "250ms",
  });
  const given = [
    { kind: "cri", path: "/run/a.sock" },
    { kind: "cri", path: "/run/b.sock" },
    { kind: "docker", path: "/run/c.sock" },
  ];
  assert.deepEqual(config, { endpoints: given, waitMs: 250 });
  assert.ok(config);
  assert.deepEqual(endpointsFor(config, "live", tree), given);
});

test("the wait takes seconds, milliseconds and 0", () => {
  for (const [podWait, waitMs] of [
    ["0", 0],
    ["2s", 2000],
    ["1.5s", 1500],
    ["60s", 60_000],
  ] as const)
    assert.equal(containersConfig({ podWait })?.waitMs, waitMs);
});

test("what makes no sense is refused by the option's name", () => {
  for (const [flags, message] of [
    [{ criEndpoint: ["tcp://1.2.3.4"] }, /--cri-endpoint takes the address of a unix socket/],
    [{ dockerEndpoint: ["docker.sock"] }, /--docker-endpoint takes the address of a unix socket/],
    [{ criEndpoint: [`unix:///${"x".repeat(200)}`] }, /at most 107 characters/],
    [{ podWait: "1 minute" }, /--pod-wait takes a time from 0 to 60s/],
    [{ podWait: "61s" }, /--pod-wait takes a time from 0 to 60s/],
    [{ podWait: "5" }, /--pod-wait takes a time/],
    [
      { disableContainerLookup: true, criEndpoint: ["/run/a.sock"] },
      /--disable-container-lookup and --cri-endpoint exclude each other/,
    ],
  ] as const)
    assert.throws(
      () => containersConfig(flags),
      (error: Error) => error instanceof UsageError && message.test(error.message),
    );
  assert.equal(containersConfig({ disableContainerLookup: true }), undefined);
});
