/** Formats the conditions of a rule with their results. */
import type { ConditionName, ConditionResult, ConditionSet } from '../../core/model/conditions.ts';
import type { ConditionTrace } from '../../core/model/trace.ts';
import type { NumberUnit } from '../../core/policy/condition-descriptor.ts';
import { conditionDescriptors } from '../../core/policy/rules/condition-table.ts';
import type { ExplainedRule } from '../../flow/explain.ts';
import { nameInList } from '../../policy/analysis/text/comma-list.ts';
import { durationText } from '../../policy/model/duration-text.ts';
import { printable } from '../../policy/model/printable.ts';
import type { Paint } from '../shared/output/paint.ts';

const colours = { hit: 'green', miss: 'dim', unknown: 'yellow', error: 'red' } as const;

/** The result in its colour, padded to one width. */
export function resultText(result: ConditionResult, paint: Paint): string {
  return paint(colours[result], result.padEnd(7));
}

/** One line for each condition. For `any`, one line for each alternative and for its conditions. */
export function conditionLines({ conditions, when }: ExplainedRule, paint: Paint): readonly string[] {
  return conditions.flatMap((trace) => {
    const { result, alternatives } = trace;
    if (alternatives === undefined) return [line(trace, conditionText(when, trace.condition), paint)];
    const inner = alternatives.flatMap((traces, at) =>
      traces.map((conditionTrace, index) => {
        const number = index === 0 ? `${at + 1}.` : '  ';
        return line(
          conditionTrace,
          `  ${number} ${conditionText(when.any?.[at] ?? {}, conditionTrace.condition)}`,
          paint,
        );
      }),
    );
    return [`${resultText(result, paint)}  one of`, ...inner];
  });
}

/** The conditions, with `any` split into its parts. */
export function leaves(trace: ConditionTrace): readonly ConditionTrace[] {
  return trace.alternatives?.flat().flatMap(leaves) ?? [trace];
}

function line({ result }: ConditionTrace, words: string, paint: Paint): string {
  return `${resultText(result, paint)}  ${printable(words)}`;
}

/**
 * For example `groups any: [contractors]`. Times, days and durations are formatted for readers. Only the name if the
 * conditions do not have it.
 */
export function conditionText(when: ConditionSet, name: string): string {
  const [key = '', ...rest] = name.split('.');
  const given: unknown = when[key as keyof ConditionSet];
  const value = rest.length === 0 ? given : (given as Record<string, unknown> | undefined)?.[rest.join('.')];
  if (value === undefined) return name;
  const written = asWritten(key);
  const plain = written(rest.at(-1) ?? key, value);
  // A formula contains quotes of its own.
  if (typeof plain === 'string') return `${name} ${plain.trim().replace(/\s*\n\s*/g, ' ')}`;
  const text = valueText(value, rest.at(-1) ?? key, written);
  return `${name} ${text.replace(/^\{ | \}$/g, '')}`;
}

/** Names in quotes where an option needs them. */
function valueText(value: unknown, key: string, written: (key: string, value: unknown) => unknown): string {
  const shown = written(key, value);
  if (typeof shown === 'string') return nameInList(shown);
  if (Array.isArray(shown)) return `[${shown.map((item) => valueText(item, '', written)).join(', ')}]`;
  if (typeof shown !== 'object' || shown === null) return String(shown);
  const members = Object.entries(shown).filter(([, member]) => member !== undefined);
  return `{ ${members.map(([name, member]) => `${name}: ${valueText(member, name, written)}`).join(', ')} }`;
}

const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const numberTexts: Readonly<Record<NumberUnit, (number: number) => string>> = {
  seconds: durationText,
  kilometres: (distance) => `${distance} km`,
  dayOfWeek: (day) => days[day] ?? '',
  minuteOfDay: clockTime,
};

/** Values as in the files: dates as written, and numbers by the units of the condition. */
function asWritten(condition: string): (key: string, value: unknown) => unknown {
  const { units = {} } = conditionDescriptors[condition as ConditionName] ?? {};
  const unitsByKey: Readonly<Partial<Record<string, NumberUnit>>> = units;
  return (key, value) => {
    if (typeof value === 'object' && value !== null && 'written' in value) return value.written;
    const unit = unitsByKey[key];
    if (unit === undefined) return value;
    if (Array.isArray(value)) return value.map(numberTexts[unit]);
    return typeof value === 'number' ? numberTexts[unit](value) : value;
  };
}

/** `minutes`: since midnight. */
function clockTime(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
}
