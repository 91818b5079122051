/** Commands in a cgroup of their own, and the DNS events of theirs. */
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Decoder } from "../../../../host/events/decoder.js";
import { type DnsEvent, type Event, EventType } from "../../../../host/events/model.js";
import { ProcessCache } from "../../../../host/events/processCache.js";
import { type BaseSensor, loadBase } from "../../../../host/sensors/base.js";
import { rootCgroup } from "../../../../host/sensors/dns/cgroup.js";
import type { DnsSensor } from "../../../../host/sensors/dns/dnsSensor.js";
import { openDns } from "../../../../host/sensors/dns/openDns.js";
import type { DnsSettings } from "../../../../host/sensors/dns/settings.js";
import { openLiveSource } from "../../../../host/source/live.js";
import { readText } from "../../../../host/source/procScanFiles.js";
import type { Source } from "../../../../host/source/source.js";
import { Gated } from "../../../bpf/core/harness.js";

/** A cgroup that goes with the test, and all that is in it. */
export function ownCgroup(t: TestContext): string {
  const root = rootCgroup(readText("/proc/self/mounts") ?? "");
  if (root === undefined) throw new Error("no cgroup v2 is mounted");
  const folder = path.join(root, `guidestar-test-${process.pid}-${counter++}`);
  mkdirSync(folder);
  t.after(async () => {
    // Who was killed leaves it a moment later.
    for (let tries = 0; ; tries++) {
      try {
        rmdirSync(folder);
        return;
      } catch (error) {
        if (tries >= 200) throw error;
        await sleep(20);
      }
    }
  });
  return folder;
}
let counter = 0;

export interface Watched {
  readonly pid: number;
  readonly sensor: DnsSensor;
  readonly base: BaseSensor;
  readonly source: Source;
  readonly decoder: Decoder;
  /** Puts another process into the cgroup. */
  join(pid: number): void;
  /** Lets the command go; all events up to its end. */
  run(): Promise<{ events: readonly Event[]; dns: readonly DnsEvent[]; output: string }>;
}

/** The command waits at its gate, in a cgroup of its own, with the sensor on. */
export async function watch(
  t: TestContext,
  command: readonly string[],
  settings: DnsSettings,
): Promise<Watched> {
  const cgroup = ownCgroup(t);
  const gated = new Gated(command);
  t.after(() => gated.kill());
  writeFileSync(path.join(cgroup, "cgroup.procs"), String(gated.pid));
  const scope = { kind: "tree", rootPids: [gated.pid], spawned: true } as const;
  const base = loadBase({ scope, scan: false });
  t.after(() => base.close());
  const sensor = await openDns(base, scope, { enabled: true, settings, cgroup });
  t.after(() => sensor.disable());
  const source = openLiveSource(base.source);
  t.after(() => source.close());
  const { layout, bootToWallNs } = source;
  const cache = new ProcessCache(65_536);
  const decoder = new Decoder({ layout, cache, nodeName: "test", bootToWallNs });
  const events: Event[] = [];
  const drain = () => {
    while (
      source.read(1024, (bytes, view, offset, size) => {
        let event = decoder.decode(bytes, view, offset, size);
        for (; event; event = decoder.more()) events.push(event);
      }) > 0
    );
  };
  return {
    pid: gated.pid,
    ...{ sensor, base, source, decoder },
    join: (pid) => writeFileSync(path.join(cgroup, "cgroup.procs"), String(pid)),
    async run() {
      gated.open();
      let output: string | undefined;
      gated.end().then((text) => {
        output = text;
      });
      while (output === undefined) {
        drain();
        await source.wait(20);
      }
      drain();
      const dns = events.filter((event): event is DnsEvent => event.type === EventType.DNS);
      return { events, dns, output };
    },
  };
}
