import assert from "node:assert/strict";
import { test } from "node:test";
import { type Event, EventType, type FindingEvent } from "../../../host/events/model.js";
import { caller, decoderWithCaller, description, make } from "../../host/events/hook/support.js";
import { chainOf, compileExample, configure } from "../../host/plugins/testPlugin.js";

const { decode } = decoderWithCaller();
decode(
  make.definition(
    description({
      hook: 7,
      functionName: "tcp_sendmsg",
      args: [
        { type: "sock", index: 0 },
        { type: "size_t", index: 2 },
      ],
    }),
  ),
);
decode(
  make.definition(
    description({
      hook: 8,
      functionName: "security_file_permission",
      args: [{ type: "file", index: 0 }],
    }),
  ),
);

function sent(port: number, bytes: bigint): Event {
  const values = {
    ...{ family: 2, protocol: 6, source_port: 40_000, destination_port: port },
    ...{ source: Uint8Array.of(10, 0, 0, 1), destination: Uint8Array.of(10, 1, 2, 3) },
  };
  const socket = make.argument("GS_ARG_SOCK", 0, { struct: "gs_sock", values });
  const record = make.hook({ ...caller, hook: 7, args: 2 }, [socket, make.int(1, bytes)]);
  const event = decode(record);
  assert.ok(event);
  return event;
}

function opened(path: string, atSeconds: number): Event {
  const time = {
    "header.time_ns": 1_800_000_000_000_000_000n + BigInt(atSeconds) * 1_000_000_000n,
  };
  const record = make.hook({ ...caller, ...time, hook: 8, args: 1 }, [make.path(0, path)]);
  const event = decode(record);
  assert.ok(event);
  return event;
}

test("connections sends one event for each destination and window, with count and bytes", async () => {
  let nowMs = 1_800_000_000_000;
  const chain = await chainOf([await compileExample("connections")], { nowMs: () => nowMs });
  chain.tick();
  nowMs += 1000;
  chain.tick(); // The window is open.
  assert.deepEqual(chain.run([sent(443, 100n), sent(443, 50n), sent(80, 7n)]), []);
  assert.deepEqual(chain.run([sent(443, 1n)]), []);
  assert.deepEqual(chain.takeMade(), []);
  nowMs += 31_000;
  chain.tick();
  const made = chain.takeMade().map(({ type, aggregated, annotations }) => ({
    ...{ type, aggregated, bytes: annotations?.get("connections.bytes") },
    window: annotations?.get("connections.window-seconds"),
  }));
  assert.deepEqual(made, [
    { type: EventType.KPROBE, aggregated: 3, bytes: "151", window: "30" },
    { type: EventType.KPROBE, aggregated: 1, bytes: "7", window: "30" },
  ]);
  assert.equal(chain.list()[0]?.counts.failed, 0);
});

test("file-baseline learns, drops what it knows, and reports what is new, once", async () => {
  const chain = await chainOf([await compileExample("file-baseline")]);
  await configure(chain, "file-baseline", { learnSeconds: 60, depth: 2 });
  const learnt = [opened("/etc/ssl/a.pem", 0), opened("/proc/1/stat", 1), opened("/etc/hosts", 2)];
  assert.deepEqual(chain.run(learnt), []);
  assert.deepEqual(chain.takeMade(), []);
  const later = [
    opened("/etc/ssl/certs/b.pem", 61),
    opened("/root/.ssh/id_rsa", 62),
    opened("/root/.ssh/config", 63),
  ];
  assert.deepEqual(chain.run(later), later.slice(1, 2));
  const [finding, ...others] = chain.takeMade() as FindingEvent[];
  assert.deepEqual(others, []);
  assert.equal(finding?.message, "curl has not been in /root/.ssh before");
  assert.deepEqual(Object.fromEntries(finding.attributes ?? []), {
    path: "/root/.ssh/id_rsa",
    folder: "/root/.ssh",
    function: "security_file_permission",
  });
});
