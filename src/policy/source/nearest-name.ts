/** Suggests the name that was probably meant, for messages about unknown names. */
/**
 * The name among `known` that was probably meant (at most two fifths of its letters differ); `undefined`: none is near.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  const written = name.toLowerCase();
  for (const candidate of known) {
    const other = candidate.toLowerCase();
    const most = Math.max(1, Math.floor(candidate.length * 0.4));
    // Each letter more is an edit. Of thousands of unknown names, each is compared with all known ones.
    if (Math.abs(written.length - other.length) > most) continue;
    const edits = editDistance(written, other);
    if (edits < fewest && edits <= most) {
      best = candidate;
      fewest = edits;
    }
  }
  return best;
}

/** Levenshtein distance; long texts are not compared. */
function editDistance(a: string, b: string): number {
  if (Math.max(a.length, b.length) > 100) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? Number.POSITIVE_INFINITY;
}

/** ``unknown key `x`; did you mean `y`?`` */
export function unknownName(what: string, name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  if (near !== undefined) return `unknown ${what} \`${name}\`; did you mean \`${near}\`?`;
  const names = [...new Set(known)];
  const listed = names.length > 0 && names.length <= 20 ? `; known: ${names.join(', ')}` : '';
  return `unknown ${what} \`${name}\`${listed}`;
}
