import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface GuestOptions {
  readonly only: readonly string[];
  readonly quick: boolean;
  /** Where the JSON goes. */
  readonly json: string;
}

const timeoutSeconds = 1800;

/** Runs the benches of the kernel in the test guest. @returns the exit code */
export function runInGuest({ only, quick, json }: GuestOptions): number {
  // Beside what the build needs: the guest's kernel.
  const setUp = spawnSync(process.execPath, ["host/setup/setup.mjs", "test"], { stdio: "inherit" });
  if (setUp.status !== 0) return setUp.status ?? 1;
  const exports = mkdtempSync(join(tmpdir(), "guidestar-bench-"));
  const flags = [...only.map((name) => `--only ${name}`), ...(quick ? ["--quick"] : [])];
  const bench = `node dist/test/bench/main.js --inside ${flags.join(" ")} --json "$GUIDESTAR_EXPORT/bench.json"`;
  const guest = fileURLToPath(new URL("../guest/cli.js", import.meta.url));
  const args = [
    "--timeout",
    String(timeoutSeconds),
    "--export-to",
    exports,
    "--",
    "sh",
    "-c",
    bench,
  ];
  try {
    const { status } = spawnSync(process.execPath, [guest, ...args], { stdio: "inherit" });
    const brought = join(exports, "bench.json");
    if (existsSync(brought)) copyFileSync(brought, json);
    return status ?? 1;
  } finally {
    rmSync(exports, { recursive: true, force: true });
  }
}
