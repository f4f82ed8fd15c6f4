/** The page on which the user continues with the account of the session, or takes another one. */

import { describe, expect, test } from '@jest/globals';
import { neutralRequest } from '../../../../../src/core/model/neutral-facts.ts';
import { newTransaction } from '../../../../../src/core/step/transaction.ts';
import { transactionEntry } from '../../../../../src/flow/transaction/store.ts';
import { transactionKey } from '../../../../../src/stores/keys.ts';
import { asStep, currentStep, noticesOf, start, type World } from '../../sign-in-fixture.ts';
import { otherForm, worldOfAnn } from '../actions-fixture.ts';

async function begin(world: World, more: object) {
  const request = { ...neutralRequest('notes', ['openid']), promptSelectAccount: true } as const;
  const transaction = { ...newTransaction({ id: 'tx', request, now: start, lifetime: 3600 }), ...more };
  await world.write({ op: 'put', key: transactionKey('tx'), ...transactionEntry(transaction, 3600) });
  return asStep(await world.view());
}

describe('the choice of an account', () => {
  test('the user continues with the one of the session', async () => {
    const world = await worldOfAnn();
    const page = await begin(world, { subject: { id: 'user-ann', identifier: 'ann', decoy: false } });
    expect(currentStep(page)).toBe('select_account');
    const next = asStep(await world.send(page));
    expect([currentStep(next), next.redirects]).toEqual(['challenge:password', true]);
    expect((await world.transaction())?.accountSelected).toBe(true);
  });

  test('nothing is chosen where no account is offered', async () => {
    const world = await worldOfAnn();
    const page = await begin(world, {});
    const next = await world.send(otherForm(world, page, { step: 'select_account' }));
    expect([currentStep(next), noticesOf(next)]).toEqual(['identify', []]);
    expect(await world.transaction()).not.toHaveProperty('accountSelected');
  });
});
