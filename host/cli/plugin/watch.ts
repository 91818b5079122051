/** Does something again whenever the sources of a plugin are saved. */
import { watch } from "node:fs";
import { GuidestarError } from "../../errors.js";
import { interruption } from "../interrupt.js";
import { say } from "../output.js";

/** Editors save in several steps: what comes within this time is one change. */
const settleMs = 100;

/**
 * Calls `work` at once and after each change of a source file, until Ctrl-C. What goes wrong is said,
 * and the next change tried. @throws GuidestarError if the folder cannot be watched
 */
export async function whenSaved(folder: string, work: () => Promise<void>): Promise<void> {
  const interrupted = interruption();
  let wake: (() => void) | undefined;
  let isChanged = true;
  const changed = () => {
    isChanged = true;
    wake?.();
  };
  const watcher = openWatcher(folder, changed);
  interrupted.addEventListener("abort", () => wake?.());
  try {
    while (!interrupted.aborted) {
      if (isChanged) {
        await new Promise((resolve) => setTimeout(resolve, settleMs));
        isChanged = false;
        await attempt(work);
        say(`waits for changes in ${folder} (Ctrl-C ends)`);
      }
      if (isChanged || interrupted.aborted) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      wake = undefined;
    }
  } finally {
    watcher.close();
  }
}

function openWatcher(folder: string, changed: () => void) {
  try {
    return watch(folder, { recursive: true }, (_, file) => {
      if (file === null || isSource(String(file))) changed();
    });
  } catch (error) {
    const { message } = error as Error;
    throw new GuidestarError("FAILED_PRECONDITION", `cannot watch ${folder}: ${message}`, {
      cause: error,
    });
  }
}

/** What is built lies in the same folder. */
function isSource(file: string): boolean {
  return !/(^|[/\\])(build|node_modules)([/\\]|$)/.test(file) && /\.(ts|json)$/.test(file);
}

async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof GuidestarError)) throw error;
    say(error.message);
  }
}
