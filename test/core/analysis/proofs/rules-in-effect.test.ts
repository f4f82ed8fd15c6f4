/** What the rules of an app come to together, as `config diff` and `config matrix` compare it. */
import { describe, expect, test } from '@jest/globals';
import {
  asksAlike,
  asksOf,
  leastFactors,
  rulesInEffect,
} from '../../../../src/core/analysis/proofs/rules-in-effect.ts';
import type { Demand, Requirement, Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { allow, always, factors, factsOf, type PolicyParts, policiesOf, userWith } from '../../support/fixtures.ts';

const facts = factsOf({ subject: userWith(['password', 'totp']) });
const deny = always({ kind: 'deny' });
const chain: Requirement = { chains: [[{ authenticators: ['password'] }, { authenticators: ['totp'] }]] };
const demanding = (...demands: readonly Demand[]) => factors(1, { demands });
const resistant = demanding({ characteristics: ['phishingResistant'] });

describe('what they ask for', () => {
  test.each<[string, PolicyParts, readonly Requirement[]]>([
    ['the same of both policies, once', {}, [factors(1)]],
    ['the stricter of the app', { app: factors(2) }, [factors(2)]],
    ['the stricter of the session', { session: always(allow(factors(2))) }, [factors(2)]],
    ['the stricter of the minimum', { minimumAcr: '2fa' }, [factors(2)]],
    ['both, where neither follows', { app: factors(2), session: always(allow(resistant)) }, [factors(2), resistant]],
    ['a chain, which implies what is asked of its steps', { app: chain }, [chain]],
  ])('is %s', (_, parts, asks) => {
    const policies = policiesOf(parts);
    const rules = { session: policies.session.rules[0]?.rule, app: policies.app?.rules[0]?.rule };
    expect(rulesInEffect(policies, facts)).toEqual({ ...rules, asks });
  });

  test('is a denial where a rule denies or none decides', () => {
    expect(rulesInEffect(policiesOf({ app: deny }), facts)).toMatchObject({ app: deny.rules[0], asks: 'denied' });
    expect(rulesInEffect(policiesOf({ session: deny }), facts)).toMatchObject({
      session: deny.rules[0],
      asks: 'denied',
    });
    const empty = rulesInEffect(policiesOf({ app: { name: 'empty', rules: [] } }), facts);
    expect([empty.app, 'app' in empty, empty.asks]).toEqual([undefined, false, 'denied']);
    const { app: _, ...withoutApp } = policiesOf();
    expect(rulesInEffect(withoutApp, facts)).toMatchObject({ session: { name: 'everybody' }, asks: 'denied' });
  });

  test('by one policy alone is what its rule says', () => {
    const policy = (then: Rule['then']) => compilePolicy(always(then));
    expect(asksOf(policy(allow(factors(2))), facts)).toEqual([factors(2)]);
    for (const none of [policy({ kind: 'deny' }), compilePolicy({ name: 'none', rules: [] }), undefined])
      expect(asksOf(none, facts)).toBe('denied');
  });
});

test.each<[readonly Requirement[] | 'denied', readonly Requirement[] | 'denied', boolean]>([
  ['denied', 'denied', true],
  ['denied', [factors(1)], false],
  [[factors(1)], 'denied', false],
  [[factors(2)], [factors(1), factors(2)], true],
  [[factors(2)], [factors(1)], false],
  [[factors(1)], [factors(2)], false],
  [[demanding({ factor: 'knowledge' })], [demanding({ authenticators: ['password'] })], true],
  [[chain], [chain], true],
])('%j and %j are alike: %s', (one, other, expected) => {
  const { authenticators } = policiesOf({ enabled: ['password', 'totp', 'webauthn'] });
  expect(asksAlike(one, other, authenticators)).toBe(expected);
});

test.each<[string, readonly Requirement[], number | undefined]>([
  ['nothing', [], 0],
  ['the most of several', [factors(1), factors(3), factors(2)], 3],
  [
    'the fewest of alternatives',
    [{ anyOf: [factors(3), factors(2)].flatMap((requirement) => ('anyOf' in requirement ? requirement.anyOf : [])) }],
    2,
  ],
  ['each factor type that is demanded', [demanding({ factor: 'knowledge' }, { factor: 'possession' })], 2],
  ['one that is demanded twice', [demanding({ factor: 'possession' }, { factor: 'possession', maxAge: 0 })], 1],
  ['demands of no factor type', [demanding({ authenticators: ['totp'] }, { authenticators: ['phone'] })], 1],
  ['one that is demanded beside another proof', [demanding({ factor: 'knowledge' }, { authenticators: ['totp'] })], 1],
  ['a chain', [factors(2), chain], undefined],
])('the fewest factor types: %s', (_, asks, expected) => {
  expect(leastFactors(asks)).toBe(expected);
});
