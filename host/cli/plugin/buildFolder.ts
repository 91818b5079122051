/** Builds a plugin's folder as `plugin build` does, and says what the compiler warns of. */
import path from "node:path";
import type { BuiltPlugin } from "../../plugins/build.js";
import { say } from "../output.js";

/** `out`: where the module goes; default `FOLDER/build/NAME.wasm`. */
export async function buildFolder(
  folder: string,
  out?: string,
  module?: string,
): Promise<BuiltPlugin> {
  const { buildPlugin } = await import("../../plugins/build.js");
  const name = path.basename(path.resolve(folder));
  const built = await buildPlugin({
    module,
    entry: path.join(folder, "index.ts"),
    manifest: path.join(folder, "manifest.json"),
    out: out ?? path.join(folder, "build", `${name}.wasm`),
  });
  if (built.warnings !== "") say(built.warnings.trim());
  return built;
}
