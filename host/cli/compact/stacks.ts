/** Stack traces of a call, a line each frame, to be printed below the event's own line. */
import type { guidestar } from "../../../proto/generated/api.js";
import type { Event } from "../compact.js";
import type { Paint } from "../text/paint.js";
import { printable } from "../text/printable.js";

/** None if the event has no stack: the policy has to ask for it. */
export function stackLines(event: Event, paint: Paint): readonly string[] {
  const call = event.process_kprobe ?? event.process_tracepoint;
  return [
    ...stack("kernel", call?.kernel_stack_trace ?? [], paint),
    ...stack("user", call?.user_stack_trace ?? [], paint),
  ];
}

type Frame = guidestar.StackFrame.$Properties;

function stack(whose: string, frames: readonly Frame[], paint: Paint): string[] {
  return frames.map((frame) => `   ${paint.dim(whose.padEnd(6))} ${frameText(frame)}`);
}

/** `0xffffffff81000010 do_sys_open+0x10 [module]`, as far as it is known. */
function frameText({ address, offset, symbol, module }: Frame): string {
  const words = [
    hex(address),
    symbol ? printable(symbol) + (isZero(offset) ? "" : `+${hex(offset)}`) : "",
    module ? `[${printable(module)}]` : "",
  ];
  return words.filter((word) => word !== "").join(" ");
}

const hex = (value: Frame["address"]): string => `0x${BigInt(String(value ?? 0)).toString(16)}`;

const isZero = (value: Frame["offset"]): boolean => String(value ?? 0) === "0";
