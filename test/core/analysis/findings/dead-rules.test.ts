/** Which rules never decide, compared with what the evaluator does. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RuleVerdict } from '../../../../src/core/analysis/findings/dead-rules.ts';
import { neededAmong } from '../../../../src/core/analysis/space/needed-among.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { RuleHead } from '../../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { mayFail } from '../../../../src/core/policy/rules/condition-table.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import type { Universe } from '../../../../src/core/policy/theories/theory.ts';
import { dateSpan } from '../../../../src/core/policy/values/date-bound.ts';
import { entangled } from '../../support/entangled.ts';
import { conditions, factsAfterSignIn } from '../../support/fact-arbitraries.ts';
import { factsOf, riskScoring, userWith } from '../../support/fixtures.ts';
import { isGathered } from '../../support/gathered.ts';
import { ruleVerdicts } from '../../support/rule-verdicts.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { anyZones, universe } from '../../support/universe.ts';

function verdicts(whens: readonly Conditions[], within: Universe = universe()): readonly RuleVerdict[] {
  const rules = whens.map((when, index): RuleHead => ({ name: String(index), when }));
  return ruleVerdicts(compilePolicy({ name: 'policy', rules }), ruleSpace(whens, within));
}

/** Each verdict in one word, with what it rests on. */
function verdictTexts(whens: readonly Conditions[], within?: Universe): readonly string[] {
  return verdicts(whens, within).map((verdict) => {
    if (verdict.kind === 'contradictory')
      return `contradictory: ${verdict.conflict.map(({ condition, path }) => [condition, ...path].join('.')).join(', ')}`;
    return verdict.kind === 'shadowed' ? `shadowed: ${verdict.by.map(({ name }) => name).join()}` : verdict.kind;
  });
}

const at = (from: number, to: number, zone = 'UTC', days?: readonly number[]): Conditions => ({
  time: { from: from * 60, to: to * 60, zone, ...(days && { days }) },
});
const office = universe({
  places: [place('203.0.113.7'), place('192.0.2.1', 'office'), place('192.0.2.9', 'office', 'lab')],
});

const day = (written: string) => ({ written, from: 0, to: 0, ...dateSpan(written) });

function place(ip: string, ...zones: readonly string[]) {
  return { ip, zones };
}

describe('a rule is contradictory', () => {
  test.each<[string, Conditions, string]>([
    ['a group that must and must not be', { groups: { any: ['a'], none: ['a'] } }, 'groups.any, groups.none'],
    ['all of what none may be', { groups: { all: ['a', 'b'], none: ['b'] } }, 'groups.all, groups.none'],
    [
      'a zone outside of the zone around it',
      { network: { any: ['lab'], none: ['office'] } },
      'network.any, network.none',
    ],
    ['a system of another platform', { device: { os: ['ios'], platform: ['desktop'] } }, 'device.platform, device.os'],
    ['an app that the policy is not for', { apps: { any: ['other'] } }, 'apps.any'],
    ['two types of one user', { userType: { any: ['a'], none: ['a', 'b'] } }, 'userType.any, userType.none'],
    ['a value that the schema refuses', { attributes: { level: { equals: 12 } } }, 'attributes.level'],
    ['an option that is not offered', { attributes: { plan: { equals: 'golden' } } }, 'attributes.plan'],
    ['a number between two that leave none', { attributes: { level: { above: 9, below: 9 } } }, 'attributes.level'],
    ['a number beyond the schema', { attributes: { level: { above: 10 } } }, 'attributes.level'],
    [
      'a day before one and after a later one',
      { attributes: { ends: { before: day('2027-01-15'), after: day('2027-01-14') } } },
      'attributes.ends',
    ],
    ['an absent value that is there', { attributes: { name: { present: false, equals: 'a' } } }, 'attributes.name'],
    [
      'a value that it must not be',
      { attributes: { name: { equals: 'a', not: { matches: '*' } } } },
      'attributes.name',
    ],
    [
      'what strangers tried, from a browser that the account knows',
      { risk: { any: ['recentFailures'] }, device: { known: true } },
      'device.known, risk.any',
    ],
    [
      'by three parts together',
      { users: { none: ['x'] }, groups: { none: ['a'] }, any: [{ users: { any: ['x'] } }, { groups: { any: ['a'] } }] },
      'users.none, groups.none, any',
    ],
    [
      'by one part, whatever two others do',
      { groups: { any: ['a'], none: ['a'] }, attributes: { level: { equals: 12 } } },
      'attributes.level',
    ],
    ['a value that does not match', { attributes: { unit: { equals: 'x1' } } }, 'attributes.unit'],
    ['a pattern without a common text', { attributes: { unit: { matches: 'x*' } } }, 'attributes.unit'],
    [
      'a pattern and a value that does not fit it',
      { attributes: { name: { equals: 'abc', matches: 'b*' } } },
      'attributes.name',
    ],
  ])('%s', (_, when, conflict) => {
    expect(verdictTexts([when, {}], office)).toEqual([`contradictory: ${conflict}`, 'decides']);
  });
});

