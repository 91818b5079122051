import type { guidestar } from "../../proto/generated/api.js";
import { type Connection, serverStream, unary, upload } from "./clientCalls.js";
import { pluginsService as service } from "./services.js";

/** `guidestar.Plugins`. */
export interface PluginsClient {
  /** `header`: what the API has beside the module, or a name to register it under. */
  upload(
    module: Uint8Array,
    header?: string | guidestar.UploadPluginHeader.$Properties,
  ): Promise<guidestar.UploadPluginResponse>;
  list(): Promise<readonly guidestar.Plugin.$Properties[]>;
  get(name: string): Promise<guidestar.GetPluginResponse>;
  /** `onlyShadow`: takes away only the version that runs beside the active one. */
  remove(name: string, onlyShadow?: boolean): Promise<guidestar.RemovePluginResponse>;
  /** `version`: which one, if the mode is SHADOW. */
  setMode(
    name: string,
    mode: guidestar.PluginMode,
    version?: string,
  ): Promise<guidestar.ChangePluginResponse>;
  /** `settings`: a JSON object. */
  setSettings(name: string, settings: string): Promise<guidestar.ChangePluginResponse>;
  setOrder(names: readonly string[]): Promise<guidestar.SetPluginOrderResponse>;
  /** Lines as they come; leaving the loop ends the call. */
  logs(request: guidestar.PluginLogsRequest.$Properties): AsyncIterable<guidestar.PluginLogLine>;
  /** `version`: default the one that was in use before. */
  rollback(name: string, version?: string): Promise<guidestar.ChangePluginResponse>;
}

export function pluginsClient(connection: Connection): PluginsClient {
  return {
    upload: (module, header = {}) =>
      upload(
        connection,
        service.Upload,
        parts(module, typeof header === "string" ? { name: header } : header),
      ),
    list: async () => (await unary(connection, service.List, {})).plugins,
    get: (name) => unary(connection, service.Get, { name }),
    remove: (name, only_shadow = false) => unary(connection, service.Remove, { name, only_shadow }),
    setMode: (name, mode, version = "") =>
      unary(connection, service.SetMode, { name, mode, version }),
    setSettings: (name, settings) => unary(connection, service.SetSettings, { name, settings }),
    logs: (request) => serverStream(connection, service.Logs, request),
    setOrder: (names) => unary(connection, service.SetOrder, { names: [...names] }),
    rollback: (name, version = "") => unary(connection, service.Rollback, { name, version }),
  };
}

const chunkBytes = 64 * 1024;

function* parts(
  module: Uint8Array,
  header: guidestar.UploadPluginHeader.$Properties,
): Generator<guidestar.UploadPluginRequest.$Properties> {
  yield { header: { ...header, size: module.length } };
  for (let offset = 0; offset < module.length; offset += chunkBytes) {
    yield { chunk: module.subarray(offset, offset + chunkBytes) };
  }
}
