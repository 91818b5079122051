import { enumerator, offsetOf, sizeOf } from "../source/recordLayout.js";
import type { RecordLayout } from "../source/source.js";

/** Offsets in the records of DNS; undefined for a recording from before there were any. */
export function dnsFields(layout: RecordLayout) {
  if (layout.structs.gs_dns === undefined) return undefined;
  const of = (field: string) => offsetOf(layout, "gs_dns", field);
  const flag = (name: string) => enumerator(layout, "gs_dns_flag", `GS_DNS_${name}`);
  return {
    type: enumerator(layout, "gs_record_type", "GS_RECORD_DNS"),
    key: of("header.key_ns"),
    pid: of("header.pid"),
    tid: of("header.tid"),
    time: of("header.time_ns"),
    socket: of("socket"),
    netNs: of("net_ns"),
    sequence: of("sequence"),
    total: of("total"),
    offset: of("offset"),
    size: of("size"),
    family: of("family"),
    flags: of("flags"),
    sourcePort: of("source_port"),
    destinationPort: of("destination_port"),
    source: of("source"),
    destination: of("destination"),
    end: sizeOf(layout, "gs_dns"),
    is: {
      answer: flag("ANSWER"),
      tcp: flag("TCP"),
      starts: flag("TCP_START"),
      ends: flag("TCP_END"),
      unreadable: flag("UNREADABLE"),
    },
  };
}

export type DnsFields = NonNullable<ReturnType<typeof dnsFields>>;
