/** Starting again for the same request. */

import { expect, test } from '@jest/globals';
import { compilePolicy } from '../../../../../src/core/policy/rules/compile.ts';
import { submit, view } from '../../../../../src/flow/engine.ts';
import type { TransactionRequest } from '../../../../../src/flow/transaction/open-transaction.ts';
import { UnitOfWork } from '../../../../../src/stores/unit-of-work.ts';
import { allow, asStep, currentStep, factors, noticesOf, type World } from '../../sign-in-fixture.ts';
import { twoFactors, worldOfAnn } from '../actions-fixture.ts';

/** A request of a browser that proved nothing. `given`: the secrets that it gets. */
async function inOtherBrowser<T>(world: World, given: string[], run: (request: TransactionRequest) => Promise<T>) {
  const unit = new UnitOfWork(world.store);
  const proofSecret = { presented: undefined, give: (secret: string) => void given.push(secret) };
  const result = await run({ unit, uid: 'tx', visitor: world.visitor, proofSecret, session: async () => undefined });
  await unit.commit();
  return result;
}

test('a browser that did not give the last proof starts anew, and the one that did is lost', async () => {
  const world = await worldOfAnn();
  await world.addSession('s', { accountId: 'user-ann' });
  const first = await world.beginSignIn({}, { session: 's', uiLocales: 'de' });
  const page = asStep(await world.send(first, { identifier: 'ann', 'credentials.passcode': 'secret' }));
  const before = await world.transaction();
  const given: string[] = [];
  const lost = await inOtherBrowser(world, given, (request) => view(world.services, request));
  if (lost.kind !== 'lost') throw new Error('not lost');
  const again = await inOtherBrowser(world, given, (request) =>
    submit(world.services, request, { step: 'restart', handle: lost.handle, fields: {} }),
  );
  expect([currentStep(again), noticesOf(again), given]).toEqual(['identify', [], [expect.any(String)]]);
  const { proofSecretHash, ...after } = (await world.transaction()) ?? {};
  expect(proofSecretHash).not.toBe(before?.proofSecretHash);
  expect(after).toEqual({
    id: 'tx',
    event: `tx.${page.version}`,
    startedAt: before?.startedAt,
    expiresAt: before?.expiresAt,
    request: before?.request,
    uiLocales: 'de',
    evidence: [],
  });
  expect((await world.send(page, { 'credentials.passcode': '123' })).kind).toBe('lost');
});

test('a user who was recovering a password only returns to the sign-in', async () => {
  const recovery = compilePolicy({ name: 'recovery', rules: [{ name: 'all', when: {}, then: allow(factors(1)) }] });
  const world = await worldOfAnn({ ...twoFactors, policies: { recovery } });
  const more = { recovering: true, session: 's' } as object;
  const page = await world.beginSignIn({}, more);
  expect(page.recovering).toBe(true);
  const again = asStep(await world.send(page, {}, { step: 'restart' }));
  expect([currentStep(again), again.recovering]).toEqual(['identify', undefined]);
  const after = await world.transaction();
  expect(after).toMatchObject({ event: 'tx', session: 's', request: { clientId: 'notes' } });
  expect(after).not.toHaveProperty('recovering');
});
