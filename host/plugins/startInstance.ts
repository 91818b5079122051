import type { PreparedPlugin } from "./prepared.js";
import { type Instance, type InstanceOptions, PluginInstance } from "./runtime/instance.js";

/** Undefined until a plugin needs it: it brings JSON and descriptors of all messages with it. */
let extism: typeof import("./extism/instance.js") | undefined;

/** Loads what instances of the ABI need: await it once before the first is started. */
export async function readyFor({ kind }: Pick<PreparedPlugin, "kind">): Promise<void> {
  if (kind === "extism") extism ??= await import("./extism/instance.js");
}

/** Starts an instance of the ABI that the module was built for. @throws PluginError */
export function startInstance(
  { kind, budget }: Pick<PreparedPlugin, "kind" | "budget">,
  module: WebAssembly.Module,
  given: Omit<InstanceOptions, "budget">,
): Instance {
  const options = { ...given, budget };
  if (kind !== "extism") return new PluginInstance(module, options);
  if (extism === undefined) throw new Error("nobody waited for the Extism ABI to be loaded");
  return new extism.ExtismInstance(module, options);
}
