/** Days of the profile with fixed and moving bounds: every day is tried at every time. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { AttributeTest, Conditions, DateBound } from '../../../../src/core/model/conditions.ts';
import { oneDay, oneHour } from '../../../../src/core/model/durations.ts';
import type { RuleHead } from '../../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import { plainTime, type UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import { dateSpan, dayText } from '../../../../src/core/policy/values/date-bound.ts';
import { ruleVerdicts } from '../../support/rule-verdicts.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const today = Math.floor(plainTime / oneDay);
const fixed = (written: string): DateBound => ({ written, ...(dateSpan(written) ?? { from: 0, to: 0 }) });
const fromNow = (offset: number): DateBound => ({ written: `now${offset}`, fromNow: offset });

const days = Array.from({ length: 19 }, (_, at) => today - 9 + at);
/** Each hour of two weeks, and just before and after it where a bound is. */
const seconds = [0, 1, oneHour - 1, oneHour, oneHour + 1, 12 * oneHour - 1, 12 * oneHour, 12 * oneHour + 1, oneDay - 1];
const moments = days.flatMap((dayNumber) => seconds.map((second) => dayNumber * oneDay + second));

const day = fc.constantFrom(...[-1, 0, 2].map((at) => dayText(today + at)));
const moment = fc.constant(`${dayText(today + 1)}T12:00:00Z`);
const still = fc.oneof({ weight: 3, arbitrary: day }, moment).map(fixed);
const moving = fc.constantFrom(-oneDay, -oneHour, 0, oneDay, 36 * oneHour).map(fromNow);
const bound = fc.oneof(still, moving);
const bounds = fc.record({ before: bound, after: bound }, { requiredKeys: [] });
const attributeTest: fc.Arbitrary<AttributeTest> = fc.oneof(
  { weight: 4, arbitrary: bounds },
  { weight: 2, arbitrary: bounds.map((not): AttributeTest => ({ not })) },
  { weight: 1, arbitrary: day.map((equals): AttributeTest => ({ equals })) },
  { weight: 1, arbitrary: fc.boolean().map((present): AttributeTest => ({ present })) },
);

const everything = universe({
  places: [],
  attribute: () => ({ type: 'date', read: 'user', write: 'admin' }),
  isKept: (_, value) => /^\d{4}-\d{2}-\d{2}$/.test(String(value)),
});
const plain = ruleSpace([], everything).factsOf(new Map());

/** Each rule, with what the analysis says of it, and whether it decides about some days at some time. */
function verdictsAndSeen(
  whens: readonly Conditions[],
  profiles: readonly UserFacts['subject']['profile'][],
  since?: number,
) {
  const rules = whens.map((when, at): RuleHead => ({ name: String(at), when }));
  const policy = compilePolicy({ name: 'policy', rules });
  const space = ruleSpace(whens, { ...everything, ...(since !== undefined && { since }) });
  const verdicts = ruleVerdicts(policy, space);
  const seen = new Set<RuleHead | undefined>();
  for (const now of moments) {
    if (since !== undefined && now < since) continue;
    for (const profile of profiles)
      seen.add(findRule(policy, { ...plain, now, subject: { ...plain.subject, profile } }).rule);
  }
  return rules.map((rule, at) => ({ verdict: verdicts[at], isSeen: seen.has(rule) }));
}

/** A bound moves with the time. */
function movesIn(all: readonly Conditions[]): boolean {
  return JSON.stringify(all).includes('fromNow');
}

const endingOnADay = [{}, ...days.map((at) => ({ ends: dayText(at) }))];

