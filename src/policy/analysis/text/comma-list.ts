/** Names in one option, separated by commas. As in CSV (RFC 4180), one with a comma stands in double quotes. */

const member = /\s*(?:"((?:[^"]|"")*)"\s*|([^,]*))(?:,|$)/y;

/** The names of an option. Undefined if quotes are not closed, or something follows them. */
export function namesInList(text: string): readonly string[] | undefined {
  const names: string[] = [];
  member.lastIndex = 0;
  while (member.lastIndex < text.length) {
    const [, quoted, plain = ''] = member.exec(text) ?? [];
    if (plain.startsWith('"')) return undefined;
    const name = quoted?.replaceAll('""', '"') ?? plain.trim();
    if (quoted !== undefined || name !== '') names.push(name);
  }
  return names;
}

/** The option that has these names. */
export function commaList(names: readonly string[]): string {
  return names.map(nameInList).join(',');
}

/** As an option takes it. */
export function nameInList(name: string): string {
  const isPlain = name !== '' && name === name.trim() && !name.startsWith('"') && !name.includes(',');
  return isPlain ? name : `"${name.replaceAll('"', '""')}"`;
}
