/**
 * The one error class of the host: what went wrong, in one clear sentence that says what to do, and
 * the gRPC code it has when it reaches a client.
 */
export type ErrorCode =
  | "INVALID_ARGUMENT"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "FAILED_PRECONDITION"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "UNIMPLEMENTED"
  | "UNAVAILABLE"
  | "CANCELLED"
  | "INTERNAL";

export class GuidestarError extends Error {
  override readonly name = "GuidestarError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }

  /** Makes any thrown value ours; one that is ours already is returned as it is. */
  static from(value: unknown, code: ErrorCode = "INTERNAL"): GuidestarError {
    if (value instanceof GuidestarError) return value;
    const message = value instanceof Error ? value.message : String(value);
    return new GuidestarError(code, message, { cause: value });
  }
}
