import type { ServerReadableStream } from "@grpc/grpc-js";
import type { guidestar } from "../../proto/generated/api.js";
import { GuidestarError } from "../errors.js";
import type { LogHub } from "../plugins/logHub.js";
import type { PluginManager, UploadOptions } from "../plugins/manager.js";
import { clientStream, type Handlers, unary } from "./handlers.js";
import { pluginLogsHandler } from "./pluginLogs.js";
import {
  fromMode,
  toChange,
  toGate,
  toPlugin,
  toPoison,
  toRehearsal,
  toVersions,
} from "./pluginMessages.js";
import { pluginsService as service } from "./services.js";
import { receiveModule, type UploadLimits } from "./upload.js";

export interface PluginHandlersOptions {
  readonly plugins: PluginManager;
  readonly limits: UploadLimits;
  readonly logs: LogHub;
}

/** `guidestar.Plugins`. */
export function pluginHandlers({
  plugins,
  limits,
  logs,
}: PluginHandlersOptions): Handlers<typeof service> {
  let uploads = 0;

  const upload = async (call: Upload) => {
    const { header, module } = await receiveModule(call, limits);
    const changed = await plugins.upload(module, uploadOptions(header, call));
    return { ...toChange(changed), rehearsal: toRehearsal(changed.rehearsal) };
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
    List: unary(service.List, async () => ({ plugins: (await plugins.list()).map(toPlugin) })),
    Remove: unary(service.Remove, async ({ name, only_shadow }) => {
      const changed = only_shadow ? plugins.setShadow(name, "") : plugins.remove(name);
      const { plugin, first_sequence } = toChange(await changed);
      return { plugin, first_sequence };
    }),
    Get: unary(service.Get, async ({ name }) => {
      const plugin = await plugins.get(name);
      return {
        plugin: toPlugin(plugin),
        versions: toVersions(plugin),
        poison: plugins.poison(name).map(toPoison),
        settings_schema: JSON.stringify(plugin.prepared?.schema ?? null),
      };
    }),
    SetMode: unary(service.SetMode, async ({ name, mode, version }) => {
      const wanted = fromMode(mode);
      if (wanted === undefined) throw new GuidestarError("INVALID_ARGUMENT", "no mode was given");
      if (wanted !== "shadow") return toChange(await plugins.setMode(name, wanted));
      if (version !== "") return toChange(await plugins.setShadow(name, version));
      throw new GuidestarError("INVALID_ARGUMENT", "a shadow needs a version: none was given");
    }),
    SetSettings: unary(service.SetSettings, async ({ name, settings }) =>
      toChange(await plugins.setSettings(name, settings)),
    ),
    SetOrder: unary(service.SetOrder, async ({ names }) => {
      const { firstSequence, order } = await plugins.setOrder(names);
      return { names: [...order], first_sequence: firstSequence };
    }),
    Logs: pluginLogsHandler(logs, (name) => plugins.get(name)),
    Rollback: unary(service.Rollback, async ({ name, version }) =>
      toChange(await plugins.rollback(name, version)),
    ),
  };
}

type Upload = ServerReadableStream<guidestar.UploadPluginRequest, unknown>;

function uploadOptions(
  header: guidestar.UploadPluginHeader.$Properties,
  call: Upload,
): UploadOptions {
  const { name, mode, settings, signature, gate } = header;
  const wanted = fromMode(mode ?? 0);
  return {
    ...(name ? { name } : {}),
    ...(settings ? { settings } : {}),
    ...(gate ? { gate: toGate(gate) } : {}),
    ...(signature?.length ? { signature } : {}),
    ...(wanted === "shadow" ? { asShadow: true } : wanted ? { mode: wanted } : {}),
    // An upload that nobody waits for any more has no effect.
    isCancelled: () => call.cancelled,
  };
}
