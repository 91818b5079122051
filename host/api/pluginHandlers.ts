import type { ServerReadableStream } from "@grpc/grpc-js";
import type { guidestar } from "../../proto/generated/api.js";
import { GuidestarError } from "../errors.js";
import type { PipelinePort } from "../pipeline/port.js";
import type { PreparedPlugin } from "../plugins/prepared.js";
import { clientStream, type Handlers, unary } from "./handlers.js";
import { InOrder } from "./inOrder.js";
import { toPlugin } from "./pluginMessages.js";
import { pluginsService as service } from "./services.js";
import { receiveModule, type UploadLimits } from "./upload.js";

/**
 * Validates and rewrites a module. `name`: to register it under; absent: as its manifest says.
 * Rejects with `INVALID_ARGUMENT` and the reason.
 */
export type Prepare = (
  module: Uint8Array,
  options: { readonly name?: string },
) => Promise<PreparedPlugin>;

export interface PluginHandlersOptions {
  readonly port: PipelinePort;
  readonly prepare: Prepare;
  readonly limits: UploadLimits;
}

/** `guidestar.Plugins`. */
export function pluginHandlers(options: PluginHandlersOptions): Handlers<typeof service> {
  const { port, prepare, limits } = options;
  const queue = new InOrder();
  let uploads = 0;

  const upload = async (call: Upload) => {
    const { name, module } = await receiveModule(call, limits);
    return queue.run(async () => {
      refuseCancelled(call);
      const plugin = await prepare(module, name === "" ? {} : { name });
      refuseCancelled(call);
      const { active, replaced } = await port.activate(plugin);
      return {
        plugin: toPlugin(active),
        first_sequence: active.firstSequence,
        replaced_version: replaced?.version ?? "",
      };
    });
  };

  return {
    Upload: clientStream(service.Upload, async (call) => {
      if (uploads >= limits.atATime) {
        throw new GuidestarError(
          "RESOURCE_EXHAUSTED",
          `${uploads} uploads are under way, as many as this daemon takes at a time; try again`,
        );
      }
      uploads++;
      try {
        return await upload(call);
      } finally {
        uploads--;
      }
    }),
    List: unary(service.List, async () => ({ plugins: (await port.plugins()).map(toPlugin) })),
    Remove: unary(service.Remove, async ({ name }) => {
      const result = await queue.run(() => port.remove(name));
      if (result === undefined) {
        throw new GuidestarError("NOT_FOUND", `plugin ${name} does not exist`);
      }
      return { plugin: toPlugin(result.removed), first_sequence: result.firstSequence };
    }),
  };
}

type Upload = ServerReadableStream<guidestar.UploadPluginRequest, unknown>;

/** An upload that nobody waits for any more has no effect. */
function refuseCancelled(call: Upload): void {
  if (call.cancelled) throw new GuidestarError("CANCELLED", "the upload was cancelled");
}
