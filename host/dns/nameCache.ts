/** By which names addresses were asked for: what a process connects to has a name, if it asked for it. */

/** Addresses remembered, over all network namespaces; the one that was told longest ago goes. */
const mostAddresses = 16_384;
/** Names of one address. */
const mostNames = 8;

/** Who asks connects a moment later: answers that may not be kept at all are, for so long. */
const leastTtlSeconds = 5;
const mostTtlSeconds = 24 * 3600;

interface Named {
  /** By name, until when it holds; ns since 1970. The youngest last. */
  readonly until: Map<string, bigint>;
}

export class NameCache {
  readonly #named = new Map<string, Named>();

  get size(): number {
    return this.#named.size;
  }

  /** `netNs`: inode number of the network namespace; `timeNs`: of the answer, ns since 1970. */
  learn(netNs: number, ip: string, name: string, ttlSeconds: number, timeNs: bigint): void {
    const key = keyOf(netNs, ip);
    const known = this.#named.get(key) ?? { until: new Map<string, bigint>() };
    const seconds = Math.min(Math.max(ttlSeconds, leastTtlSeconds), mostTtlSeconds);
    const shown = name.toLowerCase();
    known.until.delete(shown);
    known.until.set(shown, timeNs + BigInt(seconds) * 1_000_000_000n);
    dropFirst(known.until, mostNames);
    this.#named.delete(key);
    this.#named.set(key, known);
    dropFirst(this.#named, mostAddresses);
  }

  /** The youngest name first; undefined: it has none. */
  namesOf(netNs: number, ip: string, timeNs: bigint): readonly string[] | undefined {
    const key = keyOf(netNs, ip);
    const until = this.#named.get(key)?.until;
    if (!until) return undefined;
    for (const [name, end] of until) if (end < timeNs) until.delete(name);
    if (until.size > 0) return [...until.keys()].reverse();
    this.#named.delete(key);
    return undefined;
  }
}

const keyOf = (netNs: number, ip: string): string => `${netNs}/${ip}`;

function dropFirst(map: Map<string, unknown>, most: number): void {
  if (map.size <= most) return;
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
