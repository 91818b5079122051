import { ExtismInstance } from "./extism/instance.js";
import type { PreparedPlugin } from "./prepared.js";
import { type Instance, type InstanceOptions, PluginInstance } from "./runtime/instance.js";

/** Starts an instance of the ABI that the module was built for. @throws PluginError */
export function startInstance(
  { kind }: Pick<PreparedPlugin, "kind">,
  module: WebAssembly.Module,
  options: InstanceOptions,
): Instance {
  return kind === "extism"
    ? new ExtismInstance(module, options)
    : new PluginInstance(module, options);
}
