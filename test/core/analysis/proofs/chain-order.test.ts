/** Whether what meets one chain meets another one. */
import { expect, test } from '@jest/globals';
import { followsChain } from '../../../../src/core/analysis/proofs/chain-order.ts';
import type { ChainStep } from '../../../../src/core/model/policy.ts';

const step = (names: string, more: Partial<ChainStep> = {}): ChainStep => ({
  authenticators: names.split(' '),
  ...more,
});
/** With a member that chains may get one day. */
const later = (value: string) => ({ ...step('a'), later: value }) as ChainStep;
const resistant = { characteristics: ['phishingResistant'] } as const;
const two = { characteristics: ['phishingResistant', 'deviceBound'] } as const;

test.each<[string, readonly ChainStep[], readonly ChainStep[], boolean]>([
  ['itself', [step('a'), step('b')], [step('a'), step('b')], true],
  ['less of it', [step('a'), step('b')], [step('b')], true],
  ['more than it', [step('a')], [step('a'), step('b')], false],
  ['twice what it has once', [step('a'), step('b')], [step('a'), step('a')], false],
  ['the same in another order', [step('a'), step('b')], [step('b'), step('a')], false],
  [
    'the same, and in another order from the second on',
    [step('a'), step('b'), step('c')],
    [step('a'), step('c'), step('b')],
    false,
  ],
  ['something else, of which it has more', [step('a'), step('b')], [step('c')], false],
  ['less of it in another order', [step('a'), step('b'), step('c')], [step('b'), step('a')], true],
  ['its last steps', [step('a'), step('b'), step('c')], [step('b'), step('c')], true],
  ['its first step and its last one', [step('a'), step('b'), step('c')], [step('a'), step('c')], true],
  ['the same twice, of which it has one', [step('a'), step('b')], [step('a b'), step('a b')], true],
  ['more to choose from', [step('a')], [step('a b')], true],
  ['less to choose from', [step('a b')], [step('a')], false],
  ['fewer characteristics', [step('a', two)], [step('a', resistant)], true],
  ['more characteristics', [step('a', resistant)], [step('a', two)], false],
  ['no age', [step('a', { maxAge: 60 })], [step('a')], true],
  ['the same age', [step('a', { maxAge: 60 })], [step('a', { maxAge: 60 })], true],
  ['a longer age', [step('a', { maxAge: 60 })], [step('a', { maxAge: 61 })], true],
  ['a shorter age', [step('a', { maxAge: 60 })], [step('a', { maxAge: 59 })], false],
  ['an age where it has none', [step('a')], [step('a', { maxAge: 60 })], false],
  ['a shorter pause', [step('a', { maxIdle: 60 })], [step('a', { maxIdle: 59 })], false],
  ['no pause', [step('a', { maxIdle: 60 })], [step('a')], true],
  ['the same of what is not compared', [later('one')], [later('one')], true],
  ['something else of what is not compared', [later('one')], [later('other')], false],
])('a chain is as strict as one that asks for %s', (_, one, other, expected) => {
  expect(followsChain({ chains: [one] }, { chains: [other] })).toBe(expected);
});
