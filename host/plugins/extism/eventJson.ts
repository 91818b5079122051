import { EventEncoder, framePrefixBytes } from "../../events/encoder.js";
import type { Event } from "../../events/model.js";
import { WireWriter } from "../../events/wire.js";
import { eventTranscoder } from "../../json/transcode.js";

/** Writes events as messages, and as `guidestar getevents -o json` shows them, one line each. */
export class EventJson {
  private readonly frame = new WireWriter(16 * 1024);
  private readonly transcode = eventTranscoder();

  /** `encoder`: that of the streams, since a process is encoded once for all. */
  constructor(private readonly encoder = plainEncoder()) {}

  text(event: Event): string {
    return this.transcode(this.bytes(event));
  }

  /** The encoded `fgs.GetEventsResponse`; good until the next call. */
  bytes(event: Event): Buffer {
    this.frame.position = 0;
    this.encoder.encode(event, this.frame);
    return this.frame.bytes.subarray(framePrefixBytes, this.frame.position);
  }
}

/** Where nothing else encodes: tests of plugins, and recordings played through one. */
function plainEncoder(): EventEncoder {
  const options = { nodeName: "", capabilities: false, namespaces: false, hostNamespaces: [] };
  return new EventEncoder(options);
}
