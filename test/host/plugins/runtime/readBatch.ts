import type { Event } from "../../../../host/events/model.js";
import type { Packer } from "../../../../host/plugins/runtime/packer.js";
import * as abi from "../../../../plugins/sdk/abi.js";

export interface ReadProcess {
  readonly index: number;
  readonly texts: readonly string[];
  readonly pid: number;
  readonly parent: number;
  readonly keyNs: bigint;
  readonly startTimeNs: bigint;
  readonly cgroupId: bigint;
  readonly capabilities: readonly bigint[];
  readonly uid: number;
  readonly auid: number;
  readonly namespaces: readonly number[];
  readonly state: number;
}

export interface ReadEvent {
  readonly sequence: bigint;
  readonly timeNs: bigint;
  readonly type: number;
  readonly process: number;
  readonly parent: number;
  readonly status: number;
  readonly signal: string;
}

export interface ReadBatch {
  readonly processes: readonly ReadProcess[];
  readonly events: readonly ReadEvent[];
  readonly bytes: number;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Packs events from `from` on as for a plugin that sees all of them; returns what it would see. */
export function packAndRead(
  packer: Packer,
  events: readonly Event[],
  from = 0,
): ReadBatch & { count: number } {
  const count = packer.pack(events, from);
  const parts = packer.partsFor(count);
  // Not at 0, so that positions and addresses differ.
  const at = 4096;
  const memory = new Uint8Array(at + parts.bytes);
  packer.write(
    memory,
    at,
    parts,
    Uint32Array.from({ length: count }, (_, n) => n),
  );
  return { count, ...readBatch(new DataView(memory.buffer, at, parts.bytes)) };
}

/** Reads a batch as the ABI says, and nothing else; checks what it says of itself. */
export function readBatch(view: DataView): ReadBatch {
  const u32 = (at: number) => view.getUint32(at, true);
  const u64 = (at: number) => view.getBigUint64(at, true);
  const text = (at: number) => {
    const start = (at + u32(at + abi.TEXT_OFFSET)) >>> 0;
    return utf8.decode(
      new Uint8Array(view.buffer, view.byteOffset + start, u32(at + abi.TEXT_LENGTH)),
    );
  };
  const table = (at: number, count: number) =>
    Array.from({ length: count }, (_, n) => u32(at + n * 4));
  expect(u32(abi.BATCH_ABI), abi.ABI_VERSION, "version");
  expect(u32(abi.BATCH_HEADER_SIZE), abi.HEADER_BYTES, "header size");
  expect(u32(abi.BATCH_SIZE), view.byteLength, "size");
  expect(u32(abi.BATCH_EVENT_SIZE), abi.EVENT_BYTES, "event size");
  expect(u32(abi.BATCH_PROCESS_SIZE), abi.PROCESS_BYTES, "process size");
  expect(u32(abi.BATCH_OUTPUT_USED), 0, "output used");
  for (const part of [abi.BATCH_EVENTS, abi.BATCH_PROCESSES, abi.BATCH_OUTPUT]) {
    expect(u32(part) % abi.ALIGNMENT, 0, "alignment of a part");
  }
  expect(u32(abi.BATCH_OUTPUT) + u32(abi.BATCH_OUTPUT_CAPACITY), view.byteLength, "end");
  const count = u32(abi.BATCH_EVENT_COUNT);
  for (let n = 0; n < count; n++) {
    expect(view.getUint8(u32(abi.BATCH_VERDICTS) + n), abi.VERDICT_MISSING, "verdict");
  }
  const processes = table(u32(abi.BATCH_PROCESSES), u32(abi.BATCH_PROCESS_COUNT));
  const events = table(u32(abi.BATCH_EVENTS), count);
  for (const at of [...processes, ...events]) expect(at % abi.ALIGNMENT, 0, "alignment");
  return {
    bytes: view.byteLength,
    processes: processes.map((at, index) => ({
      index,
      texts: Array.from({ length: abi.PROCESS_TEXTS }, (_, n) => text(at + n * abi.TEXT_BYTES)),
      pid: u32(at + abi.PROCESS_PID),
      parent: u32(at + abi.PROCESS_PARENT),
      keyNs: u64(at + abi.PROCESS_KEY_NS),
      startTimeNs: u64(at + abi.PROCESS_START_TIME_NS),
      cgroupId: u64(at + abi.PROCESS_CGROUP_ID),
      capabilities: [
        u64(at + abi.PROCESS_CAP_PERMITTED),
        u64(at + abi.PROCESS_CAP_EFFECTIVE),
        u64(at + abi.PROCESS_CAP_INHERITABLE),
      ],
      uid: u32(at + abi.PROCESS_UID),
      auid: u32(at + abi.PROCESS_AUID),
      namespaces: Array.from({ length: abi.NAMESPACES }, (_, n) =>
        u32(at + abi.PROCESS_NAMESPACES + n * 4),
      ),
      state: u32(at + abi.PROCESS_STATE),
    })),
    events: events.map((at) => ({
      sequence: u64(at + abi.EVENT_SEQUENCE),
      timeNs: u64(at + abi.EVENT_TIME_NS),
      type: u32(at + abi.EVENT_TYPE),
      process: u32(at + abi.EVENT_PROCESS),
      parent: u32(at + abi.EVENT_PARENT),
      status: u32(at + abi.EXIT_STATUS),
      signal: text(at + abi.EXIT_SIGNAL),
    })),
  };
}

function expect(actual: number, expected: number, what: string): void {
  if (actual !== expected) throw new Error(`${what} is ${actual}, not ${expected}`);
}
