/** The encoder against protobufjs, on the same events: calls of policies, and execs of processes that live. */
import { Decoder } from "../../../host/events/decoder.js";
import { EventEncoder, framePrefixBytes } from "../../../host/events/encoder.js";
import type { Event } from "../../../host/events/model.js";
import { ProcessCache } from "../../../host/events/processCache.js";
import { WireWriter } from "../../../host/events/wire.js";
import { fgs } from "../../../proto/generated/api.js";
import { headerLayout } from "../../support/headerLayout.js";
import { type Bench, figure } from "../bench.js";
import { cpuMicroseconds } from "../cpu.js";
import { callRecords } from "../delivery/recording.js";

const options = { nodeName: "bench", capabilities: false, namespaces: false, hostNamespaces: [] };

export const bench: Bench = {
  name: "encoder",
  title: "encoding events, framed",
  place: "host",
  rounds: 7,
  async start({ quick }) {
    const events = decodeAll(callRecords({ processes: 100, calls: 2000 }));
    const encoder = new EventEncoder(options);
    const writer = new WireWriter(64 * 1024);
    const messages = events.map((event) => {
      writer.position = 0;
      encoder.encode(event, writer);
      const bytes = writer.bytes.subarray(framePrefixBytes, writer.position);
      return fgs.GetEventsResponse.decode(Buffer.from(bytes));
    });
    const passes = quick ? 20 : 60;
    const ns = (pass: () => void) => {
      const before = cpuMicroseconds();
      for (let n = 0; n < passes; n++) pass();
      return ((cpuMicroseconds() - before) * 1000) / (passes * events.length);
    };
    return {
      variants: {
        ours: () =>
          ns(() => {
            writer.position = 0;
            for (const event of events) encoder.encode(event, writer);
          }),
        protobufjs: () =>
          ns(() => {
            writer.position = 0;
            for (const message of messages) frame(fgs.GetEventsResponse.encode(message).finish());
          }),
      },
      figures: [
        figure("a call, framed", "ns/event", (m) => m("ours")),
        figure(
          "faster",
          "×",
          (m) => m("protobufjs") / m("ours"),
          { least: 5 },
          "protobufjs, the same messages",
        ),
      ],
    };

    /** As a gRPC library does. */
    function frame(message: Uint8Array): void {
      writer.reserve(framePrefixBytes + message.length);
      writer.bytes[writer.position] = 0;
      writer.bytes.writeUInt32BE(message.length, writer.position + 1);
      writer.position += framePrefixBytes;
      writer.raw(message);
    }
  },
};

function decodeAll(records: readonly Buffer[]): Event[] {
  const cache = new ProcessCache(65_536);
  const decoder = new Decoder({
    ...{ layout: headerLayout(), cache, nodeName: "bench", keepsRecords: true },
    bootToWallNs: 1_700_000_000_000_000_000n,
  });
  const all = Buffer.concat(records);
  const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
  const events: Event[] = [];
  let at = 0;
  for (const { length } of records) {
    const event = decoder.decode(all, view, at, length);
    if (event) events.push(event);
    at += length;
  }
  return events;
}
