/** What one process instance runs: looked at while it lives, kept for when it is gone. */
import { readFileSync, readlinkSync, statSync } from "node:fs";
import { type Frame, frameOf, noted } from "../frame.js";
import type { ElfImage } from "./elfImage.js";
import type { ElfImages } from "./elfImages.js";
import { type Mapping, mappingAt, parseMaps } from "./mappings.js";
import { PerfMap } from "./perfMap.js";

const mostFrames = 32_768;

export class ProcessImage {
  /** Path of the program; "" if nobody saw it. Whoever knows how it was called may set it. */
  binary = "";
  /** Name of the folder of its cgroup v2, by which its container is known. */
  cgroup = "";
  #mappings: readonly Mapping[] = [];
  #seen = "";
  #images: ReadonlyMap<string, ElfImage> = new Map();
  readonly #frames = new Map<number, Frame>();
  #perfMap: PerfMap | undefined;

  constructor(
    private readonly pid: number,
    private readonly elf: ElfImages,
    /** Whether the pid still is this instance's: asked before and after each look. */
    private readonly isAlive: () => boolean,
  ) {}

  /** It was looked at in time. */
  get wasSeen(): boolean {
    return this.#seen !== "";
  }

  /** True if something was seen that was not known before. Does nothing once the process is gone. */
  look(): boolean {
    if (!this.isAlive()) return false;
    const folder = `/proc/${this.pid}`;
    try {
      const maps = readFileSync(`${folder}/maps`, "latin1");
      const mappings = parseMaps(Buffer.from(maps, "latin1").toString("utf8"));
      const key = mappings.map(({ range, path }) => `${range} ${path}`).join("\n");
      if (key === "" || key === this.#seen || !this.isAlive()) return false;
      const files = mappings.filter(({ path }) => path.startsWith("/"));
      const isNew = this.#seen === "";
      // From here on it may be gone: what is mapped where is known, and mostly the files, too.
      const found = files.map((each) => [fileKey(each), this.#open(folder, each)] as const);
      this.#seen = key;
      this.#mappings = mappings;
      this.#images = new Map(found);
      this.#frames.clear();
      if (isNew) this.#identify(folder);
      return true;
    } catch (error) {
      // It ended meanwhile, or /proc does not show it to us.
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      return false;
    }
  }

  /** Undefined: nobody saw what is there. */
  frame(address: number, isReturn: boolean): Frame | undefined {
    const place = isReturn ? address - 1 : address;
    const known = this.#frames.get(place);
    if (known !== undefined) return known;
    const frame = this.#find(place);
    if (frame === undefined) return undefined;
    if (this.#frames.size >= mostFrames) this.#frames.clear();
    this.#frames.set(place, frame);
    return frame;
  }

  /** Code that a compiler made while the process ran is written down as it is made. */
  refreshPerfMap(): void {
    if (this.#perfMap?.refresh()) this.#frames.clear();
  }

  #open(folder: string, mapping: Mapping): ElfImage {
    return this.#images.get(fileKey(mapping)) ?? this.elf.open(folder, mapping);
  }

  #identify(folder: string): void {
    const binary = readlinkSync(`${folder}/exe`).replace(/ \(deleted\)$/, "");
    if (!this.isAlive()) return;
    this.binary ||= binary;
    this.cgroup = cgroupName(readFileSync(`${folder}/cgroup`, "utf8"));
    const status = readFileSync(`${folder}/status`, "latin1");
    const ownPid = /^NSpid:.*\s(\d+)$/m.exec(status)?.[1] ?? this.pid;
    const owner = Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1]);
    // A process with our own root leaves its file where we find it when it is gone.
    const root = sameRoot(folder) ? "" : `${folder}/root`;
    this.#perfMap = new PerfMap(`${root}/tmp/perf-${ownPid}.map`, owner);
  }

  #find(address: number): Frame | undefined {
    const mapping = mappingAt(this.#mappings, address);
    const isFile = mapping?.path.startsWith("/") && !mapping.path.startsWith("/memfd:");
    const compiled = isFile ? undefined : this.#perfMap?.find(address);
    if (compiled) return frameOf(compiled.start, compiled.name, "");
    if (mapping === undefined) return undefined;
    if (!mapping.path.startsWith("/")) {
      return mapping.path === "" || mapping.path.startsWith("[anon")
        ? undefined
        : noted(mapping.path);
    }
    const image = this.#images.get(fileKey(mapping));
    const offset = address - mapping.start + mapping.offset;
    const place = image?.addressOf(offset) ?? offset;
    const found = image?.functions.find(place);
    if (found) return frameOf(found.start - place + address, found.name, mapping.path);
    return frameOf(address, placeText(mapping.path, place, image?.buildId ?? ""), mapping.path);
  }
}

/** A file that has been replaced has the old one's path, but is not mapped in the same places. */
const fileKey = ({ range, path }: Mapping): string => `${range} ${path}`;

/** All that can be said of a file without symbols; who has them finds the function by this. */
function placeText(path: string, place: number, buildId: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const id = buildId === "" ? "" : ` [build id ${buildId}]`;
  return `${name}+0x${place.toString(16)}${id}`;
}

/** The leaf, as events name it. */
function cgroupName(text: string): string {
  const path = /^0::(.*)$/m.exec(text)?.[1] ?? /^\d+:[^:]*:(.*)$/m.exec(text)?.[1] ?? "";
  const [leaf = "", parent = ""] = path.split("/").reverse();
  return leaf === "container" ? `${parent}/${leaf}` : leaf;
}

function sameRoot(folder: string): boolean {
  const [own, its] = [statSync("/"), statSync(`${folder}/root/`)];
  return own.dev === its.dev && own.ino === its.ino;
}
