/** Records of hooks through the real decoder, and what the encoder makes of the events. */
import assert from "node:assert/strict";
import { Decoder } from "../../../../host/events/decoder.js";
import { EventEncoder, framePrefixBytes } from "../../../../host/events/encoder.js";
import type { Event } from "../../../../host/events/model.js";
import { ProcessCache } from "../../../../host/events/processCache.js";
import { WireWriter } from "../../../../host/events/wire.js";
import { jsonWriter } from "../../../../host/json/protojson.js";
import { eventTranscoder } from "../../../../host/json/transcode.js";
import type { HookDescription } from "../../../../host/policy/hookSpec.js";
import { fgs } from "../../../../proto/generated/api.js";
import { headerLayout } from "../../../support/headerLayout.js";
import { RecordMaker } from "../../../support/records.js";

export const layout = headerLayout();
export const make = new RecordMaker(layout);

/** The process that makes the calls of these tests; a shell is its parent. */
export const caller = { "header.pid": 11, "header.tid": 12, "header.key_ns": 300 };

export function newDecoder(
  lookUp?: (pid: number, keyNs: bigint) => Uint8Array | undefined,
  capacity = 100,
) {
  const cache = new ProcessCache(capacity);
  const decoder = new Decoder({ layout, cache, nodeName: "node", bootToWallNs: 1_000n, lookUp });
  const decode = (record: Buffer): Event | undefined => {
    // As in the ring: the record is somewhere in memory that is another's soon after.
    const ring = Buffer.concat([Buffer.alloc(24, 0xee), record, Buffer.alloc(8, 0xee)]);
    const view = new DataView(ring.buffer, ring.byteOffset, ring.byteLength);
    const event = decoder.decode(ring, view, 24, record.length);
    ring.fill(0xdd);
    return event;
  };
  return { cache, decoder, decode };
}

/** One that knows a shell and its child, which makes the calls. */
export function decoderWithCaller() {
  const all = newDecoder();
  all.decode(
    make.exec({ "header.pid": 10, "header.key_ns": 100 }, { binary: "/bin/bash", cwd: "/" }),
  );
  all.decode(
    make.exec(
      { "header.pid": 11, "header.key_ns": 300, "parent.pid": 10, "parent.key_ns": 100 },
      { binary: "/usr/bin/curl", cwd: "/" },
    ),
  );
  return all;
}

export function description(known: Partial<HookDescription> = {}): HookDescription {
  return {
    hook: 7,
    policy: "watch",
    kind: "function",
    functionName: "tcp_connect",
    args: [],
    tags: [],
    ...known,
  };
}

const encoder = new EventEncoder({
  nodeName: "node",
  capabilities: false,
  namespaces: false,
  hostNamespaces: [],
});

const transcode = eventTranscoder();
const toJson = jsonWriter("fgs.GetEventsResponse");

/** The event as protobufjs shows it, defaults left out, 64-bit numbers as texts, bytes as base64. */
export function encoded(event: Event, by = encoder) {
  const writer = new WireWriter(16);
  by.encode(event, writer);
  const frame = writer.bytes.subarray(0, writer.position);
  assert.equal(frame.readUInt32BE(1), frame.length - framePrefixBytes);
  const bytes = frame.subarray(framePrefixBytes);
  const message = fgs.GetEventsResponse.decode(bytes);
  // What the export writes.
  assert.equal(transcode(bytes), toJson(message));
  return fgs.GetEventsResponse.toObject(message, {
    longs: String,
    bytes: String,
    enums: String,
    defaults: false,
  });
}

/** Decodes the definition and the call; its message without processes. */
export function callOf(of: HookDescription, record: Buffer): Record<string, unknown> {
  const { decode, decoder } = decoderWithCaller();
  decode(make.definition(of));
  const event = decode(record);
  assert.ok(event, `malformed ${decoder.malformed}, unknown ${decoder.unknownHook}`);
  const response = encoded(event);
  const { process, parent, ...rest } = response.process_kprobe ?? response.process_tracepoint;
  assert.equal(process.binary, "/usr/bin/curl");
  assert.equal(parent.binary, "/bin/bash");
  return rest;
}
