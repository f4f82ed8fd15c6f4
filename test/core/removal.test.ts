/** May an enrollment go, and which apps go with it? */
import { describe, expect, test } from '@jest/globals';
import { compilePolicy, type PolicySet } from '../../src/core/evaluate.ts';
import type { Facts, Requirement } from '../../src/core/model.ts';
import { isLostWithout, refusalToRemove } from '../../src/core/removal.ts';
import { allow, factors, factsOf, type Key, type PoliciesGiven, person, policiesOf, proof } from './support/world.ts';

const knowledge: Requirement = factors(1, { demands: [{ factor: 'knowledge', authenticators: ['password'] }] });
const phishingResistant: Requirement = factors(1, { demands: [{ characteristics: ['phishingResistant'] }] });

function at(keys: readonly (Key | 'key')[], more: Partial<Facts> = {}): Facts {
  return factsOf({ subject: person(keys), network: { ip: '192.0.2.1', zones: [] }, ...more });
}

describe('a way into an app is lost', () => {
  test.each<[string, readonly (Key | 'key')[], Key, PoliciesGiven, boolean]>([
    ['with the only one that it takes', ['password', 'totp'], 'password', { app: knowledge }, true],
    ['not with another one', ['password', 'totp'], 'totp', { app: knowledge }, false],
    ['not where any will do', ['password', 'totp'], 'password', { app: factors(1) }, false],
    [
      'not while there is another of its kind',
      ['password', 'webauthn', 'key'],
      'webauthn',
      { app: phishingResistant },
      false,
    ],
    [
      'not where it can be enrolled on the way',
      ['password', 'webauthn'],
      'webauthn',
      { app: phishingResistant },
      false,
    ],
    ['where nothing is left to prove before that', ['webauthn'], 'webauthn', { app: phishingResistant }, true],
    ['not when it was closed before', ['totp'], 'totp', { app: knowledge }, false],
    ['not when it is denied', ['totp'], 'totp', { app: { name: 'none', rules: [] } }, false],
    ['by a minimum acr', ['password', 'totp'], 'password', { app: factors(1), minimumAcr: 'pwd' }, true],
    [
      'by the session policy',
      ['password', 'totp'],
      'password',
      { session: { name: 's', rules: [{ name: 'All', when: {}, then: allow(knowledge) }] } },
      true,
    ],
  ])('%s', (_what, keys, removed, given, expected) => {
    expect(isLostWithout(policiesOf(given), at(keys), removed)).toBe(expected);
  });

  test('what was proved before, here or in the session, makes no difference', () => {
    const facts = at(['password', 'totp'], { evidence: [proof('password', 'here'), proof('totp', 5)] });
    expect(isLostWithout(policiesOf({ app: knowledge }), facts, 'password')).toBe(true);
    expect(isLostWithout(policiesOf({ app: knowledge }), facts, 'totp')).toBe(false);
  });

  const elsewhere: PoliciesGiven['app'] = {
    name: 'office',
    rules: [
      { name: 'Office', when: { network: { any: ['office'] } }, then: allow(factors(1)) },
      { name: 'Else', when: {}, then: allow(knowledge) },
    ],
  };
  const unknownBrowser: PoliciesGiven['app'] = {
    name: 'browser',
    rules: [
      { name: 'Known', when: { device: { known: true } }, then: allow(factors(1)) },
      { name: 'Else', when: {}, then: allow(knowledge) },
    ],
  };
  test.each<[string, PoliciesGiven['app'], Partial<Facts>]>([
    ['from elsewhere, for somebody in the office', elsewhere, { network: { ip: '192.0.2.1', zones: ['office'] } }],
    ['with another browser', unknownBrowser, { device: { known: true, platform: 'desktop', os: 'linux' } }],
  ])('%s', (_what, app, more) => {
    const policies = policiesOf({ app });
    expect(isLostWithout(policies, at(['password', 'totp'], more), 'password')).toBe(true);
    expect(isLostWithout(policies, at(['password', 'totp'], more), 'totp')).toBe(false);
  });
});

describe('it must stay', () => {
  const required = (...anyOf: readonly Key[]): PolicySet => ({
    ...policiesOf(),
    enrollment: compilePolicy({
      name: 'enrollment',
      rules: [{ name: 'All', when: {}, then: { required: [{ anyOf }], optional: [], promoted: [], disabled: [] } }],
    }),
  });

  test.each<[string, readonly (Key | 'key')[], Key, PolicySet, string | undefined]>([
    ['because it is required', ['password', 'totp'], 'totp', required('totp'), 'required'],
    ['because one of several is', ['password', 'totp'], 'totp', required('totp', 'webauthn'), 'required'],
    [
      'not while another of them is there',
      ['password', 'totp', 'webauthn'],
      'totp',
      required('totp', 'webauthn'),
      undefined,
    ],
    ['not because something else is', ['password', 'totp'], 'password', required('totp'), undefined],
    ['because it is the last', ['password'], 'password', policiesOf(), 'last'],
  ])('%s', (_what, keys, removed, policies, expected) => {
    expect(refusalToRemove(policies, at(keys), removed)).toBe(expected);
  });

  test('nobody and nothing: no reason', () => {
    const { subject: _, ...nobody } = at(['password']);
    expect(refusalToRemove(policiesOf(), nobody, 'password')).toBeUndefined();
    expect(refusalToRemove(policiesOf(), at(['password']), 'other')).toBeUndefined();
  });
});
