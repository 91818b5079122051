import { BpfError } from "../errors.js";
import { checkedWord } from "../native/check.js";
import { libbpf } from "../native/libbpf.js";
import { NativeStruct } from "../native/struct.js";

/** What a program is run with. What a field means, and which are allowed, depends on the program type. */
export interface TestRunOptions {
  /** Packet data, for programs that work on packets. */
  readonly data?: Uint8Array;
  /** Room for the packet data the program leaves; default: none. */
  readonly dataOutBytes?: number;
  /** The context: for `raw_tp`, up to 12 arguments of 64 bits. */
  readonly context?: Uint8Array | readonly (number | bigint)[];
  /** Room for the context the program leaves; default: none. */
  readonly contextOutBytes?: number;
  /** How often; default once. */
  readonly repeat?: number;
  /** CPU to run on, where the program type allows to choose. */
  readonly cpu?: number;
}

export interface TestRunResult {
  /** What the program returned, as an unsigned 32-bit number. */
  readonly returned: number;
  /** Average of one run, ns; 0 where the kernel does not measure. */
  readonly durationNs: number;
  readonly data: Uint8Array;
  readonly context: Uint8Array;
}

const RUN_ON_CPU = 1;

/** Runs a loaded program once or more in the kernel, with input of our own. `what` names it in errors. */
export function testRun(what: string, fd: number, options: TestRunOptions = {}): TestRunResult {
  const dataOut = Buffer.alloc(options.dataOutBytes ?? 0);
  const contextOut = Buffer.alloc(options.contextOutBytes ?? 0);
  const context = contextBytes(options.context);
  const opts = NativeStruct.options(80);
  if (options.data) opts.pointer(8, options.data).u32(24, options.data.length);
  if (dataOut.length > 0) opts.pointer(16, dataOut).u32(28, dataOut.length);
  if (context) opts.pointer(32, context).u32(48, context.length);
  if (contextOut.length > 0) opts.pointer(40, contextOut).u32(52, contextOut.length);
  opts.u32(60, options.repeat ?? 0);
  if (options.cpu !== undefined) opts.u32(68, RUN_ON_CPU).u32(72, options.cpu);
  const result = libbpf.bpf_prog_test_run_opts(fd, opts.bytes);
  if (result < 0) {
    throw BpfError.fromErrno(`cannot run ${what}`, result, {
      advice: "not every program type can be run so, and each takes only its own kind of input",
    });
  }
  return {
    returned: opts.getU32(56),
    durationNs: opts.getU32(64),
    data: dataOut.subarray(0, opts.getU32(28)),
    context: contextOut.subarray(0, opts.getU32(52)),
  };
}

function contextBytes(context: TestRunOptions["context"]): Uint8Array | undefined {
  if (context === undefined || context instanceof Uint8Array) return context;
  const words = BigUint64Array.from(context, (each) => checkedWord("an argument", each));
  return new Uint8Array(words.buffer);
}
