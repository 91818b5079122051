/** One event of a node:test run, as far as it is used here. */
export interface TestEvent {
  readonly type: string;
  readonly data: {
    /** Absolute path of the test file. */
    readonly file?: string;
    readonly name: string;
    readonly nesting: number;
    readonly testNumber?: number;
    readonly skip?: string | boolean;
    readonly todo?: string | boolean;
    readonly message?: string;
    readonly details?: {
      readonly duration_ms: number;
      readonly type?: string;
      readonly error?: Error & { cause?: unknown };
    };
  };
}
