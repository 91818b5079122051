import {
  PROCESS_CONTAINER_NAME,
  PROCESS_IMAGE_NAME,
  PROCESS_POD_LABELS,
  PROCESS_POD_NAME,
  PROCESS_POD_NAMESPACE,
} from "./abi";
import { Text } from "./text";

/**
 * The pod and container of a process, or a container alone: then namespace and name are empty. Only
 * good until `onEvent` returns.
 */
@unmanaged
export class Pod {
  get namespace(): Text {
    return this.text(PROCESS_POD_NAMESPACE);
  }

  get name(): Text {
    return this.text(PROCESS_POD_NAME);
  }

  get containerName(): Text {
    return this.text(PROCESS_CONTAINER_NAME);
  }

  get imageName(): Text {
    return this.text(PROCESS_IMAGE_NAME);
  }

  /** All of them: `key=value`, sorted, a newline between two. */
  get labels(): Text {
    return this.text(PROCESS_POD_LABELS);
  }

  /** The value of a label; empty if the pod does not have it. */
  label(key: string): Text {
    const labels = this.labels;
    let start = 0;
    while (start < labels.length) {
      const newline = labels.indexOf("\n", start);
      const end = newline < 0 ? labels.length : newline;
      const equals = labels.indexOf("=", start);
      if (equals >= 0 && equals < end && labels.slice(start, equals).equals(key)) {
        return labels.slice(equals + 1, end);
      }
      start = end + 1;
    }
    return labels.slice(0, 0);
  }

  private text(at: usize): Text {
    return changetype<Text>(changetype<usize>(this) + at);
  }
}
