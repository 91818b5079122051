/** Names of record types, for people; the API has numbers. */

/** Those that are read here. */
export const RecordType = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DNAME: 39,
  OPT: 41,
  SVCB: 64,
  HTTPS: 65,
  CAA: 257,
} as const;

const names = new Map<number, string>(
  Object.entries({
    ...RecordType,
    DS: 43,
    RRSIG: 46,
    NSEC: 47,
    DNSKEY: 48,
    NSEC3: 50,
    TLSA: 52,
    SPF: 99,
    IXFR: 251,
    AXFR: 252,
    ANY: 255,
  }).map(([name, number]) => [number, name]),
);

/** `AAAA`; of one that is not known `TYPE4711`, as RFC 3597 writes it. */
export function typeName(type: number): string {
  return names.get(type) ?? `TYPE${type}`;
}
