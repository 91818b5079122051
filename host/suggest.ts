/** The known word nearest to a misspelled one, or undefined if none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  return nearestFew(word, known, 1)[0];
}

/** As `nearest`, the best ones first. Quick enough for every function of a kernel. */
export function nearestFew(word: string, known: Iterable<string>, most: number): string[] {
  const wanted = word.slice(0, longestWord).toLowerCase();
  const limit = Math.max(1, Math.floor(wanted.length * 0.4));
  const found: { word: string; distance: number; gap: number }[] = [];
  for (const candidate of known) {
    const lower = candidate.toLowerCase();
    const gap = Math.abs(lower.length - wanted.length);
    const isPart = wanted.length >= 3 && (lower.includes(wanted) || wanted.includes(lower));
    if (!isPart && gap > limit) continue;
    const distance = isPart ? Math.min(1, gap) : editDistance(wanted, lower);
    if (distance <= limit) found.push({ word: candidate, distance, gap });
  }
  found.sort((a, b) => a.distance - b.distance || a.gap - b.gap);
  return [...new Set(found.map((each) => each.word))].slice(0, most);
}

const longestWord = 128;

/** ` Did you mean X?` or nothing, to put at the end of a sentence. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const found = nearest(word, known);
  return found === undefined ? "" : ` Did you mean ${found}?`;
}

/** ` (did you mean "X"?)` or nothing, to put inside a sentence. */
export function closest(word: string, known: Iterable<string>): string {
  const found = nearest(word, known);
  return found === undefined ? "" : ` (did you mean "${found}"?)`;
}

/** Insertions, deletions, replacements and swaps of neighbours, one each. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      }
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? 0;
}
