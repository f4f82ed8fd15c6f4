/** What is asked apart from a sign-in: facts that let no rule apply by chance. */
import { expect, test } from '@jest/globals';
import { neutralFacts, neutralRequest } from '../../../src/core/model/neutral-facts.ts';

test('a neutral request asks for nothing but its scopes', () => {
  const nothing = { acrValues: [], acrEssential: false, promptLogin: false };
  expect(neutralRequest('notes')).toEqual({ clientId: 'notes', scopes: [], ...nothing });
  expect(neutralRequest('notes', ['openid'])).toEqual({ clientId: 'notes', scopes: ['openid'], ...nothing });
});

test('neutral facts are in no zone, of an unknown browser, without proofs; given facts replace them', () => {
  const asked = { now: 5, request: neutralRequest('notes') };
  const unknown = { known: false, platform: 'other', os: 'other' };
  expect(neutralFacts(asked)).toEqual({ ...asked, network: { ip: '', zones: [] }, device: unknown, evidence: [] });
  const network = { ip: '192.0.2.1', zones: ['office'] };
  expect(neutralFacts({ ...asked, network })).toMatchObject({ network, device: unknown });
});
