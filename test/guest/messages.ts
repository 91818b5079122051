/** What host and guest tell each other: a job goes in as a file, messages come out as JSON lines. */
import type { TestEvent } from "../run/testEvent.js";

/** Where the agent finds its job, and the name of the port that it writes to. */
export const jobFile = "/job.json";
export const portName = "guidestar";
/** Files put here (`GUIDESTAR_EXPORT`) are brought out when the job is done. */
export const exportFolder = "/export";

export type Job =
  | {
      readonly kind: "tests";
      /** Compiled test files, absolute in the guest, by name. */
      readonly files: Readonly<Record<string, string>>;
      readonly fileTimeoutMs: number;
      readonly namePattern?: string;
    }
  | { readonly kind: "command"; readonly command: readonly string[] };

export type Message =
  | { readonly type: "hello"; readonly kernel: string; readonly uptimeMs: number }
  | { readonly type: "event"; readonly test: string; readonly event: WireEvent }
  /** All events of this test file have been told. */
  | { readonly type: "ran"; readonly test: string }
  | { readonly type: "file"; readonly name: string; readonly base64: string }
  | { readonly type: "done"; readonly exitCode: number; readonly error?: string };

/** A test event whose error is plain data. */
export interface WireEvent extends Omit<TestEvent, "data"> {
  readonly data: Omit<TestEvent["data"], "details"> & {
    readonly details?: {
      readonly duration_ms: number;
      readonly type?: string;
      readonly error?: WireError;
    };
  };
}

export interface WireError {
  readonly message: string;
  readonly stack?: string;
  readonly failureType?: string;
}

/** node:test wraps what a test throws; the reader wants the thing itself. */
export function wireEvent({ type, data }: TestEvent): WireEvent {
  const { details, ...rest } = data;
  if (details === undefined) return { type, data: rest };
  const { error, ...others } = details;
  return {
    type,
    data: {
      ...rest,
      details: error === undefined ? others : { ...others, error: wireError(error) },
    },
  };
}

function wireError(error: Error & { cause?: unknown; failureType?: string }): WireError {
  const { cause, failureType } = error;
  const thrown = cause instanceof Error ? cause : error;
  return {
    message: cause instanceof Error ? cause.message : String(cause ?? error.message),
    ...(thrown.stack === undefined ? {} : { stack: thrown.stack }),
    ...(failureType === undefined ? {} : { failureType }),
  };
}

export function unwireEvent({ type, data }: WireEvent): TestEvent {
  const { details, ...rest } = data;
  if (details === undefined) return { type, data: rest };
  const { error, ...others } = details;
  if (error === undefined) return { type, data: { ...rest, details: others } };
  const revived = Object.assign(new Error(error.message), { failureType: error.failureType });
  revived.stack = error.stack ?? error.message;
  return { type, data: { ...rest, details: { ...others, error: revived } } };
}
