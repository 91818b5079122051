import {
  ArgumentKind,
  Call,
  Event,
  GlobSet,
  kv,
  log,
  Process,
  raise,
  SECOND,
  Settings,
  Severity,
  StateReader,
  StateWriter,
  Text,
  Verdict,
} from "guidestar";

const MOST = 50_000;
/** When learning began, ns; the host keeps it. */
const STARTED = "learning-since";

let learnNs: u64 = 0;
let depth: i32 = 3;
let ignore = new GlobSet([]);
let dropKnown: bool = true;
/** Program and folder. */
const known = new Set<string>();
let startedNs: u64 = 0;

export function onSettings(settings: Settings): void {
  learnNs = <u64>settings.integer("learnSeconds") * SECOND;
  depth = <i32>settings.integer("depth");
  ignore = new GlobSet(settings.texts("ignore"));
  dropKnown = settings.boolean("dropKnown");
}

export function onEvent(event: Event): Verdict {
  const call = event.isKprobe ? event.kprobe : event.tracepoint;
  const path = pathOf(call);
  if (!path || path.isEmpty || path.byteAt(0) != 0x2f) return Verdict.Keep;
  if (ignore.matches(path)) return dropKnown ? Verdict.Drop : Verdict.Keep;
  begin(event.timeNs);
  const folder = folderOf(path);
  const key = event.process.binary.toString() + "\n" + folder.toString();
  if (known.has(key)) return dropKnown ? Verdict.Drop : Verdict.Keep;
  if (known.size >= MOST) return Verdict.Keep;
  known.add(key);
  if (known.size == MOST) log.warning("knows as much as it can: what is new from now on passes");
  if (event.timeNs < startedNs + learnNs) return dropKnown ? Verdict.Drop : Verdict.Keep;
  report(event.process, call, path, folder);
  return Verdict.Keep;
}

export function onSave(state: StateWriter): void {
  state.number(startedNs);
  const keys = known.values();
  for (let n = 0; n < keys.length; ++n) state.text(keys[n]);
}

export function onLoad(state: StateReader): void {
  startedNs = state.number();
  while (state.hasMore) known.add(state.text());
}

/** A plugin that starts anew after a failure goes on learning where it was, if not with what it knew. */
function begin(timeNs: u64): void {
  if (startedNs > 0) return;
  startedNs = kv.getNumber(STARTED, 0);
  if (startedNs > 0 && known.size > 0) return;
  startedNs = timeNs;
  kv.setNumber(STARTED, timeNs);
}

function report(process: Process, call: Call, path: Text, folder: Text): void {
  raise(
    Severity.Medium,
    "new-file-access",
    process.binary.basename.toString() + " has not been in " + folder.toString() + " before",
  )
    .with("path", path.slice(0, 1024))
    .with("folder", folder.slice(0, 1024))
    .with("function", call.functionName);
}

/** The first argument that is a path, or a string that is one. */
function pathOf(call: Call): Text | null {
  for (let n = 0; n < call.args.length; ++n) {
    const argument = call.args[n];
    if (argument.kind == ArgumentKind.Path) return argument.path;
    if (argument.kind == ArgumentKind.String && argument.string.startsWith("/")) {
      return argument.string;
    }
  }
  return null;
}

/** `/etc/ssl/certs` of `/etc/ssl/certs/a/b.pem`, if three folders count. */
function folderOf(path: Text): Text {
  let end = 0;
  for (let n = 0; n < depth; ++n) {
    const slash = path.indexOf("/", end + 1);
    if (slash < 0) break;
    end = slash;
  }
  return end == 0 ? path.slice(0, 1) : path.slice(0, end);
}
