import koffi, { type LibraryHandle } from "koffi";
import { BpfError } from "../errors.js";
import { generalFunctions } from "./functions/general.js";
import { kernelFunctions } from "./functions/kernel.js";
import { linkFunctions } from "./functions/link.js";
import { mapFunctions } from "./functions/map.js";
import { objectFunctions } from "./functions/object.js";
import { programFunctions } from "./functions/program.js";
import { bindLazily } from "./lazy.js";

let handle: LibraryHandle | undefined;

/** libbpf.so.1 of this system; throws one clear sentence if it is missing or too old. */
export function libbpfLibrary(): LibraryHandle {
  handle ??= load(process.env.LIBBPF_TS_LIBRARY ?? "libbpf.so.1");
  return handle;
}

function load(path: string): LibraryHandle {
  let library: LibraryHandle;
  try {
    library = koffi.load(path);
  } catch (cause) {
    throw new BpfError(
      `cannot load ${path}: install the package libbpf1 (Debian, Ubuntu) or libbpf (Fedora, Arch, Alpine)`,
      { code: "MISSING_LIBRARY", cause },
    );
  }
  const version = versionOf(library);
  if (!/^1\.[1-9]/.test(version)) {
    throw new BpfError(`${path} is libbpf ${version}: this library needs 1.1 or a later 1.x`, {
      code: "LIBRARY_VERSION",
    });
  }
  // Silence by default: what libbpf has to say is captured call by call.
  library.func("void *libbpf_set_print(void *print)")(null);
  return library;
}

function versionOf(library: LibraryHandle): string {
  try {
    const major: number = library.func("uint32_t libbpf_major_version()")();
    const minor: number = library.func("uint32_t libbpf_minor_version()")();
    return `${major}.${minor}`;
  } catch {
    // The functions came with 1.0.
    return "of a version before 1.0, or no libbpf at all";
  }
}

/** Version of the loaded libbpf, such as `1.1`. */
export function libbpfVersion(): string {
  return `${libbpf.libbpf_major_version()}.${libbpf.libbpf_minor_version()}`;
}

/** The functions of libbpf that this library uses, under their C names. */
export const libbpf = bindLazily(libbpfLibrary, {
  ...generalFunctions,
  ...objectFunctions,
  ...programFunctions,
  ...linkFunctions,
  ...mapFunctions,
  ...kernelFunctions,
});
