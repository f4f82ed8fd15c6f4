/** Readings of what circumstances differ in: values with the same reading are not told apart by these conditions. */
import type { ConditionSet } from '../../../../core/model/conditions.ts';
import type { Facts, Seconds } from '../../../../core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../../core/model/neutral-facts.ts';
import { timeCondition } from '../../../../core/policy/conditions/time.ts';
import { isRead, openReads, withConditionsInside } from '../../../../core/policy/rules/expression-parts.ts';
import { momentsIn } from '../../../../core/policy/theories/expression-theory.ts';
import { meetsLists } from '../../../../core/policy/values/membership.ts';

/** The positions of the first values with each reading. */
export function firstOfEach<Value>(values: readonly Value[], readingOf: (value: Value) => string): readonly number[] {
  const found = new Map<string, number>();
  for (const [position, value] of values.entries()) {
    const reading = readingOf(value);
    if (!found.has(reading)) found.set(reading, position);
  }
  return [...found.values()];
}

/** Windows that are open, and moments that have come. An expression that reads the time in another way reads it all. */
export function timeReading(sets: readonly ConditionSet[]): (now: Seconds) => string {
  if (isRead('now', openReads(sets))) return String;
  const tests = sets.flatMap(({ time }) => (time ? timeCondition.compile(time) : []));
  const moments = sets.flatMap(({ expression }) => (expression ? momentsIn(expression.logic) : []));
  return (now) => {
    const facts = neutralFacts({ now, request: neutralRequest('') });
    return JSON.stringify([tests.map(({ test }) => test(facts)), moments.map((moment) => now >= moment)]);
  };
}

/** The zones that conditions name. Undefined if an expression reads the network, so that all may matter. */
export function zonesNamed(sets: readonly ConditionSet[]): ReadonlySet<string> | undefined {
  const reads = openReads(sets);
  if (isRead('network.zones', reads) || isRead('network.ip', reads)) return undefined;
  return new Set(
    sets.flatMap(({ network }) => [network?.any, network?.all, network?.none].flatMap((list) => list ?? [])),
  );
}

export function scopesReading(sets: readonly ConditionSet[]): (scopes: readonly string[]) => string {
  const conditions = withConditionsInside(sets).flatMap(({ scopes }) => scopes ?? []);
  return (scopes) => conditions.map((condition) => meetsLists(condition, scopes)).join();
}

/** Which lists of the conditions contain it. */
export function deviceReading(
  name: 'platform' | 'os',
  sets: readonly ConditionSet[],
): (value: Facts['device']['platform' | 'os']) => string {
  if (isRead(`device.${name}`, openReads(sets))) return String;
  const lists: readonly (readonly string[])[] = withConditionsInside(sets).flatMap(({ device }) => {
    const list = device?.[name];
    return list === undefined ? [] : [list];
  });
  return (value) => lists.map((list) => list.includes(value)).join();
}
