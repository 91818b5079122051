/** The processes whose stacks are counted: each is looked at as soon as the kernel tells of it. */
import { RingBuffer } from "../../bpf/libbpf/index.js";
import { readStat, startKeyNs } from "../source/procScanFiles.js";
import { ElfImages } from "./symbols/elfImages.js";
import { ProcessImage } from "./symbols/processImage.js";

export interface ProcessesOptions {
  /** Ring of `struct gs_tree_news`. */
  readonly newsFd: number;
  readonly newsLayout: NewsLayout;
  /** As the kernel's process table has it; undefined: it is not in there. */
  keyNsOf(pid: number): bigint | undefined;
}

/** Where things lie in `struct gs_tree_news`; bytes. */
export interface NewsLayout {
  readonly keyNs: number;
  readonly pid: number;
  readonly binarySize: number;
  readonly binary: number;
  readonly binaryBytes: number;
}

export interface KnownProcess {
  readonly pid: number;
  readonly keyNs: bigint;
  readonly image: ProcessImage;
}

const mostProcesses = 4096;
/** Libraries come after the program: so long after the first look there are others. */
const lookAgainMs = [5, 25, 100, 400];
const mostWaiting = 2048;

export class Processes {
  readonly #options: ProcessesOptions;
  readonly #elf = new ElfImages();
  readonly #known = new Map<string, KnownProcess>();
  readonly #news: RingBuffer;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: ProcessesOptions) {
    this.#options = options;
    this.#news = new RingBuffer(options.newsFd);
    void this.#listen();
  }

  /** With what was seen of it up to now; looks first if that was nothing. */
  of(pid: number, keyNs: bigint): KnownProcess {
    const key = `${pid} ${keyNs}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      const image = new ProcessImage(pid, this.#elf, () => this.#isAlive(pid, keyNs));
      known = { pid, keyNs, image };
      image.look();
    }
    this.#known.delete(key);
    this.#known.set(key, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= mostProcesses) break;
      this.#known.delete(oldest);
    }
    return known;
  }

  /** Looks at those that the kernel told of by now. */
  hear(): void {
    const at = this.#options.newsLayout;
    this.#news.drain(mostWaiting, (offset) => {
      const { view, bytes } = this.#news;
      const keyNs = view.getBigUint64(offset + at.keyNs, true);
      const pid = view.getUint32(offset + at.pid, true);
      const { image } = this.of(pid, keyNs);
      const size = view.getUint32(offset + at.binarySize, true);
      const from = offset + at.binary;
      // As events name it; of one that is too long /proc has the whole path.
      if (size > 0 && size <= at.binaryBytes) {
        image.binary = Buffer.from(bytes.subarray(from, from + size)).toString("utf8");
      }
      for (const ms of lookAgainMs) this.#lookLater(image, ms);
    });
  }

  close(): void {
    this.#news.close();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #listen(): Promise<void> {
    while ((await this.#news.wait()) !== "closed") this.hear();
  }

  #lookLater(image: ProcessImage, ms: number): void {
    if (this.#timers.size >= mostWaiting) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      image.look();
    }, ms);
    this.#timers.add(timer);
  }

  /** Pids are used again, and exec makes another instance of the same one. */
  #isAlive(pid: number, keyNs: bigint): boolean {
    const inTable = this.#options.keyNsOf(pid);
    if (inTable !== undefined) return inTable === keyNs;
    const stat = readStat(`/proc/${pid}`);
    return stat !== undefined && startKeyNs(stat) === keyNs;
  }
}
