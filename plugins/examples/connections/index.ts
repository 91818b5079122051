import {
  ArgumentKind,
  Call,
  Event,
  Held,
  hold,
  now,
  SECOND,
  Settings,
  Socket,
  StateReader,
  StateWriter,
  TextSet,
  Verdict,
  Window,
} from "guidestar";

/** What one process did with one destination in the window. */
class Group {
  constructor(
    readonly first: Held,
    public count: u64,
    public bytes: u64,
    public lastNs: u64,
  ) {}
}

let functions = new TextSet([]);
let window = new Window(30 * SECOND);
let most: i32 = 2000;
let groups = new Map<string, Group>();

export function onSettings(settings: Settings): void {
  functions = new TextSet(settings.texts("functions"));
  window = new Window(<u64>settings.integer("seconds") * SECOND);
  most = <i32>settings.integer("most");
}

export function onEvent(event: Event): Verdict {
  const call = event.kprobe;
  if (!functions.has(call.functionName)) return Verdict.Keep;
  const socket = socketOf(call);
  if (!socket) return Verdict.Keep;
  const key = keyOf(event, call, socket);
  const bytes = bytesOf(call);
  if (groups.has(key)) {
    const group = groups.get(key);
    group.count++;
    group.bytes += bytes;
    group.lastNs = event.timeNs;
    return Verdict.Drop;
  }
  if (groups.size >= most) return Verdict.Keep;
  const first = hold();
  if (!first) return Verdict.Keep;
  groups.set(key, new Group(first, 1, bytes, event.timeNs));
  return Verdict.Drop;
}

export function onTick(isLast: bool): void {
  if (!window.moveTo(now()) && !isLast) return;
  const all = groups.values();
  for (let n = 0; n < all.length; ++n) {
    const group = all[n];
    group.first
      .emit(group.count)
      .with("bytes", group.bytes)
      .with("last-ns", group.lastNs)
      .with("window-seconds", window.lengthNs / SECOND);
  }
  groups = new Map<string, Group>();
}

export function onSave(state: StateWriter): void {
  const keys = groups.keys();
  for (let n = 0; n < keys.length; ++n) {
    const group = groups.get(keys[n]);
    state.text(keys[n]);
    state.held(group.first);
    state.number(group.count);
    state.number(group.bytes);
    state.number(group.lastNs);
  }
}

export function onLoad(state: StateReader): void {
  while (state.hasMore) {
    const key = state.text();
    const first = state.held();
    const count = state.number();
    const bytes = state.number();
    groups.set(key, new Group(first, count, bytes, state.number()));
  }
}

/** Process instance, destination and what was called: ports of the near end change all the time. */
function keyOf(event: Event, call: Call, socket: Socket): string {
  const what = `${event.process.execId.toString()} ${call.functionName.toString()}`;
  return `${what} ${socket.daddr.toString()} ${socket.dport}`;
}

function socketOf(call: Call): Socket | null {
  for (let n = 0; n < call.args.length; ++n) {
    if (call.args[n].kind == ArgumentKind.Sock) return call.args[n].sock;
  }
  return null;
}

/** What the policy calls "bytes" or "size", or has the type size_t or int; 0 if there is nothing. */
function bytesOf(call: Call): u64 {
  for (let n = 0; n < call.args.length; ++n) {
    const argument = call.args[n];
    if (argument.kind == ArgumentKind.Int && argument.int > 0) return argument.uint;
    if (argument.kind == ArgumentKind.Bytes) return argument.size;
  }
  return 0;
}
