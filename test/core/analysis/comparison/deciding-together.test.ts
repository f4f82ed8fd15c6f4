/** Rules that decide together before and after a change, and facts for which they do. */
import { describe, expect, test } from '@jest/globals';
import {
  decidingTogether,
  factsFor,
  factsOn,
  possiblyDecidingOn,
  type RefusedParts,
} from '../../../../src/core/analysis/comparison/deciding-together.ts';
import { findModel, newBudget } from '../../../../src/core/analysis/space/find-model.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule } from '../../../../src/core/model/enrollment-policy.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { allow, enrollmentTerms, factors, factsOf, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const inA: Conditions = { groups: { any: ['a'] } };
const notInA: Conditions = { groups: { none: ['a'] } };
/** There may be such users, and the analysis knows none. */
const unknown: Conditions = { attributes: { nick: { equals: 'a*' } } };

const rule = (name: string, when: Conditions = {}, then: Rule['then'] = allow(factors(1))): Rule => {
  return { name, when, then };
};
const terms = (name: string, when: Conditions = {}): EnrollmentRule => {
  return { name, when, then: enrollmentTerms() };
};
const deny = (name: string, when: Conditions = {}) => rule(name, when, { kind: 'deny' });

interface Parts {
  readonly session?: readonly Rule[];
  readonly app?: readonly Rule[];
  readonly enrollment?: readonly EnrollmentRule[];
}

function policiesFrom({ session = [rule('session')], app = [rule('app')], enrollment }: Parts): PolicySet {
  return {
    ...policiesOf(),
    session: compilePolicy({ name: 'session', rules: session }),
    app: compilePolicy({ name: 'app', rules: app }),
    ...(enrollment && { enrollment: compilePolicy({ name: 'enrollment', rules: enrollment }) }),
  };
}

function changed(active: Parts, next: Parts) {
  const whens = [active, next].flatMap(({ session = [], app = [], enrollment = [] }) =>
    [...session, ...app, ...enrollment].map(({ when }) => when),
  );
  const sides = { active: policiesFrom(active), next: policiesFrom(next) };
  const space = ruleSpace(whens, universe());
  return { pairs: decidingTogether(sides, space), search: { ...sides, space } };
}

/** By name: rules of the session, of the app and of the enrollment policy, before and now. */
function named(active: Parts, next: Parts) {
  return changed(active, next).pairs.map(({ before, now }) =>
    [before, now].map((deciders) =>
      [deciders.session, deciders.app, deciders.enrollment].map((each) => each?.name ?? '-').join(' '),
    ),
  );
}

describe('decide together', () => {
  const beforeOf = (...apps: readonly string[]) => apps.map((app) => [`session ${app} -`, 'session now -']);

  test('rules that allow now, with all rules before and with none', () => {
    const app = [rule('a', inA), deny('rest')];
    expect(named({ app }, { app: [rule('now')] })).toEqual(beforeOf('a', 'rest'));
    expect(named({ app: [rule('a', inA)] }, { app: [rule('now')] })).toEqual(beforeOf('a', '-'));
    expect(named({}, { app: [deny('now')] })).toEqual([]);
    expect(named({}, { session: [deny('now')] })).toEqual([]);
    expect(named({}, { app: [rule('a', inA)] })).toEqual([['session app -', 'session a -']]);
  });

  test('not rules that exclude each other', () => {
    const app = [rule('a', inA), rule('b', notInA)];
    expect(named({ app }, { app })).toEqual(['a', 'b'].map((name) => [`session ${name} -`, `session ${name} -`]));
  });

  test('rules of the enrollment policy that decide before a sign-in, the last first', () => {
    const asking: Conditions = { authenticated: { any: ['totp'] } };
    const enrollment = [terms('totp', asking), terms('a', inA), terms('rest')];
    expect(named({}, { enrollment })).toEqual(['rest', 'a'].map((name) => ['session app -', `session app ${name}`]));
    expect(named({ enrollment }, {})).toEqual(['rest', 'a'].map((name) => [`session app ${name}`, 'session app -']));
  });
});

describe('facts for it', () => {
  function groupsOf(active: Parts, next: Parts) {
    const { pairs, search } = changed(active, next);
    return pairs.map((pair) => {
      const facts = factsFor(pair, search);
      return typeof facts === 'object' ? facts.subject.groups.toSorted() : facts;
    });
  }

  test.each<[string, Parts, readonly (readonly string[] | string)[]]>([
    ['are plain', {}, [[]]],
    ['are in the group that a rule asks for', { app: [rule('a', inA)] }, [['a']]],
    [
      'are in as few groups as possible',
      { app: [rule('either', { any: [{ groups: { all: ['b', 'c'] } }, { groups: { any: ['d'] } }] })] },
      [['d']],
    ],
    ['are in several, where it takes these', { app: [rule('both', { groups: { all: ['b', 'c'] } })] }, [['b', 'c']]],
    [
      'are those of no rule above',
      {
        app: [deny('a', inA), deny('b', { groups: { any: ['b'] } }), rule('any', { groups: { any: ['a', 'b', 'c'] } })],
      },
      [['c']],
    ],
    [
      'are impossible where policies ask for what excludes each other',
      { session: [rule('a', inA)], app: [rule('b', notInA)] },
      ['impossible'],
    ],
    [
      'are impossible where the enrollment policy does',
      { session: [rule('a', inA)], enrollment: [terms('b', notInA)] },
      ['impossible'],
    ],
  ])('%s', (_, next, expected) => {
    const plain = { session: [rule('session')], app: [rule('app')] };
    expect(groupsOf(plain, next).slice(-expected.length)).toEqual(expected);
  });

  const cases: readonly (readonly [string, Parts])[] = [
    ['session', { session: [rule('session', unknown), rule('session')] }],
    ['app', { app: [rule('app', unknown), rule('app')] }],
    ['enrollment', { enrollment: [terms('enrollment', unknown), terms('enrollment')] }],
  ];
  test.each(cases)('are undecided where a rule of the policy decides about users that are not known: %s', (_, own) => {
    for (const [active, next] of [
      [own, {}],
      [{}, own],
    ] as const) {
      expect(groupsOf(active, next).toSorted()).toEqual([[], 'undecided']);
    }
  });
});

describe('what requests cannot ask for on a side', () => {
  const refused: RefusedParts = {
    active: { scopes: ['mail'], claims: [] },
    next: { scopes: ['mail', 'files'], claims: ['phone'] },
  };

  test('is left out of the request there, and nothing else', () => {
    const request = { scopes: ['openid', 'mail', 'files'], essentialClaims: ['phone', 'email'] };
    const facts = { ...factsOf({ request }), subject: { ...factsOf().subject } as never, signedInWith: [] };
    expect(factsOn('active', facts, {})).toBe(facts);
    const asked = (scopes: readonly string[], essentialClaims: readonly string[]) => ({
      ...facts,
      request: { ...facts.request, scopes, essentialClaims },
    });
    expect(factsOn('active', facts, { refused })).toEqual(asked(['openid', 'files'], ['phone', 'email']));
    expect(factsOn('next', facts, { refused })).toEqual(asked(['openid'], ['email']));
    const { essentialClaims: _, ...plain } = facts.request;
    expect(factsOn('next', { ...facts, request: plain }, { refused }).request).not.toHaveProperty('essentialClaims');
  });

  test('makes no rule decide there', () => {
    const when = (name: string): Conditions => ({ scopes: { any: [name] } });
    const rules = [
      rule('mail', when('mail')),
      rule('files', when('files')),
      rule('phone', { claims: { any: ['phone'] } }),
      rule('rest'),
    ];
    const space = ruleSpace(
      rules.map((each) => each.when),
      universe(),
    );
    const policy = compilePolicy({ name: 'app', rules });
    const deciding = (side: 'active' | 'next', parts: Parameters<typeof possiblyDecidingOn>[2]) =>
      possiblyDecidingOn(side, policy, parts).flatMap(({ rule: decidingRule, formulas }) =>
        decidingRule && findModel(formulas, newBudget()) !== 'impossible' ? [decidingRule.name] : [],
      );
    expect(deciding('next', { space })).toEqual(['mail', 'files', 'phone', 'rest']);
    expect(deciding('active', { refused, space })).toEqual(['files', 'phone', 'rest']);
    expect(deciding('next', { refused, space })).toEqual(['rest']);
  });

  test('makes no pair', () => {
    const app = [rule('mail', { scopes: { any: ['mail'] } }), rule('rest')];
    const sides = { active: policiesFrom({}), next: policiesFrom({ app }) };
    const space = ruleSpace(
      app.map((each) => each.when),
      universe(),
    );
    const names = (more: { readonly refused?: RefusedParts }) =>
      decidingTogether({ ...sides, ...more }, space).map(({ now }) => now.app?.name);
    expect(names({})).toEqual(['mail', 'rest']);
    expect(names({ refused })).toEqual(['rest']);
  });
});
