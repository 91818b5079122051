import { nameDestination } from "../dns/destinationNames.js";
import { type DnsCounts, DnsDecoder, type DnsDecoderHost } from "../dns/dnsDecoder.js";
import { NameCache } from "../dns/nameCache.js";
import type { RecordLayout } from "../source/source.js";
import { ArgumentPieces } from "./argumentPieces.js";
import { argumentsOf } from "./arguments.js";
import { containerId, fullContainerId } from "./container.js";
import { execStrings } from "./execStrings.js";
import { executedFile } from "./executedFile.js";
import { FlagNames, forkedFlags } from "./flags.js";
import { HookDecoder, type HookDecoderHost } from "./hook/hookDecoder.js";
import { type DnsEvent, type Event, EventType } from "./model.js";
import { CachedProcess } from "./process.js";
import type { ProcessCache } from "./processCache.js";
import { type RecordFields, recordFields } from "./recordFields.js";
import { signalName } from "./signals.js";

export interface DecoderOptions {
  readonly layout: RecordLayout;
  readonly cache: ProcessCache;
  readonly nodeName: string;
  /** Added to CLOCK_BOOTTIME to get the wall clock, ns. */
  readonly bootToWallNs: bigint;
  /** Asks for a process that no record told of: `Source.lookUp`. */
  /** The memory of records is never written again: `Source.keepsRecords`. Default false. */
  readonly keepsRecords?: boolean | undefined;
  readonly lookUp?: ((pid: number, keyNs: bigint) => Uint8Array | undefined) | undefined;
}

/** Turns raw records into events and keeps the process cache in step. */
export class Decoder implements HookDecoderHost, DnsDecoderHost {
  readonly #cache: ProcessCache;
  readonly #nodeName: string;
  #bootToWallNs = 0n;
  bootToWallLow = 0;
  bootToWallHigh = 0;
  readonly #fields;
  readonly #flagNames: FlagNames;
  readonly #lookUp: DecoderOptions["lookUp"];
  readonly #pieces = new ArgumentPieces();
  /** Undefined for a recording from before there were policies. */
  readonly hooks: HookDecoder | undefined;
  readonly #names = new NameCache();
  readonly #dns: DnsDecoder | undefined;
  /** Events of the last record beyond those that were taken. */
  #more: DnsEvent[] = [];
  records = 0;
  /** Records that made no sense: an unknown type, or sizes that do not fit. */
  malformed = 0;
  /** Records of hooks that no definition told of. */
  unknownHook = 0;
  /** Processes that no record told of and that were found all the same. */
  completed = 0;

