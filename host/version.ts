import { readFileSync } from "node:fs";

/** Version of this program, as package.json has it. This file runs from dist/host/. */
export const version: string = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  }
).version;
