/** A daemon, and a shell of which it sees all that it does: for what policies make of it. */
import type { TestContext } from "node:test";
import type { Client, EventStream } from "../../../host/api/client.js";
import { toNumber } from "../../../host/api/numbers.js";
import { fgs } from "../../../proto/generated/api.js";
import { Gated } from "../../bpf/core/harness.js";
import { startTestDaemon } from "../../support/daemon.js";

type Event = fgs.GetEventsResponse;

export class PolicyStage {
  readonly client: Client;
  readonly shell: Gated;
  readonly #events: AsyncIterator<Event>;
  #marks = 0;

  static async start(t: Pick<TestContext, "after">): Promise<PolicyStage> {
    const shell = new Gated(["/bin/bash", "--norc"]);
    t.after(() => shell.kill());
    const scope = { kind: "tree", rootPids: [shell.pid], spawned: true } as const;
    const { connect } = await startTestDaemon(t as TestContext, { scope, processCred: true });
    const client = await connect();
    const stream = client.sensors.getEvents();
    await stream.ready;
    shell.open();
    return new PolicyStage(client, shell, stream);
  }

  private constructor(client: Client, shell: Gated, stream: EventStream) {
    this.client = client;
    this.shell = shell;
    this.#events = stream[Symbol.asyncIterator]();
  }

  /** All events of this line, in the order in which they came. */
  async run(line: string): Promise<Event[]> {
    const mark = `mark-${++this.#marks}`;
    this.shell.child.stdin?.write(`${line}\n/bin/true ${mark}\n`);
    const events: Event[] = [];
    for (;;) {
      const { value: event, done } = await this.#events.next();
      if (done) throw new Error("the stream of events has ended");
      const process = (event.process_exec ?? event.process_exit)?.process;
      if (process?.arguments !== mark) events.push(event);
      else if (event.process_exit) return events;
    }
  }

  /** As `run`, under these policies alone. */
  async under(yaml: string | readonly string[], line: string): Promise<Event[]> {
    try {
      for (const policy of [yaml].flat()) await this.client.sensors.addTracingPolicy(policy);
      const events = await this.run(line);
      const policies = await this.client.policies.list();
      for (const hook of policies.flatMap(({ hooks }) => hooks ?? []))
        if (toNumber(hook.lost) > 0) throw new Error(`${hook.name} lost ${hook.lost} events`);
      return events;
    } finally {
      for (const { name } of await this.client.policies.list())
        await this.client.policies.delete(name ?? "");
    }
  }
}

/** `FUNCTION ARGUMENT ... = RESULT [ACTION]` of each call, less those of the shell itself. */
export function callsIn(events: readonly Event[]): string[] {
  return events.flatMap(({ process_kprobe: call, process_tracepoint: point }) => {
    if (point) return [`${point.subsys}/${point.event} ${point.args?.map(textOf).join(" ")}`];
    if (!call) return [];
    const action = fgs.KprobeAction[call.action ?? 0]?.replace("KPROBE_ACTION_", "");
    const result = call.return ? ` = ${textOf(call.return)}` : "";
    const done = action === "POST" || action === undefined ? "" : ` [${action}]`;
    const name = call.function_name?.replace(/^__\w+_sys_/, "sys_");
    return [`${[name, ...(call.args ?? []).map(textOf)].join(" ")}${result}${done}`];
  });
}

/** Exits by a signal, as `BINARY SIGNAL`. */
export function killedIn(events: readonly Event[]): string[] {
  return events.flatMap(({ process_exit: exit }) =>
    exit?.signal ? [`${exit.process?.binary} ${exit.signal}`] : [],
  );
}

function textOf(arg: fgs.KprobeArgument.$Properties): string {
  const { sock_arg: sock, skb_arg: skb, sockaddr_arg: sockaddr, error } = arg;
  if (error) return `(${error})`;
  if (sock) return `${sock.family} ${sock.daddr}:${sock.dport}`;
  if (skb) return `${skb.family} ${skb.daddr}:${skb.dport}`;
  if (sockaddr) return `${sockaddr.family} ${sockaddr.address}:${sockaddr.port}`;
  if (arg.bytes_arg) return JSON.stringify(Buffer.from(arg.bytes_arg).toString());
  const file = arg.file_arg ?? arg.path_arg;
  if (file) return file.path ?? "";
  return String(arg.string_arg ?? arg.long_arg?.value ?? arg.int_arg ?? arg.size_arg ?? "");
}
