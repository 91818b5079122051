/** Tracepoints as the kernel lists them in tracefs. */
import { readdirSync, readFileSync } from "node:fs";
import type { TracepointField, TracepointFormat, Unknown } from "./facts.js";

const mounts = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

export interface Tracefs {
  tracepoint(subsystem: string, event: string): TracepointFormat | undefined | Unknown;
  names(subsystem?: string): readonly string[];
  /** Names in `available_filter_functions`. */
  functions(): ReadonlySet<string> | Unknown;
}

/** Looks for tracefs where it is usually mounted. */
export function openTracefs(places: readonly string[] = mounts): Tracefs | Unknown {
  const reasons: string[] = [];
  for (const place of places) {
    try {
      readdirSync(`${place}/events`);
      return tracefsAt(place);
    } catch (error) {
      reasons.push((error as NodeJS.ErrnoException).code ?? "");
    }
  }
  if (reasons.includes("EACCES")) return { unknown: "tracefs may be read by root only" };
  return { unknown: "tracefs is not mounted (mount -t tracefs tracefs /sys/kernel/tracing)" };
}

function tracefsAt(root: string): Tracefs {
  let functions: ReadonlySet<string> | Unknown | undefined;
  return {
    tracepoint(subsystem, event) {
      if (!isName(subsystem) || !isName(event)) return undefined;
      const folder = `${root}/events/${subsystem}/${event}`;
      try {
        return parseFormat(readFileSync(`${folder}/format`, "utf8"));
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code === "ENOENT" || code === "ENOTDIR") return undefined;
        return { unknown: `${folder}/format cannot be read (${code ?? message})` };
      }
    },
    names(subsystem) {
      const folder = subsystem === undefined ? root : `${root}/events/${subsystem}`;
      try {
        const path = subsystem === undefined ? `${root}/events` : folder;
        const entries = readdirSync(path, { withFileTypes: true });
        return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
      } catch {
        return [];
      }
    },
    functions() {
      functions ??= readFunctions(`${root}/available_filter_functions`);
      return functions;
    },
  };
}

/** No path may be made of it. */
function isName(text: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(text);
}

function readFunctions(path: string): ReadonlySet<string> | Unknown {
  try {
    const lines = readFileSync(path, "utf8").split("\n");
    return new Set(lines.map((line) => line.split(/[\s[]/, 1)[0] ?? "").filter((name) => name));
  } catch (error) {
    return { unknown: `${path} cannot be read (${(error as NodeJS.ErrnoException).code})` };
  }
}

/** Throws if the text is no format file. */
export function parseFormat(text: string): TracepointFormat {
  const id = /^ID:\s*(\d+)$/m.exec(text)?.[1];
  if (id === undefined) throw new Error("the format file has no ID");
  const fields = [...text.matchAll(fieldLine)].map(([, declaration, offset, size, signed]) => ({
    ...parseDeclaration(declaration ?? ""),
    offset: Number(offset),
    size: Number(size),
    signed: signed === "1",
  }));
  return { id: Number(id), fields };
}

const fieldLine = /^\s*field:([^;]*);\s*offset:(\d+);\s*size:(\d+);(?:\s*signed:([01]);)?/gm;

/** `unsigned long args[6]` → `unsigned long[6]`, args. */
function parseDeclaration(text: string): Pick<TracepointField, "name" | "type"> {
  const match = /^(.*?)([A-Za-z_]\w*)\s*((?:\[[^\]]*\])*)$/s.exec(text.trim());
  if (match === null) return { name: "", type: text.trim() };
  const [, type = "", name = "", dimensions = ""] = match;
  return { name, type: `${type.trim()}${dimensions}` };
}
