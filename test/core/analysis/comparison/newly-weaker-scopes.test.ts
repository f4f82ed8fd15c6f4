/** What a changed policy lets users in with where it grants other scopes, and what keeps it from being shown. */
import { describe, expect, test } from '@jest/globals';
import { type NewlyWeaker, newlyWeaker } from '../../../../src/core/analysis/comparison/newly-weaker.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule } from '../../../../src/core/model/enrollment-policy.ts';
import type { AllowTerms, Requirement, Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { enrollmentTerms, factors, type Key, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const [one, two] = [factors(1), factors(2)];
const inA: Conditions = { groups: { any: ['a'] } };
const notInA: Conditions = { groups: { none: ['a'] } };
const unknown: Conditions = { attributes: { nick: { equals: 'a*' } } };
const codes = (count: number): Requirement => ({ chains: [Array(count).fill({ authenticators: ['totp'] })] });
const hour = { idle: 3600, absolute: 3600 };
const day = { idle: 3600, absolute: 86_400 };

const rule = (when: Conditions, requirement: Requirement, more: Partial<AllowTerms> = {}): Rule => ({
  name: 'R',
  when,
  then: { kind: 'allow', requirement, ...more },
});
const grants = (...granted: readonly string[]) => rule({}, one, { scopes: granted });
const deny = (when: Conditions = {}): Rule => ({ name: 'none', when, then: { kind: 'deny' } });
const scopes = (...any: readonly string[]): Conditions => ({ scopes: { any } });
const terms = (when: Conditions, more: Partial<EnrollmentRule['then']>): EnrollmentRule => {
  return { name: 'terms', when, then: enrollmentTerms(more) };
};

interface Parts {
  readonly app?: readonly Rule[];
  readonly session?: readonly Rule[];
  readonly enrollment?: readonly EnrollmentRule[];
  readonly enabled?: readonly Key[];
}

function policiesFrom({ app = [rule({}, one)], session = [rule({}, one)], enrollment, enabled }: Parts): PolicySet {
  return {
    ...policiesOf({ enabled: enabled ?? ['password', 'totp', 'webauthn'] }),
    app: compilePolicy({ name: 'app', rules: app }),
    session: compilePolicy({ name: 'session', rules: session }),
    ...(enrollment && { enrollment: compilePolicy({ name: 'enrollment', rules: enrollment }) }),
  };
}

function search(active: Parts, next: Parts, known: readonly string[] = ['a', 'b', 'c']) {
  const whens = [active, next].flatMap(({ app = [], session = [], enrollment = [] }) =>
    [...app, ...session, ...enrollment].map(({ when }) => when),
  );
  const names = known.map((name) => scopes(name));
  const sides = { active: policiesFrom(active), next: policiesFrom(next), ...(known.length > 0 && { scopes: known }) };
  return newlyWeaker(sides, ruleSpace([...whens, ...names], universe()));
}

function told({ proved, longer, scopes: more, facts }: NewlyWeaker) {
  return {
    ...(proved && { evidence: proved.evidence.map(({ authenticator }) => authenticator) }),
    ...(longer && { longer: longer.map(({ what }) => what) }),
    ...(more && { scopes: more }),
    ...(facts.subject.groups.length > 0 && { groups: facts.subject.groups }),
    asked: facts.request.scopes.toSorted(),
  };
}

const onlyA = { app: [grants('a')] };
const asked = ['openid'];

describe('scopes are granted that were not', () => {
  test.each<[string, Parts, Parts, object]>([
    ['one', onlyA, { app: [grants('a', 'b')] }, { scopes: ['b'], asked: ['b', 'openid'] }],
    [
      'several in one request',
      onlyA,
      { app: [grants('a', 'b', 'c')] },
      { scopes: ['b', 'c'], asked: ['b', 'c', 'openid'] },
    ],
    ['all', onlyA, { app: [rule({}, one)] }, { scopes: 'any', asked: ['b', 'openid'] }],
    [
      'those that reach the rule',
      onlyA,
      { app: [deny(scopes('b')), grants('a', 'b', 'c')] },
      { scopes: ['c'], asked: ['c', 'openid'] },
    ],
    [
      'each in a request of its own',
      onlyA,
      { app: [deny({ scopes: { all: ['b', 'c'] } }), grants('b', 'c')] },
      { scopes: ['b'], asked: ['b', 'openid'] },
    ],
    [
      'to a group',
      onlyA,
      { app: [rule(inA, one, { scopes: ['b'] }), grants('a')] },
      { scopes: ['b'], groups: ['a'], asked: ['b', 'openid'] },
    ],
    [
      'and what else is weaker is told where none of them reach the rule',
      { ...onlyA, session: [rule({}, one, { session: hour })] },
      { app: [deny(scopes('b')), grants('a', 'b')], session: [rule({}, one, { session: day })] },
      { longer: ['absolute'], asked },
    ],
    [
      'and what else is weaker is told where only users of whom none is known ask for them',
      { ...onlyA, session: [rule({}, one, { session: hour })] },
      {
        app: [rule({ any: [unknown, { scopes: { none: ['b'] } }] }, one, { scopes: ['a', 'b'] }), deny()],
        session: [rule({}, one, { session: day })],
      },
      { longer: ['absolute'], asked },
    ],
    [
      'nor is less kept silent',
      { app: [rule({}, two, { scopes: ['a'] })] },
      { app: [deny(scopes('b')), grants('a', 'b')] },
      { evidence: ['password'], asked },
    ],
  ])('%s', (_, active, next, expected) => {
    const { found, undecided } = search(active, next);
    expect([found.map(told), undecided]).toEqual([[expected], []]);
  });

  test('none, where no request for them reaches the rule', () => {
    expect(search(onlyA, { app: [deny(scopes('b')), grants('a', 'b')] })).toEqual({ found: [], undecided: [] });
  });
});

describe('it is undecided', () => {
  test.each<[string, Parts, Parts, readonly string[]]>([
    ['where the configuration knows none', onlyA, { app: [rule({}, one)] }, []],
    [
      'where only others than those that it knows reach the rule',
      onlyA,
      { app: [deny(scopes('b', 'c')), rule({}, one)] },
      ['a', 'b', 'c'],
    ],
    ['where no user is known', onlyA, { app: [rule(unknown, one, { scopes: ['b'] }), grants('a')] }, ['b']],
    [
      'where what is asked for cannot be compared, whatever scopes are taken away',
      { app: [rule({}, codes(6), { scopes: ['a', 'b'] })] },
      { app: [rule({}, codes(7), { scopes: ['a'] })] },
      ['a', 'b'],
    ],
    [
      'where sessions are longer of users who never get so far',
      { session: [rule({}, one, { session: hour })], enrollment: [terms({}, { required: [{ anyOf: ['phone'] }] })] },
      { session: [rule({}, one, { session: day })], enrollment: [terms({}, { required: [{ anyOf: ['phone'] }] })] },
      [],
    ],
  ])('%s', (_, active, next, known) => {
    const { found, undecided } = search(active, next, known);
    expect([found, undecided.length]).toEqual([[], 1]);
  });

  test('but not where the same rules let others in with less', () => {
    const enrollment = [terms(inA, {}), terms(unknown, {})];
    const { found, undecided } = search({ app: [rule({}, two)], enrollment }, { enrollment });
    expect([found.map(told), undecided]).toEqual([[{ evidence: ['password'], groups: ['a'], asked }], []]);
  });
});

describe('nothing is weaker', () => {
  test.each<[string, Parts, Parts]>([
    [
      'where policies never decide together',
      { app: [rule({}, codes(6))], session: [rule(notInA, one), deny()] },
      { app: [rule(inA, codes(7)), rule({}, codes(6))], session: [rule(notInA, one), deny()] },
    ],
    [
      'for users who can have nothing of what is asked for',
      { app: [deny()], enrollment: [terms({}, { disabled: ['totp'] })] },
      {
        app: [rule({}, factors(1, { demands: [{ authenticators: ['totp'] }] }))],
        enrollment: [terms({}, { disabled: ['totp'] })],
      },
    ],
  ])('%s', (_, active, next) => {
    expect(search(active, next)).toEqual({ found: [], undecided: [] });
  });
});

test('a browser that remembers the only second factor is weaker', () => {
  const enabled: readonly Key[] = ['password', 'totp'];
  const byPassword = factors(2, { demands: [{ authenticators: ['password'] }] });
  const found = (asks: Requirement) =>
    search({ app: [rule({}, asks)], enabled }, { app: [rule({}, asks, { remember: 60 })], enabled }).found.map(told);
  const expected = [{ evidence: ['password'], longer: ['remembered'], asked }];
  expect(found(two)).toEqual(expected);
  expect(found(byPassword)).toEqual(expected);
});
