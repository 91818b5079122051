/**
 * The base programs, and what hooks have in common: once for all runs of a test file, since to load
 * them takes seconds in the guest. They see only the process trees that the runs start.
 */
import { type BaseSensor, loadBase } from "../../../../host/sensors/base.js";
import { SharedHookMaps } from "../../../../host/sensors/hook/sharedMaps.js";
import { addRoots } from "../../../../host/sensors/tree.js";
import { openFactsTable } from "../../../../host/source/factsTable.js";
import { openProcessTable } from "../../../../host/source/processTable.js";
import { enumOf } from "../../../../host/source/recordWriter.js";

export interface Watched {
  readonly base: BaseSensor;
  readonly maps: SharedHookMaps;
  /** `gs_hook_event.hook`; never used twice. */
  nextHook(): number;
}

let shared: Watched | undefined;

/** Watches this process, which waits at a gate, and what will stem from it. */
export function watch(pid: number): Watched {
  if (shared !== undefined) {
    addRoot(shared.base, pid);
    return shared;
  }
  const own = watchAlone(pid);
  process.once("exit", () => closeWatched(own));
  shared = own;
  return own;
}

/** Programs and maps of its own; `closeWatched` frees them. */
export function watchAlone(pid: number, spawned = true): Watched {
  const base = loadBase({ scan: false, scope: { kind: "tree", rootPids: [pid], spawned } });
  let hooks = 0;
  return { base, maps: new SharedHookMaps(base), nextHook: () => ++hooks };
}

export function closeWatched({ base, maps }: Watched): void {
  maps.close();
  base.close();
}

function addRoot({ layout, tableFd, factsFd }: BaseSensor, pid: number): void {
  const table = openProcessTable(tableFd, layout);
  const facts = openFactsTable(factsFd, layout);
  try {
    addRoots({ table, facts }, [pid], enumOf(layout, "gs_process_flag", "GS_FLAG_CLONE"));
  } finally {
    table.close();
    facts.close();
  }
}
