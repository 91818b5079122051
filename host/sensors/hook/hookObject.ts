/** The object file of the hook programs; each hook opens it anew and makes it its own. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BpfObject } from "../../../bpf/libbpf/index.js";
import { GuidestarError } from "../../errors.js";

const files = new Map<string, Uint8Array>();

/** `hasLoop`: the kernel has bpf_loop. Throws a `GuidestarError` if the programs are not built. */
export function openHookObject(hasLoop: boolean): BpfObject {
  const name = hasLoop ? "hook" : "hook_unrolled";
  const bytes = files.get(name) ?? readObject(name);
  files.set(name, bytes);
  return BpfObject.open(bytes, { name: "hook" });
}

function readObject(name: string): Uint8Array {
  const file = fileURLToPath(new URL(`../../../bpf/core/${name}.bpf.o`, import.meta.url));
  if (existsSync(file)) return readFileSync(file);
  throw new GuidestarError(
    "FAILED_PRECONDITION",
    `The hook programs are not built (there is no ${file}): run npm run build.`,
  );
}
