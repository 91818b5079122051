/** The policies of a node, each a sensor under its name. */
import { enableStats } from "../../../bpf/libbpf/index.js";
import type { fgs } from "../../../proto/generated/api.js";
import { noSuchSensor, type Sensor, type Sensors } from "../../api/sensors.js";
import { GuidestarError } from "../../errors.js";
import type { PolicyDocument } from "../../policy/document/document.js";
import { PolicyError } from "../../policy/document/problem.js";
import type { PolicySpec } from "../../policy/hookSpec.js";
import { kernelFacts } from "../../policy/kernel/kernelFacts.js";
import { resolvePolicy } from "../../policy/resolve/resolve.js";
import { type HookLoader, LoadedPolicy } from "./loadedPolicy.js";
import { podsObstacle } from "./pods.js";
import type { PolicyTrees, TreeStatus } from "./policyTrees.js";
import { settingNamed, settings } from "./settings.js";
import type { PolicyStatus } from "./status.js";

export interface PolicySensorsOptions {
  readonly loader: HookLoader;
  readonly trees: PolicyTrees;
  /** As the running kernel tells them, in the order of `namespaceNames`. */
  readonly hostNamespaces: readonly number[];
  /** Container runtimes are asked for pods. */
  readonly podsKnown: boolean;
  /** Have the kernel count the time in programs while there is a policy; some tens of ns a run. */
  readonly countTime: boolean;
}

/** Asked for one thing at a time. */
export class PolicySensors implements Sensors {
  readonly #policies = new Map<string, LoadedPolicy>();
  readonly #options: PolicySensorsOptions;
  #counting: { close(): void } | undefined;

  constructor(options: PolicySensorsOptions) {
    this.#options = options;
  }

  async add(document: PolicyDocument): Promise<void> {
    const { name } = document;
    if (this.#policies.has(name)) {
      throw new GuidestarError("ALREADY_EXISTS", `sensor ${name} already exists`);
    }
    const policy = new LoadedPolicy(this.#resolve(document), this.#options.loader);
    this.#count();
    try {
      await this.#options.trees.add(policy.spec);
      await this.#enableFirst(policy);
      this.#policies.set(name, policy);
    } finally {
      this.#stopCounting();
    }
  }

  async remove(name: string): Promise<void> {
    if (this.#named(name).enabled) {
      throw new GuidestarError(
        "FAILED_PRECONDITION",
        `sensor ${name} enabled, please disable it before removing`,
      );
    }
    this.#policies.delete(name);
    this.#stopCounting();
    await this.#options.trees.drop(name);
  }

  /** As `disable` and `remove` in one. */
  async delete(name: string): Promise<void> {
    await this.#named(name).disable();
    await this.remove(name);
  }

  async list(): Promise<readonly Sensor[]> {
    return Array.from(this.#policies.values(), ({ name, enabled }) => ({ name, enabled }));
  }

  async enable(name: string): Promise<void> {
    await this.#named(name).enable();
  }

  async disable(name: string): Promise<void> {
    await this.#named(name).disable();
  }

  async setConfig(name: string, key: string, value: string): Promise<void> {
    const policy = this.#named(name);
    const setting = settingNamed(name, key, "SetConfig");
    const spec = setting.set(policy.spec, value);
    if (spec === undefined) {
      throw new GuidestarError(
        "INVALID_ARGUMENT",
        `sensor ${name} SetConfig failed: ${key} takes ${setting.takes}, not ${JSON.stringify(value.slice(0, 64))}`,
      );
    }
    if (setting.get(policy.spec) !== value) await policy.replace(spec);
  }

  /** Without a key: all settings, one a line. */
  async getConfig(name: string, key: string): Promise<string> {
    const { spec } = this.#named(name);
    if (key !== "") return settingNamed(name, key, "GetConfig").get(spec);
    return Object.entries(settings)
      .map(([each, setting]) => `${each}=${setting.get(spec)}`)
      .join("\n");
  }

  stackTraceTree(name: string): Promise<fgs.StackTraceNode.$Properties> {
    return this.#options.trees.read(name);
  }

  stackTraceTrees(): Promise<readonly TreeStatus[]> {
    return this.#options.trees.list();
  }

  status(): readonly PolicyStatus[] {
    return Array.from(this.#policies.values(), (policy) => policy.status());
  }

  /** Detaches and frees all of them. Twice does no harm. */
  async close(): Promise<void> {
    for (const policy of this.#policies.values()) await policy.disable();
    this.#policies.clear();
    this.#stopCounting();
  }

  #named(name: string): LoadedPolicy {
    const found = this.#policies.get(name);
    if (found === undefined) throw noSuchSensor(name);
    return found;
  }

  async #enableFirst(policy: LoadedPolicy): Promise<void> {
    try {
      await policy.enable();
    } catch (error) {
      await this.#options.trees.drop(policy.name);
      throw error;
    }
  }

  #resolve(document: PolicyDocument): PolicySpec {
    const facts = kernelFacts({ hostNamespaces: this.#options.hostNamespaces });
    const { spec, unchecked } = resolvePolicy(document, facts);
    if (unchecked.length > 0) {
      const { message } = new PolicyError(unchecked);
      throw new GuidestarError("FAILED_PRECONDITION", message);
    }
    const obstacle = podsObstacle(spec, this.#options.podsKnown);
    if (obstacle !== undefined) throw obstacle;
    return spec;
  }

  #count(): void {
    if (!this.#options.countTime) return;
    this.#counting ??= enableStats();
  }

  #stopCounting(): void {
    if (this.#policies.size > 0) return;
    this.#counting?.close();
    this.#counting = undefined;
  }
}
