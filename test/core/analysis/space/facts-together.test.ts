/** Facts that exclude one another because they are gathered together, whatever the rules say. */
import { describe, expect, test } from '@jest/globals';
import { canBeTogether, factsTogether } from '../../../../src/core/analysis/space/facts-together.ts';
import { factsOfModel } from '../../../../src/core/analysis/space/model-facts.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { ConditionSet, Conditions } from '../../../../src/core/model/conditions.ts';
import { oneDay } from '../../../../src/core/model/durations.ts';
import { riskSignals } from '../../../../src/core/model/risk.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { conditionSets } from '../../../../src/core/policy/rules/condition-table.ts';
import { type UserFacts, withProof } from '../../../../src/core/policy/theories/theory.ts';
import { ruleVerdicts } from '../../support/rule-verdicts.ts';
import { universe } from '../../support/universe.ts';

const far = { notWithin: 40 };
const [known, unknown] = [{ known: true }, { known: false }];

/** Of the first rule; the others only have bounds of their own. */
function verdict(...whens: readonly Conditions[]): string | undefined {
  const rules = whens.map((when, at) => ({ name: String(at), when }));
  return ruleVerdicts(compilePolicy({ name: 'p', rules }), ruleSpace(whens, universe()))[0]?.kind;
}

/** What a sign-in is, the rule that says so, and further rules. */
type Row = readonly [string, Conditions, ...Conditions[]];
const rows = (...all: readonly Row[]) => all.map(([name, ...whens]) => [name, whens] as const);

describe('no sign-in is', () => {
  test.each(
    rows(
      ['far away in a usual network', { device: known, distance: far, risk: { none: ['newNetwork'] } }],
      [
        'beyond the nearest of several bounds in a usual network',
        { device: known, distance: far, risk: { none: ['newNetwork'] } },
        { distance: { within: 200 } },
        { distance: { notWithin: 100 } },
      ],
      [
        'beyond the nearest bound, of which the others say',
        { device: known, distance: far, risk: { none: ['newNetwork'] } },
        { distance: { within: 10 } },
      ],
      [
        'unusual in a browser that was never new',
        { device: unknown, risk: { any: ['newCountry'], none: ['newDevice'] } },
      ],
      ['far away in a browser that was never new', { device: unknown, distance: far, risk: { none: ['newDevice'] } }],
      ['after failures in a browser that the account knows', { device: known, risk: { any: ['recentFailures'] } }],
      [
        'after a long absence from a young account',
        { accountAge: { below: 90 * oneDay }, risk: { any: ['longAway'] } },
      ],
      [
        'longer after the last one than the account is old',
        {
          accountAge: { below: 30 * oneDay },
          lastSignIn: { notWithin: 30 * oneDay },
          any: [{ lastSignIn: { within: 120 * oneDay } }],
        },
      ],
      [
        'so, whatever bounds there are besides',
        {
          accountAge: { below: 30 * oneDay },
          lastSignIn: { within: 120 * oneDay },
          any: [{ lastSignIn: { notWithin: 30 * oneDay } }],
        },
        { lastSignIn: { within: oneDay } },
        { lastSignIn: { notWithin: 60 * oneDay } },
      ],
    ),
  )('%s', (_, whens) => {
    expect(verdict(...whens)).toBe('contradictory');
  });
});

test('a usual network is near, so that nothing is left for it behind a rule about what is near', () => {
  const whens: readonly Conditions[] = [{ distance: { within: 40 } }, { risk: { none: ['newNetwork'] } }];
  const rules = whens.map((when, at) => ({ name: String(at), when }));
  const found = ruleVerdicts(compilePolicy({ name: 'p', rules }), ruleSpace(whens, universe()));
  expect(found.map(({ kind }) => kind)).toEqual(['decides', 'shadowed']);
});

describe('a sign-in may be', () => {
  test.each(
    rows(
      [
        'in a usual network, where a rule asks for what is far away',
        { device: known, risk: { none: ['newNetwork'] } },
        { distance: far },
      ],
      ['far away in a new network', { device: known, distance: far, risk: { any: ['newNetwork'] } }],
      [
        'between two bounds in a new network',
        { device: known, distance: far, any: [{ distance: { within: 200 }, risk: { any: ['newNetwork'] } }] },
      ],
      ['far away in a known browser', { device: known, distance: far, risk: { none: ['newDevice'] } }],
      ['after failures in a new browser', { device: unknown, risk: { any: ['recentFailures'] } }],
      [
        'after a long absence from an old account',
        { accountAge: { atLeast: 90 * oneDay }, risk: { any: ['longAway'] } },
      ],
      [
        'of a young account that has had none',
        { accountAge: { below: 30 * oneDay }, lastSignIn: { notWithin: 60 * oneDay } },
      ],
      [
        'as long after the last one as the account is old',
        {
          accountAge: { atLeast: 30 * oneDay },
          lastSignIn: { notWithin: 30 * oneDay },
          any: [{ lastSignIn: { within: 120 * oneDay } }],
        },
      ],
    ),
  )('%s', (_, whens) => {
    expect(verdict(...whens)).toBe('decides');
  });
});

