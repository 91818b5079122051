/** The pipeline thread: builds a pipeline from plain data and serves the main thread's requests. */
import { parentPort, workerData } from "node:worker_threads";
import { GuidestarError } from "../errors.js";
import { Decoder } from "../events/decoder.js";
import { EventEncoder } from "../events/encoder.js";
import type { Event } from "../events/model.js";
import { ProcessCache } from "../events/processCache.js";
import { WireWriter } from "../events/wire.js";
import { InOrder } from "../inOrder.js";
import { PluginChain } from "../plugins/chain.js";
import { PLUGIN_LIMITS } from "../plugins/limits.js";
import { limitLog } from "../plugins/logLimit.js";
import { rehearse } from "../plugins/rehearsal.js";
import type { LogLevel } from "../plugins/runtime/imports.js";
import { Packer } from "../plugins/runtime/packer.js";
import { PodStage } from "../pods/podStage.js";
import { openLiveSource } from "../source/live.js";
import { RecordingSource } from "../source/recording.js";
import type { Source } from "../source/source.js";
import type { StreamSpec } from "../stream/filterSpec.js";
import type {
  FromWorker,
  PlainError,
  Replies,
  Request,
  SourceInit,
  ToWorker,
  WorkerData,
} from "./messages.js";
import { Pipeline, turn } from "./pipeline.js";
import { Pushdown } from "./pushdown.js";
import { SharedState } from "./shared.js";
import { StreamPlugins } from "./streamPlugins.js";

const port = parentPort;
if (!port) throw new Error("host/pipeline/worker.ts runs as a worker thread only");
const { options, shared, sequence, groups, plugins, kept, hooks } = workerData as WorkerData;

const post = (message: FromWorker, transfer: ArrayBuffer[] = []) =>
  port.postMessage(message, transfer);

