import { fgs } from "../../proto/generated/api.js";
import { GuidestarError } from "../errors.js";
import type { InOrder } from "../inOrder.js";
import type { PipelinePort } from "../pipeline/port.js";
import type { PluginManager } from "../plugins/manager.js";
import type { Subscribers } from "../stream/subscribers.js";
import { getEventsHandler } from "./getEventsHandler.js";
import type { WriterKind } from "./grpcWriter.js";
import { type Handlers, type Ongoing, unary } from "./handlers.js";
import { parsePolicy } from "./policyText.js";
import type { Sensors } from "./sensors.js";
import { sensorsService as service } from "./services.js";

export interface SensorsHandlersOptions {
  readonly port: PipelinePort;
  readonly subscribers: Subscribers;
  readonly sensors: Sensors;
  readonly plugins: PluginManager;
  /** Of all that concerns sensors. */
  readonly queue: InOrder;
  readonly writer?: WriterKind | undefined;
  /** Of the daemon; what GetVersion answers. */
  readonly version: string;
}

/** `fgs.FineGuidanceSensors`. */
export function sensorsHandlers(options: SensorsHandlersOptions): Handlers<typeof service> {
  const { sensors, plugins, version, queue } = options;
  /** All that concerns sensors happens one at a time; not at all if the client left the queue. */
  const inOrder = <Result>(call: Ongoing, task: () => Promise<Result>): Promise<Result> =>
    queue.run(() => {
      if (call.cancelled) throw new GuidestarError("CANCELLED", "the call was cancelled");
      return task();
    });

  return {
    GetEvents: getEventsHandler(options),
    GetHealth: unary(service.GetHealth, async () => ({
      health_status: [running, ...(await quarantined(plugins))],
    })),
    GetVersion: unary(service.GetVersion, () => ({ version })),
    AddTracingPolicy: unary(service.AddTracingPolicy, async ({ yaml }, call) => {
      const policy = parsePolicy(yaml);
      await inOrder(call, () => sensors.add(policy));
      return {};
    }),
    RemoveSensor: unary(service.RemoveSensor, async ({ name }, call) => {
      await inOrder(call, () => sensors.remove(name));
      return {};
    }),
    ListSensors: unary(service.ListSensors, async (_request, call) => ({
      sensors: [...(await inOrder(call, () => sensors.list()))],
    })),
    EnableSensor: unary(service.EnableSensor, async ({ name }, call) => {
      await inOrder(call, () => sensors.enable(name));
      return {};
    }),
    DisableSensor: unary(service.DisableSensor, async ({ name }, call) => {
      await inOrder(call, () => sensors.disable(name));
      return {};
    }),
    SetSensorConfig: unary(service.SetSensorConfig, async ({ name, cfgkey, cfgval }, call) => {
      await inOrder(call, () => sensors.setConfig(name, cfgkey, cfgval));
      return {};
    }),
    GetSensorConfig: unary(service.GetSensorConfig, async ({ name, cfgkey }, call) => ({
      cfgval: await inOrder(call, () => sensors.getConfig(name, cfgkey)),
    })),
    GetStackTraceTree: unary(service.GetStackTraceTree, async ({ name }, call) => ({
      root: await inOrder(call, () => sensors.stackTraceTree(name)),
    })),
  };
}

/** The daemon goes on without them, so it is running; but what they should do is not done. */
async function quarantined(plugins: PluginManager): Promise<fgs.HealthStatus.$Properties[]> {
  const all = await plugins.list().catch(() => []);
  return all.flatMap(({ stored, active, broken }) => {
    const failure = broken || active?.failure;
    const details = `plugin ${stored.name} is quarantined: ${failure}`;
    return failure ? [{ ...running, details }] : [];
  });
}

/** A daemon that can answer is running; there is nothing else to say, whatever was asked for. */
const running: fgs.HealthStatus.$Properties = {
  event: fgs.HealthStatusType.HEALTH_STATUS_TYPE_STATUS,
  status: fgs.HealthStatusResult.HEALTH_STATUS_RUNNING,
  details: "running",
};
