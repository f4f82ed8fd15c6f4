/** A chain as an automaton: what counts towards it, and which action comes first. */

import { describe, expect, test } from '@jest/globals';
import type { AssessedEvidence } from '../../../src/core/evidence/requirement.ts';
import type { ChainStep } from '../../../src/core/model/policy.ts';
import { isMetBy } from '../../../src/core/remediation/alternative-automaton.ts';
import { chainAutomaton } from '../../../src/core/remediation/chain-automaton.ts';
import { action, type Key } from '../support/fixtures.ts';

const step = (...authenticators: readonly Key[]): ChainStep => ({ authenticators });
const recent = (...authenticators: readonly Key[]): ChainStep => ({ authenticators, maxAge: 10 });
const now = action('totp');
const old = action('totp', { age: 100 });

describe('a chain is met', () => {
  const cases: readonly [
    string,
    readonly ChainStep[],
    readonly AssessedEvidence[],
    readonly AssessedEvidence[],
    boolean,
  ][] = [
    ['by what was proved', [step('totp')], [now], [], true],
    ['not by an enrollment that takes two steps', [step('totp'), recent('totp')], [old], [now], false],
    [
      'by two enrollments, one of them old',
      [step('totp', 'email'), recent('totp')],
      [old],
      [now, action('email')],
      true,
    ],
    ['by the newest proof of an enrollment, whatever the order', [recent('totp')], [now, old], [], true],
    ['by the newest proof, listed last', [recent('totp')], [old, now], [], true],
    [
      'not by an auxiliary proof, beside a proof that takes no step',
      [step('security_question')],
      [action('password')],
      [action('security_question')],
      false,
    ],
    [
      'by an auxiliary proof, beside another that takes a step',
      [step('password'), step('security_question')],
      [action('password')],
      [action('security_question')],
      true,
    ],
  ];

  test.each(cases)('%s', (_, chain, evidence, actions, expected) => {
    const automaton = chainAutomaton(chain, evidence);
    expect(isMetBy(automaton, actions.map(automaton.effectOf))).toBe(expected);
  });

  test('never, when it is longer than a checked configuration allows', () => {
    const chain = [step('password'), step('totp'), step('email'), step('phone')];
    expect(() => chainAutomaton(chain, [])).toThrow(new RangeError('a chain of 4 steps'));
  });
});

describe('an action comes first', () => {
  const cases: readonly [
    string,
    { readonly chain: readonly ChainStep[]; readonly evidence: readonly AssessedEvidence[] },
    AssessedEvidence,
    AssessedEvidence,
    boolean,
  ][] = [
    [
      'when it takes the first step',
      { chain: [step('email'), step('password')], evidence: [] },
      action('email'),
      action('password'),
      true,
    ],
    [
      'not when it takes only the second step, though the other could take both',
      { chain: [step('email'), step('email', 'password')], evidence: [] },
      action('password'),
      action('email'),
      false,
    ],
    [
      'when the other takes over the later step that its old proof took',
      { chain: [recent('totp'), step('totp', 'email')], evidence: [old] },
      now,
      action('email'),
      true,
    ],
    [
      'not when its old proof took a step before, and nothing else has',
      { chain: [step('totp', 'email'), recent('totp')], evidence: [old] },
      now,
      action('email'),
      false,
    ],
    [
      'not when the other would have to take two steps, one of them by an old proof',
      { chain: [step('password'), step('totp'), recent('totp')], evidence: [old] },
      action('password'),
      now,
      false,
    ],
  ];

  test.each(cases)('%s', (_, { chain, evidence }, first, other, expected) => {
    const automaton = chainAutomaton(chain, evidence);
    expect(automaton.mayComeFirst?.(automaton.effectOf(first), [automaton.effectOf(other)])).toBe(expected);
  });
});
