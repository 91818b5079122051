/**
 * The object files of the hook programs, one for each way to attach. Each hook opens one anew and
 * makes it its own; what they have in common is read once.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BpfObject, type Btf } from "../../../bpf/libbpf/index.js";
import { GuidestarError } from "../../errors.js";
import { kernelTypesFor } from "./kernelTypes.js";

/** Names of the files in `bpf/core/hook/programs`. */
export type HookObjectName =
  | "fentry"
  | "fmod_ret"
  | "kprobe"
  | "lsm"
  | "perf_event"
  | "raw_tracepoint"
  | "sys_enter"
  | "tracepoint";

interface ObjectFile {
  readonly bytes: Uint8Array;
  readonly btf: Btf;
  /** See `kernelTypesFor`. */
  readonly kernelBtf: string | undefined;
}

const files = new Map<string, ObjectFile>();

/**
 * Programs `hook_entry` and, of some, `hook_return`. `hasLoop`: the kernel has bpf_loop. Throws a
 * `GuidestarError` if the programs are not built.
 */
export function openHookObject(name: HookObjectName, hasLoop: boolean): BpfObject {
  const path = hasLoop ? name : `unrolled/${name}`;
  const file = files.get(path) ?? readObject(path);
  files.set(path, file);
  const { bytes, btf, kernelBtf } = file;
  return BpfObject.open(bytes, { name: "hook", btf, ...(kernelBtf && { kernelBtf }) });
}

function readObject(path: string): ObjectFile {
  const file = fileURLToPath(
    new URL(`../../../bpf/core/hook/programs/${path}.bpf.o`, import.meta.url),
  );
  if (!existsSync(file)) {
    throw new GuidestarError(
      "FAILED_PRECONDITION",
      `The hook programs are not built (there is no ${file}): run npm run build.`,
    );
  }
  const bytes = readFileSync(file);
  const object = BpfObject.open(bytes);
  try {
    return { bytes, btf: object.btf, kernelBtf: kernelTypesFor(object.btf) };
  } finally {
    object.close();
  }
}
