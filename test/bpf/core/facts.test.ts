import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { type BaseSensor, loadBase } from "../../../host/sensors/base.js";
import { treePids } from "../../../host/source/procScanPids.js";
import { readProcess } from "../../../host/source/procScanProcess.js";
import { openRawMap } from "../../../host/source/rawMap.js";
import { fieldOf, structOf } from "../../../host/source/recordWriter.js";
import { Gated, type SpawnOptions, workload } from "./harness.js";

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), "facts-"));
  copyFileSync(workload("until"), path.join(folder, "until"));
});
after(() => rmSync(folder, { recursive: true }));

describe("what policies filter processes by", () => {
  test("has the path that was given to exec, capabilities and namespaces", async () => {
    await during(["/bin/../bin/sleep", "100"], {}, (facts, pid) => {
      assert.equal(facts.binary, "/bin/../bin/sleep");
      assert.equal(facts.tail, "/bin/../bin/sleep");
      assert.equal(facts.size, 17);
      const seen = readProcess(pid, { procPath: "/proc", v2: undefined });
      assert.deepEqual(facts.capabilities, [
        seen?.capPermitted,
        seen?.capEffective,
        seen?.capInheritable,
      ]);
      assert.deepEqual(facts.namespaces, seen?.namespaces);
    });
  });

  test("joins a relative path to the working directory", async () => {
    await during(["./././until"], { cwd: folder }, (facts) => {
      assert.equal(facts.binary, `${folder}/until`);
      assert.equal(facts.tail, `${folder}/until`);
    });
    await during([`${path.basename(folder)}/until`], { cwd: path.dirname(folder) }, (facts) => {
      assert.equal(facts.binary, `${folder}/until`);
    });
    await during(["bin/sleep", "100"], { cwd: "/" }, (facts) => {
      assert.equal(facts.binary, "/bin/sleep");
    });
  });

  for (const bytes of [127, 128, 129, 255, 256, 257, 3000]) {
    test(`keeps start and end of a path of ${bytes} bytes`, async () => {
      const file = longPath(bytes);
      for (const [name, cwd] of [
        [file, "/"],
        [path.basename(file), path.dirname(file)],
      ] as const) {
        await during([name], { cwd }, (facts) => {
          assert.equal(facts.size, bytes);
          assert.equal(facts.binary, file.slice(0, 256));
          assert.equal(facts.tail, file.slice(-128));
        });
      }
    });
  }

  test("is there of processes that were there before", async () => {
    const gated = new Gated(["/bin/sh", "-c", "tail -f /dev/null & exec sleep 100"]);
    gated.open();
    const child = await until(() => {
      const [pid] = childrenOf(gated.pid);
      return pid !== undefined && binaryOf(pid) === "tail" ? pid : undefined;
    });
    const base = loadBase({ scope: { kind: "tree", rootPids: [gated.pid] }, scan: false });
    try {
      assert.equal(readFacts(base, gated.pid)?.binary, "/usr/bin/sleep");
      assert.equal(readFacts(base, child)?.binary, "/usr/bin/tail");
      assert.equal(readFacts(base, process.pid), undefined, "nothing of others");
    } finally {
      process.kill(child);
      gated.kill();
      base.close();
    }
  });

  test("goes from parent to child, and with the process", async () => {
    const gated = new Gated([workload("doublefork")]);
    const scope = { kind: "tree", rootPids: [gated.pid], spawned: true } as const;
    const base = loadBase({ scope, scan: false });
    try {
      assert.equal(readFacts(base, gated.pid)?.binary, workload("gate"));
      gated.open();
      const [child = 0, grandchild = 0] = (await gated.end()).trim().split(" ").map(Number);
      await until(() => readFacts(base, grandchild) === undefined || undefined);
      assert.equal(readFacts(base, child), undefined);
      assert.equal(readFacts(base, gated.pid), undefined);
    } finally {
      gated.kill();
      base.close();
    }
  });

  test("is inherited by a child that has not exec'd", async () => {
    // The subshell is a fork of sh, and waits.
    await during(["/bin/sh", "-c", "(read x; read x)"], {}, async (facts, pid, base) => {
      const child = await until(() => childrenOf(pid)[0]);
      assert.deepEqual(await until(() => readFacts(base, child)), facts);
    });
  });
});

interface Facts {
  readonly binary: string;
  readonly tail: string;
  readonly size: number;
  readonly capabilities: readonly bigint[];
  readonly namespaces: readonly number[];
}

async function during(
  command: readonly string[],
  options: SpawnOptions,
  check: (facts: Facts, pid: number, base: BaseSensor) => void | Promise<void>,
): Promise<void> {
  const gated = new Gated(command, options);
  const scope = { kind: "tree", rootPids: [gated.pid], spawned: true } as const;
  const base = loadBase({ scope, scan: false });
  try {
    gated.open();
    const facts = await until(() => {
      const found = readFacts(base, gated.pid);
      return found?.binary === workload("gate") ? undefined : found;
    });
    await check(facts, gated.pid, base);
  } finally {
    gated.kill();
    await gated.end();
    base.close();
  }
}

function readFacts(base: BaseSensor, pid: number): Facts | undefined {
  const struct = structOf(base.layout, "gs_facts");
  const map = openRawMap(base.factsFd, 4, struct.size);
  try {
    const bytes = map.lookup(new Uint8Array(Uint32Array.of(pid).buffer));
    if (bytes === undefined) return undefined;
    const view = Buffer.from(bytes);
    const at = (name: string) => fieldOf(struct, "gs_facts", name).offset;
    const text = (name: string) => {
      const { offset, size } = fieldOf(struct, "gs_facts", name);
      return view
        .subarray(offset, offset + size)
        .toString()
        .replaceAll("\0", "");
    };
    return {
      binary: text("binary"),
      tail: text("binary_tail"),
      size: view.readUInt32LE(at("binary_size")),
      capabilities: ["cap_permitted", "cap_effective", "cap_inheritable"].map((name) =>
        view.readBigUInt64LE(at(name)),
      ),
      namespaces: Array.from({ length: 10 }, (_, i) => view.readUInt32LE(at("ns") + 4 * i)),
    };
  } finally {
    map.close();
  }
}

const childrenOf = (pid: number): number[] =>
  treePids([pid], "/proc").filter((each) => each !== pid);

const binaryOf = (pid: number): string | undefined =>
  readProcess(pid, { procPath: "/proc", v2: undefined })?.binary?.toString().split("/").at(-1);

async function until<T>(look: () => T | undefined): Promise<T> {
  for (let end = Date.now() + 20_000; Date.now() < end; ) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("it did not come about in 20 s");
}

/** A program whose path has exactly so many bytes. */
function longPath(bytes: number): string {
  let at = path.join(folder, String(bytes));
  while (bytes - at.length > 1) {
    const rest = bytes - at.length - 1;
    at = path.join(at, "d".repeat(rest <= 200 ? rest : Math.min(200, rest - 2)));
  }
  mkdirSync(path.dirname(at), { recursive: true });
  copyFileSync(workload("until"), at);
  return at;
}
