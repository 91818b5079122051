/** Colours: who may use them, and functions that put them around a text. */
import { styleText } from "node:util";

export type ColorMode = "auto" | "always" | "never";
export const colorModes: readonly ColorMode[] = ["auto", "always", "never"];

type Style = Parameters<typeof styleText>[0];
type Painter = (text: string) => string;

export interface Paint {
  readonly blue: Painter;
  readonly green: Painter;
  readonly magenta: Painter;
  readonly cyan: Painter;
  readonly red: Painter;
  readonly yellow: Painter;
  readonly dim: Painter;
  readonly bold: Painter;
}

export function paintFor(isColored: boolean): Paint {
  const painter = isColored ? styled : () => plain;
  return {
    blue: painter("blue"),
    green: painter("green"),
    magenta: painter("magenta"),
    cyan: painter("cyan"),
    red: painter("red"),
    yellow: painter("yellow"),
    dim: painter("dim"),
    bold: painter("bold"),
  };
}

/**
 * `auto`: FORCE_COLOR (not empty; `0` and `false` mean no) decides, else NO_COLOR (not empty) says
 * no, else a terminal that is not `TERM=dumb` says yes.
 */
export function isColored(
  mode: ColorMode,
  stream: { readonly isTTY?: boolean | undefined },
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  if (mode !== "auto") return mode === "always";
  const force = env.FORCE_COLOR;
  if (force !== undefined && force !== "") return force !== "0" && force !== "false";
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  return stream.isTTY === true && env.TERM !== "dumb";
}

function plain(text: string): string {
  return text;
}

/** Asks `styleText` once for what it puts before and after, because it is slow and events are many. */
function styled(style: Style): Painter {
  const marker = "x";
  const sample = styleText(style, marker, { validateStream: false });
  const at = sample.indexOf(marker);
  const before = sample.slice(0, at);
  const after = sample.slice(at + marker.length);
  return (text) => (text === "" ? "" : before + text + after);
}
