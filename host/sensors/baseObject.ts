/** The object file of the base programs, opened and set up for what is to be traced. */
import { closeSync, existsSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BpfObject, Btf } from "../../bpf/libbpf/index.js";
import { GuidestarError } from "../errors.js";
import { enumOf } from "../source/recordWriter.js";
import type { RecordLayout } from "../source/source.js";
import type { BaseOptions } from "./base.js";
import { hookRingBytes } from "./ringSize.js";
import { cgroupIdOf, type Scope } from "./scope.js";

const objectFile = fileURLToPath(new URL("../../bpf/core/process.bpf.o", import.meta.url));

export function openBaseObject(): BpfObject {
  if (existsSync(objectFile)) return BpfObject.open(objectFile);
  throw new GuidestarError(
    "FAILED_PRECONDITION",
    `The kernel programs are not built (there is no ${objectFile}): run npm run build.`,
  );
}

const ringLimits = { min: 4096, max: 2 ** 30 };

/** Throws one clear sentence if a number can't be what it should. */
export function checkOptions(options: BaseOptions): void {
  const { ringBytes, processTableEntries } = options;
  if (ringBytes !== undefined && !isRingSize(ringBytes)) {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `The ring can't have ${ringBytes} bytes: it must be a power of two from ${ringLimits.min} to ${ringLimits.max}.`,
    );
  }
  if (processTableEntries !== undefined && !(processTableEntries >= 1)) {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `The process table can't have ${processTableEntries} entries: it must have at least 1.`,
    );
  }
}

const isRingSize = (bytes: number): boolean =>
  bytes >= ringLimits.min && bytes <= ringLimits.max && Number.isInteger(Math.log2(bytes));

const scopeNames = {
  all: "GS_SCOPE_ALL",
  tree: "GS_SCOPE_TREE",
  cgroup: "GS_SCOPE_CGROUP",
} as const;

/** Maps with an entry for each process. */
const perProcess = ["processes", "process_facts", "process_marks"];

/** Before load: sizes, read-only data, and which of two programs for exec fits this kernel. */
export function configure(object: BpfObject, options: BaseOptions, layout: RecordLayout): void {
  const { scope, ringBytes, processTableEntries } = options;
  object.variables.setAll({
    scope_kind: enumOf(layout, "gs_scope", scopeNames[scope.kind]),
    scope_cgroup_id: scope.kind === "cgroup" ? cgroupIdOf(scope.path) : 0n,
    hook_ring_bytes: BigInt(hookRingBytes(ringBytes ?? object.map("ring").maxEntries)),
  });
  if (ringBytes !== undefined) object.map("ring").maxEntries = ringBytes;
  if (processTableEntries !== undefined) {
    for (const name of perProcess) object.map(name).maxEntries = processTableEntries;
  }
  const hasLoop = hasLoopHelper() && options.withoutLoopHelper !== true;
  object.program(hasLoop ? "process_exec_unrolled" : "process_exec").autoload = false;
}

/** Came with 5.17; asked for by itself, since distributions take features back to older kernels. */
export function hasLoopHelper(): boolean {
  return Object.hasOwn(Btf.kernel().enum("bpf_func_id"), "BPF_FUNC_loop");
}

/** The kernel takes no BTF for maps of cgroups, so the key is bytes. */
const firstSlot = new Uint8Array(4);

/** After load, before attach: the map holds the cgroup itself, not its path. */
export function setScopeCgroup(
  object: BpfObject,
  scope: Scope & { readonly kind: "cgroup" },
): void {
  const fd = openSync(scope.path, "r");
  try {
    object.map("scope_cgroup").update(firstSlot, fd);
  } finally {
    closeSync(fd);
  }
}