  constructor(options: DecoderOptions) {
    this.#cache = options.cache;
    this.#nodeName = options.nodeName;
    this.bootToWallNs = options.bootToWallNs;
    this.#lookUp = options.lookUp;
    this.#fields = recordFields(options.layout);
    this.#flagNames = new FlagNames(options.layout);
    this.hooks = HookDecoder.for(options.layout, this.#fields.header, options.keepsRecords);
    this.#dns = DnsDecoder.for(options.layout, this.#names);
  }

  /** Added to CLOCK_BOOTTIME to get the wall clock, ns; may change when somebody sets the clock. */
  get bootToWallNs(): bigint {
    return this.#bootToWallNs;
  }

  set bootToWallNs(ns: bigint) {
    if (ns === this.#bootToWallNs) return;
    this.#bootToWallNs = ns;
    this.bootToWallLow = Number(BigInt.asUintN(32, ns));
    this.bootToWallHigh = Number(BigInt.asUintN(32, ns >> 32n));
  }

  /** Undefined for a recording from before DNS was told of. */
  get dns(): DnsCounts | undefined {
    return this.#dns?.counts;
  }

  /**
   * @returns the event that the record makes; undefined for records that only tell of state. A record
   * of DNS may make several: the others are `more()`'s.
   */
  decode(bytes: Uint8Array, view: DataView, offset: number, size: number): Event | undefined {
    this.records++;
    if (this.#more.length > 0) this.#more = [];
    const { header, types } = this.#fields;
    if (size >= header.end) {
      const type = view.getUint16(offset + header.type, true);
      const isExec = type === types.exec || type === types.process;
      if (isExec && size >= this.#fields.exec.end) {
        const process = this.#process(bytes, view, offset, size);
        if (type === types.process || !process) return undefined;
        return this.#event(view, offset, { type: EventType.EXEC, process });
      }
      if (type === types.exit && size >= this.#fields.exit.end) return this.#exit(view, offset);
      if (type === types.fork && size >= this.#fields.fork.end) return this.#fork(view, offset);
      if (type === types.args && size >= this.#fields.args.end)
        return this.#args(bytes, view, offset, size);
      if (type === this.#fields.test?.type && size >= this.#fields.test.end)
        return this.#test(this.#fields.test, view, offset);
      if (this.hooks?.takes(type)) return this.#hook(type, bytes, view, offset, size);
      if (this.#dns?.takes(type)) {
        if (this.#dns.decode(this, bytes, view, offset, size, this.#more)) return this.more();
      }
    }
    this.malformed++;
    return undefined;
  }

  /** The next event of the record that was decoded last. */
  more(): Event | undefined {
    return this.#more.shift();
  }

  #hook(type: number, bytes: Uint8Array, view: DataView, offset: number, size: number) {
    const outcome = this.hooks?.decode(this, type, bytes, view, offset, size);
    if (outcome === "malformed") this.malformed++;
    else if (outcome === "unknown") this.unknownHook++;
    else {
      if (outcome) nameDestination(outcome, this.#names);
      return outcome;
    }
    return undefined;
  }

  /** One that nothing was heard of is remembered all the same: its next call need not ask again. */
  caller(
    view: DataView,
    pidAt: number,
    keyAt: number,
    parentPidAt: number,
    parentKeyAt: number,
  ): CachedProcess {
    const pid = view.getUint32(pidAt, true);
    const current = this.#cache.current(pid);
    if (
      current?.keyLow === view.getInt32(keyAt, true) &&
      current.keyHigh === view.getInt32(keyAt + 4, true)
    )
      return current;
    // One that was replaced by an exec meanwhile, or that nothing was heard of.
    const keyNs = view.getBigUint64(keyAt, true);
    const known = this.#find(pid, keyNs);
    if (known) return known;
    const parentPid = view.getUint32(parentPidAt, true);
    const parent = this.#find(parentPid, view.getBigUint64(parentKeyAt, true));
    return this.#heardOf(pid, keyNs, parent);
  }

  /** The same where the record tells of no parent. */
  asker(pid: number, keyNs: bigint): CachedProcess {
    return this.#find(pid, keyNs) ?? this.#heardOf(pid, keyNs, undefined);
  }

  #heardOf(pid: number, keyNs: bigint, parent: CachedProcess | undefined): CachedProcess {
    const process = this.#unknown(pid, keyNs, parent);
    const current = this.#cache.current(pid);
    if (keyNs !== 0n && !(current && current.keyNs > keyNs)) this.#cache.set(process);
    return process;
  }

  #fork(view: DataView, offset: number): undefined {
    const { header, fork } = this.#fields;
    const pid = view.getUint32(offset + header.pid, true);
    const keyNs = view.getBigUint64(offset + header.key, true);
    // It was looked up, or scanned, under this very name: more is known than the fork tells.
    if (this.#cache.current(pid)?.keyNs === keyNs) return undefined;
    const parentPid = view.getUint32(offset + fork.parentPid, true);
    const parent = this.#find(parentPid, view.getBigUint64(offset + fork.parentKey, true));
    this.#cache.set(
      new CachedProcess(this.#nodeName, {
        ...(parent ?? unknownProcess),
        pid,
        nsPid: view.getUint32(offset + fork.nsPid, true),
        keyNs,
        startTimeNs: keyNs + this.bootToWallNs,
        flags: forkedFlags((parent ?? unknownProcess).flags),
        parent,
      }),
    );
    // Of whom nothing is known itself, it may still be found.
    if (!parent) this.#complete(pid, keyNs);
    return undefined;
  }

  #args(bytes: Uint8Array, view: DataView, offset: number, size: number): undefined {
    const { header, args } = this.#fields;
    const length = view.getUint32(offset + args.size, true);
    if (args.end + length > size) {
      this.malformed++;
      return undefined;
    }
    const from = offset + args.end;
    this.#pieces.add(
      view.getUint16(offset + header.cpu, true),
      view.getUint32(offset + header.pid, true),
      view.getBigUint64(offset + header.key, true),
      view.getUint32(offset + args.offset, true),
      bytes.subarray(from, from + length),
    );
    return undefined;
  }

  /** The process that an exec record tells of, as the living instance of its pid from now on. */
  #process(
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    size: number,
  ): CachedProcess | undefined {
    const { header, exec, flags: flag } = this.#fields;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const strings = execStrings(exec, buffer, view, offset, size);
    if (!strings) {
      this.malformed++;
      return undefined;
    }
    const pid = view.getUint32(offset + header.pid, true);
    const keyNs = view.getBigUint64(offset + header.key, true);
    let flags = view.getUint32(offset + exec.flags, true);
    let area: Buffer | undefined = strings.argumentArea;
    const spilled = view.getUint32(offset + exec.argsSpilled, true);
    if (spilled > 0) {
      const cpu = view.getUint16(offset + header.cpu, true);
      area = this.#pieces.take(cpu, pid, keyNs, spilled, area);
      if (!area) flags |= flag.truncArgs;
    }
    const parent = this.#parentOfExec(view, offset, flags, pid);
    if (!parent && view.getBigUint64(offset + exec.parentKey, true) !== 0n) flags |= flag.miss;
    const process = new CachedProcess(this.#nodeName, {
      pid,
      nsPid: view.getUint32(offset + exec.nsPid, true),
      keyNs,
      startTimeNs: keyNs + this.bootToWallNs,
      uid: view.getUint32(offset + exec.uid, true),
      auid: view.getUint32(offset + exec.auid, true),
      binary: strings.binary,
      arguments: area ? argumentsOf(area) : "",
      cwd: strings.cwd,
      flags: this.#flagNames.text(flags),
      docker: containerId(strings.cgroupName),
      containerId: fullContainerId(strings.cgroupName),
      cgroupId: view.getBigUint64(offset + exec.cgroupId, true),
      cgroupName: strings.cgroupName,
      capabilities: {
        permitted: view.getBigUint64(offset + exec.permitted, true),
        effective: view.getBigUint64(offset + exec.effective, true),
        inheritable: view.getBigUint64(offset + exec.inheritable, true),
      },
      namespaces: this.#fields.namespaces.map((index) =>
        view.getUint32(offset + exec.namespaces + 4 * index, true),
      ),
      interpreter: strings.interpreter === "" ? undefined : strings.interpreter,
      file: exec.file && executedFile(exec.file, view, offset, strings.filePath, strings.binary),
      euid: exec.euid && view.getUint32(offset + exec.euid, true),
      gid: exec.gid && view.getUint32(offset + exec.gid, true),
      egid: exec.egid && view.getUint32(offset + exec.egid, true),
      parent,
    });
    this.#cache.set(process);
    return process;
  }

