/** By how many enrollments a set of proofs may have been made. */
import { expect, test } from '@jest/globals';
import { readingsOf } from '../../../../src/core/analysis/proofs/enrollment-readings.ts';
import type { EvidenceSet } from '../../../../src/core/analysis/proofs/evidence-set.ts';
import type { Requirement } from '../../../../src/core/model/policy.ts';
import { action, factors, type Key } from '../../support/fixtures.ts';

/** Each of an enrollment of its own. */
const proofs = (...keys: readonly Key[]): EvidenceSet =>
  keys.map((key, at) => action(key, { enrollment: `${key} ${at + 1}` }));
const chain = (...keys: readonly Key[]): Requirement => ({
  chains: [keys.map((key) => ({ authenticators: [key] }))],
});
const fewest = (...keys: readonly Key[]) => [[...keys]];

test.each<[string, EvidenceSet, readonly Requirement[], readonly (readonly string[])[]]>([
  ['no chain asks for several', proofs('totp', 'totp', 'password'), [factors(2)], fewest('totp', 'totp', 'password')],
  ['no requirement is there', proofs('totp', 'totp'), [], fewest('totp', 'totp')],
  ['not even with several it is enough', proofs('totp', 'totp'), [factors(2)], fewest('totp', 'totp')],
  [
    'another requirement is not met',
    proofs('totp', 'totp'),
    [chain('totp', 'totp'), factors(2)],
    fewest('totp', 'totp'),
  ],
  [
    'there are more than six',
    proofs('totp', 'totp', 'phone', 'phone', 'email', 'email', 'password'),
    [chain('totp', 'totp')],
    fewest('totp', 'totp', 'phone', 'phone', 'email', 'email', 'password'),
  ],
])('where %s, by the fewest', (_, set, premises, expected) => {
  expect(readingsOf(set, premises).map((evidenceSet) => evidenceSet.map(({ enrollment }) => enrollment))).toEqual(
    expected,
  );
});

test.each<[string, EvidenceSet, readonly Requirement[], readonly string[]]>([
  ['two that a chain asks for', proofs('totp', 'totp'), [chain('totp', 'totp')], ['totp 1,totp 2']],
  [
    'three, of which two are enough, in any way',
    proofs('totp', 'totp', 'totp'),
    [chain('totp', 'totp')],
    ['totp 1,totp 1,totp 3', 'totp 1,totp 2,totp 1', 'totp 1,totp 2,totp 2', 'totp 1,totp 2,totp 3'],
  ],
  [
    'those of others stay their own',
    proofs('totp', 'password', 'totp'),
    [chain('totp', 'totp'), factors(1)],
    ['totp 1,password 2,totp 3'],
  ],
])('by several enrollments: %s', (_, set, premises, expected) => {
  const found = readingsOf(set, premises).map((evidenceSet) => evidenceSet.map(({ enrollment }) => enrollment).join());
  expect(found.toSorted()).toEqual(expected);
});

test('six proofs are read in every way', () => {
  const six = proofs('totp', 'totp', 'phone', 'phone', 'email', 'email');
  expect(readingsOf(six, [chain('totp', 'totp')])).toHaveLength(4);
});
