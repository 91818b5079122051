/** Sensors that every live node has: there from the start, enabled when somebody asks for them. */
import { noSuchSensor, type Sensors } from "../api/sensors.js";
import { GuidestarError } from "../errors.js";

export interface BuiltInSensor {
  readonly name: string;
  readonly enabled: boolean;
  /** Does nothing if it is enabled. */
  enable(): Promise<void>;
  /** Does nothing if it is not enabled. */
  disable(): Promise<void>;
  setConfig(key: string, value: string): Promise<void>;
  /** Without a key: all settings, one a line. */
  getConfig(key: string): Promise<string>;
}

/** `others` with these among them. Policies cannot have their names. */
export function withBuiltIns(others: Sensors, builtIns: readonly BuiltInSensor[]): Sensors {
  const own = new Map(builtIns.map((sensor) => [sensor.name, sensor]));
  return {
    add: async (policy) => {
      if (!own.has(policy.name)) return others.add(policy);
      throw new GuidestarError("ALREADY_EXISTS", `sensor ${policy.name} already exists`);
    },
    remove: async (name) => {
      if (!own.has(name)) return others.remove(name);
      throw new GuidestarError(
        "FAILED_PRECONDITION",
        `sensor ${name} is part of guidestar: it can be disabled, but not removed`,
      );
    },
    delete: async (name) => {
      if (own.has(name)) throw noSuchSensor(name);
      return others.delete(name);
    },
    list: async () => [
      ...builtIns.map(({ name, enabled }) => ({ name, enabled })),
      ...(await others.list()),
    ],
    enable: async (name) => own.get(name)?.enable() ?? others.enable(name),
    disable: async (name) => own.get(name)?.disable() ?? others.disable(name),
    setConfig: async (name, key, value) =>
      own.get(name)?.setConfig(key, value) ?? others.setConfig(name, key, value),
    getConfig: async (name, key) => own.get(name)?.getConfig(key) ?? others.getConfig(name, key),
    stackTraceTree: (name) => others.stackTraceTree(name),
    stackTraceTrees: () => others.stackTraceTrees(),
    status: () => others.status(),
  };
}
