/** Reads a JSON object of texts with the position of each key, so that an error can name file, line and column. */

export interface FlatEntry {
  readonly key: string;
  readonly text: string;
  /** Offset of the key in the source. */
  readonly offset: number;
}

export interface JsonLocation {
  readonly file: string;
  /** From 1, as editors count. */
  readonly line: number;
  readonly column: number;
}

/** White space, then a string, a sign, the end, or any other character, which is an error. */
const tokens = /\s*(?:("(?:[^"\\\n]|\\.)*")|([{},:])|($)|.)/suy;

interface Token {
  readonly kind: 'string' | '{' | '}' | ',' | ':' | 'end' | 'other';
  readonly text: string;
  readonly offset: number;
}

/**
 * Throws an error that begins with the location if `source` is not a single object that contains only texts, with each
 * key once.
 */
export function readFlatJson(source: string, file: string): readonly FlatEntry[] {
  return readPlainEntries(source) ?? readTokens(source, file);
}

/** A key without an escape, its text, and the sign that ends the entry. */
const entry = /\s*"([^"\\\p{Cc}]*)"\s*:\s*("(?:[^"\\\p{Cc}]|\\.)*")\s*([,}])/uy;

/**
 * Reads each entry with one match, because a server reads twelve catalogues at start-up. Undefined if something is
 * unusual or wrong, which the token reader then handles.
 */
function readPlainEntries(source: string): readonly FlatEntry[] | undefined {
  const entries = new Map<string, FlatEntry>();
  let at = source.indexOf('{') + 1;
  if (at === 0 || source.slice(0, at - 1).trim() !== '') return undefined;
  for (let end = ','; end !== '}'; at = entry.lastIndex) {
    entry.lastIndex = at;
    const [, key, quoted, ending] = entry.exec(source) ?? [];
    const text = quoted === undefined ? undefined : unquoted(quoted);
    if (key === undefined || text === undefined || ending === undefined || entries.has(key)) return undefined;
    entries.set(key, { key, text, offset: source.indexOf('"', at) });
    end = ending;
  }
  return source.slice(at).trim() === '' ? [...entries.values()] : undefined;
}

function unquoted(quoted: string): string | undefined {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return parseText(quoted);
  } catch {
    return undefined;
  }
}

/** Throws a SyntaxError for invalid JSON. */
function parseText(quoted: string): string {
  return JSON.parse(quoted) as string;
}

function readTokens(source: string, file: string): readonly FlatEntry[] {
  const fail = (offset: number, problem: string): never => {
    throw new Error(`${jsonLocationText(locationAt({ source, file, offset }))}: ${problem}`);
  };
  const next = tokenReader(source);
  const expect = (kind: Token['kind'], what: string): Token => {
    const token = next();
    return token.kind === kind ? token : fail(token.offset, `expected ${what}`);
  };
  const decode = ({ text, offset }: Token): string => {
    try {
      return parseText(text);
    } catch {
      return fail(offset, 'this text is not valid JSON');
    }
  };

  const entries: FlatEntry[] = [];
  const seen = new Set<string>();
  expect('{', 'an object of texts');
  for (let separator: Token['kind'] = ','; separator !== '}'; ) {
    const name = next();
    if (name.kind === '}' && entries.length === 0) break;
    if (name.kind !== 'string') fail(name.offset, 'expected a key in double quotes');
    const key = decode(name);
    if (seen.has(key)) fail(name.offset, `the key ${key} stands here a second time`);
    seen.add(key);
    expect(':', 'a colon');
    const text = decode(expect('string', `a text for ${key}`));
    entries.push({ key, text, offset: name.offset });
    const end = next();
    if (end.kind !== ',' && end.kind !== '}') fail(end.offset, 'expected a comma or the end of the object');
    separator = end.kind;
  }
  expect('end', 'the end of the file');
  return entries;
}

function tokenReader(source: string): () => Token {
  let at = 0;
  return () => {
    tokens.lastIndex = at;
    const [whole = '', text, sign, end] = tokens.exec(source) ?? [];
    at += whole.length;
    if (text !== undefined) return { kind: 'string', text, offset: at - text.length };
    if (sign !== undefined) return { kind: sign as ':', text: sign, offset: at - 1 };
    return end === undefined ? { kind: 'other', text: '', offset: at - 1 } : { kind: 'end', text: '', offset: at };
  };
}

export function locationAt(at: {
  readonly source: string;
  readonly file: string;
  readonly offset: number;
}): JsonLocation {
  const before = at.source.slice(0, at.offset).split('\n');
  return { file: at.file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** `file:line:column`, which editors and terminals can open. */
export function jsonLocationText({ file, line, column }: JsonLocation): string {
  return `${file}:${line}:${column}`;
}