  /** After a fork the creator; else the instance of the same pid that this exec replaced. */
  #parentOfExec(view: DataView, offset: number, flags: number, pid: number) {
    const { exec, flags: flag } = this.#fields;
    const previousKey = view.getBigUint64(offset + exec.previousKey, true);
    const previous =
      previousKey === 0n || (flags & flag.procfs) !== 0 ? undefined : this.#find(pid, previousKey);
    if (previous && (flags & flag.clone) === 0) return previous;
    const parentPid = view.getUint32(offset + exec.parentPid, true);
    const parentKey = view.getBigUint64(offset + exec.parentKey, true);
    // A creator that has ended by now is no longer in the cache, but its child still names it.
    const creator = previous?.parent;
    if (creator?.pid === parentPid && creator.keyNs === parentKey) return creator;
    return this.#find(parentPid, parentKey);
  }

  #exit(view: DataView, offset: number): Event {
    const { header, exit } = this.#fields;
    const pid = view.getUint32(offset + header.pid, true);
    const keyNs = view.getBigUint64(offset + header.key, true);
    const code = view.getUint32(offset + exit.code, true);
    const process = this.#cache.find(pid, keyNs) ?? this.#unknownExit(view, offset, pid, keyNs);
    this.#cache.end(process);
    const signal = signalName(code & 0x7f);
    const status = signal === "" ? (code >> 8) & 0xff : 0;
    return this.#event(view, offset, { type: EventType.EXIT, process, signal, status });
  }

  #test(of: NonNullable<RecordFields["test"]>, view: DataView, offset: number): Event {
    const { header } = this.#fields;
    const process = this.caller(
      view,
      offset + header.pid,
      offset + header.key,
      offset + of.parentPid,
      offset + of.parentKey,
    );
    const args = [0, 8, 16, 24].map((at) => view.getBigUint64(offset + of.args + at, true));
    return this.#event(view, offset, { type: EventType.TEST, process, args });
  }

  #unknownExit(view: DataView, offset: number, pid: number, keyNs: bigint): CachedProcess {
    const { exit } = this.#fields;
    const parentPid = view.getUint32(offset + exit.parentPid, true);
    const parentKey = view.getBigUint64(offset + exit.parentKey, true);
    return this.#unknown(pid, keyNs, this.#find(parentPid, parentKey));
  }

  /** A process never heard of: all that is known is its name and, perhaps, its parent. */
  #unknown(pid: number, keyNs: bigint, parent: CachedProcess | undefined): CachedProcess {
    return new CachedProcess(this.#nodeName, {
      ...unknownProcess,
      pid,
      keyNs,
      startTimeNs: keyNs + this.bootToWallNs,
      parent,
    });
  }

  #find(pid: number, keyNs: bigint): CachedProcess | undefined {
    if (pid === 0 && keyNs === 0n) return undefined;
    return this.#cache.find(pid, keyNs) ?? this.#complete(pid, keyNs);
  }

  /** What /proc can still tell of a process, all records of which were lost. */
  #complete(pid: number, keyNs: bigint): CachedProcess | undefined {
    const record = pid === 0 ? undefined : this.#lookUp?.(pid, keyNs);
    if (!record) return undefined;
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    const process = this.#process(record, view, 0, record.length);
    if (process) this.completed++;
    return process;
  }

  #event<E extends { process: CachedProcess }>(view: DataView, offset: number, event: E) {
    return {
      ...event,
      sequence: 0,
      timeNs: view.getBigUint64(offset + this.#fields.header.time, true) + this.bootToWallNs,
      parent: event.process.parent,
      annotations: undefined,
    };
  }
}

const unknownProcess = {
  nsPid: 0,
  uid: undefined,
  auid: undefined,
  binary: "",
  arguments: "",
  cwd: "",
  flags: "unknown",
  docker: "",
  containerId: "",
  pod: undefined,
  cgroupId: 0n,
  cgroupName: "",
  capabilities: undefined,
  namespaces: undefined,
};
