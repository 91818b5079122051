/** What a policy did to a call, in a word or two. */
import { constants } from "node:os";
import { fgs } from "../../../proto/generated/api.js";
import { printable } from "../text/printable.js";

interface Acted {
  readonly action?: fgs.KprobeAction | null;
  readonly signal?: string | null;
  readonly override_error?: number | null;
  readonly monitored?: boolean | null;
  readonly action_failed?: boolean | null;
}

/** "" if the call was only told of. */
export function actionText(event: Acted): string {
  const { KPROBE_ACTION_SIGKILL, KPROBE_ACTION_OVERRIDE } = fgs.KprobeAction;
  const words = [
    event.signal
      ? printable(event.signal)
      : event.action === KPROBE_ACTION_SIGKILL
        ? "SIGKILL"
        : "",
    event.override_error
      ? errorName(event.override_error)
      : event.action === KPROBE_ACTION_OVERRIDE
        ? "override"
        : "",
    event.monitored ? "(monitored)" : "",
    event.action_failed ? "(action failed)" : "",
  ];
  return words.filter((word) => word !== "").join(" ");
}

/** `EPERM` for -1; the number if it has no name. */
function errorName(error: number): string {
  const found = Object.entries(constants.errno).find(([, number]) => number === -error);
  return found ? found[0] : String(error);
}
