/** Dates in the profile with bounds that move with the time, compared with brute force over days and moments. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findModel, newBudget } from '../../../../src/core/analysis/space/find-model.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { AttributeTest, DateBound } from '../../../../src/core/model/conditions.ts';
import { oneDay } from '../../../../src/core/model/durations.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import { type Formula, plainTime, type UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import { dateSpan, dayText } from '../../../../src/core/policy/values/date-bound.ts';
import { ruleVerdicts } from '../../support/rule-verdicts.ts';
import { seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const fromNow = (seconds: number): DateBound => ({ written: `${seconds}s`, fromNow: seconds });
const fixed = (written: string): DateBound => ({ written, ...(dateSpan(written) ?? { from: 0, to: 0 }) });

const moving = fc.constantFrom(-30 * oneDay, -oneDay, -3600, 0, oneDay, 36 * 3600, 90 * oneDay).map(fromNow);
const bound = fc.oneof({ weight: 4, arbitrary: moving }, fc.constantFrom(fixed('2027-01-10'), fixed('2027-03-01')));
/** One bound at least: no schema takes a test that asks nothing. */
const bounds = (of: fc.Arbitrary<DateBound>) =>
  fc
    .record({ before: of, after: of }, { requiredKeys: [] })
    .filter(({ before, after }) => before !== undefined || after !== undefined);
const tests = (of: fc.Arbitrary<DateBound>): fc.Arbitrary<AttributeTest> =>
  fc.oneof(
    bounds(of),
    bounds(of).map((not): AttributeTest => ({ not })),
    fc.boolean().map((present): AttributeTest => ({ present })),
  );

function policyOf(list: readonly AttributeTest[]) {
  const then: Rule['then'] = { kind: 'deny' };
  const rules = list.map((ends, at): Rule => ({ name: `R${at}`, when: { attributes: { ends } }, then }));
  return compilePolicy<Rule>({ name: 'p', rules: [...rules, { name: 'Rest', when: {}, then }] });
}

const everything = universe({
  clientIds: ['app'],
  places: [],
  attribute: () => ({ type: 'date' }) as never,
  isKept: (_, value) => /^\d{4}-\d{2}-\d{2}$/.test(String(value)),
});
const today = Math.floor(plainTime / oneDay);
const days = [undefined, ...Array.from({ length: 260 }, (_, at) => dayText(today - 130 + at))];
const moments = [0, 1, 3600, 12 * 3600, 23 * 3600, 40 * oneDay + 7200].map((seconds) => today * oneDay + seconds);

function decided(list: readonly AttributeTest[]) {
  const policy = policyOf(list);
  const space = ruleSpace(
    policy.rules.map(({ rule }) => rule.when),
    everything,
  );
  const verdicts = ruleVerdicts(policy, space);
  const plain = space.factsOf(new Map());
  const seen = new Set<string | undefined>();
  for (const now of moments)
    for (const ends of days) {
      const subject = { ...plain.subject, profile: ends === undefined ? {} : { ends } };
      const facts: UserFacts = { ...plain, now, subject };
      seen.add(findRule(policy, facts).rule?.name);
    }
  return policy.rules.map(({ rule }, at) => ({ verdict: verdicts[at]?.kind, isSeen: seen.has(rule.name) }));
}

test('no rule that decides is called dead', () => {
  fc.assert(
    fc.property(fc.array(tests(bound), { minLength: 1, maxLength: 4 }), (list) => {
      for (const { verdict, isSeen } of decided(list)) if (isSeen) expect(['decides', 'undecided']).toContain(verdict);
    }),
    seeded(100),
  );
});

const nearDays = ['2027-01-08', '2027-01-09', '2027-01-10', '2027-01-11', '2027-01-12'];
const ownDays = fc.oneof(
  bounds(fc.constantFrom(...nearDays.map(fixed))),
  fc.constantFrom(...nearDays).map((equals): AttributeTest => ({ equals })),
  fc.uniqueArray(fc.constantFrom(...nearDays), { minLength: 1 }).map((list): AttributeTest => ({ in: list })),
);

test('named days leave the adjacent days, and with fixed bounds a rule is dead exactly when no day is left', () => {
  const list = fc.array(
    fc.oneof(
      ownDays,
      ownDays.map((not): AttributeTest => ({ not })),
    ),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(list, (all) => {
      for (const { verdict, isSeen } of decided(all)) expect([all, verdict === 'decides']).toEqual([all, isSeen]);
    }),
    seeded(150),
  );
});

test.each<[string, readonly AttributeTest[], string]>([
  [
    'days before a bound behind the last of them',
    [{ equals: '2027-01-01' }, { before: fixed('2027-01-02') }],
    'decides',
  ],
  ['an earlier bound behind a later one', [{ before: fromNow(0) }, { before: fromNow(-30 * oneDay) }], 'shadowed'],
  ['a later bound behind an earlier one', [{ before: fromNow(-30 * oneDay) }, { before: fromNow(0) }], 'decides'],
  [
    'bounds that exclude one another',
    [{ present: false }, { after: fromNow(0), before: fromNow(-oneDay) }],
    'contradictory',
  ],
  ['absence behind what absence passes', [{ not: { after: fromNow(-oneDay) } }, { present: false }], 'shadowed'],
  [
    'no day within less than a day',
    [{ present: false }, { after: fromNow(0), before: fromNow(3600) }],
    'contradictory',
  ],
])('%s', (_, list, expected) => {
  expect(decided(list)[1]?.verdict).toBe(expected);
});

test('a day that only for less than a minute at noon meets neither bound is found', () => {
  const [noon, twoDays] = [oneDay / 2, oneDay + oneDay / 2];
  const verdictOf = (after: number) =>
    decided([{ after: fromNow(after) }, { before: fromNow(twoDays) }, { present: true }])[2]?.verdict;
  expect(verdictOf(noon + 60)).toBe('decides');
  expect(verdictOf(noon)).toBe('shadowed');
});

test('of the days that pass, an example takes the one nearest to its time', () => {
  const within: AttributeTest = { after: fixed('2026-12-01'), before: fixed('2027-06-01') };
  const past: AttributeTest = { before: fromNow(0) };
  const [isWithin, isPast] = [{ attributes: { ends: within } }, { attributes: { ends: past } }] as const;
  const space = ruleSpace([isWithin, isPast], everything);
  const endsWhere = (formulas: readonly Formula[]) => {
    const found = findModel(formulas, newBudget());
    return typeof found === 'string' ? found : space.factsOf(found.model).subject?.profile.ends;
  };
  expect(endsWhere([space.applies(isWithin), space.applies(isPast)])).toBe(dayText(today - 1));
  expect(endsWhere([space.applies(isWithin), space.misses(isPast)])).toBe(dayText(today));
});
