/** Compiled files whose source is gone: left there, they would still be imported, and run as tests. */
import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { filesUnder } from "./inputs.mjs";
import { root } from "./steps.mjs";

/** Only the compiler leaves an `x.js.map` beside `x.js` there, so nothing else is touched. Returns what went. */
export function pruneStaleOutput(dist, sources = root) {
  const gone = filesUnder("", /\.js\.map$/, dist)
    .map((file) => file.slice(0, -".js.map".length))
    .filter((file) => !existsSync(path.join(sources, `${file}.ts`)));
  for (const file of gone) {
    for (const ending of [".js", ".js.map", ".d.ts"]) {
      rmSync(path.join(dist, file + ending), { force: true });
    }
  }
  return gone;
}
