/**
 * The services and methods of the wire API, with their codecs: one table for server and client.
 * Keys are the names in the .proto files.
 */
import { fgs, guidestar } from "../../proto/generated/api.js";

/** `…In` is what may be written, the other what is read. */
export interface Method<Request, RequestIn, Response, ResponseIn> {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  requestSerialize(value: RequestIn): Buffer;
  requestDeserialize(bytes: Buffer): Request;
  responseSerialize(value: ResponseIn): Buffer;
  responseDeserialize(bytes: Buffer): Response;
}

const sensors = "fgs.FineGuidanceSensors";
const plugins = "guidestar.Plugins";
const policies = "guidestar.Policies";
const node = "guidestar.Node";

/** Fully qualified names, as reflection and the health service know them. */
export const serviceNames = [sensors, plugins, policies, node] as const;

export const sensorsService = {
  /** The server writes messages that are encoded already. */
  GetEvents: {
    ...method(sensors, "GetEvents", fgs.GetEventsRequest, fgs.GetEventsResponse),
    responseStream: true,
    responseSerialize: (encoded: Buffer) => encoded,
  },
  GetHealth: method(sensors, "GetHealth", fgs.GetHealthStatusRequest, fgs.GetHealthStatusResponse),
  AddTracingPolicy: method(
    sensors,
    "AddTracingPolicy",
    fgs.AddTracingPolicyRequest,
    fgs.AddTracingPolicyResponse,
  ),
  RemoveSensor: method(sensors, "RemoveSensor", fgs.RemoveSensorRequest, fgs.RemoveSensorResponse),
  ListSensors: method(sensors, "ListSensors", fgs.ListSensorsRequest, fgs.ListSensorsResponse),
  EnableSensor: method(sensors, "EnableSensor", fgs.EnableSensorRequest, fgs.EnableSensorResponse),
  DisableSensor: method(
    sensors,
    "DisableSensor",
    fgs.DisableSensorRequest,
    fgs.DisableSensorResponse,
  ),
  SetSensorConfig: method(
    sensors,
    "SetSensorConfig",
    fgs.SetSensorConfigRequest,
    fgs.SetSensorConfigResponse,
  ),
  GetSensorConfig: method(
    sensors,
    "GetSensorConfig",
    fgs.GetSensorConfigRequest,
    fgs.GetSensorConfigResponse,
  ),
  GetStackTraceTree: method(
    sensors,
    "GetStackTraceTree",
    fgs.GetStackTraceTreeRequest,
    fgs.GetStackTraceTreeResponse,
  ),
  GetVersion: method(sensors, "GetVersion", fgs.GetVersionRequest, fgs.GetVersionResponse),
} as const;

export const pluginsService = {
  Upload: {
    ...method(plugins, "Upload", guidestar.UploadPluginRequest, guidestar.UploadPluginResponse),
    requestStream: true,
  },
  List: method(plugins, "List", guidestar.ListPluginsRequest, guidestar.ListPluginsResponse),
  Remove: method(plugins, "Remove", guidestar.RemovePluginRequest, guidestar.RemovePluginResponse),
  Get: method(plugins, "Get", guidestar.GetPluginRequest, guidestar.GetPluginResponse),
  SetMode: method(
    plugins,
    "SetMode",
    guidestar.SetPluginModeRequest,
    guidestar.ChangePluginResponse,
  ),
  SetSettings: method(
    plugins,
    "SetSettings",
    guidestar.SetPluginSettingsRequest,
    guidestar.ChangePluginResponse,
  ),
  SetOrder: method(
    plugins,
    "SetOrder",
    guidestar.SetPluginOrderRequest,
    guidestar.SetPluginOrderResponse,
  ),
  Rollback: method(
    plugins,
    "Rollback",
    guidestar.RollbackPluginRequest,
    guidestar.ChangePluginResponse,
  ),
  Logs: {
    ...method(plugins, "Logs", guidestar.PluginLogsRequest, guidestar.PluginLogLine),
    responseStream: true,
  },
} as const;

export const policiesService = {
  List: method(policies, "List", guidestar.ListPoliciesRequest, guidestar.ListPoliciesResponse),
  Delete: method(policies, "Delete", guidestar.DeletePolicyRequest, guidestar.DeletePolicyResponse),
  ListStackTraceTrees: method(
    policies,
    "ListStackTraceTrees",
    guidestar.ListStackTraceTreesRequest,
    guidestar.ListStackTraceTreesResponse,
  ),
} as const;

export const nodeService = {
  GetStatus: method(node, "GetStatus", guidestar.GetStatusRequest, guidestar.GetStatusResponse),
} as const;

/** Of a generated message class. */
interface Codec<Read, Written> {
  encode(message: Written): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Read;
}

function method<Request, RequestIn, Response, ResponseIn>(
  service: string,
  name: string,
  request: Codec<Request, RequestIn>,
  response: Codec<Response, ResponseIn>,
): Method<Request, RequestIn, Response, ResponseIn> {
  return {
    path: `/${service}/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (value) => toBuffer(request.encode(value).finish()),
    requestDeserialize: (bytes) => request.decode(bytes),
    responseSerialize: (value) => toBuffer(response.encode(value).finish()),
    responseDeserialize: (bytes) => response.decode(bytes),
  };
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
