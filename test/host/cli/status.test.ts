import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fgs, type guidestar } from "../../../proto/generated/api.js";
import { answering, broken, plugin } from "./support/answering.js";

describe("status", () => {
  const health = {
    health_status: [
      {
        event: fgs.HealthStatusType.HEALTH_STATUS_TYPE_STATUS,
        status: fgs.HealthStatusResult.HEALTH_STATUS_RUNNING,
        details: "running",
      },
    ],
  };
  const node: guidestar.GetStatusResponse.$Properties = {
    node_name: "node-1",
    version: "0.1.0",
    started: { seconds: Math.floor(Date.now() / 1000) - 3725 },
    source: "live",
    scope: "all",
    pipeline: { seen: 1234567, kept: 1234000, dropped: 567, lost_ring: 12, sequence: 1234567 },
    process_cache: { size: 321, misses: 2, evictions: 1 },
    streams: [{ id: 3, peer: "unix", sent: 1000, queued: 5, lost: 2 }],
  };
  const guidestarDaemon = answering({
    GetHealth: () => health,
    GetStatus: () => node,
    List: () => ({ plugins: [plugin, broken] }),
  });

  test("tells health, counts that add up, every kind of loss, plugins and streams", async () => {
    const { code, stdout } = await guidestarDaemon(["status"]);
    assert.equal(code, 0);
    assert.equal(
      stdout.replace(/up 1 h \d+ min/, "up 1 h 2 min"),
      [
        "Health Status: running",
        "Node:          node-1, guidestar 0.1.0, up 1 h 2 min",
        "Source:        live, scope all",
        "Events:        1,234,567 seen = 1,234,000 kept + 567 dropped by plugins; newest is number 1,234,567",
        "Lost:          12 in the kernel's ring buffer, 0 not decodable, 0 processes without room in the kernel's table, 0 failed reads in the kernel",
        "Processes:     321 known, 2 asked for and not known, 1 evicted",
        "Plugins:       2",
        "  server-shell 1.0.0 (3f2a9c81d0e4) saw 1,000 events: kept 900, dropped 100; annotated 7",
        '  "evil\\tname" 1.0.0 (3f2a9c81d0e4) saw 10 events: kept 10, dropped 0; annotated 0; failed on 10, which passed unjudged; OUT OF THE CHAIN: trap: out of fuel',
        "Streams:       1",
        "  #3 unix: 1,000 sent, 5 waiting, 2 lost by reading too slowly",
        "",
      ].join("\n"),
    );
  });

  test("JSON has the parts of all three answers", async () => {
    const { stdout } = await guidestarDaemon(["status", "-o", "json"]);
    const read = JSON.parse(stdout);
    assert.equal(read.health_status[0].status, "HEALTH_STATUS_RUNNING");
    assert.equal(read.node.pipeline.lost_ring, "12");
    assert.equal(read.plugins.length, 2);
  });

  test("of a daemon that has only the old API, health is all", async () => {
    const old = answering({ GetHealth: () => health });
    const text = await old(["status"]);
    assert.deepEqual([text.code, text.stdout], [0, "Health Status: running\n"]);
    const json = await old(["status", "-o", "json"]);
    assert.deepEqual(Object.keys(JSON.parse(json.stdout)), ["health_status"]);
  });

  test("of a daemon that is not well, the exit code is 1", async () => {
    const { HEALTH_STATUS_ERROR } = fgs.HealthStatusResult;
    const ill = answering({
      GetHealth: () => ({ health_status: [{ status: HEALTH_STATUS_ERROR }] }),
    });
    const { code, stdout } = await ill(["status"]);
    assert.deepEqual([code, stdout], [1, "Health Status: error\n"]);
  });
});