try {
  const source = await openSource(options.source);
  if (hooks.length > 0) source.define?.(hooks);
  const nodeName =
    options.nodeName ?? (source instanceof RecordingSource ? source.header.nodeName : "");
  const cache = new ProcessCache(options.processCacheSize);
  const decoder = new Decoder({
    layout: source.layout,
    cache,
    nodeName,
    bootToWallNs: source.bootToWallNs,
    keepsRecords: source.keepsRecords,
    lookUp: source.lookUp?.bind(source),
  });
  const encoder = new EventEncoder({
    nodeName,
    capabilities: options.processCred,
    namespaces: options.processNs,
    hostNamespaces:
      (source instanceof RecordingSource ? source.header.hostNamespaces : undefined) ??
      options.hostNamespaces,
    ancestors: options.ancestors ?? false,
  });
  /** Loaded when a stream asks for accounts. */
  let codec: typeof import("./accounts.js") | undefined;
  const limited = limitLog((plugin, level, line) => post({ type: "log", plugin, level, line }));
  setInterval(limited.flush, 1000).unref();
  const chain = new PluginChain({
    encoder,
    kept,
    onLog: limited.log,
    onPoison: ({ name, version }, event, reason) => {
      const { sequence } = event;
      const encoded = encodeAlone(encoder, event);
      const poison = {
        plugin: name,
        version,
        sequence,
        timeMs: Date.now(),
        reason,
        event: encoded,
      };
      post({ type: "poison", poison });
    },
  });
  const pushdown =
    source.demands && options.pushdown !== false ? new Pushdown(source.demands) : undefined;
  const tellKept = () => {
    for (const { plugin, bytes } of chain.takeKept()) post({ type: "kept", plugin, bytes });
  };
  setInterval(tellKept, PLUGIN_LIMITS.keptSaveMs).unref();
  const pipeline = new Pipeline({
    source,
    pushdown,
    scope: options.scope,
    sweepEveryMs: options.sweepEveryMs,
    decoder,
    cache,
    chain,
    encoder,
    shared: new SharedState(shared),
    accounts: (group, node) => {
      const own = group.plugins?.list() ?? [];
      const key = codec?.accountsKey([...node, ...own]);
      if (key === undefined || key === group.accountsKey) return undefined;
      group.accountsKey = key;
      return codec?.accountsFrame(nodeName, node, own);
    },
    pods:
      options.pods &&
      new PodStage({ limits: options.pods, ask: (id) => post({ type: "lookup", id }) }),
    sequence,
    deliver: (group, frames) => post({ type: "frames", group, ...frames }, [frames.bytes.buffer]),
  });

  const packer = new Packer();
  const onStreamLog = (plugin: string, level: LogLevel, line: string) =>
    limited.log(plugin, level, `on a stream: ${line}`);
  const subscribe = async (group: number, spec: StreamSpec, lenient = false) => {
    const first = pipeline.sequence + 1;
    const options = { onLog: onStreamLog, packer, encoder };
    const own = spec.plugins?.length
      ? await StreamPlugins.start(spec.plugins, options, first, lenient)
      : undefined;
    if (spec.accounts) codec ??= await import("./accounts.js");
    pipeline.subscribe(group, spec, own);
    if (source instanceof RecordingSource) source.start();
  };
  // One that does not start here any more is out of action; the others and the events go on.
  chain.arrange(await chain.loadAll(plugins, true), sequence + 1);
  pushdown?.arrange(plugins);
  pushdown?.define(hooks);
  for (const { group, spec } of groups) await subscribe(group, spec, true);
  const arrangements = new InOrder();

  const serve = async (request: Request): Promise<Replies[Request["type"]]> => {
    switch (request.type) {
      case "subscribe":
        await subscribe(request.group, request.spec);
        return undefined;
      case "arrange":
        return arrangements.run(async () => {
          // Compiling takes a while and changes nothing; what follows is between two batches.
          const loaded = await chain.loadAll(request.setups);
          const arranged = chain.arrange(loaded, pipeline.sequence + 1);
          pushdown?.arrange(request.setups);
          return arranged;
        });
      case "rehearse":
        return rehearse(request.plugin, request.settings, pipeline.recorder.events(), turn);
      case "plugins":
        return chain.list();
      case "define":
        if (!source.define)
          throw new GuidestarError(
            "FAILED_PRECONDITION",
            "the events come from a recording: policies need the live kernel (--source live)",
          );
        source.define(request.hooks);
        pushdown?.define(request.hooks);
        return undefined;
      case "forget":
        source.forget?.(request.hooks);
        pushdown?.forget(request.hooks);
        return undefined;
      case "finishAggregation":
        pipeline.finishAggregation();
        return undefined;
      case "status":
        return pipeline.status();
      case "stop":
        pipeline.stop();
        return undefined;
    }
  };

  port.on("message", (message: ToWorker) => {
    if ("type" in message) {
      if (message.type === "unsubscribe") pipeline.unsubscribe(message.group);
      else if (message.type === "runtime") pipeline.setRuntime(message.isThere);
      else pipeline.podAnswer(message.id, message.answer);
      return;
    }
    const { id, request } = message;
    serve(request).then(
      (value) => post({ type: "reply", id, value }),
      (error) => post({ type: "refused", id, error: plain(error) }),
    );
  });

  post({ type: "ready" });
  let error: PlainError | undefined;
  try {
    await pipeline.run();
  } catch (thrown) {
    error = plain(thrown);
  }
  const status = pipeline.status();
  tellKept();
  source.close();
  post({ type: "end", error, status });
} catch (thrown) {
  post({ type: "end", error: plain(thrown), status: undefined });
}

async function openSource(init: SourceInit): Promise<Source> {
  if (init.kind === "recording") return RecordingSource.open(init.spec);
  return openLiveSource(init.live);
}

const emptyBytes = new Uint8Array();

/** The event as a message of its own; nothing if it is too large to be kept. */
function encodeAlone(encoder: EventEncoder, event: Event): Uint8Array {
  const wire = new WireWriter(4096);
  encoder.encode(event, wire);
  const prefixBytes = 5;
  if (wire.position - prefixBytes > PLUGIN_LIMITS.poisonBytes) return emptyBytes;
  return wire.bytes.slice(prefixBytes, wire.position);
}

function plain(thrown: unknown): PlainError {
  const { code, message } = GuidestarError.from(thrown);
  return { code, message };
}
