/** What the demo runs against: a daemon of its own behind a private socket, live or on a recording. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "../../api/client.js";
import { connect } from "../../api/client.js";
import { type Daemon, type DaemonConfig, startDaemon } from "../../daemon.js";
import { GuidestarError } from "../../errors.js";
import { type Launched, launchWaiting } from "../../launch.js";
import { createLogger } from "../../log.js";
import type { Scope } from "../../sensors/scope.js";

export interface DemoSession {
  readonly client: Client;
  /** The workload, if events are live; it waits to be released. */
  readonly launched: Launched | undefined;
  /** Why events are not live; undefined: they are. */
  readonly refusal: string | undefined;
  close(): Promise<void>;
}

/** The workload of the demo, recorded in the test guest (`npm run guest`). */
export const recordingFile = fileURLToPath(
  new URL("../../../../host/cli/demo/workload.rec.gz", import.meta.url),
);
const workloadFile = fileURLToPath(new URL("./workload.js", import.meta.url));

/** Live if the kernel allows eBPF, else on the recording. */
export async function openSession(source: "auto" | "recording"): Promise<DemoSession> {
  if (source === "recording") return replaySession("--source recording was given.");
  const launched = await launchWaiting(
    [process.execPath, workloadFile],
    ["ignore", "ignore", "ignore"],
  );
  try {
    const scope: Scope = { kind: "tree", rootPids: [launched.pid], spawned: true };
    return await startSession("live", scope, launched, undefined);
  } catch (error) {
    launched.kill("SIGKILL");
    const { code, message } = GuidestarError.from(error);
    const isRefused = code === "FAILED_PRECONDITION" || code === "PERMISSION_DENIED";
    if (!isRefused || !existsSync(recordingFile)) throw error;
    return replaySession(message);
  }
}

function replaySession(refusal: string): Promise<DemoSession> {
  return startSession(`recording:${recordingFile}`, { kind: "all" }, undefined, refusal);
}

async function startSession(
  source: string,
  scope: Scope,
  launched: Launched | undefined,
  refusal: string | undefined,
): Promise<DemoSession> {
  const folder = mkdtempSync(path.join(tmpdir(), "guidestar-demo-"));
  const address = `unix://${folder}/guidestar.sock`;
  let daemon: Daemon | undefined;
  const close = async () => {
    launched?.kill("SIGKILL");
    await daemon?.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    daemon = await startDaemon(demoConfig(source, scope, address));
    const client = await connect({ serverAddress: address });
    return {
      client,
      launched,
      refusal,
      close: async () => {
        client.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function demoConfig(source: string, scope: Scope, address: string): DaemonConfig {
  return {
    source,
    scope,
    nodeName: undefined,
    ringBytes: 8 << 20,
    processCacheSize: 65536,
    processCred: false,
    processNs: false,
    log: createLogger("warn", "text"),
    listen: [address],
    tls: undefined,
    insecure: false,
    eventQueueSize: 10_000,
  };
}
