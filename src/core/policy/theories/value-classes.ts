/**
 * Cuts the values of an attribute into classes that the tests distinguish. Fixed texts and patterns become automata,
 * numbers are sorted, and values that the schema forbids are left out.
 */
import type { Attribute } from '../../model/attribute.ts';
import type { AttributeValue, ValueTest } from '../../model/conditions.ts';
import { dayText } from '../values/date-bound.ts';
import { compilePattern } from '../values/pattern.ts';
import { patternClasses } from '../values/pattern-classes.ts';
import { fixedDays } from './day-view.ts';
import { keptTexts } from './kept-text.ts';

/** A class of values, represented by one of them. */
export interface ValueClass {
  readonly value: AttributeValue;
  /** The schema allows this very value. */
  readonly isKept: boolean;
}

/** The classes that all these tests distinguish. Undefined if there are too many. */
export function valueClasses(
  tests: readonly ValueTest[],
  attribute: Attribute | undefined,
  isKept: (value: AttributeValue) => boolean,
): readonly ValueClass[] | undefined {
  const named = tests.flatMap(({ equals, in: list = [], atLeast, above, atMost, below }) =>
    [equals, ...list, atLeast, above, atMost, below].filter((value) => value !== undefined),
  );
  const kept = (values: readonly AttributeValue[]) =>
    values.filter(isKept).map((value): ValueClass => ({ value, isKept: true }));
  if (attribute?.options) return kept(attribute.options.map(({ value }) => value));
  const truths = attribute === undefined || attribute.type === 'boolean' ? kept([true, false]) : [];
  const numbers =
    attribute === undefined || attribute.type === 'number'
      ? kept(numberClasses([...named, attribute?.min, attribute?.max].filter((value) => typeof value === 'number')))
      : [];
  if (attribute?.type === 'boolean' || attribute?.type === 'number') return [...truths, ...numbers];
  const texts = [...new Set(named.filter((value) => typeof value === 'string'))];
  const patterns = [...tests.map(({ matches }) => matches), attribute?.matches].filter(
    (pattern) => pattern !== undefined,
  );
  if (attribute?.type === 'date' && patterns.length === 0)
    return kept([...new Set([...fixedDays({ tests, isKept }), ...texts, dayText(0)])]);
  const classes = textClasses(texts, [...new Set(patterns)]);
  if (classes === undefined) return undefined;
  // A fixed text that the schema refuses is dropped, and so is a class whose texts the schema's pattern refuses. A
  // class whose representative the schema refuses for another reason stays, because another text of it may be allowed:
  // one is looked for.
  const fits = attribute?.matches === undefined ? () => true : compilePattern(attribute.matches);
  const possible = classes.filter((value) => isKept(value) || (fits(value) && !texts.includes(value)));
  const keptLike = attribute && keptTexts({ attribute, patterns, fixed: texts, isKept });
  const classOf = (value: string): ValueClass => {
    const allowed = isKept(value) ? value : keptLike?.(value);
    return { value: allowed ?? value, isKept: allowed !== undefined };
  };
  return [...truths, ...numbers, ...possible.map(classOf)];
}

/**
 * Each number, and one value between each two, below the lowest and above the highest, if there is any: large
 * floating-point numbers lie far apart.
 */
function numberClasses(named: readonly number[]): readonly number[] {
  const sorted = [...new Set(named)].sort((a, b) => a - b);
  const [first = 0] = sorted;
  const below = first - 1 < first ? first - 1 : -Number.MAX_VALUE;
  const between = sorted.map((number, index) => {
    const next = sorted[index + 1];
    if (next === undefined) return number + 1 > number ? number + 1 : Number.MAX_VALUE;
    return Number.isFinite(number + next) ? (number + next) / 2 : number / 2 + next / 2;
  });
  return [...new Set([below, ...sorted, ...between])];
}

/** A star in a fixed text is an ordinary character, which a pattern cannot express. */
function textClasses(texts: readonly string[], patterns: readonly string[]): readonly string[] | undefined {
  const literal = texts.filter((text) => !text.includes('*') && text !== '');
  if (literal.length < texts.length) return undefined;
  return patternClasses([...patterns, ...literal]);
}
