/** Policies on the base programs of a live node. */
import { GuidestarError } from "../../errors.js";
import type { PipelinePort } from "../../pipeline/port.js";
import type { ContainerLookup } from "../../pods/answer.js";
import { parsePolicies } from "../../policy/document/document.js";
import { StackTrees } from "../../stacks/stackTrees.js";
import type { BaseSensor } from "../base.js";
import { hookFeatures } from "../hook/features.js";
import { loadHook } from "../hook/loadHook.js";
import { SharedHookMaps } from "../hook/sharedMaps.js";
import { TreeCommons } from "../hook/treeMaps.js";
import { PolicySensors } from "./policySensors.js";
import { PolicyTrees } from "./policyTrees.js";

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
  /** Container runtimes that are asked for pods; undefined: none. */
  readonly containers?: ContainerLookup | undefined;
  /** As in events; for the labels of stack trace trees. */
  readonly nodeName?: string;
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
  let commons: TreeCommons | undefined;
  let hooks = 0;
  // A node without policies has no use for them.
  const sharedMaps = () => (maps ??= new SharedHookMaps(base));
  const treeCommons = () => (commons ??= new TreeCommons(sharedMaps().btf));
  const trees = new PolicyTrees({
    commons: treeCommons,
    stacks: new StackTrees({
      containers: options.containers,
      workerData: () => ({
        newsFd: treeCommons().news.fd,
        newsLayout: treeCommons().newsLayout,
        tableFd: base.tableFd,
        layout: base.layout,
        nodeName: options.nodeName ?? "",
      }),
    }),
  });
  const sensors = new PolicySensors({
    hostNamespaces: base.hostNamespaces,
    countTime: options.countTime ?? true,
    podsKnown: options.containers !== undefined,
    trees,
    loader: {
      port,
      nextHook: () => ++hooks,
      load(hook, spec, mode) {
        const monitor = mode === "monitor";
        const tree = spec.tree && trees.mapsOf(spec.tree.name);
        const features = hookFeatures();
        return loadHook(spec, { hook, maps: sharedMaps(), features, attach: false, monitor, tree });
      },
    },
  });
  const close = async () => {
    await sensors.close();
    await trees.close();
    commons?.close();
    maps?.close();
    commons = undefined;
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
