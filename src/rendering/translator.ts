/** The texts of one language, as plain text and as HTML. */
import { type Catalogue, fallbackLocale, loadCatalogues } from './catalogue.ts';
import { escapeHtml } from './escape-html.ts';
import { distanceText, intlFormatters, knownZone, languageText, momentText } from './formatters.ts';
import { type Locale, localeOf } from './locale.ts';
import type { ListValue, MessageDescriptor, MessageValues, MomentValue } from './message-descriptor.ts';
import { compileMessage, type MessageFormat, type MessagePart, messageTags, TextValue } from './message-format.ts';

export interface Language {
  readonly locale: Locale;
  readonly name: string;
}

export interface Translator {
  readonly locale: Locale;
  /** All available languages, including this one, by their own names. */
  readonly languages: readonly Language[];
  /** The text of `key`, in English if this language lacks it. An unknown key returns the text of `message.unknown`. */
  text(key: string, params?: MessageValues): string;
  /** The same with everything escaped, tags as elements, moments as `<time>`, and each value isolated in `<bdi>`. */
  html(message: MessageDescriptor): string;
  /** The first of `keys` that has a text, or the last one if none has. */
  pick(...keys: readonly string[]): string;
  moment(moment: MomentValue): string;
  momentHtml(moment: MomentValue): string;
  list(list: ListValue): string;
  listHtml(list: ListValue): string;
  /** The same texts with times in this zone (IANA), including its name. Absent or invalid: UTC. */
  inZone(zone: string | undefined): Translator;
}

/** A translator for each locale with a catalogue in `dirs`; see `loadCatalogues`. */
export function loadTranslators(dirs: readonly string[]): ReadonlyMap<string, Translator> {
  const catalogues = loadCatalogues(dirs);
  const languages = [...catalogues.keys()].map((tag) => ({ locale: localeOf(tag), name: languageText(tag) }));
  const made = languages.map(({ locale: { tag } }) =>
    createTranslator({ tag, languages, chain: chainOf(catalogues, tag) }),
  );
  return new Map(made.map((translator) => [translator.locale.tag, translator]));
}

/** A catalogue, that of its language without script and region, and the fallback. */
function chainOf(catalogues: ReadonlyMap<string, Catalogue>, tag: string): readonly Catalogue[] {
  const tags = [...new Set([tag, new Intl.Locale(tag).language, fallbackLocale])];
  return tags.flatMap((language) => catalogues.get(language) ?? []);
}

/** A message of the catalogue. `html`: its constant result, if it has no values and no tags. */
interface Text {
  readonly format: MessageFormat;
  readonly html?: string;
}

/** Zones whose translators are cached. */
const mostZones = 500;

interface TranslatorParts {
  readonly tag: string;
  readonly languages: readonly Language[];
  readonly chain: readonly Catalogue[];
}

function createTranslator({ tag, languages, chain }: TranslatorParts): Translator {
  const formats = new Map<string, Text>();
  const fixedWords = wordsOf(tag);
  const find = (key: string): Text | undefined => {
    const known = formats.get(key);
    if (known !== undefined) return known;
    const catalogue = chain.find(({ messages }) => messages.has(key));
    const text = catalogue?.messages.get(key)?.text;
    if (catalogue === undefined || text === undefined) return undefined;
    const format = compileMessage(text, catalogue.locale);
    const isFixed = format.values.size === 0 && format.tags.size === 0;
    const found = isFixed ? { format, html: format.format({}).map(fixedWords.html).join('') } : { format };
    formats.set(key, found);
    return found;
  };
  const findOrUnknown = (key: string) => find(key) ?? find('message.unknown');
  const parts = (key: string, params: MessageValues = {}): readonly MessagePart[] =>
    findOrUnknown(key)?.format.format(params) ?? [];
  const isKnown = (key: string): boolean => chain.some(({ messages }) => messages.has(key));
  const translatorWith = (words: Words): Translator => ({
    locale: localeOf(tag),
    languages,
    text: (key, params) => parts(key, params).map(words.plain).join(''),
    html: ({ key, params }) => findOrUnknown(key)?.html ?? parts(key, params).map(words.html).join(''),
    pick: (...keys) => keys.find(isKnown) ?? keys.at(-1) ?? 'message.unknown',
    moment: words.moment,
    momentHtml: words.momentHtml,
    list: words.list,
    listHtml: words.listHtml,
    inZone: (zone) => {
      const known = knownZone(zone);
      if (known === undefined) return usual;
      const made = zoned.get(known) ?? translatorWith(wordsOf(tag, known));
      if (zoned.size >= mostZones) zoned.clear();
      zoned.set(known, made);
      return made;
    },
  });
  const usual = translatorWith(fixedWords);
  const zoned = new Map<string, Translator>();
  return usual;
}

type Words = ReturnType<typeof wordsOf>;

/** Names of values that are written from left to right in every language: codes, addresses and numbers. */
const leftToRight = new Set(['account', 'address', 'code', 'identifier', 'ip', 'key', 'number', 'reference', 'to']);

/** A value that keeps its own writing direction and does not affect the words around it. */
function isolated(text: string, name?: string): string {
  const dir = name !== undefined && leftToRight.has(name) ? ' dir="ltr"' : '';
  return `<bdi${dir}>${escapeHtml(text)}</bdi>`;
}

/** `zone`: the reader's, if known. */
function wordsOf(tag: string, zone?: string) {
  const moment = ({ at, style, now }: MomentValue): string =>
    now === undefined
      ? momentText(tag, at, { ...(style && { style }), ...(zone && { zone }) })
      : distanceText(tag, at - now);
  const momentHtml = (value: MomentValue): string => {
    const { at, style, now } = value;
    const exact =
      now === undefined
        ? ''
        : ` title="${escapeHtml(momentText(tag, at, { ...(style && { style }), ...(zone && { zone }) }))}"`;
    // A day is the same in every zone. Without a known zone, a script may convert other times to the browser's.
    const local = style === 'day' ? '' : ` data-local${zone === undefined ? '' : `="${escapeHtml(zone)}"`}`;
    return `<time datetime="${new Date(at * 1000).toISOString()}"${local}${exact}>${escapeHtml(moment(value))}</time>`;
  };
  const list = ({ items }: ListValue): string => intlFormatters.getListFormat(tag).format(items);
  const listHtml = ({ items }: ListValue): string =>
    intlFormatters
      .getListFormat(tag)
      .formatToParts(items)
      .map(({ type, value }) => (type === 'element' ? isolated(value) : escapeHtml(value)))
      .join('');
  return {
    moment,
    momentHtml,
    list,
    listHtml,
    plain: (part: MessagePart): string => {
      if (typeof part === 'string') return part;
      if (part instanceof TextValue) return part.text;
      if ('at' in part) return moment(part);
      return 'items' in part ? list(part) : '';
    },
    html: (part: MessagePart): string => {
      if (typeof part === 'string') return escapeHtml(part);
      if (part instanceof TextValue) return isolated(part.text, part.name);
      if ('at' in part) return momentHtml(part);
      if ('items' in part) return listHtml(part);
      if (!messageTags.includes(part.tag)) return '';
      return part.edge === 'start' ? `<${part.tag}>` : `</${part.tag}>`;
    },
  };
}
