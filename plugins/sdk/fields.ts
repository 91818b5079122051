import {
  FIELD_ARGUMENTS,
  FIELD_CONTAINER_NAME,
  FIELD_DESTINATION_NAME,
  FIELD_IMAGE_NAME,
  FIELD_POD_LABEL,
  FIELD_POD_NAME,
  FIELD_POD_NAMESPACE,
} from "./abi";
import { currentEvent } from "./batch";
import { writePatch } from "./output";

/** Fields that a plugin may fill if the host could not. */
export enum Field {
  PodNamespace = FIELD_POD_NAMESPACE,
  PodName = FIELD_POD_NAME,
  ContainerName = FIELD_CONTAINER_NAME,
  ImageName = FIELD_IMAGE_NAME,
  /** `key=value`; one call for each. */
  PodLabel = FIELD_POD_LABEL,
  /** A name of what the event talks to; one call for each. */
  DestinationName = FIELD_DESTINATION_NAME,
  /** The arguments of the process. They are replaced, for this event and all later ones. */
  Arguments = FIELD_ARGUMENTS,
}

/**
 * Fills a field of the event that `onEvent` is looking at. What the host knows itself is not replaced.
 * What belongs to the pod is remembered for the process and all its later events.
 */
export function fill(field: Field, value: string): void {
  const event = currentEvent();
  if (event < 0) throw new Error("fill works inside onEvent only");
  writePatch(<u32>event, field, value);
}
