/** The logs of plugins on the main thread: the last lines of each, and those who follow them. */

export interface PluginLogLine {
  readonly plugin: string;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  readonly level: string;
  readonly text: string;
}

export type LogListener = (line: PluginLogLine) => void;

const linesKept = 200;
const pluginsKept = 100;

export class LogHub {
  private readonly lines = new Map<string, PluginLogLine[]>();
  private readonly listeners = new Set<LogListener>();

  constructor(private readonly nowMs: () => number = Date.now) {}

  add(plugin: string, level: string, text: string): void {
    const line = { plugin, timeMs: this.nowMs(), level, text };
    const lines = this.lines.get(plugin) ?? [];
    // The plugin that was heard of last is the last to be forgotten.
    this.lines.delete(plugin);
    this.lines.set(plugin, lines);
    lines.push(line);
    if (lines.length > linesKept) lines.shift();
    for (const oldest of this.lines.keys()) {
      if (this.lines.size <= pluginsKept) break;
      this.lines.delete(oldest);
    }
    for (const listener of this.listeners) listener(line);
  }

  /** The last `count` lines of a plugin, or of all (""), in the order of time. */
  last(plugin: string, count: number): PluginLogLine[] {
    const lines =
      plugin === "" ? [...this.lines.values()].flat() : [...(this.lines.get(plugin) ?? [])];
    lines.sort((a, b) => a.timeMs - b.timeMs);
    return count === 0 ? [] : lines.slice(-count);
  }

  /** @returns what stops it; twice does no harm */
  follow(listener: LogListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}