test('rules behind entangled ones are undecided, as the steps do not suffice', () => {
  const target: Conditions = { groups: { any: ['target'] } };
  expect(verdicts([...entangled, target]).at(-1)).toEqual({ kind: 'undecided', ranOut: true });
});

test('of 900 earlier rules, only those that take a rule are named', () => {
  const groups = Array.from({ length: 900 }, (_, index): Conditions => ({ groups: { any: [`g${index}`] } }));
  const two: Conditions = { groups: { any: ['g4'] }, network: { any: ['office'] } };
  const texts = verdictTexts([...groups, ...groups.slice(0, 40), two, { groups: { any: ['g3', 'g7'] } }], office);
  expect(texts.slice(0, 900)).toEqual(groups.map(() => 'decides'));
  expect(texts.slice(900, 940)).toEqual(Array.from({ length: 40 }, (_, index) => `shadowed: ${index}`));
  expect(texts.slice(940)).toEqual(['shadowed: 4', 'shadowed: 3,7']);
});

test('more earlier rules than are tried one by one take a rule together', () => {
  const groups = Array.from({ length: 12 }, (_, index) => `g${index}`);
  const each = groups.map((group): Conditions => ({ groups: { any: [group] } }));
  const other: Conditions = { groups: { any: ['other'] } };
  expect(verdictTexts([other, ...each, other, { groups: { any: groups } }]).at(-1)).toBe(
    'shadowed: 1,2,3,4,5,6,7,8,9,10,11,12',
  );
});

test('what is needed is the same as by leaving out one after the other, the last first', () => {
  const sets = fc.array(fc.uniqueArray(fc.nat({ max: 11 }), { minLength: 1, maxLength: 4 }), { maxLength: 5 });
  fc.assert(
    fc.property(sets, (sufficient) => {
      const holds = (some: readonly number[]) => sufficient.some((set) => set.every((item) => some.includes(item)));
      const items = Array.from({ length: 12 }, (_, item) => item);
      const oneByOne = items.reduceRight<readonly number[]>((kept, item) => {
        const rest = kept.filter((other) => other !== item);
        return holds(rest) ? rest : kept;
      }, items);
      expect(neededAmong(items, holds)).toEqual(oneByOne);
    }),
    seeded(200),
  );
});

test('where the steps run out, enough is kept', () => {
  const items = Array.from({ length: 12 }, (_, item) => item);
  const holds = (some: readonly number[]) => [1, 4, 9].every((item) => some.includes(item));
  const within = (steps: number) => {
    let left = steps;
    return neededAmong(items, (some) => {
      left -= 1;
      return left >= 0 && holds(some);
    });
  };
  const kept = Array.from({ length: 40 }, (_, steps) => within(steps));
  expect(kept.filter((some) => !holds(some))).toEqual([]);
  expect(kept[0]).toEqual(items);
  expect(kept.at(-1)).toEqual([1, 4, 9]);
});

describe('a rule is not contradictory', () => {
  test.each<[string, Conditions]>([
    ['two groups of one user', { groups: { any: ['a'], all: ['b'], none: ['c'] } }],
    ['a zone within another', { network: { all: ['lab', 'office'] } }],
    ['a new phone', { device: { known: false, os: ['ios'], platform: ['mobile', 'desktop'] } }],
    ['an unknown phone system', { device: { os: ['other'], platform: ['mobile'] } }],
    ['several values of a list', { attributes: { roles: { equals: 'a' }, level: { equals: 3 } } }],
    ['a value between two named ones', { attributes: { level: { in: [1, 5] }, plan: { matches: 'g*' } } }],
    ['a recovery', { recovered: { within: 60 } }],
    ['claims and scopes', { claims: { all: ['acr', 'email'] }, scopes: { any: ['mail'] } }],
  ])('%s', (_, when) => {
    expect(verdictTexts([when, {}], office)).toEqual(['decides', 'decides']);
  });
});

