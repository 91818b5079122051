/** A daemon in this process, on a private socket, with real clients. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { type Client, connect, type EventStream } from "../../host/api/client.js";
import { type Daemon, type DaemonConfig, startDaemon } from "../../host/daemon.js";
import { createLogger } from "../../host/log.js";
import type { fgs } from "../../proto/generated/api.js";

export interface TestDaemon {
  readonly daemon: Daemon;
  readonly address: string;
  readonly folder: string;
  connect(): Promise<Client>;
}

/** A folder that goes with the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "guidestar-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function startTestDaemon(
  t: TestContext,
  config: Partial<DaemonConfig>,
): Promise<TestDaemon> {
  const folder = temporaryFolder(t);
  const address = `unix://${folder}/guidestar.sock`;
  const daemon = await startDaemon({
    source: "live",
    scope: { kind: "all" },
    nodeName: "test-node",
    ringBytes: 16 << 20,
    processCacheSize: 65536,
    processCred: false,
    processNs: false,
    log: createLogger("error", "text"),
    listen: [address],
    tls: undefined,
    insecure: false,
    eventQueueSize: 10_000,
    policies: {},
    ...config,
  });
  const clients: Client[] = [];
  t.after(async () => {
    for (const client of clients) client.close();
    await daemon.close();
  });
  return {
    daemon,
    address,
    folder,
    connect: async () => {
      const client = await connect({ serverAddress: address });
      clients.push(client);
      return client;
    },
  };
}

/** All events up to the end of the stream, or until `enough` says so. */
export async function collect(
  stream: EventStream,
  enough: (event: fgs.GetEventsResponse, count: number) => boolean = () => false,
): Promise<fgs.GetEventsResponse[]> {
  const events: fgs.GetEventsResponse[] = [];
  for await (const event of stream) {
    events.push(event);
    if (enough(event, events.length)) break;
  }
  return events;
}
