/** What a plugin may say of a batch besides its verdicts. All of it was checked when it was read. */

/**
 * What a record is about: a number below the count of events is an event of the batch; from there on,
 * what the call emitted and found so far; with the bit `SUBJECT_HELD`, a held event.
 */
export type Subject = number;

export interface Annotation {
  /** Which of the events that the plugin saw. */
  readonly event: number;
  readonly key: string;
  readonly value: string;
}

/** Sends one event for many. */
export interface Emit {
  readonly kind: "emit";
  readonly subject: Subject;
  readonly count: number;
  /** Forget the held event once it is sent. */
  readonly release: boolean;
  readonly annotations: Map<string, string>;
}

export interface Finding {
  readonly kind: "finding";
  readonly subject: Subject;
  /** `SEVERITY_*` */
  readonly severity: number;
  readonly name: string;
  readonly message: string;
  readonly annotations: Map<string, string>;
}

export interface Patch {
  readonly kind: "patch";
  readonly subject: Subject;
  /** `FIELD_*` */
  readonly field: number;
  readonly value: string;
}

export interface Hold {
  readonly kind: "hold";
  readonly event: number;
  readonly slot: number;
}

export interface Release {
  readonly kind: "release";
  readonly slot: number;
}

export type Effect = Emit | Finding | Patch | Hold | Release;

/** What a plugin said of a batch. */
export interface Judgement {
  /** A verdict for each event; good until the plugin's next call. */
  readonly verdicts: Uint8Array;
  readonly dropped: number;
  readonly annotations: readonly Annotation[];
  /** In the order in which the plugin wrote them. */
  readonly effects: readonly Effect[];
}

/** Events that a plugin holds, as far as reading its output asks for them. */
export interface HeldNumbers {
  has(slot: number): boolean;
}
