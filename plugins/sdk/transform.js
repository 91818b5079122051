/**
 * The compiler transform of the SDK (`asc --transform`). A plugin is nothing but its handlers; this
 * adds what stands between them and the host, as far as AssemblyScript needs a program for it.
 */
import { CommonFlags, NodeKind, SourceKind } from "assemblyscript";

const GLUE = "guidestar-glue";

export default class GuidestarTransform {
  /** @param {any} parser the parser, when all sources of the plugin are read */
  afterParse(parser) {
    const entries = parser.sources.filter(isPlugin);
    const entry = entries.find((source) => exportsName(source, "onEvent"));
    if (!entry) throw new Error(missingHandler(entries));
    // The glue calls the handlers, so they need not be exports of the module.
    for (const source of entries) source.sourceKind = SourceKind.User;
    const handlers = optional.filter((name) => exportsName(entry, name));
    if (handlers.includes("onSave") !== handlers.includes("onLoad")) {
      throw new Error(`${entry.normalizedPath} has one of onSave and onLoad: it takes both`);
    }
    parser.parseFile(glue(entry.internalPath, handlers), `${GLUE}.ts`, true);
    exposeHeapTotal(parser);
  }
}

/** Whether a source was given to the compiler as a plugin; its own runtime comes in the same way. */
function isPlugin(source) {
  return source.sourceKind === SourceKind.UserEntry && !source.normalizedPath.startsWith("~lib/");
}

/** Handlers that a plugin may have besides `onEvent`. */
const optional = ["onTick", "onSettings", "onSave", "onLoad"];

/** The exports that the host calls, around the plugin's own handlers. */
function glue(plugin, handlers) {
  return onEventGlue(plugin) + handlers.map((name) => optionalGlue[name](plugin)).join("");
}

const optionalGlue = {
  onTick: (plugin) => `
import { isLastTick } from "~lib/sdk/batch";
import { onTick } from "./${plugin}";

export function gs_tick(address: usize): i32 {
  beginBatch(address);
  onTick(isLastTick());
  endBatch();
  collectGarbage();
  return 0;
}
`,
  onSettings: (plugin) => `
import { settingsAt } from "~lib/sdk/settings";
import { onSettings } from "./${plugin}";

export function gs_configure(address: usize, bytes: i32): i32 {
  onSettings(settingsAt(address, bytes));
  collectGarbage();
  return 0;
}
`,
  onSave: (plugin) => `
import { StateWriter } from "~lib/sdk/state";
import { onSave } from "./${plugin}";

let saved: StateWriter | null = null;

export function gs_save_state(): usize {
  const state = new StateWriter();
  saved = state;
  onSave(state);
  return state.finish();
}
`,
  onLoad: (plugin) => `
import { StateReader } from "~lib/sdk/state";
import { onLoad } from "./${plugin}";

export function gs_load_state(address: usize, bytes: i32): i32 {
  onLoad(new StateReader(address, bytes));
  collectGarbage();
  return 0;
}
`,
};

function onEventGlue(plugin) {
  return `
import { beginBatch, beginEvent, endBatch, endEvent } from "~lib/sdk/batch";
import { Event } from "~lib/sdk/event";
import { collectGarbage } from "~lib/sdk/garbage";
import { onEvent } from "./${plugin}";

export { gs_abi, gs_allocate } from "~lib/sdk/exports";

export function gs_process_batch(address: usize): i32 {
  const count = beginBatch(address);
  for (let index = 0; index < count; ++index) {
    endEvent(onEvent(changetype<Event>(beginEvent(index))));
    collectGarbage();
  }
  endBatch();
  return 0;
}
`;
}

/**
 * Lets the SDK read how much the garbage-collected heap holds. The minimal runtime collects only when
 * it is told to, and keeps this number to itself.
 */
function exposeHeapTotal(parser) {
  const runtime = parser.sources.find((source) => source.normalizedPath === "~lib/rt/tcms.ts");
  if (!runtime) throw new Error("plugins are compiled with --runtime minimal");
  const total = runtime.statements
    .filter((statement) => statement.kind === NodeKind.Variable)
    .flatMap((statement) => statement.declarations)
    .find((declaration) => declaration.name.text === "total");
  if (!total) throw new Error("this version of AssemblyScript counts its heap in another way");
  total.flags |= CommonFlags.Export;
}

/** Whether a source exports `name`, as a function of its own or from elsewhere. */
function exportsName(source, name) {
  return source.statements.some((statement) => {
    if (statement.kind === NodeKind.FunctionDeclaration) {
      return statement.name.text === name && (statement.flags & CommonFlags.Export) !== 0;
    }
    if (statement.kind === NodeKind.Export) {
      return statement.members?.some((member) => member.exportedName.text === name) ?? false;
    }
    return false;
  });
}

function missingHandler(entries) {
  const path = entries[0]?.normalizedPath ?? "the plugin";
  return `${path} exports no onEvent: a plugin has "export function onEvent(event: Event): Verdict"`;
}
