import {
  FIELD_ARGUMENTS,
  FIELD_CONTAINER_NAME,
  FIELD_DESTINATION_NAME,
  FIELD_IMAGE_NAME,
  FIELD_POD_LABEL,
  FIELD_POD_NAME,
  FIELD_POD_NAMESPACE,
} from "../../plugins/sdk/abi.js";
import type { Container, Event, Pod, Process } from "../events/model.js";

/** Names of what an event talks to; more are left out. */
const MOST_NAMES = 16;
const MOST_LABELS = 64;

/**
 * Fills a field of an event, if the host knows nothing of it. `begun`: the same plugin fills other
 * fields of the event at this moment. Returns whether anything changed.
 */
export function applyPatch(event: Event, field: number, value: string, begun: boolean): boolean {
  if (field === FIELD_ARGUMENTS) return setArguments(event.process, value);
  if (value === "") return false;
  if (field === FIELD_DESTINATION_NAME) return addDestination(event, value);
  const { process } = event;
  if (process.pod !== undefined && !(begun && fromPlugin.has(process.pod))) return false;
  const pod = withField(process.pod ?? emptyPod(process), field, value);
  fromPlugin.add(pod);
  change(process, { pod });
  return true;
}

/** Pods that a plugin told of: while it does, they may be added to. */
const fromPlugin = new WeakSet<Pod>();

function setArguments(process: Process, value: string): boolean {
  if (process.arguments === value) return false;
  change(process, { arguments: value });
  return true;
}

function addDestination(event: Event, name: string): boolean {
  const names = event.destinationNames ?? [];
  if (names.length >= MOST_NAMES || names.includes(name)) return false;
  event.destinationNames = [...names, name];
  return true;
}

function emptyPod(process: Process): Pod {
  const id = process.containerId || process.docker;
  const container: Container | undefined =
    id === "" ? undefined : { id, name: "", image: { id: "", name: "" }, startTimeNs: 0n };
  return { namespace: "", name: "", maybeExecProbe: false, ...(container && { container }) };
}

function withField(pod: Pod, field: number, value: string): Pod {
  const container = pod.container ?? {
    ...{ id: "", name: "", image: { id: "", name: "" }, startTimeNs: 0n },
  };
  switch (field) {
    case FIELD_POD_NAMESPACE:
      return { ...pod, namespace: value };
    case FIELD_POD_NAME:
      return { ...pod, name: value };
    case FIELD_POD_LABEL: {
      const labels = [...(pod.labels ?? []), value].slice(0, MOST_LABELS).sort();
      return { ...pod, labels };
    }
    case FIELD_CONTAINER_NAME:
      return { ...pod, container: { ...container, name: value } };
    case FIELD_IMAGE_NAME:
      return { ...pod, container: { ...container, image: { ...container.image, name: value } } };
    default:
      return pod;
  }
}

/** What of a process may change; its bytes on the wire are made anew. */
function change(
  process: Process,
  to: { readonly pod: Pod } | { readonly arguments: string },
): void {
  Object.assign(process, to, "wire" in process ? { wire: undefined } : {});
}
