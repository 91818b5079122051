import { Event, GlobSet, Process, Settings, Verdict } from "guidestar";

class Rule {
  readonly binary: GlobSet;
  readonly parent: GlobSet;
  readonly anyBinary: bool;
  readonly anyParent: bool;
  readonly text: string;
  readonly uid: i64;

  constructor(settings: Settings) {
    const binary = settings.text("binary");
    const parent = settings.text("parent");
    this.binary = new GlobSet(alternatives(binary));
    this.parent = new GlobSet(alternatives(parent));
    this.anyBinary = binary == "**";
    this.anyParent = parent == "**";
    this.text = settings.text("arguments");
    this.uid = settings.integer("uid");
    if (this.anyBinary && this.anyParent && this.text == "" && this.uid < 0) {
      throw new Error("a rule without binary, parent, arguments or uid would drop everything");
    }
  }

  matches(process: Process, parent: Process | null): bool {
    if (this.uid >= 0 && (!process.hasUid || <i64>process.uid != this.uid)) return false;
    if (!this.anyBinary && !this.binary.matches(process.binary)) return false;
    if (!this.anyParent && (!parent || !this.parent.matches(parent.binary))) return false;
    return this.text == "" || process.arguments.contains(this.text);
  }
}

let rules: Rule[] = [];
let keep = new GlobSet([]);
let keepFailed: bool = true;

export function onSettings(settings: Settings): void {
  const groups = settings.groups("rules");
  const made: Rule[] = [];
  for (let n = 0; n < groups.length; ++n) made.push(new Rule(groups[n]));
  rules = made;
  keep = new GlobSet(settings.texts("keep"));
  keepFailed = settings.boolean("keepFailed");
}

export function onEvent(event: Event): Verdict {
  if (keepFailed && event.isExit && (event.exit.status != 0 || !event.exit.signal.isEmpty)) {
    return Verdict.Keep;
  }
  const process = event.process;
  const parent = event.parent;
  for (let n = 0; n < rules.length; ++n) {
    if (!unchecked(rules[n]).matches(process, parent)) continue;
    return keep.matches(process.binary) ? Verdict.Keep : Verdict.Drop;
  }
  return Verdict.Keep;
}

/** `/bin/{a,b}` stands for `/bin/a` and `/bin/b`. */
function alternatives(pattern: string): string[] {
  const open = pattern.indexOf("{");
  const close = pattern.indexOf("}", open + 1);
  if (open < 0 || close < 0) return [pattern];
  const parts = pattern.substring(open + 1, close).split(",");
  const patterns: string[] = [];
  for (let n = 0; n < parts.length; ++n) {
    patterns.push(pattern.substring(0, open) + parts[n] + pattern.substring(close + 1));
  }
  return patterns;
}
