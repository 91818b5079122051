/** Policies on the base programs of a live node. */
import { GuidestarError } from "../../errors.js";
import type { PipelinePort } from "../../pipeline/port.js";
import { parsePolicies } from "../../policy/document/document.js";
import type { BaseSensor } from "../base.js";
import { hookFeatures } from "../hook/features.js";
import { loadHook } from "../hook/loadHook.js";
import { SharedHookMaps } from "../hook/sharedMaps.js";
import { PolicySensors } from "./policySensors.js";

/** Policies that are there from the start. */
export interface PolicyFile {
  /** How messages call it. */
  readonly name: string;
  readonly yaml: string;
}

export interface PoliciesOptions {
  /** Loaded in this order; one that is wrong lets the start fail. */
  readonly files?: readonly PolicyFile[];
  /** Default true; see `PolicySensorsOptions.countTime`. */
  readonly countTime?: boolean;
  /** Default false; see `PolicySensorsOptions.podsKnown`. */
  readonly podsKnown?: boolean;
}

export interface OpenPolicies {
  readonly sensors: PolicySensors;
  /** Detaches and frees all of them. Twice does no harm. */
  close(): Promise<void>;
}

/** Throws a `GuidestarError` that names the file, with everything undone. */
export async function openPolicies(
  base: BaseSensor,
  port: Pick<PipelinePort, "define" | "forget">,
  options: PoliciesOptions = {},
): Promise<OpenPolicies> {
  let maps: SharedHookMaps | undefined;
  let hooks = 0;
  const sensors = new PolicySensors({
    hostNamespaces: base.hostNamespaces,
    countTime: options.countTime ?? true,
    podsKnown: options.podsKnown ?? false,
    loader: {
      port,
      nextHook: () => ++hooks,
      load(hook, spec, mode) {
        // A node without policies has no use for them.
        maps ??= new SharedHookMaps(base);
        const monitor = mode === "monitor";
        return loadHook(spec, { hook, maps, features: hookFeatures(), attach: false, monitor });
      },
    },
  });
  const close = async () => {
    await sensors.close();
    maps?.close();
    maps = undefined;
  };
  try {
    for (const file of options.files ?? []) await addAll(sensors, file);
    return { sensors, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function addAll(sensors: PolicySensors, { name, yaml }: PolicyFile): Promise<void> {
  try {
    for (const document of parsePolicies(yaml)) await sensors.add(document);
  } catch (error) {
    const { code, message } = GuidestarError.from(error);
    throw new GuidestarError(code, `${name}: ${message}`, { cause: error });
  }
}
