/** Why a plugin failed on a batch. `reason` is one clause: `ran out of fuel …`, `aborted: …`. */
export class PluginError extends Error {
  override readonly name = "PluginError";

  constructor(
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`the plugin ${reason}`, options);
  }
}
