/** The object file of the hook programs; each hook opens it anew and makes it its own. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BpfObject } from "../../../bpf/libbpf/index.js";
import { GuidestarError } from "../../errors.js";

const objectFile = fileURLToPath(new URL("../../../bpf/core/hook.bpf.o", import.meta.url));
let bytes: Uint8Array | undefined;

/** Throws a `GuidestarError` if the programs are not built. */
export function openHookObject(): BpfObject {
  bytes ??= readObject();
  return BpfObject.open(bytes, { name: "hook" });
}

function readObject(): Uint8Array {
  if (existsSync(objectFile)) return readFileSync(objectFile);
  throw new GuidestarError(
    "FAILED_PRECONDITION",
    `The hook programs are not built (there is no ${objectFile}): run npm run build.`,
  );
}
