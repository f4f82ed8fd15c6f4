/** What a page says about its sign-in: whose browser it is, what has ended, in which language, and what may follow. */

import { describe, expect, test } from '@jest/globals';
import { submit, view } from '../../../src/flow/engine.ts';
import type { SignInResult, Submission } from '../../../src/flow/sign-in-result.ts';
import { formHandle } from '../../../src/flow/transaction/form-handle.ts';
import { userKey } from '../../../src/stores/keys.ts';
import { serializeUser, type User } from '../../../src/users/record/user.ts';
import {
  allow,
  asStep,
  createWorld,
  credential,
  currentStep,
  factors,
  noticesOf,
  start,
  type World,
  type WorldOptions,
} from './sign-in-fixture.ts';

async function annWith(user: Partial<User> = {}, options: WorldOptions = {}): Promise<World> {
  const world = createWorld({ app: allow(factors(2)), ...options });
  await world.addUser('ann', [credential('password', 'secret'), credential('totp', '123')], user);
  return world;
}

/** Ann has proved her password. */
async function atSecondFactor(user: Partial<User> = {}, options: WorldOptions = {}) {
  const world = await annWith(user, options);
  const page = asStep(
    await world.send(await world.beginSignIn({}, { uiLocales: 'fr de' }), {
      identifier: 'ann',
      'credentials.passcode': 'secret',
    }),
  );
  expect(currentStep(page)).toBe('challenge:totp');
  return { world, page };
}

async function change(world: World, changes: Partial<User>): Promise<void> {
  const user = { ...(await world.user('ann')), ...changes };
  await world.write({ op: 'put', key: userKey('user-ann'), value: serializeUser(user), refs: [] });
}

describe('a browser that did not prove anything', () => {
  /** A request of another browser, which has the id of the sign-in and no secret. */
  const elsewhere = (world: World, submission?: Submission): Promise<SignInResult> =>
    world.inRequest('tx', (request) => {
      const other = { ...request, proofSecret: { presented: undefined, give: () => undefined } };
      return submission ? submit(world.services, other, submission) : view(world.services, other);
    });

  test('sees that the sign-in is lost here, in its language', async () => {
    const { world } = await atSecondFactor();
    const lost = await elsewhere(world);
    expect(lost).toMatchObject({ kind: 'lost', uiLocales: 'fr de', app: { clientId: 'notes' } });
    expect((await world.transaction())?.evidence).toHaveLength(1);
  });

  test('may start again with the form of that page, and takes nothing along', async () => {
    const { world } = await atSecondFactor();
    const lost = await elsewhere(world);
    if (lost.kind !== 'lost') throw new Error('the sign-in is not lost');
    const again = await elsewhere(world, { step: 'restart', handle: lost.handle, fields: {} });
    expect([currentStep(again), noticesOf(again)]).toEqual(['identify', []]);
    expect(again).toMatchObject({ redirects: true, done: [] });
    expect((await world.transaction())?.evidence).toEqual([]);
  });

  test.each<[string, Submission['step'], number]>([
    ['another form', 'cancel', 2],
    ['an answer', 'answer', 2],
    ['a form of an earlier page', 'restart', 1],
    ['a form that is not ours', 'restart', -1],
  ])('does nothing by %s', async (_, step, version) => {
    const { world, page } = await atSecondFactor();
    const binding = { transaction: 'tx', step: 'restart', authenticator: '', version };
    const handle = version < 0 ? 'foreign' : formHandle(world.secrets.all[0] as never, binding);
    expect(page.version).toBe(2);
    expect(await elsewhere(world, { step, handle, fields: {} })).toMatchObject({ kind: 'lost' });
    expect((await world.transaction())?.evidence).toHaveLength(1);
  });
});

describe('proofs that have ended', () => {
  test('are told with the page that is shown', async () => {
    const { world } = await atSecondFactor();
    await change(world, { validAfter: start });
    expect(noticesOf(await world.view())).toEqual(['info proofs.ended']);
  });

  test('are told in place of a form that is stale for that reason', async () => {
    const { world, page } = await atSecondFactor();
    await change(world, { validAfter: start });
    const shown = asStep(await world.send(page, { 'credentials.passcode': '123' }));
    expect(noticesOf(shown)).toEqual(['info proofs.ended']);
    expect(shown).toMatchObject({ redirects: false, identifier: 'ann', kind: 'step' });
    expect(currentStep(shown)).toBe('challenge:password');
  });

  test('are told instead of an older form, too', async () => {
    const { world, page } = await atSecondFactor();
    await world.send(page, {}, { step: 'select' });
    await change(world, { validAfter: start });
    expect(noticesOf(await world.send(page, { 'credentials.passcode': '123' }))).toEqual(['info proofs.ended']);
  });

  test('are no news to a user who starts again', async () => {
    const { world, page } = await atSecondFactor();
    await change(world, { validAfter: start });
    const again = await world.send(page, {}, { step: 'restart' });
    expect([currentStep(again), noticesOf(again)]).toEqual(['identify', []]);
  });

  test('are none where nothing has ended', async () => {
    const { world, page } = await atSecondFactor();
    await world.send(page, {}, { step: 'select' });
    expect(noticesOf(await world.send(page, { 'credentials.passcode': '123' }))).toEqual(['info form.stale']);
  });
});

describe('the language of a page', () => {
  const profile = { locale: 'de', zoneinfo: 'Europe/Vienna' };

  test('is that of the account only once something is proved', async () => {
    const before = await (await annWith({ profile })).identify('ann');
    expect(before).not.toHaveProperty('language');
    expect(before).not.toHaveProperty('timeZone');
    const { page } = await atSecondFactor({ profile });
    expect(page).toMatchObject({ language: 'de', timeZone: 'Europe/Vienna', uiLocales: 'fr de' });
  });

  test('is none of an account that has none', async () => {
    const { page } = await atSecondFactor({ profile: { locale: 7 } as never });
    expect(page).not.toHaveProperty('language');
    expect(page).not.toHaveProperty('timeZone');
  });
});

describe('what may follow', () => {
  test.each<[string, object, boolean]>([
    ['in a recovery', { recovering: true }, true],
    ['in a recovery of the one account that will do', { recovering: true, expectedSubject: 'user-ann' }, true],
    ['before the user identified', {}, false],
    ['after that', { subject: { id: 'user-ann', identifier: 'ann', decoy: false } }, true],
    [
      'where only one account will do',
      { subject: { id: 'user-ann', identifier: 'ann', decoy: false }, expectedSubject: 'user-ann' },
      false,
    ],
  ])('a new start %s', async (_, transaction, expected) => {
    const world = await annWith();
    const page = await world.beginSignIn({}, transaction);
    expect(page.canRestart).toBe(expected);
    expect(page.recovering).toBe('recovering' in transaction ? true : undefined);
  });

  test.each<[string, WorldOptions, string]>([
    ['the user', {}, 'cancelled:user'],
    ['a policy', { app: { kind: 'deny' } }, 'cancelled:denied'],
  ])('a cancelled sign-in says that %s did not want it', async (_, options, expected) => {
    const world = await annWith({}, options);
    const page = asStep(await world.send(await world.beginSignIn(), { identifier: 'ann' }));
    expect(currentStep(await world.send(page, {}, { step: 'cancel' }))).toBe(expected);
  });
});