describe('a rule is shadowed', () => {
  test.each<[string, readonly Conditions[], readonly string[]]>([
    ['by the same rule', [{ groups: { any: ['a'] } }, { groups: { any: ['a'] } }], ['decides', 'shadowed: 0']],
    [
      'by one that is wider',
      [{ groups: { any: ['a', 'b'] } }, { groups: { all: ['b', 'c'] } }],
      ['decides', 'shadowed: 0'],
    ],
    [
      'by two that take all cases together',
      [
        { device: { known: true }, groups: { any: ['a'] } },
        { groups: { any: ['x'] } },
        { device: { known: false } },
        { groups: { any: ['a'] } },
      ],
      ['decides', 'decides', 'decides', 'shadowed: 0,2'],
    ],
    [
      'by a zone that contains it',
      [{ network: { any: ['office'] } }, { network: { any: ['lab'] }, groups: { any: ['a'] } }],
      ['decides', 'shadowed: 0'],
    ],
    ['by a longer window', [at(8, 20), at(9, 10, 'UTC', [1])], ['decides', 'shadowed: 0']],
    ['by the same window in another zone', [at(8, 20, 'Asia/Tokyo'), at(0, 10)], ['decides', 'shadowed: 0']],
    [
      'by a longer time since a recovery',
      [{ recovered: { within: 60 } }, { recovered: { within: 30 } }],
      ['decides', 'shadowed: 0'],
    ],
    [
      'by a pattern',
      [{ attributes: { name: { matches: 'a*' } } }, { attributes: { name: { matches: 'a*b' } } }],
      ['decides', 'shadowed: 0'],
    ],
    [
      'by what is absent and what is there together',
      [
        { attributes: { name: { present: false } } },
        { attributes: { name: { present: true } } },
        { groups: { any: ['a'] } },
      ],
      ['decides', 'decides', 'shadowed: 0,1'],
    ],
    [
      'by a lower bound',
      [{ attributes: { level: { atLeast: 3 } } }, { attributes: { level: { above: 3, below: 5 } } }],
      ['decides', 'shadowed: 0'],
    ],
    [
      'by the complement',
      [{ attributes: { name: { not: { equals: 'a' } } } }, { attributes: { name: { equals: 'b' } } }],
      ['decides', 'shadowed: 0'],
    ],
    [
      'by an earlier day',
      [
        { attributes: { ends: { before: day('2027-02-01') } } },
        { attributes: { ends: { before: day('2027-01-31T12:00:00Z') } } },
      ],
      ['decides', 'shadowed: 0'],
    ],
    [
      'by the days before and those after',
      [
        { attributes: { ends: { before: day('2027-01-15') } } },
        { attributes: { ends: { after: day('2027-01-14') } } },
        { attributes: { ends: { present: true } } },
      ],
      ['decides', 'decides', 'shadowed: 0,1'],
    ],
    [
      'by all options',
      [{ attributes: { plan: { in: ['gold', 'silver'] } } }, { attributes: { plan: { matches: '*' } } }],
      ['decides', 'shadowed: 0'],
    ],
  ])('%s', (_, whens, expected) => {
    expect(verdictTexts(whens, office)).toEqual(expected);
  });

  test.each<[string, readonly Conditions[]]>([
    ['a narrower rule before', [{ groups: { all: ['a', 'b'] } }, { groups: { any: ['a'] } }]],
    ['a window that a clock change moves', [at(8, 20, 'Europe/Berlin'), at(6, 7)]],
    ['an attribute that may be absent', [{ attributes: { plan: { matches: '*' } } }, { groups: { none: ['a'] } }]],
    [
      'several values of a list',
      [{ attributes: { roles: { equals: 'a' } } }, { attributes: { roles: { equals: 'b' } } }],
    ],
  ])('not by %s', (_, whens) => {
    expect(verdictTexts([...whens, {}], office)).toEqual(['decides', 'decides', 'decides']);
  });
});

test('with more patterns than can be taken apart, rules are undecided, and never decided wrongly', () => {
  const patterns = Array.from({ length: 14 }, (_, index) => `*${index % 2}*${Math.floor(index / 2)}*x*${index}*`);
  const tests = patterns.map((matches): Conditions => ({ attributes: { name: { matches } } }));
  const all = verdicts([...tests, {}]).map(({ kind }) => kind);
  expect(new Set(all.slice(0, -1))).toEqual(new Set(['undecided']));
  expect(all.at(-1)).toBe('decides');
  expect(verdictTexts([tests[0] ?? {}, tests[0] ?? {}, ...tests])[1]).toBe('shadowed: 0');
});

