/** ` (did you mean "x"?)` for the known word that is most like `word`; "" if none is near. */
export function closest(word: string, known: readonly string[]): string {
  const head = word.slice(0, 64).toLowerCase();
  let best = "";
  let bestDistance = Math.max(2, Math.floor(head.length / 3)) + 1;
  for (const candidate of known) {
    const d = distance(head, candidate.toLowerCase());
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best === "" ? "" : ` (did you mean "${best}"?)`;
}

/** Levenshtein. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
