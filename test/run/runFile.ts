/** One test file in a process of its own. */
import { run } from "node:test";
import type { TestEvent } from "./testEvent.js";

export interface RunOptions {
  readonly timeoutMs: number;
  /** Only tests whose name fits this regular expression. */
  readonly namePattern?: string | undefined;
  readonly signal?: AbortSignal;
}

export function runFile(file: string, options: RunOptions): AsyncIterable<TestEvent> {
  const { timeoutMs, namePattern, signal } = options;
  return run({
    files: [file],
    concurrency: 1,
    timeout: timeoutMs,
    ...(signal === undefined ? {} : { signal }),
    ...(namePattern === undefined ? {} : { testNamePatterns: namePattern }),
  }) as unknown as AsyncIterable<TestEvent>;
}
