import { permissionAdvice } from "./native/capabilities.js";
import { describeErrno } from "./native/errno.js";

/** What is known about a failure besides its sentence. */
export interface BpfErrorDetails {
  /** errno name (`EPERM`), libbpf's own (`LIBBPF_FORMAT`) or one of this library's (`CLOSED`, `UNKNOWN_NAME`, ...). */
  readonly code: string;
  /** The number behind the code, 0 if it has none. */
  readonly errno?: number;
  /** What libbpf said during the call, one line an entry. */
  readonly messages?: readonly string[];
  readonly cause?: unknown;
}

/** Every error of this library: one sentence that names the thing and what to do, with the details beside it. */
export class BpfError extends Error {
  override readonly name: string = "BpfError";
  readonly code: string;
  readonly errno: number;
  /** What libbpf said during the call, one line an entry. */
  readonly messages: readonly string[];

  constructor(message: string, details: BpfErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.errno = details.errno ?? 0;
    this.messages = details.messages ?? [];
  }

  /** From an error number: `WHAT: TEXT (NAME)`, and the advice if there is any. */
  static fromErrno(
    what: string,
    errno: number,
    options: { advice?: string | undefined; messages?: readonly string[] } = {},
  ): BpfError {
    const { name, text } = describeErrno(errno);
    const advice = options.advice ?? generalAdvice(name);
    return new BpfError(`${what}: ${text} (${name})${advice ? `; ${advice}` : ""}`, {
      code: name,
      errno: Math.abs(errno),
      messages: options.messages ?? [],
    });
  }
}

/** The kernel's verifier refused a program. `message` has the useful last lines, `log` everything. */
export class VerifierError extends BpfError {
  override readonly name = "VerifierError";

  /** The verifier's log as the kernel wrote it. Can be megabytes, so printing the error leaves it out. */
  declare readonly log: string;

  constructor(
    message: string,
    readonly program: string,
    log: string,
    details: BpfErrorDetails,
  ) {
    super(message, details);
    Object.defineProperty(this, "log", { value: log, enumerable: false });
  }
}

/** Something was used after its `close()`. */
export class ClosedError extends BpfError {
  override readonly name = "ClosedError";

  constructor(what: string) {
    super(`${what} is closed`, { code: "CLOSED" });
  }
}

/** What usually helps with an error that can come from any bpf call. */
function generalAdvice(code: string): string | undefined {
  if (code === "EPERM") return permissionAdvice();
  if (code === "EMFILE") return "raise the limit of open files (ulimit -n)";
  return undefined;
}
