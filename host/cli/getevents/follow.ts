/** Events of a daemon, again after every interruption if that is wanted. */
import { setTimeout as sleep } from "node:timers/promises";
import type { fgs } from "../../../proto/generated/api.js";
import type { Client } from "../../api/client.js";
import { GuidestarError } from "../../errors.js";
import { say } from "../output.js";
import { spanText } from "../text/units.js";
import { type EventPrinter, type Losses, lossesOf } from "./printer.js";

export interface FollowOptions {
  readonly open: () => Promise<Client>;
  readonly request: fgs.GetEventsRequest.$Properties;
  /** Names and files of plugins for this stream alone. */
  readonly plugins: readonly string[];
  readonly printer: EventPrinter;
  /** Before the first new attempt; each further one waits twice as long. Undefined: none is made. */
  readonly reconnectWaitMs: number | undefined;
  /** Ends it, without an error. */
  readonly stop: AbortSignal;
}

const maxWaitMs = 30_000;

/** Prints until the daemon ends the stream, enough events are printed, or `stop` is aborted. */
export async function follow(options: FollowOptions): Promise<void> {
  const { printer, reconnectWaitMs, stop } = options;
  const session: Session = { wasReady: false, lostSinceMs: undefined };
  let waitMs = reconnectWaitMs ?? 0;
  while (!stop.aborted) {
    session.wasReady = false;
    const failure = await followOnce(options, session);
    printer.out.failed.throwIfAborted();
    if (stop.aborted || printer.isDone) return;
    if (reconnectWaitMs === undefined || isPermanent(failure, session.wasReady)) {
      if (failure !== undefined) throw failure;
      return;
    }
    if (session.wasReady) waitMs = reconnectWaitMs;
    session.lostSinceMs ??= performance.now();
    printer.out.flush();
    const reason = failure?.message ?? "the daemon ended the stream";
    say(`${reason}; trying again in ${spanText(waitMs)}`);
    await sleep(waitMs, undefined, { signal: stop }).catch(() => {});
    waitMs = Math.min(waitMs * 2, maxWaitMs);
  }
}

interface Session {
  /** Whether the present stream was accepted by the daemon. */
  wasReady: boolean;
  /** Since when there has been no stream, after one was there or failed. */
  lostSinceMs: number | undefined;
}

/** One connection with one stream. Returns why it ended, undefined for an orderly end. */
async function followOnce(options: FollowOptions, session: Session): Promise<Error | undefined> {
  let client: Client | undefined;
  try {
    client = await unlessStopped(options.open(), options.stop);
    await printWithPlugins(client, options, session);
    return undefined;
  } catch (error) {
    if (error instanceof GuidestarError) return error;
    throw error;
  } finally {
    client?.close();
  }
}

async function printWithPlugins(client: Client, options: FollowOptions, session: Session) {
  const { plugins, request } = options;
  if (plugins.length === 0) return printStream(client, options, session);
  const { lendPlugins } = await import("./lentPlugins.js");
  const lent = await lendPlugins(client, plugins);
  try {
    const withPlugins = { ...request, plugins: [...lent.names] };
    await printStream(client, { ...options, request: withPlugins }, session);
  } finally {
    await lent.takeBack();
  }
}

async function printStream(client: Client, options: FollowOptions, session: Session) {
  const { request, printer, stop } = options;
  const stream = client.sensors.getEvents(request);
  const cancel = () => stream.cancel();
  stop.addEventListener("abort", cancel);
  printer.out.failed.addEventListener("abort", cancel);
  if (stop.aborted) cancel();
  stream.ready.then(
    () => tellReady(session),
    () => {},
  );
  let told: Losses = { ring: 0, slowClient: 0, aggregation: 0 };
  try {
    for await (const event of stream) {
      if (event.plugin_accounts) {
        printer.accounts = event.plugin_accounts;
        if (printer.isDone) return;
        continue;
      }
      // They come once a second: what is printed at the end is to be about what was printed before.
      if (printer.isDone) continue;
      printer.print(event);
      told = added(told, event.lost);
      if (printer.isDone && !request.plugin_accounts) return;
      if (printer.out.isFull) await printer.out.drained();
    }
  } finally {
    stop.removeEventListener("abort", cancel);
    printer.out.failed.removeEventListener("abort", cancel);
  }
  // What was lost after the last event: no event was left to tell it.
  const { ring, slowClient, aggregation } = await stream.losses;
  printer.tellLoss({
    ring: ring - told.ring,
    slowClient: slowClient - told.slowClient,
    aggregation: aggregation - told.aggregation,
  });
}

function tellReady(session: Session): void {
  session.wasReady = true;
  if (session.lostSinceMs === undefined) return;
  const span = spanText(performance.now() - session.lostSinceMs);
  session.lostSinceMs = undefined;
  say(`connected; the events of the last ${span} were not seen`);
}

function added(losses: Losses, lost: fgs.GetEventsResponse["lost"]): Losses {
  if (!lost) return losses;
  const { ring, slowClient, aggregation } = lossesOf(lost);
  return {
    ring: losses.ring + ring,
    slowClient: losses.slowClient + slowClient,
    aggregation: losses.aggregation + aggregation,
  };
}

/** Whether trying again could not help. */
function isPermanent(failure: Error | undefined, wasReady: boolean): boolean {
  if (!(failure instanceof GuidestarError)) return failure !== undefined;
  switch (failure.code) {
    case "UNAVAILABLE":
    case "CANCELLED":
    case "RESOURCE_EXHAUSTED":
      return false;
    case "INTERNAL":
      // A stream that broke may work again; one that never began was refused.
      return !wasReady;
    default:
      return true;
  }
}

/** Leaves a connection attempt behind when it is no longer wanted. */
function unlessStopped(opening: Promise<Client>, stop: AbortSignal): Promise<Client> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new GuidestarError("CANCELLED", "stopped"));
    stop.addEventListener("abort", end, { once: true });
    opening.then(resolve, reject).finally(() => stop.removeEventListener("abort", end));
  });
}
