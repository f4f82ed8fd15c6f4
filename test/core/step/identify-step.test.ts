/** Which secret can be recovered on the first page. */
import { expect, test } from '@jest/globals';
import { type IdentifyContext, identifyStep } from '../../../src/core/step/identify-step.ts';
import { newTransaction } from '../../../src/core/step/transaction.ts';
import { NOW, plainRequest } from '../support/fixtures.ts';

const transaction = newTransaction({ id: 'tx', request: plainRequest, now: NOW, lifetime: 900 });

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
