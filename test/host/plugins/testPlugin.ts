import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPlugin } from "../../../host/plugins/build.js";

/** Compiles AssemblyScript source as a plugin, in a folder outside of the project that is gone after. */
export async function compilePlugin(
  source: string,
  manifest: Readonly<Record<string, unknown>> = {},
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "guidestar-test-"));
  try {
    await writeFile(join(folder, "index.ts"), source);
    const whole = { name: "probe", version: "1.0.0", description: "made by a test", ...manifest };
    await writeFile(join(folder, "manifest.json"), JSON.stringify(whole));
    const built = await buildPlugin({
      entry: join(folder, "index.ts"),
      manifest: join(folder, "manifest.json"),
      out: join(folder, "plugin.wasm"),
    });
    return built.bytes;
  } finally {
    await rm(folder, { recursive: true });
  }
}
