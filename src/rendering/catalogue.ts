/**
 * Message catalogues: `messages/<locale>.json` in each view folder, one flat object of ICU messages with stable codes
 * as keys (Law 10).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FlatEntry, jsonLocationText, locationAt, readFlatJson } from './flat-json.ts';
import { intlFormatters } from './formatters.ts';
import { compileMessage, type MessageFormat, messageTags } from './message-format.ts';
import { unlessMissing } from './optional-file.ts';

/** The language that has every text. */
export const fallbackLocale = 'en';

export interface Catalogue {
  readonly locale: string;
  readonly messages: ReadonlyMap<string, CatalogueMessage>;
}

/** A message as read, with the location that an error about it names. */
export interface CatalogueMessage {
  readonly text: string;
  /** `file:line:column` */
  readonly location: () => string;
}

/**
 * The catalogues of `dirs` by locale. A text in a later folder replaces that of an earlier one; a later folder may have
 * none. Throws, with file, line and column, for a file that is not a flat object of texts or repeats a key. Messages
 * are parsed on first use: see `catalogueFindings`.
 */
export function loadCatalogues(dirs: readonly string[]): ReadonlyMap<string, Catalogue> {
  const catalogues = new Map<string, Map<string, CatalogueMessage>>();
  for (const dir of dirs.map((base) => join(base, 'messages'))) {
    for (const file of unlessMissing(() => readdirSync(dir).sort()) ?? []) {
      if (!file.endsWith('.json')) continue;
      const locale = file.slice(0, -'.json'.length);
      const messages = catalogues.get(locale) ?? new Map<string, CatalogueMessage>();
      for (const [key, message] of readCatalogue(join(dir, file))) messages.set(key, message);
      catalogues.set(locale, messages);
    }
  }
  if (!catalogues.has(fallbackLocale)) throw new Error(`${dirs.join(', ')} has no messages/${fallbackLocale}.json`);
  return new Map([...catalogues].map(([locale, messages]) => [locale, { locale, messages }]));
}

function readCatalogue(file: string): readonly (readonly [string, CatalogueMessage])[] {
  const source = readFileSync(file, 'utf8');
  return readFlatJson(source, file).map(({ key, text, offset }: FlatEntry) => [
    key,
    { text, location: () => jsonLocationText(locationAt({ source, file, offset })) },
  ]);
}

/**
 * The faults of the catalogues, each with its location: invalid ICU syntax, and differences from the fallback language.
 */
export function catalogueFindings(catalogues: ReadonlyMap<string, Catalogue>): readonly string[] {
  const fallback = catalogues.get(fallbackLocale);
  if (fallback === undefined) return [`there is no ${fallbackLocale}.json`];
  const expected = compiledMessages(fallback);
  const others = [...catalogues.values()].filter(({ locale }) => locale !== fallbackLocale);
  return [
    ...expected.findings,
    ...others.flatMap((catalogue) => {
      const { formats, findings } = compiledMessages(catalogue);
      return [
        ...findings,
        ...missingKeys(catalogue, fallback),
        ...differingNames(catalogue, formats, expected.formats),
        ...differingSelects(catalogue, formats, expected.formats),
      ];
    }),
  ];
}

type Formats = ReadonlyMap<string, MessageFormat>;

function compiledMessages({ locale, messages }: Catalogue): { formats: Formats; findings: readonly string[] } {
  const formats = new Map<string, MessageFormat>();
  const findings: string[] = [];
  for (const [key, { text, location }] of messages) {
    try {
      const format = compileMessage(text, locale);
      formats.set(key, format);
      const unknown = [...format.tags].filter((tag) => !messageTags.includes(tag));
      findings.push(...unknown.map((tag) => `${location()}: ${key} has the unknown tag <${tag}>`));
      findings.push(...pluralFaults(format, locale).map((fault) => `${location()}: ${key} ${fault}`));
    } catch (error) {
      findings.push(`${location()}: ${key} is not a valid ICU message: ${(error as Error).message}`);
    }
  }
  return { formats, findings };
}

/** Each plural must have exactly the cases that CLDR lists for whole numbers in the language. */
function pluralFaults({ cases }: MessageFormat, locale: string): readonly string[] {
  return cases.flatMap(({ value, kind, options }) => {
    if (kind === 'select') return [];
    const needed = pluralCategories(locale, kind === 'ordinal' ? 'ordinal' : 'cardinal');
    const given = options.filter((option) => !option.startsWith('='));
    const missing = [...needed].filter((category) => !given.includes(category));
    const unused = given.filter((category) => category !== 'other' && !needed.has(category));
    return [
      ...missing.map((category) => `lacks the plural \`${category}\` of {${value}}`),
      ...unused.map((category) => `has the plural \`${category}\` of {${value}}, which ${locale} does not use`),
    ];
  });
}

/** No message needs larger numbers. */
const greatestCount = 200;

function pluralCategories(locale: string, type: 'cardinal' | 'ordinal'): ReadonlySet<string> {
  const rules = intlFormatters.getPluralRules(locale, { type });
  return new Set(Array.from({ length: greatestCount + 1 }, (_, count) => rules.select(count)));
}

/** A case that English lacks is never chosen, and one that is left out may be needed. */
function differingSelects({ messages }: Catalogue, formats: Formats, expected: Formats): readonly string[] {
  const selectsOf = (format: MessageFormat | undefined) =>
    (format?.cases ?? [])
      .filter(({ kind }) => kind === 'select')
      .flatMap(({ value, options }) => options.map((option) => `${value}=${option}`));
  return [...formats].flatMap(([key, format]) => {
    const own = new Set(selectsOf(format));
    const wanted = new Set(selectsOf(expected.get(key)));
    return [
      ...[...own].filter((form) => !wanted.has(form)).map((form) => `has the unknown case ${form}`),
      ...[...wanted].filter((form) => !own.has(form)).map((form) => `lacks the case ${form}`),
    ].map((fault) => `${messages.get(key)?.location()}: ${key} ${fault}`);
  });
}

/** Reported at the beginning of the language's texts, because a missing text has no location. */
function missingKeys({ locale, messages }: Catalogue, fallback: Catalogue): readonly string[] {
  const [first] = messages.values();
  const file = first === undefined ? `${locale}.json` : first.location().replace(/:\d+:\d+$/, '');
  return [...fallback.messages]
    .filter(([key]) => !messages.has(key))
    .map(([key, { text }]) => `${file}:1:1: ${key} is missing (in English: ${text})`);
}

function differingNames({ messages }: Catalogue, formats: Formats, expected: Formats): readonly string[] {
  return [...formats].flatMap(([key, { values }]) => {
    const wanted = expected.get(key)?.values;
    if (wanted === undefined) return [`${messages.get(key)?.location()}: there is no text ${key} in ${fallbackLocale}`];
    return [
      ...[...values].filter((name) => !wanted.has(name)).map((name) => `has the unknown value {${name}}`),
      ...[...wanted].filter((name) => !values.has(name)).map((name) => `lacks the value {${name}}`),
    ].map((fault) => `${messages.get(key)?.location()}: ${key} ${fault}`);
  });
}
