import { labelsOfPod, textChars } from "./limits.js";

/** Nobody's name is that long; a lying runtime's could be. */
export function clipped(text: string): string {
  return text.length > textChars ? text.slice(0, textChars) : text;
}

/** `key=value`, sorted, bounded. */
export function labelList(
  labels: Readonly<Record<string, string>>,
  without: ReadonlySet<string>,
): string[] {
  const list = [];
  for (const [key, value] of Object.entries(labels)) {
    if (list.length === labelsOfPod) break;
    if (!without.has(key)) list.push(`${clipped(key)}=${clipped(value)}`);
  }
  return list.sort();
}
