/** The parts of a line that name a process. */
import type { fgs } from "../../../proto/generated/api.js";
import { printable } from "../text/printable.js";

type Process = fgs.Process.$Properties | null | undefined;

/** Number of CAP_SYS_ADMIN in `CapabilitiesType`. */
const capSysAdmin = 21;

/** `namespace/pod` for a process in a pod, `docker:name` in a plain container, else the node's name. */
export function sourceText(nodeName: string | null | undefined, process: Process): string {
  const pod = process?.pod;
  if (pod && !pod.namespace && !pod.name && pod.container) return containerText(pod.container);
  if (pod) return printable(`${pod.namespace ?? ""}/${pod.name ?? ""}`);
  return printable(nodeName ?? "");
}

function containerText({ id, name }: fgs.Container.$Properties): string {
  const [runtime, rest] = (id ?? "").split("://");
  return printable(`${runtime}:${name || rest?.slice(0, 12) || ""}`);
}

/** The binary; of a process about which nothing else is known, its pid. */
export function processText(process: Process): string {
  if (!process) return "";
  if (process.binary) return printable(process.binary);
  return process.pid ? `(pid ${process.pid.value ?? 0})` : "(unknown process)";
}

/** Whether the process holds CAP_SYS_ADMIN in its effective set. */
export function isAdmin(process: Process): boolean {
  return process?.cap?.effective?.includes(capSysAdmin) ?? false;
}
