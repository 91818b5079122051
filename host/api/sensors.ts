import type { fgs } from "../../proto/generated/api.js";
import { GuidestarError } from "../errors.js";
import type { TreeStatus } from "../sensors/policies/policyTrees.js";
import type { PolicyStatus } from "../sensors/policies/status.js";
import { noSuchTree } from "../stacks/stackTrees.js";
import type { Policy } from "./policyText.js";

export interface Sensor {
  readonly name: string;
  readonly enabled: boolean;
}

/**
 * What the API asks of the sensors of this node. It asks one thing at a time, in the order of the
 * calls. Rejections are `GuidestarError`s whose sentence the client sees.
 */
export interface Sensors {
  /** Loads a policy and enables it, wholly or not at all. */
  add(policy: Policy): Promise<void>;
  /** Only sensors that are not enabled. */
  remove(name: string): Promise<void>;
  /** Enabled or not. */
  delete(name: string): Promise<void>;
  list(): Promise<readonly Sensor[]>;
  /** Does nothing if it is enabled. */
  enable(name: string): Promise<void>;
  /** Does nothing if it is not enabled. */
  disable(name: string): Promise<void>;
  setConfig(name: string, key: string, value: string): Promise<void>;
  getConfig(name: string, key: string): Promise<string>;
  stackTraceTree(name: string): Promise<fgs.StackTraceNode.$Properties>;
  stackTraceTrees(): Promise<readonly TreeStatus[]>;
  /** What policies and their hooks did; asked at any time. */
  status(): readonly PolicyStatus[];
}

/** The sensors of a daemon that plays a recording: none, and none can be added. */
export function noSensors(): Sensors {
  const missing = async (name: string): Promise<never> => {
    throw noSuchSensor(name);
  };
  return {
    add: async ({ name }) => {
      throw new GuidestarError(
        "FAILED_PRECONDITION",
        `this daemon plays a recording and watches no kernel: policy ${name} was read without errors, and nothing was changed`,
      );
    },
    remove: missing,
    delete: missing,
    list: async () => [],
    enable: missing,
    disable: missing,
    setConfig: missing,
    getConfig: missing,
    stackTraceTree: async (name) => {
      throw noSuchTree(name);
    },
    stackTraceTrees: async () => [],
    status: () => [],
  };
}

export function noSuchSensor(name: string): GuidestarError {
  return new GuidestarError("NOT_FOUND", `sensor ${name} does not exist`);
}
