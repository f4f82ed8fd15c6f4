/** The texts: one flat JSON catalog per locale, `{param}` placeholders, keyed by stable codes (Law 10). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Params = Readonly<Record<string, string | number>>;

/** A text in pieces: what came in as a parameter is marked, so that the templates can isolate its writing direction. */
export interface TextPart {
  readonly text: string;
  readonly param: boolean;
}

export interface Translator {
  readonly locale: string;
  /** The text of `key`; English if this locale lacks it. An unknown key gives the text of `message.unknown`. */
  text(key: string, params?: Params): string;
  parts(key: string, params?: Params): readonly TextPart[];
  /** The first of `keys` that has a text; the last one if none has. */
  pick(...keys: readonly string[]): string;
}

const fallbackLocale = 'en';

/** A text taken apart: words, and the names of parameters between them. */
type Piece = { readonly text: string } | { readonly param: string };
type Catalog = ReadonlyMap<string, readonly Piece[]>;

/** Reads `<dir>/<locale>.json`. Throws if a file is not a flat object of strings, or if English is not there. */
export function loadMessages(dir: string): ReadonlyMap<string, Translator> {
  const catalogs = new Map<string, Catalog>();
  for (const file of readdirSync(dir).sort()) {
    if (file.endsWith('.json')) catalogs.set(file.slice(0, -'.json'.length), readCatalog(join(dir, file)));
  }
  const fallback = catalogs.get(fallbackLocale);
  if (fallback === undefined) throw new Error(`${dir} has no ${fallbackLocale}.json`);
  return new Map([...catalogs].map(([locale, catalog]) => [locale, createTranslator(locale, catalog, fallback)]));
}

function readCatalog(file: string): Catalog {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${file} is not an object`);
  const catalog = new Map<string, readonly Piece[]>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw new Error(`${file}: ${key} is not a string`);
    catalog.set(key, takeApart(text));
  }
  return catalog;
}

function takeApart(text: string): readonly Piece[] {
  return text
    .split(/(\{[a-zA-Z]+\})/)
    .filter((piece) => piece !== '')
    .map((piece) => (/^\{[a-zA-Z]+\}$/.test(piece) ? { param: piece.slice(1, -1) } : { text: piece }));
}

function createTranslator(locale: string, catalog: Catalog, fallback: Catalog): Translator {
  const find = (key: string): readonly Piece[] | undefined => catalog.get(key) ?? fallback.get(key);
  const parts = (key: string, params: Params = {}): readonly TextPart[] => {
    const values = inWords(locale, params);
    return (find(key) ?? find('message.unknown') ?? []).map((piece) => fillIn(piece, values));
  };
  return {
    locale,
    parts,
    text: (key, params) =>
      parts(key, params)
        .map((part) => part.text)
        .join(''),
    pick: (...keys) => keys.find((key) => find(key) !== undefined) ?? keys.at(-1) ?? 'message.unknown',
  };
}

/** Values are put in as they are and never looked at again: a value that reads `{name}` stays that. */
function fillIn(piece: Piece, params: Params): TextPart {
  if ('text' in piece) return { text: piece.text, param: false };
  const value = Object.hasOwn(params, piece.param) ? params[piece.param] : undefined;
  return value === undefined ? { text: `{${piece.param}}`, param: false } : { text: String(value), param: true };
}

/** `{wait}` is made of `seconds`, and `{countryName}` of `country` (ISO 3166-1 alpha-2). */
function inWords(locale: string, params: Params): Params {
  const { seconds, country } = params;
  return {
    ...params,
    ...(typeof seconds === 'number' ? { wait: duration(locale, seconds) } : {}),
    ...(typeof country === 'string' && /^[A-Z]{2}$/.test(country)
      ? { countryName: new Intl.DisplayNames(locale, { type: 'region' }).of(country) ?? country }
      : {}),
  };
}

/** Unit, its length, and from which length of time on it is used (seconds). */
const units = [
  ['day', 86_400, 2 * 86_400],
  ['hour', 3600, 3600],
  ['minute', 60, 60],
] as const;

/** A length of time in words, rounded up: nobody is told to come back too early. */
function duration(locale: string, seconds: number): string {
  const wait = Math.max(1, Math.ceil(seconds));
  const [unit, size] = units.find(([, , from]) => wait >= from) ?? (['second', 1] as const);
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(Math.ceil(wait / size));
}
