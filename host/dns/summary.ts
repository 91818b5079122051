/** What an answer comes down to. */
import type { DnsMessage } from "./message.js";
import { RecordType } from "./types.js";

/** Types whose data is a name that the answer leads to. */
const leading = new Set<number>([RecordType.CNAME, RecordType.PTR]);

/** Names asked for, and those that the answer leads to; each once. */
export function namesIn({ questions, answers }: DnsMessage): readonly string[] {
  if (questions.length === 1 && answers.length === 0) return [questions[0]?.name ?? ""];
  const names = new Set(questions.map(({ name }) => name));
  for (const { name, type, data } of answers) {
    names.add(name);
    if (leading.has(type)) names.add(data);
  }
  return [...names];
}

export function ipsIn({ answers }: DnsMessage): readonly string[] {
  const ips = answers.filter(isAddress).map(({ data }) => data);
  return ips.length > 1 ? [...new Set(ips)] : ips;
}

const isAddress = ({ type }: { readonly type: number }): boolean =>
  type === RecordType.A || type === RecordType.AAAA;

export interface Told {
  readonly ip: string;
  readonly ttlSeconds: number;
}

/**
 * Addresses that the name asked for has, along its aliases: what else is in an answer is nobody's
 * business. Each holds as long as all that leads to it.
 */
export function addressesOf(message: DnsMessage): { name: string; addresses: readonly Told[] } {
  const name = message.questions[0]?.name ?? "";
  const addresses: Told[] = [];
  if (!message.response || message.rcode !== 0 || name === "") return { name, addresses };
  const reached = new Map([[name.toLowerCase(), Number.POSITIVE_INFINITY]]);
  // Aliases come in their order nearly always; if not, a second round finds them.
  for (let round = 0; round < 2; round++) {
    for (const { name: owner, type, ttl, data } of message.answers) {
      const until = reached.get(owner.toLowerCase());
      if (until === undefined || type !== RecordType.CNAME) continue;
      reached.set(data.toLowerCase(), Math.min(until, ttl));
    }
  }
  for (const answer of message.answers) {
    const until = reached.get(answer.name.toLowerCase());
    if (until === undefined || !isAddress(answer)) continue;
    addresses.push({ ip: answer.data, ttlSeconds: Math.min(until, answer.ttl) });
  }
  return { name, addresses };
}
