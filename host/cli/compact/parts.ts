/** What is particular about a kind of event; `details` are painted already, empty ones are left out. */
export interface Parts {
  readonly emoji: string;
  readonly name: string;
  readonly details: readonly string[];
}
