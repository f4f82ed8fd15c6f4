/** Texts that the schema of an attribute allows, where the shortest text of a class is none of them. */
import type { Attribute, AttributeType } from '../../model/attribute.ts';
import { compilePattern } from '../values/pattern.ts';

/** What tells the classes of texts apart, and what may be kept. */
interface ClassedTexts {
  readonly attribute: Attribute;
  /** Those of the schema and of tests. */
  readonly patterns: readonly string[];
  /** Each is a class of its own. */
  readonly fixed: readonly string[];
  readonly isKept: (text: string) => boolean;
}

/**
 * Finds a text of the same class that may be kept, made of this one, which is none of the fixed ones. Undefined: none
 * was found.
 */
export function keptTexts({ attribute, patterns, fixed, isKept }: ClassedTexts): (text: string) => string | undefined {
  const tests = patterns.map(compilePattern);
  const samples = samplesOf(attribute);
  return (text) => {
    const passed = tests.map((matches) => matches(text));
    const isLike = (other: string) => tests.every((matches, at) => matches(other) === passed[at]);
    return candidates(text, samples, attribute).find(
      (other) => isLike(other) && !fixed.includes(other) && isKept(other),
    );
  };
}

/** Of types that not every text fits. A rule may name one of them, or how it begins. */
const typed: Readonly<Partial<Record<AttributeType, () => readonly string[]>>> = {
  url: () => ['https://example.com/', 'http://localhost:8080/start'],
  email: () => ['user@example.com', 'admin@example.org'],
  phone: () => ['+15555550100', '+442079460958'],
  locale: () => ['en-GB', 'fr'],
  date: () => ['2020-01-31', '1985-12-24'],
  time_zone: () => ['UTC', ...Intl.supportedValuesOf('timeZone')],
};

function samplesOf({ type }: Attribute): readonly string[] {
  return typed[type]?.() ?? [];
}

/** The samples, the text within the first of them, and the text with more characters somewhere. */
function candidates(text: string, samples: readonly string[], { minLength = 0 }: Attribute): readonly string[] {
  const [sample = ''] = samples;
  const cuts = [...sample, ''].map((_, at) => at);
  const within = cuts.flatMap((end) => cuts.map((start) => `${sample.slice(0, end)}${text}${sample.slice(start)}`));
  const ending = sample.slice(-6) || 'example';
  const more = ending.repeat(Math.max(1, Math.ceil((minLength - text.length) / ending.length)));
  const longer = [...text, ''].map((_, at) => `${text.slice(0, at)}${more}${text.slice(at)}`).toReversed();
  return [...samples, ...within, ...longer];
}
