/** Settings of the sensor `dns`; they can be changed while it runs. */
import { GuidestarError } from "../../errors.js";
import { closest } from "../../suggest.js";

export interface DnsSettings {
  /** Of name servers; 1 to 16 of them. */
  readonly ports: readonly number[];
  /** Leave answers out, and with them the names of destinations. */
  readonly queriesOnly: boolean;
  /** Most packets a second; undefined: any number. */
  readonly maxPerSecond: number | undefined;
}

export const defaultDnsSettings: DnsSettings = {
  ports: [53],
  queriesOnly: false,
  maxPerSecond: undefined,
};

const mostPorts = 16;
const mostPerSecond = 10_000_000;

interface Setting {
  /** What values it takes, for messages. */
  readonly takes: string;
  get(settings: DnsSettings): string;
  /** Undefined: this is no such value. */
  set(settings: DnsSettings, value: string): DnsSettings | undefined;
}

export const dnsSettings: Readonly<Record<string, Setting>> = {
  ports: {
    takes: `1 to ${mostPorts} port numbers such as 53,5353`,
    get: ({ ports }) => ports.join(","),
    set: (settings, value) => {
      const ports = portsOf(value);
      return ports && { ...settings, ports };
    },
  },
  "queries-only": {
    takes: "true or false",
    get: ({ queriesOnly }) => String(queriesOnly),
    set: (settings, value) =>
      value === "true" || value === "false"
        ? { ...settings, queriesOnly: value === "true" }
        : undefined,
  },
  "max-per-second": {
    takes: `off, or a number of packets from 1 to ${mostPerSecond}`,
    get: ({ maxPerSecond }) => String(maxPerSecond ?? "off"),
    set: (settings, value) => {
      if (value === "off") return { ...settings, maxPerSecond: undefined };
      const maxPerSecond = wholeNumber(value, mostPerSecond);
      return maxPerSecond === undefined ? undefined : { ...settings, maxPerSecond };
    },
  },
};

/** `what`: SetConfig or GetConfig, as clients know the message. */
export function dnsSettingNamed(key: string, what: string): Setting {
  const found = Object.hasOwn(dnsSettings, key) ? dnsSettings[key] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(dnsSettings);
  throw new GuidestarError(
    "INVALID_ARGUMENT",
    `sensor dns ${what} failed: there is no setting ${JSON.stringify(key.slice(0, 64))}; known: ${known.join(", ")}${closest(key, known)}`,
  );
}

/** Throws a `GuidestarError` that says what the key takes. */
export function withDnsSetting(settings: DnsSettings, key: string, value: string): DnsSettings {
  const setting = dnsSettingNamed(key, "SetConfig");
  const changed = setting.set(settings, value.trim());
  if (changed !== undefined) return changed;
  throw new GuidestarError(
    "INVALID_ARGUMENT",
    `sensor dns SetConfig failed: ${key} takes ${setting.takes}, not ${JSON.stringify(value.slice(0, 64))}`,
  );
}

function portsOf(value: string): readonly number[] | undefined {
  const ports = value.split(",").map((each) => wholeNumber(each.trim(), 65_535));
  if (ports.length > mostPorts || ports.includes(undefined)) return undefined;
  return [...new Set(ports as number[])];
}

function wholeNumber(text: string, most: number): number | undefined {
  return /^[1-9]\d{0,9}$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}
