import { endOf, entriesOf, memberOf, textAt } from "./json";

/**
 * Settings, as the schema in the manifest describes them: the host has checked them, and filled in
 * what has a default. Asking for one that is not there aborts, and says so.
 */
export class Settings {
  constructor(
    private readonly json: string,
    private readonly position: i32 = 0,
  ) {}

  /** Whether it is set, or has a default. */
  has(name: string): bool {
    return memberOf(this.json, this.position, name) >= 0;
  }

  text(name: string): string {
    return textAt(this.json, this.find(name));
  }

  boolean(name: string): bool {
    return this.json.charCodeAt(this.find(name)) == 0x74; // t
  }

  integer(name: string): i64 {
    return <i64>this.number(name);
  }

  number(name: string): f64 {
    const at = this.find(name);
    return parseFloat(this.json.substring(at, endOf(this.json, at)));
  }

  texts(name: string): string[] {
    const entries = entriesOf(this.json, this.find(name));
    const texts: string[] = [];
    for (let n = 0; n < entries.length; ++n) texts.push(textAt(this.json, entries[n]));
    return texts;
  }

  numbers(name: string): f64[] {
    const entries = entriesOf(this.json, this.find(name));
    const numbers: f64[] = [];
    for (let n = 0; n < entries.length; ++n) {
      const at = entries[n];
      numbers.push(parseFloat(this.json.substring(at, endOf(this.json, at))));
    }
    return numbers;
  }

  group(name: string): Settings {
    return new Settings(this.json, this.find(name));
  }

  /** A list of objects. */
  groups(name: string): Settings[] {
    const entries = entriesOf(this.json, this.find(name));
    const groups: Settings[] = [];
    for (let n = 0; n < entries.length; ++n) groups.push(new Settings(this.json, entries[n]));
    return groups;
  }

  private find(name: string): i32 {
    const at = memberOf(this.json, this.position, name);
    if (at < 0) throw new Error(`there is no setting ${name}: is it in the manifest's schema?`);
    return at;
  }
}

/** What the host hands over, as it lies in memory. */
export function settingsAt(address: usize, bytes: i32): Settings {
  return new Settings(String.UTF8.decodeUnsafe(address, <usize>bytes));
}
