import {
  type DnsEvent,
  type Event,
  EventType,
  type FindingEvent,
  type Process,
} from "../../events/model.js";
import { hookKey } from "./hookKey.js";

/** Events of one window with one key are alike: they become one. */
export function aggregationKey(event: Event): string {
  return (keys[event.type] as (event: Event) => string)(event);
}

type EventOf<T extends EventType> = Extract<Event, { readonly type: T }>;

/**
 * What must be equal, by type of event; README.md tells users. A type that is not in here does not
 * compile. Keys begin with the type, and parts that may hold anything stand at the end or are quoted.
 */
const keys: { readonly [T in Event["type"]]: (event: EventOf<T>) => string } = {
  /** The program, who started it, and where. */
  [EventType.EXEC]: ({ process, parent }) =>
    `5 ${parent?.execId ?? ""} ${placeOf(process)} ${process.binary}`,
  /** The program, how it ended, and where. */
  [EventType.EXIT]: ({ process, status, signal }) =>
    `7 ${status} ${signal} ${placeOf(process)} ${process.binary}`,
  [EventType.KPROBE]: hookKey,
  [EventType.TRACEPOINT]: hookKey,
  [EventType.DNS]: dnsKey,
  [EventType.FINDING]: findingKey,
  /** The numbers: the API shows nothing else. */
  [EventType.TEST]: ({ args }) => `254 ${args.join(" ")}`,
};

/** Who asks whom for what, and how that went; the addresses of an answer may differ. */
function dnsKey({ process, dns }: DnsEvent): string {
  const { response, rcode, questions, problem } = dns.message;
  const asked = questions.map(({ name, type }) => [type, name.toLowerCase()]);
  return `18 ${process.execId} ${response} ${rcode} ${dns.server.ip} ${JSON.stringify([asked, problem])}`;
}

/** What the plugin says, and the program it says it of; attributes may differ. */
function findingKey({ process, plugin, name, severity, message }: FindingEvent): string {
  return `2000 ${severity} ${placeOf(process)} ${JSON.stringify([plugin, name, message])} ${process.binary}`;
}

/** The container: two that run the same program are two. */
function placeOf({ containerId, docker }: Process): string {
  return containerId || docker;
}
