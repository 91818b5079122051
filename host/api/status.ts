/** The one place where errors become gRPC statuses and back. */
import { type ServiceError, status } from "@grpc/grpc-js";
import { type ErrorCode, GuidestarError } from "../errors.js";

/** What grpc-js takes as the outcome of a call. */
export interface CallStatus {
  readonly code: status;
  readonly details: string;
}

/** Of any thrown value. */
export function toStatus(value: unknown): CallStatus {
  const { code, message } = GuidestarError.from(value);
  return { code: status[code], details: headerText(message) };
}

/** A message travels in a header, where a client's own words in it must do no harm. */
function headerText(message: string): string {
  const cut = message.length > 4000 ? `${message.slice(0, 4000)}…` : message;
  // Half a surrogate pair, for instance of what was just cut, cannot be encoded.
  return Buffer.from(cut).toString();
}

const codes: Readonly<Partial<Record<status, ErrorCode>>> = {
  [status.INVALID_ARGUMENT]: "INVALID_ARGUMENT",
  [status.OUT_OF_RANGE]: "INVALID_ARGUMENT",
  [status.NOT_FOUND]: "NOT_FOUND",
  [status.ALREADY_EXISTS]: "ALREADY_EXISTS",
  [status.FAILED_PRECONDITION]: "FAILED_PRECONDITION",
  [status.ABORTED]: "FAILED_PRECONDITION",
  [status.PERMISSION_DENIED]: "PERMISSION_DENIED",
  [status.UNAUTHENTICATED]: "PERMISSION_DENIED",
  [status.RESOURCE_EXHAUSTED]: "RESOURCE_EXHAUSTED",
  [status.UNIMPLEMENTED]: "UNIMPLEMENTED",
  [status.UNAVAILABLE]: "UNAVAILABLE",
  [status.DEADLINE_EXCEEDED]: "UNAVAILABLE",
  [status.CANCELLED]: "CANCELLED",
};

/** Of what a grpc-js call failed with; the message is the daemon's own sentence. */
export function fromServiceError(error: ServiceError, place: string): GuidestarError {
  const code = codes[error.code] ?? "INTERNAL";
  if (error.code === status.DEADLINE_EXCEEDED) {
    return new GuidestarError(code, `the daemon at ${place} did not answer in time`, {
      cause: error,
    });
  }
  const text = error.details || error.message;
  const message = lostConnection.test(text)
    ? `the connection to the daemon at ${place} was lost: ${text}`
    : text;
  return new GuidestarError(code, message, { cause: error });
}

/** What grpc-js itself says when a connection breaks; everything else is the daemon's own sentence. */
const lostConnection =
  /^(Connection dropped|(read|write) E[A-Z]+$|No connection established|Received RST_STREAM)/;
