import { expect, test } from '@jest/globals';
import { identifyWithPassword } from '../../src/core/identify-with-password.ts';
import type { Policy, Requirement } from '../../src/core/model.ts';
import { allow, always, factors, factsOf, type PoliciesGiven, person, policiesOf, proof } from './support/world.ts';

const password = factors(1, { demands: [{ authenticators: ['password'] }] });
const key = factors(1, { demands: [{ characteristics: ['phishingResistant'] }] });
const chain: Requirement = { chains: [[{ authenticators: ['email'] }, { authenticators: ['password'] }]] };
const forGroup = (requirement: Requirement, otherwise: Requirement): Policy => ({
  name: 'tested',
  rules: [
    { name: 'group', when: { groups: { any: ['g'] } }, then: allow(requirement) },
    { name: 'office', when: { network: { any: ['office'] } }, then: allow(key) },
    { name: 'banned', when: { users: { any: ['x'] } }, then: { kind: 'deny' } },
    { name: 'others', when: {}, then: allow(otherwise) },
    { name: 'never', when: {}, then: allow(key) },
  ],
});

test.each<[string, PoliciesGiven, boolean]>([
  ['any factor', {}, true],
  ['two factors', { app: factors(2) }, true],
  ['a password', { app: password }, true],
  ['no password enabled', { enabled: ['email', 'totp'] }, false],
  ['a key', { app: key }, false],
  ['a key, but the session policy wants a password', { session: always(allow(password)), app: key }, true],
  ['the password is the last of a chain', { app: chain }, false],
  ['one rule wants a key', { app: forGroup(key, password) }, false],
  ['the last rule wants a key', { app: forGroup(password, key) }, false],
  [
    'both rules take a password; what misses or comes after does not matter',
    { app: forGroup(password, factors(2)) },
    true,
  ],
  ['everybody is denied', { app: always({ kind: 'deny' }) }, false],
  ['nobody can meet it', { app: { anyOf: [] } }, false],
])('%s: %s', (_, policies, expected) => {
  expect(identifyWithPassword(policiesOf(policies), factsOf())).toBe(expected);
});

test('does not depend on who is there, nor on what was proved', () => {
  const facts = factsOf({ subject: person(['webauthn'], { groups: ['g'] }), evidence: [proof('password', 'here')] });
  expect(identifyWithPassword(policiesOf({ app: forGroup(key, password) }), facts)).toBe(false);
  expect(identifyWithPassword(policiesOf({ app: forGroup(password, password) }), facts)).toBe(true);
});

test('without an app policy there is nothing to ask for', () => {
  const { app: _, ...policies } = policiesOf();
  expect(identifyWithPassword(policies, factsOf())).toBe(false);
});
