/** Long lists in cells of tables for terminals. */

/** Characters in a line of a list. A longer name has a line of its own. */
const width = 32;

/** The names with commas, in lines. */
export function wrappedList(names: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const [index, name] of names.entries()) {
    const word = index < names.length - 1 ? `${name},` : name;
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
