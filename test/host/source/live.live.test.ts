import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { type BaseOptions, type BaseSensor, loadBase } from "../../../host/sensors/base.js";
import { openLiveSource } from "../../../host/source/live.js";
import { type Decoded, Decoder } from "../../bpf/core/decode.js";
import { Gated, workload } from "../../bpf/core/harness.js";

/** A gate, the programs on it, and whatever is to be done with them. */
async function traced(
  command: readonly string[],
  use: (gated: Gated, base: BaseSensor) => Promise<void>,
  options: Partial<BaseOptions> = {},
): Promise<void> {
  const gated = new Gated(command);
  const scope = { kind: "tree", rootPids: [gated.pid], spawned: true } as const;
  const base = loadBase({ scan: false, ...options, scope });
  try {
    await use(gated, base);
  } finally {
    gated.kill();
    base.close();
  }
}

describe("the live source", () => {
  test("works in a worker thread, from plain data", async () => {
    await traced([workload("nop"), "in a worker"], async (gated, base) => {
      const worker = new Worker(new URL("./liveWorker.js", import.meta.url), {
        workerData: base.source,
      });
      const decoder = new Decoder(base.layout);
      const records: Decoded[] = [];
      await once(worker, "message");
      const both = new Promise<void>((resolve) => {
        worker.on("message", (bytes: Uint8Array) => {
          const record = decoder.decode(bytes);
          if (record !== undefined && records.push(record) === 2) resolve();
        });
      });
      gated.open();
      await both;
      worker.postMessage("close");
      await once(worker, "exit");
      assert.deepEqual(
        records.map(({ type, pid }) => [type, pid]),
        [
          ["exec", gated.pid],
          ["exit", gated.pid],
        ],
      );
    });
  });

  test("tells the wall clock of what happened", async () => {
    await traced([workload("nop")], async (gated, base) => {
      const source = openLiveSource(base.source);
      const before = Date.now();
      gated.open();
      await gated.end();
      const after = Date.now();
      const times: number[] = [];
      const decoder = new Decoder(base.layout);
      source.read(10, (bytes, _view, offset, size) => {
        const record = decoder.decode(bytes.slice(offset, offset + size));
        times.push(Number((record?.timeNs ?? 0n) + source.bootToWallNs) / 1e6);
      });
      assert.equal(times.length, 2);
      for (const time of times) assert.ok(time > before - 2 && time < after + 2);
      source.close();
    });
  });

  test("is woken for a record out of the blue, and finds one that comes shortly after a wake-up", async () => {
    const quietMs = 50;
    await traced([workload("sparks")], async (gated, base) => {
      const source = openLiveSource(base.source);
      const take = () => source.read(1, () => {});
      gated.open();
      while (take() === 0) await source.wait(1000);
      for (let i = 0; i < 3; i++) {
        assert.equal(await source.wait(6 * quietMs), "timeout", "all is quiet, nothing looks");
        // Long enough that only a wake-up can have ended it in time, on a busy machine too.
        const waiting = source.wait(30_000);
        await sleep(6 * quietMs);
        const start = performance.now();
        gated.child.stdin?.write("\n");
        assert.equal(await waiting, "ready");
        assert.ok(performance.now() - start < 10_000);
        for (const type of ["fork", "exit"]) {
          while (take() === 0) assert.equal(await source.wait(30_000), "ready", type);
        }
        assert.ok(performance.now() - start < 10_000);
      }
      source.close();
    });
  });

  test("wait ends with the time, and with close", async () => {
    await traced([workload("nop")], async (_gated, base) => {
      const source = openLiveSource(base.source);
      const start = performance.now();
      assert.equal(await source.wait(50), "timeout");
      assert.ok(performance.now() - start >= 49);
      const waiting = source.wait(60_000);
      source.close();
      source.close();
      assert.equal(await waiting, "ended");
      assert.equal(await source.wait(10), "ended");
      assert.equal(
        source.read(10, () => {}),
        0,
      );
    });
  });

  test("tells its losses after close, and in whatever order things are closed", async () => {
    await traced(
      [workload("crowd"), "200"],
      async (gated, base) => {
        const source = openLiveSource(base.source);
        gated.open();
        await gated.end();
        const { ring } = source.losses();
        assert.ok(ring > 0);
        base.close();
        source.close();
        assert.equal(source.losses().ring, ring);
      },
      { ringBytes: 4096 },
    );
  });

  test("hands over no more records than asked for, and the rest later", async () => {
    await traced([workload("crowd"), "20"], async (gated, base) => {
      const source = openLiveSource(base.source);
      gated.open();
      await gated.end();
      const counts: number[] = [];
      for (let count = -1; count !== 0; ) {
        let visited = 0;
        count = source.read(8, () => {
          visited++;
        });
        assert.equal(visited, count);
        counts.push(count);
      }
      // 1 exec, 20 forks, 21 exits
      assert.deepEqual(counts, [8, 8, 8, 8, 8, 2, 0]);
      source.close();
    });
  });

  test("counts what a visitor that throws had, and goes on behind it", async () => {
    await traced([workload("nop")], async (gated, base) => {
      const source = openLiveSource(base.source);
      gated.open();
      await gated.end();
      const thrown = new Error("from the visitor");
      assert.throws(
        () =>
          source.read(10, () => {
            throw thrown;
          }),
        thrown,
      );
      assert.equal(
        source.read(10, () => {}),
        1,
      );
      source.close();
    });
  });
});
