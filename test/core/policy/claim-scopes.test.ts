/** Claims that are requested by name count as their scopes. */
import { expect, test } from '@jest/globals';
import type { RequestFacts } from '../../../src/core/model/facts.ts';
import { isReleased, scopesOf, withClaimScopes } from '../../../src/core/policy/claim-scopes.ts';
import { plainRequest } from '../support/fixtures.ts';

const released = { email: ['email', 'email_verified'], profile: ['name', 'locale'], staff: ['name', 'groups'] };

const asked = (more: Partial<RequestFacts>, allowed?: readonly string[]) =>
  withClaimScopes({ ...plainRequest, ...more }, released, allowed);

test('a request without named claims stays as it is', () => {
  const request = { ...plainRequest, scopes: ['openid', 'email'] };
  expect(withClaimScopes(request, released)).toBe(request);
});

test.each<[string, Partial<RequestFacts>, readonly string[] | undefined, Partial<RequestFacts>]>([
  ['the scope of the claim', { claims: ['email'] }, undefined, { scopes: ['openid', 'email'], claims: ['email'] }],
  ['the first of two scopes', { claims: ['name'] }, undefined, { scopes: ['openid', 'profile'], claims: ['name'] }],
  [
    'of two scopes the one that is requested anyway',
    { claims: ['name'], scopes: ['openid', 'staff'] },
    undefined,
    { scopes: ['openid', 'staff'], claims: ['name'] },
  ],
  [
    'the scope that the app may request',
    { claims: ['name'] },
    ['staff'],
    { scopes: ['openid', 'staff'], claims: ['name'] },
  ],
  [
    'one scope for two claims, and nothing of a third that the app may not have',
    { claims: ['name', 'locale', 'email'], essentialClaims: ['email', 'locale', 'unknown'] },
    ['profile'],
    { scopes: ['openid', 'profile'], claims: ['name', 'locale'], essentialClaims: ['locale', 'unknown'] },
  ],
  [
    'one that is essential',
    { claims: ['email'], essentialClaims: ['email'] },
    undefined,
    { scopes: ['openid', 'email'], claims: ['email'], essentialClaims: ['email'] },
  ],
  ['no claim that no scope releases', { claims: ['unknown'] }, undefined, { scopes: ['openid'] }],
  [
    'no essential claim that is withheld',
    { claims: ['email'], essentialClaims: ['email'] },
    [],
    { scopes: ['openid'] },
  ],
])('it asks for %s', (_, more, allowed, expected) => {
  expect(asked(more, allowed)).toStrictEqual({ ...plainRequest, ...expected });
});

test('a claim is released by any of its scopes', () => {
  expect(scopesOf('name', released)).toEqual(['profile', 'staff']);
  expect(scopesOf('unknown', released)).toEqual([]);
  expect(isReleased('name', released, ['openid', 'staff'])).toBe(true);
  expect(isReleased('name', released, ['openid', 'email'])).toBe(false);
});
