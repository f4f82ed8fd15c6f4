/** One message of a catalogue in ICU message syntax, parsed on first use. See decision 23. */
import { IntlMessageFormat } from 'intl-messageformat';
import { countryText, intlFormatters, waitText } from './formatters.ts';
import type { ListValue, MessageValue, MessageValues, MomentValue } from './message-descriptor.ts';

/** Words of the catalogue are plain strings. Everything else is a value, or the start or end of a tag. */
export type MessagePart = string | TextValue | MomentValue | ListValue | TagEdge;

/**
 * A text that is a value. It is an object because `intl-messageformat` would merge a plain string with the words around
 * it.
 */
export class TextValue {
  readonly name: string;
  readonly text: string;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  /** Used by `select` for comparison. */
  toString(): string {
    return this.text;
  }
}

export interface TagEdge {
  readonly tag: string;
  readonly edge: 'start' | 'end';
}

/** The tags that a message may use. They become elements of the same name. */
export const messageTags: readonly string[] = ['strong', 'em'];

export interface MessageCases {
  readonly value: string;
  readonly kind: 'select' | 'plural' | 'ordinal';
  readonly options: readonly string[];
}

export interface MessageFormat {
  /** The names of all its values. */
  readonly values: ReadonlySet<string>;
  readonly tags: ReadonlySet<string>;
  /** Its plurals and selects with their cases, by name of the value. */
  readonly cases: readonly MessageCases[];
  format(values: MessageValues): readonly MessagePart[];
}

/** A text without any ICU syntax, which is its own result. */
const plainText = /^[^{}<>'#|]*$/;

/** Throws a SyntaxError for an invalid ICU message. */
export function compileMessage(text: string, locale: string): MessageFormat {
  if (plainText.test(text)) return { values: new Set(), tags: new Set(), cases: [], format: () => [text] };
  const message = new IntlMessageFormat(text, locale, undefined, { formatters: intlFormatters });
  const values = new Set<string>();
  const tags = new Set<string>();
  const cases: MessageCases[] = [];
  collectNames(message.getAst() as readonly Element[], { values, tags, cases });
  return {
    values,
    tags,
    cases,
    format: (given) =>
      message
        .formatToParts<MessagePart>(argumentsOf({ values, tags }, formattedValues(locale, given)))
        .map(({ value }) => value),
  };
}

/** The relevant part of a syntax tree. The numbers are the types of `@formatjs/icu-messageformat-parser`. */
interface Element {
  readonly type: number;
  readonly value?: string;
  readonly options?: Readonly<Record<string, { readonly value: readonly Element[] }>>;
  readonly children?: readonly Element[];
  readonly pluralType?: string;
}

const literal = 0;
const select = 5;
const pound = 7;
const tag = 8;

interface Names {
  readonly values: Set<string>;
  readonly tags: Set<string>;
}

interface Collected extends Names {
  readonly cases: MessageCases[];
}

function collectNames(elements: readonly Element[], names: Collected): void {
  for (const { type, value = '', options, children = [], pluralType } of elements) {
    if (type === literal || type === pound) continue;
    (type === tag ? names.tags : names.values).add(value);
    if (options !== undefined) {
      const kind = type === select ? 'select' : pluralType === 'ordinal' ? 'ordinal' : 'plural';
      names.cases.push({ value, kind, options: Object.keys(options) });
    }
    for (const option of Object.values(options ?? {})) collectNames(option.value, names);
    collectNames(children, names);
  }
}

type FormatArgument = MessagePart | number | ((chunks: readonly MessagePart[]) => MessagePart[]);

/** Exactly the arguments that the message uses. A missing value shows its name, instead of failing a sign-in. */
function argumentsOf({ values, tags }: Names, given: MessageValues): Record<string, FormatArgument> {
  const result: Record<string, FormatArgument> = Object.create(null);
  for (const name of values) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    result[name] = value === undefined ? new TextValue(name, `{${name}}`) : wrapped(name, value);
  }
  for (const name of tags)
    result[name] = (chunks) => [{ tag: name, edge: 'start' }, ...chunks, { tag: name, edge: 'end' }];
  return result;
}

/** Values are never parsed as messages: a value `{name}` stays as it is. */
function wrapped(name: string, value: MessageValue): FormatArgument {
  return typeof value === 'string' ? new TextValue(name, value) : value;
}

function formattedValues(locale: string, values: MessageValues): MessageValues {
  const { seconds, country } = values;
  const isCountry = typeof country === 'string' && /^[A-Z]{2}$/.test(country);
  if (typeof seconds !== 'number' && !isCountry) return values;
  return {
    ...values,
    ...(typeof seconds === 'number' ? { wait: waitText(locale, seconds) } : {}),
    ...(isCountry ? { countryName: countryText(locale, country) } : {}),
  };
}