test.each<[string, fc.Arbitrary<number | undefined>]>([
  ['at any time', fc.constant(undefined)],
  [
    'from some time on',
    fc.constantFrom(...[-1, 0, 1, 3].flatMap((at) => [(today + at) * oneDay, (today + at) * oneDay + oneHour])),
  ],
])('a rule about one attribute decides somewhere exactly if the analysis says so, %s', (_, since) => {
  const counts = { dead: 0, alive: 0 };
  const whens = fc.array(
    attributeTest.map((ends) => ({ attributes: { ends } })),
    { minLength: 2, maxLength: 4 },
  );
  fc.assert(
    fc.property(whens, since, (all, first) => {
      for (const { verdict, isSeen } of verdictsAndSeen(all, endingOnADay, first)) {
        expect([all, first, verdict?.kind === 'decides']).toEqual([all, first, isSeen]);
        const shown = verdict?.kind === 'decides' && movesIn(all) ? verdict.facts : undefined;
        if (shown?.subject.profile.ends !== undefined) expect(shown.now).toBeGreaterThanOrEqual(first ?? 0);
        counts[isSeen ? 'alive' : 'dead'] += 1;
        expect(verdict?.kind).not.toBe('undecided');
      }
    }),
    seeded(150),
  );
  expect(counts.dead).toBeGreaterThan(enough(40));
  expect(counts.alive).toBeGreaterThan(enough(40));
});

test('what two attributes say of the time is taken together, and never too much is proved', () => {
  const counts = { dead: 0, undecided: 0, alive: 0 };
  const near = days.slice(6, 13).map(dayText);
  const profiles = [undefined, ...near].flatMap((ends) =>
    [undefined, ...near].map((starts) => ({ ...(ends && { ends }), ...(starts && { starts }) })),
  );
  const conditions = fc.record({ ends: attributeTest, starts: attributeTest }, { requiredKeys: [] });
  const whens = fc.array(
    conditions.map((attributes) => ({ attributes })),
    { minLength: 2, maxLength: 3 },
  );
  fc.assert(
    fc.property(whens, (all) => {
      for (const { verdict, isSeen } of verdictsAndSeen(all, profiles)) {
        const isDead = verdict?.kind === 'contradictory' || verdict?.kind === 'shadowed';
        if (isSeen) expect([all, isDead]).toEqual([all, false]);
        counts[isDead ? 'dead' : verdict?.kind === 'decides' ? 'alive' : 'undecided'] += 1;
      }
    }),
    seeded(60),
  );
  expect(counts.dead).toBeGreaterThan(enough(10));
  expect(counts.alive).toBeGreaterThan(enough(40));
  expect(counts.undecided).toBe(0);
});

test.each<[string, readonly Conditions[], string, number | undefined]>([
  [
    'an end that is over and yet to come',
    [{ attributes: { ends: { before: fixed('2026-01-01'), after: fromNow(0) } } }],
    'contradictory',
    plainTime,
  ],
  [
    'the same, years ago',
    [{ attributes: { ends: { before: fixed('2026-01-01'), after: fromNow(0) } } }],
    'decides',
    undefined,
  ],
  [
    'two attributes that speak of different years',
    [
      {
        attributes: {
          ends: { before: fixed('2027-01-01'), after: fromNow(0) },
          starts: { after: fixed('2027-06-01'), before: fromNow(0) },
        },
      },
    ],
    'contradictory',
    undefined,
  ],
  [
    'an end before now, behind a fixed one that is over',
    [{ attributes: { ends: { before: fromNow(0) } } }, { attributes: { ends: { before: fixed('2026-01-01') } } }],
    'shadowed',
    plainTime,
  ],
  [
    'next year, on a Monday morning',
    [
      {
        attributes: { ends: { after: fixed('2028-06-01'), before: fromNow(0) } },
        time: { days: [1], from: 480, to: 540, zone: 'UTC' },
      },
    ],
    'decides',
    plainTime,
  ],
  [
    'an account that is older than a day, later',
    [{ attributes: { ends: { after: fixed('2028-06-01'), before: fromNow(0) } }, accountAge: { atLeast: oneDay } }],
    'decides',
    plainTime,
  ],
  [
    'a day that a rule above takes in the first second only, though earlier times look alike',
    [
      { attributes: { ends: { before: fromNow(0), after: fromNow(-oneDay) } } },
      { attributes: { ends: { before: fromNow(-oneDay), after: fromNow(-oneDay) } } },
      { attributes: { ends: { equals: dayText(today + 2) } } },
    ],
    'decides',
    (today + 3) * oneDay,
  ],
])('%s', (_, whens, expected, since) => {
  expect(verdictsAndSeen(whens, [], since).at(-1)?.verdict?.kind).toBe(expected);
});