test('dates are compared as every day by itself would be', () => {
  const written = fc.constantFrom('2027-01-14', '2027-01-15', '2027-01-16', '2027-01-15T12:00:00Z').map(day);
  const bounds = fc.record({ before: written, after: written }, { requiredKeys: [] });
  const ends = fc.record({ test: bounds, not: fc.option(bounds, { nil: undefined }), equals: fc.boolean() });
  const rule = ends.map(
    ({ test: own, not, equals }): Conditions => ({
      attributes: { ends: { ...own, ...(not && { not }), ...(equals && { equals: '2027-01-15' }) } },
    }),
  );
  const days = [undefined, ...Array.from({ length: 9 }, (_, index) => `2027-01-${index + 11}`)];
  const counts = { dead: 0, alive: 0 };
  fc.assert(
    fc.property(fc.array(rule, { minLength: 2, maxLength: 4 }), (whens) => {
      const policy = compilePolicy({
        name: 'p',
        rules: whens.map((when, index): RuleHead => ({ name: `${index}`, when })),
      });
      const facts = days.map((lastDay) =>
        factsOf({ subject: userWith([], { profile: lastDay ? { ends: lastDay } : {} }) }),
      );
      const deciding = new Set(facts.map((some) => findRule(policy, some).rule?.name));
      const found = verdicts(whens).map(({ kind }) => kind);
      expect(found.map((kind) => kind === 'decides')).toEqual(whens.map((_, index) => deciding.has(`${index}`)));
      expect(found).not.toContain('undecided');
      for (const kind of found) counts[kind === 'decides' ? 'alive' : 'dead'] += 1;
    }),
    seeded(200),
  );
  expect(Math.min(counts.dead, counts.alive)).toBeGreaterThan(enough(50));
});

/** Dates pass by themselves, so they may hold or not, as what has no theory. */
function isUndecidable(whens: readonly Conditions[]): boolean {
  const isFree = whens.some(mayFail);
  return isFree || /"(?:before|after)"/.test(JSON.stringify(whens));
}

test('two parts that exclude one another are shown, whatever three others do', () => {
  const devices = () => [[], ['a', 'b', 'c'], ['a'], ['b']].map((assurances) => ({ assurances }));
  const assurance = { all: ['a'], any: ['b'], none: ['c'] };
  expect(verdictTexts([{ device: { assurance } }, {}], universe({ devices }))[0]).toBe(
    'contradictory: device.assurance.any, device.assurance.all, device.assurance.none',
  );
  const both = { users: { none: ['x'] }, device: { assurance }, any: [{ users: { any: ['x'] } }] };
  expect(verdictTexts([both, {}], universe({ devices }))[0]).toBe('contradictory: users.none, any');
});

const policies = fc.array(conditions, { minLength: 1, maxLength: 5 });

test('no rule is called dead that the evaluator lets decide, and nothing is left undecided', () => {
  fc.assert(
    fc.property(policies, fc.array(factsAfterSignIn, { minLength: 20, maxLength: 20 }), (whens, samples) => {
      const rules = whens.map((when, index): RuleHead => ({ name: String(index), when }));
      const policy = compilePolicy({ name: 'policy', rules });
      const found = verdicts(whens, anyZones);
      // The arbitraries draw systems that do not run on the platform.
      const real = samples
        .filter(({ device }) => (device.platform === 'mobile') === (device.os === 'ios'))
        .filter((facts) => isGathered(facts, riskScoring));
      const deciding = new Set(real.map((facts) => findRule(policy, facts).rule).filter((rule) => rule !== undefined));
      const possible = isUndecidable(whens) ? ['decides', 'undecided'] : ['decides'];
      for (const rule of deciding) expect(possible).toContain(found[Number(rule.name)]?.kind);
      if (!isUndecidable(whens)) expect(found.map(({ kind }) => kind)).not.toContain('undecided');
    }),
    seeded(300),
  );
});

test('the parts of a conflict exclude one another alone, and the rules that shadow another one do so alone', () => {
  fc.assert(
    fc.property(policies, (whens) => {
      verdicts(whens, anyZones).forEach((verdict, index) => {
        if (verdict.kind !== 'shadowed' || isUndecidable(whens)) return;
        const left = verdict.by.map(({ when }) => when);
        expect(verdictTexts([...left, whens[index] ?? {}], anyZones).at(-1)).toMatch(/^shadowed/);
        for (const conditionsLeft of left)
          expect(
            verdictTexts([...left.filter((other) => other !== conditionsLeft), whens[index] ?? {}], anyZones).at(-1),
          ).toBe('decides');
      });
    }),
    seeded(200),
  );
});
