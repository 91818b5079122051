/** The files that processes run, each read once, whoever has mapped it. */
import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import { type ElfImage, noImage, readElfImage } from "./elfImage.js";
import type { Mapping } from "./mappings.js";

/** Functions of all files together that are kept; each takes some 100 bytes. */
const mostFunctions = 2_000_000;
const mostImages = 4096;

/** So long the same device, inode and path are taken for the same file without a look at it. */
const trustedMs = 10_000;

export class ElfImages {
  readonly #recent = new Map<string, { readonly image: ElfImage; readonly at: number }>();
  readonly #images = new Map<string, ElfImage>();
  #functions = 0;

  /**
   * The very file that is mapped, wherever it lies in the process' mount namespace, deleted or
   * replaced. `folder`: of the process in /proc.
   */
  open(folder: string, mapping: Mapping): ElfImage {
    const name = `${mapping.file} ${mapping.path}`;
    const recent = this.#recent.get(name);
    if (recent && performance.now() - recent.at < trustedMs) return recent.image;
    const image = this.#read(folder, mapping);
    if (image === undefined) return noImage;
    if (this.#recent.size >= mostImages) this.#recent.clear();
    this.#recent.set(name, { image, at: performance.now() });
    return image;
  }

  /** Undefined: it can't be opened. */
  #read(folder: string, { range, path }: Mapping): ElfImage | undefined {
    const fd = openFile(`${folder}/map_files/${range}`) ?? openFile(`${folder}/root${path}`);
    if (fd === undefined) return undefined;
    try {
      const { dev, ino, size, mtimeMs } = fstatSync(fd);
      const key = `${dev} ${ino} ${size} ${mtimeMs}`;
      const known = this.#images.get(key);
      if (known !== undefined) {
        this.#images.delete(key);
        this.#images.set(key, known);
        return known;
      }
      const image = readElfImage(fd, `${folder}/root`);
      this.#keep(key, image);
      return image;
    } catch {
      return undefined;
    } finally {
      closeSync(fd);
    }
  }

  /** Least recently used ones go. */
  #keep(key: string, image: ElfImage): void {
    this.#images.set(key, image);
    this.#functions += image.functions.size;
    for (const [oldest, { functions }] of this.#images) {
      if (this.#functions <= mostFunctions && this.#images.size <= mostImages) return;
      if (oldest === key) return;
      this.#images.delete(oldest);
      this.#functions -= functions.size;
    }
  }
}

/** Plain files only: to open a device may do something. */
function openFile(path: string): number | undefined {
  try {
    if (!statSync(path).isFile()) return undefined;
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}
