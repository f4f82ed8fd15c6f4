/** Finds the location in a file of a location within a text that stands there. */

/**
 * `start`: where the scalar begins in the YAML text, with its quote or the header of its block. `offset`: UTF-16 units
 * in the value. Lines of a value are folded or kept, so each break counts as one. Escapes and filled-in variables move
 * the result within the line.
 */
export function offsetWithin(text: string, start: number, offset: number): number {
  const first = text[start] ?? '';
  const isBlock = first === '|' || first === '>';
  const begin = isBlock ? text.indexOf('\n', start) + 1 : start + (first === '"' || first === "'" ? 1 : 0);
  let rest = offset;
  let at = begin;
  for (;;) {
    const from = at === begin && !isBlock ? at : at + (/^[ \t]*/.exec(text.slice(at, at + 500))?.[0].length ?? 0);
    const end = text.indexOf('\n', from);
    const length = (end < 0 ? text.length : end) - from;
    if (rest <= length || end < 0) return from + Math.min(rest, length);
    rest -= length + 1;
    at = end + 1;
  }
}
