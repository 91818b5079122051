/** The sensor `dns`: who asks which name, and what the answer was. */
import type { BuiltInSensor } from "../builtIn.js";
import { type DnsProgram, type DnsProgramCounts, loadDnsProgram } from "./dnsProgram.js";
import {
  type DnsSettings,
  defaultDnsSettings,
  dnsSettingNamed,
  dnsSettings,
  withDnsSetting,
} from "./settings.js";

export interface DnsSensorOptions {
  readonly base: Parameters<typeof loadDnsProgram>[0];
  /** Folder of the cgroup v2 whose sockets are watched; throws if there is none. */
  readonly cgroup: () => string;
  readonly settings?: DnsSettings | undefined;
}

export class DnsSensor implements BuiltInSensor {
  readonly name = "dns";
  readonly #options: DnsSensorOptions;
  #settings: DnsSettings;
  #program: DnsProgram | undefined;
  /** Of programs that are gone. */
  #before: DnsProgramCounts = { packets: 0, unowned: 0, limited: 0, cut: 0 };

  constructor(options: DnsSensorOptions) {
    this.#options = options;
    this.#settings = options.settings ?? defaultDnsSettings;
  }

  get enabled(): boolean {
    return this.#program !== undefined;
  }

  get settings(): DnsSettings {
    return this.#settings;
  }

  async enable(): Promise<void> {
    const { base, cgroup } = this.#options;
    this.#program ??= loadDnsProgram(base, cgroup(), this.#settings);
  }

  async disable(): Promise<void> {
    this.#before = this.counts();
    this.#program?.close();
    this.#program = undefined;
  }

  /** What is changed holds for the next packet. */
  async setConfig(key: string, value: string): Promise<void> {
    const settings = withDnsSetting(this.#settings, key, value);
    this.#program?.configure(settings);
    this.#settings = settings;
  }

  /** Besides settings, "counts": what the programs did, which cannot be set. */
  async getConfig(key: string): Promise<string> {
    if (key === "counts") return this.#countsText();
    if (key !== "") return dnsSettingNamed(key, "GetConfig").get(this.#settings);
    return Object.entries(dnsSettings)
      .map(([each, setting]) => `${each}=${setting.get(this.#settings)}`)
      .join("\n");
  }

  #countsText(): string {
    return Object.entries(this.counts())
      .map(([name, count]) => `${name}=${count}`)
      .join("\n");
  }

  /** Since the start. */
  counts(): DnsProgramCounts {
    const now = this.#program?.counts();
    const { packets, unowned, limited, cut } = this.#before;
    return {
      packets: packets + (now?.packets ?? 0),
      unowned: unowned + (now?.unowned ?? 0),
      limited: limited + (now?.limited ?? 0),
      cut: cut + (now?.cut ?? 0),
    };
  }
}
