import { BpfError } from "../errors.js";
import { describeErrno } from "../native/errno.js";
import type { Attachment } from "./attachment.js";
import type { AttachKind } from "./kinds.js";
import { missingTarget } from "./targets.js";

/** Makes one clear error of why a program could not be attached. */
export function attachError(
  { kind, program, target }: Attachment,
  errno: number,
  messages: readonly string[],
): BpfError {
  const code = describeErrno(errno).name;
  const said = messages.at(-1);
  const advice =
    adviceFor(kind, code, target) ??
    (code === "EPERM" ? undefined : said && `libbpf says: ${said}`);
  return BpfError.fromErrno(`cannot attach ${program} to ${kindText(kind)}${target}`, errno, {
    advice,
    messages,
  });
}

function kindText(kind: AttachKind): string {
  return kind === "other" ? "" : `${kind} `;
}

function adviceFor(kind: AttachKind, code: string, target: string): string | undefined {
  if (code === "ENOENT" || code === "ESRCH") return missingTarget(kind, target);
  if (code === "EBUSY") return "something else is attached there already";
  if (refusals.has(code) && probed.has(kind)) {
    return `this kernel does not offer ${kind} programs, or not for this target`;
  }
  return undefined;
}

const refusals = new Set(["EINVAL", "EOPNOTSUPP", "ENOTSUPP", "ENOSYS", "ENODEV"]);
const probed = new Set<AttachKind>([
  "fentry",
  "fexit",
  "fmod_ret",
  "lsm",
  "kprobe",
  "kretprobe",
  "kprobe_multi",
  "ksyscall",
  "uprobe",
  "uretprobe",
  "tracepoint",
]);
