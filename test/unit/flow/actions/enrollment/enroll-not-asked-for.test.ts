/** An enrollment is confirmed only by its own form, and while the decision asks for it. */

import { describe, expect, test } from '@jest/globals';
import { formHandle } from '../../../../../src/flow/transaction/form-handle.ts';
import {
  allow,
  asStep,
  createWorld,
  credential,
  currentStep,
  factors,
  fakeAuthenticator,
  noticesOf,
  password,
  totp,
} from '../../sign-in-fixture.ts';
import { atEnroll, strictly, worldOfAnn } from '../actions-fixture.ts';

describe('an enrollment', () => {
  const right = { 'credentials.passcode': 'new' };

  test.each(['password', 'none'])('is not confirmed by a form of %s', async (authenticator) => {
    const { world, page } = await atEnroll();
    const handle = formHandle(world.secrets.all[0] as string, {
      transaction: 'tx',
      step: 'enroll',
      authenticator,
      version: page.version,
    });
    expect(noticesOf(await world.send({ handle }, right))).toEqual(['error form.stale']);
    expect(await world.credentials('ann')).toHaveLength(1);
  });

  test('is not confirmed before the account-management requirement is met', async () => {
    const world = createWorld({ authenticators: [password, totp], enrollment: { required: [{ anyOf: ['totp'] }] } });
    await world.addUser('ann', [credential('password', 'secret')]);
    const page = await world.identify('ann');
    const handle = formHandle(world.secrets.all[0] as string, {
      transaction: 'tx',
      step: 'enroll',
      authenticator: 'totp',
      version: page.version,
    });
    expect(noticesOf(await world.send({ handle }, right))).toEqual(['error form.stale']);
  });

  test('is not confirmed once nothing asks for it any more', async () => {
    const credentials = [credential('password', 'secret')];
    const world = createWorld({ app: strictly(allow(factors(2)), allow(factors(1))) });
    await world.addUser('ann', credentials, { groups: ['strict'] });
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    expect(currentStep(page)).toBe('enroll:totp');
    await world.addUser('ann', credentials);
    expect(currentStep(await world.send(page, right))).toBe('complete');
    expect(await world.credentials('ann')).toEqual(credentials);
  });

  test('is not confirmed once another one is asked for', async () => {
    const only = (name: string) => allow({ anyOf: [{ factors: 1, demands: [{ authenticators: [name] }] }] });
    const key = fakeAuthenticator({ key: 'key', enrollable: true });
    const credentials = [credential('password', 'secret')];
    const app = strictly(only('totp'), only('key'));
    const world = createWorld({ authenticators: [password, totp, key], app });
    await world.addUser('ann', credentials, { groups: ['strict'] });
    let page = await world.identify('ann');
    if (currentStep(page) === 'challenge:password')
      page = asStep(await world.send(page, { 'credentials.passcode': 'secret' }));
    expect(currentStep(page)).toBe('enroll:totp');
    await world.addUser('ann', credentials);
    const other = await world.send(page, right);
    expect([currentStep(other), noticesOf(other)]).toEqual(['enroll:key', ['error form.stale']]);
    expect(await world.credentials('ann')).toEqual(credentials);
  });

  test('is not confirmed in the place of a challenge', async () => {
    const world = await worldOfAnn();
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    expect(currentStep(page)).toBe('challenge:totp');
    const credentials = [credential('password', 'secret')];
    await world.addUser('ann', credentials);
    const binding = { transaction: 'tx', step: 'enroll', authenticator: 'totp', version: page.version };
    const handle = formHandle(world.secrets.all[0] as string, binding);
    expect(noticesOf(await world.send({ handle }, right))).toEqual(['error form.stale']);
    expect(await world.credentials('ann')).toEqual(credentials);
  });

  test('is not confirmed once the account can prove more than was proved', async () => {
    const key = fakeAuthenticator({ key: 'key' });
    const world = createWorld({ authenticators: [password, totp, key], enrollment: { optional: ['totp'] } });
    await world.addUser('ann', [credential('password', 'secret')]);
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    expect(currentStep(page)).toBe('enroll:totp');
    const more = [credential('password', 'secret'), credential('key', 'k')];
    await world.addUser('ann', more);
    expect(noticesOf(await world.send(page, right))).toEqual(['error form.stale']);
    expect(await world.credentials('ann')).toEqual(more);
  });
});
