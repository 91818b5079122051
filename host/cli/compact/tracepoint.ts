/** Lines of tracepoint events. */
import type { fgs } from "../../../proto/generated/api.js";
import type { Paint } from "../text/paint.js";
import { printable } from "../text/printable.js";
import { actionText } from "./action.js";
import { firstOf, integerAt } from "./argument.js";
import type { Parts } from "./parts.js";
import { syscallNameX86 } from "./syscallNames.js";

export function tracepointParts(event: fgs.ProcessTracepoint.$Properties, paint: Paint): Parts {
  const subsystem = event.subsys ?? "";
  const name = event.event ?? "";
  const number = integerAt(event.args ?? [], 0);
  const action = paint.red(actionText(event));
  if (subsystem === "raw_syscalls" && name === "sys_enter" && number !== "") {
    return { emoji: "☎", name: "syscall", details: [paint.cyan(syscallText(number)), action] };
  }
  const details = [subsystem, name].map((word) => paint.cyan(printable(word)));
  const more = event.kind ? paint.cyan(firstOf(event.args ?? [])) : "";
  return { emoji: "⁉️", name: "tracepoint", details: [...details, more, action] };
}

/** Events do not tell the architecture of their node, so the name comes with the one it holds for. */
function syscallText(number: string): string {
  const name = syscallNameX86(Number(number));
  return name === undefined ? number : `${number} (x86-64: ${name})`;
}
