/** Whatever happens to the file and its disk: every event is in exactly one file, whole and in order. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { Files } from "../../../host/export/files.js";
import { configOf, FakeClock, job, range, startLoop, type TestLoop } from "./harness.js";

/** What happens, one after another. */
type Step =
  | { readonly kind: "events"; readonly count: number }
  | { readonly kind: "time"; readonly ms: number }
  | { readonly kind: "room"; readonly bytes: number }
  | { readonly kind: "fail"; readonly call: keyof Files }
  | { readonly kind: "heal" | "moveFile" | "moveFolder" | "returnFolder" | "reopen" | "killed" };

const calls: (keyof Files)[] = [
  ...(["stat", "openExisting", "create", "byteAt", "write", "rename", "list", "close"] as const),
];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("events" as const), count: fc.nat(12) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.nat(2000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("room" as const), bytes: fc.nat(3000) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("fail" as const), call: fc.constantFrom(...calls) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("heal" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        ...(["moveFile", "moveFolder", "returnFolder", "reopen", "killed"] as const),
      ),
    }),
  },
);

/** A folder with the export in it, and one for what others have taken away. */
class World {
  readonly root = mkdtempSync(join(tmpdir(), "guidestar-lines-"));
  readonly folder = join(this.root, "log");
  readonly file = join(this.folder, "events.json");
  readonly clock = new FakeClock();
  /** Events that were handed over, and those that a killed daemon took with it. */
  accepted = 0;
  readonly gone = new Set<number>();
  #taken = 0;
  #running: TestLoop;

  constructor(private readonly config: { maxFileBytes: number; rotationIntervalMs: number }) {
    mkdirSync(this.folder);
    this.#running = this.#start();
  }

  act(step: Step): void {
    const { loop, troubles } = this.#running;
    switch (step.kind) {
      case "events":
        loop.push(job(this.accepted + 1, step.count));
        this.accepted += step.count;
        return;
      case "time":
        this.clock.nowMs += step.ms;
        loop.tick();
        return;
      case "room":
        troubles.room = step.bytes;
        return;
      case "fail":
        troubles.failing.set(step.call, "EIO");
        return;
      case "heal":
        troubles.failing.clear();
        troubles.room = undefined;
        return;
      case "moveFile":
        this.#take(this.file);
        return;
      case "moveFolder":
        this.#take(this.folder);
        return;
      case "returnFolder":
        mkdirSync(this.folder, { recursive: true });
        return;
      case "reopen":
        loop.reopen();
        return;
      case "killed": {
        const written = new Set(this.sequences().flat());
        for (const one of range(1, this.accepted)) if (!written.has(one)) this.gone.add(one);
        this.#running = this.#start();
      }
    }
  }

  /** All is well again, and the daemon stops. */
  finish(): void {
    this.act({ kind: "heal" });
    this.act({ kind: "returnFolder" });
    const { loop, counters } = this.#running;
    loop.tick();
    loop.close();
    assert.equal(counters.get("failing"), 0);
    assert.equal(counters.get("failed"), 0);
  }

  /** What is in each file, wherever it is now. */
  sequences(): number[][] {
    const found = readdirSync(this.root, { recursive: true, withFileTypes: true });
    return found
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const text = readFileSync(join(entry.parentPath, entry.name), "utf8");
        assert.ok(text === "" || text.endsWith("\n"), "half a line at the end");
        return text
          .split("\n")
          .slice(0, -1)
          .map((line) => Number(JSON.parse(line).sequence));
      });
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }

  #start(): TestLoop {
    return startLoop(configOf(this.file, this.config), this.clock);
  }

  #take(path: string): void {
    try {
      renameSync(path, join(this.root, `taken-${this.#taken++}`));
    } catch {
      // There was nothing to take.
    }
  }
}

const settings = fc.record({
  maxFileBytes: fc.integer({ min: 1, max: 4000 }),
  rotationIntervalMs: fc.constantFrom(1, 700, 1_000_000),
});

test("every event that was accepted is in exactly one file, whole and in order", () => {
  fc.assert(
    fc.property(settings, fc.array(step, { maxLength: 60 }), (config, steps) => {
      const world = new World(config);
      try {
        for (const one of steps) world.act(one);
        world.finish();
        const files = world.sequences().filter((sequences) => sequences.length > 0);
        files.sort(([a = 0], [b = 0]) => a - b);
        const expected = range(1, world.accepted).filter((one) => !world.gone.has(one));
        assert.deepEqual(files.flat(), expected);
      } finally {
        world.remove();
      }
    }),
    { numRuns: 400 },
  );
});
