/** What a page may show of the user's options, before and after a proof. */

import { describe, expect, test } from '@jest/globals';
import type { Decision } from '../../../../../src/core/model/decision.ts';
import type { Facts } from '../../../../../src/core/model/facts.ts';
import type { Demand } from '../../../../../src/core/model/policy.ts';
import type { StepContext } from '../../../../../src/core/step/next-step.ts';
import { viewOf } from '../../../../../src/flow/actions/selection/select.ts';
import { decide } from '../../../../../src/flow/engine.ts';
import type { OpenTransaction } from '../../../../../src/flow/transaction/open-transaction.ts';
import { guessingNetworkKey } from '../../../../../src/stores/keys.ts';
import {
  allow,
  createWorld,
  credential,
  factors,
  fakeAuthenticator,
  opened,
  start,
  totp,
  type World,
  type WorldOptions,
} from '../../sign-in-fixture.ts';
import { recoverablePassword, recoveryByMail } from '../actions-fixture.ts';

const phone = fakeAuthenticator({ key: 'phone', methods: ['sms', 'voice'] });
const letter = fakeAuthenticator({ key: 'letter', methods: ['post'] });
const email = fakeAuthenticator(
  { key: 'email' },
  { matchesIdentifier: ({ secret }, identifier) => secret.text === identifier },
);
const authenticators = [recoverablePassword, totp, phone, letter, email];
const demanding = (demand: Demand) => allow({ anyOf: [{ factors: 1, demands: [demand] }] });

async function worldOf(options: WorldOptions = {}): Promise<World> {
  const world = createWorld({ authenticators, ...options });
  await world.addUser('ann', [
    credential('password', 'secret'),
    credential('phone', '1'),
    credential('email', 'ann', { id: 'own' }),
    credential('email', 'other', { id: 'other' }),
  ]);
  await world.beginSignIn();
  return world;
}

type Within = (context: OpenTransaction) => OpenTransaction;

/** The view of the sign-in, as a request changes it. */
function viewIn(world: World, within: Within = (context) => context, kind?: Decision['kind']): Promise<StepContext> {
  return opened(world, async (context) => {
    await context.request.unit.load([guessingNetworkKey('192.0.2.1')]);
    const changed = within(context);
    const { facts, decision } = await decide(changed);
    return viewOf(changed, { facts: facts as Facts, decision: kind ? ({ ...decision, kind } as Decision) : decision });
  });
}

const byAnn =
  (identifier: string): Within =>
  (context) => ({
    ...context,
    transaction: { ...context.transaction, subject: { id: 'user-ann', identifier, decoy: false } },
  });

describe('the first page', () => {
  test('asks for the password, and offers to recover it', async () => {
    const world = await worldOf({ policies: { recovery: recoveryByMail } });
    expect(await viewIn(world)).toMatchObject({ identifyWith: 'password', recoverable: 'password' });
  });

  test('of a recovery does neither', async () => {
    const world = await worldOf({ policies: { recovery: recoveryByMail } });
    const recovering: Within = (context) => ({ ...context, transaction: { ...context.transaction, recovering: true } });
    const view = await viewIn(world, recovering);
    expect([view.identifyWith, view.recoverable]).toEqual([undefined, undefined]);
  });

  test('is the only one that asks so', async () => {
    const view = await viewIn(await worldOf(), byAnn('ann'));
    expect(view.identifyWith).toBeUndefined();
  });

  test('says in a network that guesses that it does', async () => {
    const world = await worldOf();
    expect(await viewIn(world)).not.toHaveProperty('isGuessingNetwork');
    const until = JSON.stringify({ until: start + 60 });
    await world.write({ op: 'put', key: guessingNetworkKey('192.0.2.1'), value: until });
    expect(await viewIn(world)).toHaveProperty('isGuessingNetwork', true);
  });
});

describe('the enrollment that the identifier names', () => {
  test.each([
    ['ann', ['own']],
    ['other', ['other']],
    ['cat', []],
  ])('of %s', async (identifier, expected) => {
    expect((await viewIn(await worldOf(), byAnn(identifier))).namedByIdentifier).toEqual(expected);
  });

  test('may be named by one spelling of several', async () => {
    const world = await worldOf();
    expect((await viewIn(world, byAnn('ANN'))).namedByIdentifier).toEqual(['own']);
  });
});

describe('the method of an authenticator', () => {
  test.each<[string, WorldOptions, string, string | undefined, readonly string[] | undefined]>([
    ['is open where policies take each', {}, 'phone', undefined, ['sms', 'voice']],
    ['is the one that policies take', { app: demanding({ authenticators: ['phone.sms'] }) }, 'phone', 'sms', ['sms']],
    ['is not named where there is no other', {}, 'letter', undefined, ['post']],
    ['is none of an authenticator without methods', {}, 'totp', undefined, undefined],
    ['is none of an unknown authenticator', {}, 'gone', undefined, undefined],
  ])('%s', async (_, options, key, sole, asked) => {
    const world = await worldOf({ session: allow(factors(1)), ...options });
    const view = await viewIn(world, byAnn('ann'));
    expect([view.soleMethod?.(key), view.askedMethods?.(key)]).toEqual([sole, asked]);
  });
});
