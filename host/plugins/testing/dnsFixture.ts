/** DNS messages of cases, as `guidestar getevents -o json` shows them. */
import { typeName } from "../../dns/types.js";
import type { DnsData } from "../../events/model.js";

type Json = Record<string, unknown>;

/** Fields that a case may have. */
export const dnsFields = [
  ...["question_types", "answer_types", "rcode", "names", "ips", "query", "response", "transport"],
  ...["server_ip", "server_port", "client_ip", "client_port", "id", "header_flags", "answers"],
  ...["edns_udp_size", "size", "problem"],
];

/** What is left out has the value that events without it have. */
export function dnsOf(given: Json): DnsData {
  const answers = list(given.answers).map((each) => {
    const { name, type, ttl, data } = (each ?? {}) as Json;
    return { name: text(name), type: number(type), ttl: number(ttl), data: text(data) };
  });
  const told = list(given.answer_types).map(number);
  const names = list(given.names).map(text);
  const query = text(given.query) || (names[0] ?? "");
  const types = list(given.question_types).map(number);
  const questions = types.map((type) => ({ name: query, type }));
  const rcode = number(given.rcode);
  return {
    message: {
      id: number(given.id),
      response: given.response === true,
      flags: number(given.header_flags),
      rcode,
      questions: questions.length > 0 || query === "" ? questions : [{ name: query, type: 1 }],
      answers:
        answers.length > 0
          ? answers
          : told.map((type) => ({ name: query, type, ttl: 0, data: typeName(type) })),
      udpSize: typeof given.edns_udp_size === "number" ? given.edns_udp_size : undefined,
      problem: text(given.problem) || undefined,
    },
    bytes: number(given.size),
    isTcp: given.transport === "TCP",
    server: { ip: text(given.server_ip), port: number(given.server_port) },
    client: { ip: text(given.client_ip), port: number(given.client_port) },
    names: names.length > 0 || query === "" ? names : [query],
    ips: list(given.ips).map(text),
  };
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number => (typeof value === "number" ? value : 0);
