/**
 * Compiles a text pattern: `*` matches any run of characters, everything else matches itself. For each piece between
 * stars the time is linear in the length of the text, for any input: the leftmost match of a piece is always good
 * enough, so there is no backtracking.
 */
export function compilePattern(pattern: string): (text: string) => boolean {
  const [first = '', ...middle] = pattern.split('*');
  const last = middle.pop();
  if (last === undefined) return (text) => text === pattern;
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (const piece of middle) {
      const found = text.indexOf(piece, at);
      if (found < 0 || found + piece.length > end) return false;
      at = found + piece.length;
    }
    return true;
  };
}
