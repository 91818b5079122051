/** What tests of stack trace trees have in common. */
import type { TestContext } from "node:test";
import type { Client } from "../../../../host/api/client.js";
import type { fgs } from "../../../../proto/generated/api.js";
import { Gated } from "../../../bpf/core/harness.js";
import { startTestDaemon, temporaryFolder } from "../../../support/daemon.js";

export type Node = fgs.StackTraceNode.$Properties;

export const policy = (name: string, hooks: string) => `
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: ${name}}
spec:
${hooks}`;

/** A daemon in whose scope is only the command, which waits to be let go. */
export async function daemonFor(t: TestContext, command: readonly string[]) {
  // Node.js leaves a log where it works.
  const gated = new Gated(command, { cwd: temporaryFolder(t) });
  t.after(() => gated.kill());
  const scope = { kind: "tree", rootPids: [gated.pid], spawned: true } as const;
  const { connect, address } = await startTestDaemon(t, { scope });
  return { gated, client: await connect(), address };
}

/** The tree once it is as wanted; the processes in it may still be at it. */
export async function treeWhen(
  client: Client,
  name: string,
  wanted: (root: Node) => boolean,
): Promise<fgs.StackTraceNode> {
  for (;;) {
    const root = await client.sensors.getStackTraceTree(name);
    if (root && wanted(root)) return root as fgs.StackTraceNode;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Once so much was counted. */
export const treeWith = (client: Client, name: string, count: number) =>
  treeWhen(client, name, (root) => Number(root.count) >= count);

/** All nodes of a function, wherever it is called. */
export function nodesOf(node: Node, symbol: string | RegExp): Node[] {
  const name = node.address?.symbol ?? "";
  const isIt = typeof symbol === "string" ? name === symbol : symbol.test(name);
  return [
    ...(isIt ? [node] : []),
    ...(node.children ?? []).flatMap((each) => nodesOf(each, symbol)),
  ];
}

export const countOf = (root: Node, symbol: string | RegExp): number =>
  nodesOf(root, symbol).reduce((sum, { count }) => sum + Number(count), 0);

/** The upper half of the address space is the kernel's. */
export const isKernel = (node: Node): boolean =>
  BigInt(String(node.address?.address)) >> 63n === 1n;
