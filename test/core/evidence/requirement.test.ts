/** What evidence meets a requirement, part by part: ages, demands, factor types, chains. */

import { describe, expect, test } from '@jest/globals';
import { bestEvidence } from '../../../src/core/evidence/attainable-acr.ts';
import { isMatchable, unmatchedSteps } from '../../../src/core/evidence/chain-matching.ts';
import { presenceOnly } from '../../../src/core/evidence/presence-only.ts';
import {
  type AssessedEvidence,
  ageOf,
  candidatesFor,
  isFresh,
  meetsRequirement,
} from '../../../src/core/evidence/requirement.ts';
import type { ChainStep, Requirement } from '../../../src/core/model/policy.ts';
import { descriptor, factors, factsOf, fixedNow, type Key, proof } from '../support/fixtures.ts';

function assessed(key: Key, age: AssessedEvidence['age'], more: Partial<AssessedEvidence> = {}): AssessedEvidence {
  const { factors: covered, characteristics } = descriptor[key];
  return { authenticator: key, enrollment: key, factors: covered, characteristics, age, ...more };
}

test.each<[string, number, number | 'now' | undefined]>([
  ['an hour ago', fixedNow - 3600, 3600],
  ['in this second', fixedNow, 0],
  ['by a clock that is fast', fixedNow + 60, 0],
  ['by a clock that is too fast', fixedNow + 61, undefined],
])('evidence that was proved %s', (_, at, age) => {
  expect(ageOf(proof('password', 0, { at }), factsOf())).toBe(age);
});

test.each<[AssessedEvidence['age'], number | undefined, boolean]>([
  [0, 1, true],
  [1, 1, true],
  [2, 1, false],
  [0, 0, false],
  ['now', 0, true],
  [1_000_000, undefined, true],
])('evidence of age %s within %s seconds: %s', (age, maxAge, expected) => {
  expect(isFresh(age, maxAge)).toBe(expected);
});

describe('an alternative', () => {
  const password = factors(1, { maxAge: 60, demands: [{ authenticators: ['password'] }] });
  const question = factors(1, { demands: [{ authenticators: ['security_question'] }] });
  const auxiliary = assessed('security_question', 'now', { auxiliary: true });

  test.each<[string, Requirement, readonly AssessedEvidence[], boolean]>([
    ['is met by what it demands', password, [assessed('password', 60)], true],
    [
      'is not met by what is older, beside newer evidence',
      password,
      [assessed('password', 61), assessed('totp', 1)],
      false,
    ],
    [
      'is not met by what a demand excludes',
      factors(1, { demands: [{ exclude: ['totp'] }] }),
      [assessed('totp', 1)],
      false,
    ],
    [
      'is met by auxiliary evidence that it names, beside other evidence',
      question,
      [auxiliary, assessed('totp', 1)],
      true,
    ],
    ['is not met by auxiliary evidence alone', question, [auxiliary], false],
  ])('%s', (_, requirement, evidence, expected) => {
    expect(meetsRequirement(requirement, evidence)).toBe(expected);
  });
});

describe('a chain', () => {
  const step = (...authenticators: readonly Key[]) => ({ authenticators });
  const [one, other] = [assessed('totp', 1), assessed('totp', 2, { enrollment: 'totp2' })];

  test('without steps is met by nothing', () => {
    expect(meetsRequirement({ chains: [[]] }, [one])).toBe(false);
  });

  test('takes an enrollment of its own for each step, in any way', () => {
    const chain = (...steps: readonly ChainStep[]) => ({ chains: [steps] });
    expect(meetsRequirement(chain(step('totp'), step('totp')), [one])).toBe(false);
    expect(meetsRequirement(chain(step('totp'), step('totp')), [one, other])).toBe(true);
    expect(meetsRequirement(chain(step('totp'), step('password')), [one])).toBe(false);
  });

  test('needs at most as many enrollments for one step as it has steps', () => {
    const totps = ['a', 'a', 'b', 'c'].map((enrollment) => ({ ...one, enrollment }));
    expect(candidatesFor(step('totp'), [assessed('password', 'now'), ...totps], 2)).toEqual(['a', 'b']);
    expect(candidatesFor(step('totp'), totps, 9)).toEqual(['a', 'b', 'c']);
  });

  test.each<[string, readonly (readonly string[])[], readonly number[]]>([
    ['nothing', [], []],
    ['an enrollment for each step', [['a'], ['b']], []],
    ['an enrollment that one step has to leave to another', [['a', 'b'], ['a']], []],
    ['a long way round', [['a', 'b'], ['b', 'c'], ['a']], []],
    ['one enrollment for two steps: the first is left', [['a'], ['a']], [0]],
    ['nothing for the last step', [['a'], ['b'], []], [2]],
    [
      'two enrollments for three steps',
      [
        ['a', 'b'],
        ['a', 'b'],
        ['b', 'a'],
      ],
      [0],
    ],
    ['nothing at all', [[], []], [0, 1]],
  ])('leaves the fewest steps, and the earliest, without an enrollment: %s', (_, steps, expected) => {
    expect(unmatchedSteps(steps)).toEqual(expected);
    expect(isMatchable(steps)).toBe(expected.length === 0);
  });
});

test.each<[string, Requirement, number]>([
  ['an alternative', factors(2), 1],
  ['a chain of one step', { chains: [[{ authenticators: ['totp'] }]] }, 1],
  ['the longest of two chains', { chains: [[{ authenticators: ['totp'] }], Array(3).fill({ authenticators: [] })] }, 3],
])('the best evidence has each authenticator as often as %s can ask for it', (_, requirement, often) => {
  const best = bestEvidence(requirement, [descriptor.password, descriptor.totp]);
  for (const key of ['password', 'totp'])
    expect(best.filter(({ authenticator }) => authenticator === key)).toHaveLength(often);
  expect(new Set(best.map(({ enrollment }) => enrollment)).size).toBe(2 * often);
});

test('presence alone shows possession; what cannot verify its user stays as it is', () => {
  expect(presenceOnly(descriptor.webauthn)).toEqual({
    ...descriptor.webauthn,
    factors: ['possession'],
    characteristics: ['userPresence', 'deviceBound', 'phishingResistant'],
  });
  expect(presenceOnly(descriptor.password)).toEqual(descriptor.password);
});
