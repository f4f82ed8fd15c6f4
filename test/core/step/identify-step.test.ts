/** The first page: which secret can be recovered there, and the registration form. */
import { expect, test } from '@jest/globals';
import { type IdentifyContext, identifyStep } from '../../../src/core/step/identify-step.ts';
import { newTransaction } from '../../../src/core/step/transaction.ts';
import { fixedNow, plainRequest } from '../support/fixtures.ts';

const transaction = newTransaction({ id: 'tx', request: plainRequest, now: fixedNow, lifetime: 900 });

test.each<[string, Partial<IdentifyContext>, true | undefined]>([
  ['the one that the page asks for', { identifyWith: 'password', recoverable: 'password' }, true],
  ['none where another one can be', { identifyWith: 'password', recoverable: 'pin' }, undefined],
  ['none where the page asks for none', { recoverable: 'password' }, undefined],
  ['none where there is none to ask for', {}, undefined],
])('it is %s', (_, context, expected) => {
  const step = identifyStep(transaction, { canKeep: false, ...context });
  expect(step).toMatchObject({ kind: 'identify' });
  expect('recoverable' in step ? step.recoverable : undefined).toBe(expected);
});

test('the registration form says whether the user accepted the terms, and not what the user filled in', () => {
  const asked = { fields: [], terms: [] };
  const filled = { identifier: 'ann@example.com', address: 'Ann@example.com', profile: {}, terms: [], offered: [] };
  const shown = (registration: NonNullable<typeof transaction.registration>) =>
    identifyStep({ ...transaction, registration }, { canKeep: false, registration: asked });
  const form = { kind: 'profile', ...asked, registers: true, notices: [] };
  expect(shown({})).toStrictEqual(form);
  expect(shown({ form: filled })).toStrictEqual({ ...form, accepted: true });
});
