import koffi from "koffi";
import { BpfError } from "../errors.js";
import { Handle } from "../native/handle.js";
import { libc } from "../native/libc.js";
import { NativeStruct } from "../native/struct.js";

export interface PerfEventOptions {
  /** `perf_type_id`: 0 hardware, 1 software, 2 tracepoint, ... */
  readonly type: number;
  /** Which event of the type: of software, 0 is the CPU clock in ns. */
  readonly config: number | bigint;
  /** Process; default: the caller's own. -1: every one (needs `cpu`). */
  readonly pid?: number;
  /** CPU; default: any. */
  readonly cpu?: number;
  /** Runs the program after so many events. */
  readonly samplePeriod?: number;
  /** Runs the program so many times a second. */
  readonly frequencyHz?: number;
}

const SYSCALL: Readonly<Record<string, number>> = {
  x64: 298,
  arm64: 241,
  riscv64: 241,
  s390x: 331,
};
const ATTRIBUTE_BYTES = 64;
const FREQUENCY = 1 << 10;
const CLOSE_ON_EXEC = 8;

/** A performance event that a `perf_event` program can be attached to. */
export class PerfEvent {
  readonly #handle: Handle;

  constructor(options: PerfEventOptions) {
    const attributes = new NativeStruct(ATTRIBUTE_BYTES)
      .u32(0, options.type)
      .u32(4, ATTRIBUTE_BYTES)
      .u64(8, options.config)
      .u64(16, options.frequencyHz ?? options.samplePeriod ?? 0)
      .u64(40, options.frequencyHz === undefined ? 0 : FREQUENCY);
    const number = SYSCALL[process.arch];
    if (number === undefined) {
      throw new BpfError(`performance events are not known here for ${process.arch}`, {
        code: "ENOSYS",
      });
    }
    const { pid = 0, cpu = -1 } = options;
    const fd = Number(libc.perfEventOpen(number, attributes.bytes, pid, cpu, -1, CLOSE_ON_EXEC));
    if (fd < 0) {
      throw BpfError.fromErrno("cannot open the performance event", koffi.errno(), {
        advice: "see /proc/sys/kernel/perf_event_paranoid, and whether this machine has the event",
      });
    }
    this.#handle = new Handle("the performance event", BigInt(fd), "close");
  }

  get fd(): number {
    return this.#handle.fd;
  }

  get closed(): boolean {
    return this.#handle.closed;
  }

  /** Links keep the event alive for themselves. Twice does no harm. */
  close(): void {
    this.#handle.close();
  }
}