test.each<[string, readonly ConditionSet[], readonly string[]]>([
  ['nothing', [{ groups: { any: ['a'] } }, { device: known }, { distance: far }], []],
  [
    'ages, where no rule asks for the age of accounts',
    [{ lastSignIn: { within: 5 } }, { lastSignIn: { within: 9 } }],
    [],
  ],
  [
    'ages alone',
    [{ accountAge: { below: 5 } }, { lastSignIn: { within: 5 } }, { lastSignIn: { notWithin: 9 } }],
    ['accountAge', 'lastSignIn'],
  ],
  ['ages, where the last sign-in has one bound', [{ accountAge: { below: 5 } }, { lastSignIn: { within: 5 } }], []],
  ['what is unusual alone', [{ risk: { any: ['newDevice'] } }], ['device', 'risk']],
  [
    'what is unusual, and distances',
    [{ risk: { none: riskSignals } }, { distance: { within: 9 } }],
    ['device', 'distance', 'risk'],
  ],
  [
    'what is unusual, and the age of accounts',
    [{ risk: { atLeast: 'high' } }, { accountAge: { below: 5 } }],
    ['accountAge', 'device', 'risk'],
  ],
])('nothing is said but of what rules ask about: %s', (_, sets, expected) => {
  const { always, onceProved } = factsTogether(sets, universe());
  const names = [...always, ...onceProved].flatMap(conditionSets).flatMap((set) => Object.keys(set));
  expect([...new Set(names)].sort()).toEqual(expected);
});

describe('a claim counts with a scope that releases it', () => {
  const released = universe({ scopesOf: (claim) => (claim === 'email' ? ['email', 'contact'] : []) });
  const kind = (...whens: readonly ConditionSet[]) => {
    const rules = whens.map((when, at) => ({ name: String(at), when }));
    return ruleVerdicts(compilePolicy({ name: 'p', rules }), ruleSpace(whens, released)).at(-1)?.kind;
  };
  test.each<[string, string, readonly ConditionSet[]]>([
    [
      'never without all of them',
      'contradictory',
      [{ claims: { any: ['email'] }, scopes: { none: ['email', 'contact'] } }],
    ],
    ['with one of them', 'decides', [{ claims: { any: ['email'] }, scopes: { none: ['email'] } }]],
    [
      'below what takes its scopes',
      'shadowed',
      [{ scopes: { any: ['email', 'contact'] } }, { claims: { all: ['email'] } }],
    ],
    ['a scope without the claim', 'decides', [{ scopes: { any: ['email'] }, claims: { none: ['email'] } }]],
    ['a claim that no scope releases', 'decides', [{ claims: { any: ['other'] }, scopes: { none: ['email'] } }]],
  ])('%s: %s', (_, expected, whens) => {
    expect(kind(...whens)).toBe(expected);
  });
  test('scopes that no rule asks about are not mentioned', () => {
    const { requests } = factsTogether([{ claims: { any: ['email'] } }, { scopes: { any: ['phone'] } }], released);
    expect(requests).toEqual([]);
  });
});

describe('facts that were found under other rules', () => {
  const plain = factsOfModel(new Map(), universe());
  const returning = { ...plain, device: { ...plain.device, known: true } };
  const risk = { reasons: [{ signal: 'newDevice' as const, points: 20 }], level: 'low' as const };
  const asking: ConditionSet = { risk: { atLeast: 'high' } };
  test.each<[string, boolean, UserFacts, readonly ConditionSet[]]>([
    ['an unknown browser, where no rule asks for risk', true, plain, [{ device: known }]],
    ['an unknown browser that is not new', false, plain, [{ device: known }, asking]],
    ['an unknown browser that is new', true, withProof({ ...plain, risk }), [asking]],
    ['a known browser that is not new', true, returning, [asking]],
    ['a known browser that is new', false, withProof({ ...returning, risk }), [asking]],
  ])('%s: can be together: %s', (_, expected, facts, sets) => {
    expect(canBeTogether(sets, universe())(facts)).toBe(expected);
  });
});
