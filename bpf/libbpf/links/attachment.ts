import type { AttachKind } from "./kinds.js";

/** Which program is attached where: for errors. */
export interface Attachment {
  readonly kind: AttachKind;
  readonly program: string;
  /** Function, tracepoint, path... */
  readonly target: string;
}
