/** What the scopes of a request to the account app ask for, and that they mean nothing at other apps. */

import { expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { changeScope, enrollScope } from '../../../src/core/enrollment/account-request.ts';
import type { FactParts } from '../support/fixtures.ts';
import { factsOf, policiesOf, proof, userWith } from '../support/fixtures.ts';

const password = proof('password', 'now');
const subject = userWith(['password', 'totp']);
const withScopes = (...scopes: readonly string[]): FactParts => ({ request: { scopes: ['openid', ...scopes] } });

test.each<[string, FactParts, string, string]>([
  ['to view the account', withScopes(), 'allow', 'allow'],
  ['to change the account', withScopes(changeScope), 'challenge', 'allow'],
  ['to enroll', withScopes(enrollScope('webauthn')), 'challenge', 'allow'],
])('a request %s', (_, request, atAccount, elsewhere) => {
  const facts = factsOf({ subject, evidence: [password], ...request });
  expect(evaluate({ ...policiesOf(), isAccountApp: true }, facts).kind).toBe(atAccount);
  expect(evaluate(policiesOf(), facts).kind).toBe(elsewhere);
});

test('an enrollment that was made here does not raise what it took', () => {
  // The account can now show three factor types, of which the enrollment has shown one.
  const made = proof('webauthn', 'now', { origin: 'enrollment', factors: ['possession'] });
  const facts = factsOf({
    subject: userWith(['password', 'webauthn']),
    evidence: [password, made],
    ...withScopes(enrollScope('webauthn')),
  });
  expect(evaluate({ ...policiesOf(), isAccountApp: true }, facts).kind).toBe('allow');
});
