import { PLUGIN_LIMITS } from "./limits.js";
import type { LogLevel } from "./runtime/imports.js";

type Sink = (plugin: string, level: LogLevel, line: string) => void;

interface Window {
  startMs: number;
  lines: number;
}

/**
 * Passes on so many lines of each plugin in a second; of the others it tells how many there were, when
 * the next second's first line comes. `flush` tells of those that nothing followed.
 */
export function limitLog(sink: Sink, nowMs: () => number = Date.now) {
  const windows = new Map<string, Window>();
  const most = PLUGIN_LIMITS.logLinesPerSecond;
  const tellMissing = (plugin: string, window: Window) => {
    const missing = window.lines - most;
    if (missing > 0) sink(plugin, "warning", `${missing} more lines in a second were left out`);
  };
  return {
    log: (plugin: string, level: LogLevel, line: string) => {
      const now = nowMs();
      let window = windows.get(plugin);
      if (window === undefined || now - window.startMs >= 1000) {
        if (window) tellMissing(plugin, window);
        window = { startMs: now, lines: 0 };
        windows.set(plugin, window);
      }
      if (++window.lines <= most) sink(plugin, level, line);
    },
    flush: () => {
      const now = nowMs();
      for (const [plugin, window] of windows) {
        if (now - window.startMs < 1000) continue;
        tellMissing(plugin, window);
        windows.delete(plugin);
      }
    },
  };
}
