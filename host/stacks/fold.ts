/** One counted stack as the functions that led to the call, the outermost first. */
import { type Frame, noted } from "./frame.js";
import type { CountedStack } from "./generation.js";
import type { KernelSymbols } from "./symbols/kernelSymbols.js";
import type { ProcessImage } from "./symbols/processImage.js";

/** The process was gone before anybody saw what it runs; as far up as that is so, one frame for all. */
export const unseenFrame = noted("[unseen: the process had ended]");
export const noStackFrame = noted("[no stack]");
/** Code that nobody named, or what a function without a frame pointer left where one should be. */
const unknown = noted("[unknown]");

export interface Folded {
  readonly frames: readonly Frame[];
  /** Not all of its user frames could be told, as nobody saw what is there. */
  readonly unseen: boolean;
}

export function foldStack(
  { kernel, user }: CountedStack,
  image: ProcessImage,
  symbols: KernelSymbols,
): Folded {
  const own = userFrames(user, image);
  const inKernel = withoutTracing(
    kernel.map((address, i) => symbols.frame(address, i > 0)),
  ).toReversed();
  const frames = [...own.frames, ...inKernel];
  return { frames: frames.length > 0 ? frames : [noStackFrame], unseen: own.unseen };
}

function userFrames(addresses: readonly number[], image: ProcessImage): Folded {
  const find = () => addresses.map((address, i) => image.frame(address, i > 0));
  let found = find();
  if (found.includes(undefined)) {
    // A library that was loaded meanwhile, or code that was compiled.
    image.look();
    image.refreshPerfMap();
    found = find();
  }
  const isSeen = image.wasSeen;
  const frames = found.map((each) => each ?? (isSeen ? unknown : unseenFrame)).toReversed();
  const isRepeated = (frame: Frame, i: number) =>
    (frame === unseenFrame || frame === unknown) && frame === frames[i - 1];
  return {
    frames: frames.filter((frame, i) => !isRepeated(frame, i)),
    unseen: !isSeen && addresses.length > 0,
  };
}

/** What programs are run by: the kernel's own part of a hook is nobody's code path. */
const tracing =
  /^(__)?(bpf_|perf_trace_|perf_call_|perf_tp_|perf_syscall_|perf_swevent|__?traceiter_|trace_call_bpf|ftrace_|kprobe_|kretprobe_|arch_ftrace|syscall_trace_|trace_sys_|fexit_|fentry_|arch_rethook|rethook_)/;
const deepest = 24;

/** Innermost first; up to the last frame that is a hook's. */
function withoutTracing(frames: readonly Frame[]): readonly Frame[] {
  let end = 0;
  frames.slice(0, deepest).forEach(({ symbol, module }, i) => {
    if (module === "bpf" || tracing.test(symbol)) end = i + 1;
  });
  return frames.slice(end);
}
