/** An answer by the link of a message. */

import { describe, expect, test } from '@jest/globals';
import { formHandle } from '../../../../../src/flow/transaction/form-handle.ts';
import {
  asStep,
  createWorld,
  credential,
  currentStep,
  fakeAuthenticator,
  noticesOf,
  password,
  totp,
} from '../../sign-in-fixture.ts';
import { twoFactors } from '../actions-fixture.ts';

describe('an answer by the link of a message', () => {
  const linking = (key: string) =>
    fakeAuthenticator(
      { key },
      {
        readMagicLink: (_pending, token) =>
          token === `${key}-token` ? { passcode: '1', requestedFrom: { ip: '', browser: '', system: '' } } : undefined,
      },
    );

  async function atMail() {
    const world = createWorld({ authenticators: [linking('mail'), totp] });
    await world.addUser('ann', [credential('mail', '1'), credential('totp', '123')]);
    return { world, page: await world.identify('ann') };
  }
  const answer = (token: string) => ({ 'credentials.passcode': '1', 'link.token': token });

  test.each([
    ['mail-token', 'complete'],
    ['other', 'challenge:mail'],
    ['', 'challenge:mail'],
  ])('the token %j', async (token, where) => {
    const { world, page } = await atMail();
    const result = await world.send(page, answer(token));
    expect(currentStep(result)).toBe(where);
    if (where !== 'complete') expect(noticesOf(result)).toEqual(['error form.stale']);
  });

  test('a wrong code with the right token leaves the form current', async () => {
    const { world, page } = await atMail();
    const wrong = asStep(await world.send(page, { ...answer('mail-token'), 'credentials.passcode': '2' }));
    expect([noticesOf(wrong), wrong.version]).toEqual([
      ['error credentials.invalid credentials.passcode'],
      page.version,
    ]);
  });

  test('comes back from the list of options', async () => {
    const { world, page } = await atMail();
    const { version } = asStep(await world.send(page, {}, { step: 'select' }));
    const binding = { transaction: 'tx', step: 'challenge', authenticator: 'mail', version };
    const handle = formHandle(world.secrets.all[0] as string, binding);
    expect(currentStep(await world.send({ handle }, answer('mail-token')))).toBe('complete');
  });

  test('comes back to a challenge that was left', async () => {
    const { world, page } = await atMail();
    const other = asStep(await world.send(page, { 'authenticator.id': 'totp' }, { step: 'select' }));
    expect(currentStep(other)).toBe('challenge:totp');
    const binding = { transaction: 'tx', step: 'challenge', authenticator: 'mail', version: other.version };
    const handle = formHandle(world.secrets.all[0] as string, binding);
    expect(currentStep(await world.send({ handle }, answer('mail-token')))).toBe('complete');
  });

  test('comes back to the mailbox that it was sent to, also when it is too late', async () => {
    const world = createWorld({ ...twoFactors, authenticators: [password, linking('mail'), totp] });
    await world.addUser('ann', [
      credential('password', 'secret'),
      credential('mail', '1'),
      credential('mail', '1', { id: 'mail2' }),
      credential('totp', '123'),
    ]);
    let page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    for (const id of ['mail:mail2', 'totp'])
      page = asStep(await world.send(page, { 'authenticator.id': id }, { step: 'select' }));
    world.clock.now += 300;
    const binding = { transaction: 'tx', step: 'challenge', authenticator: 'mail', version: page.version };
    const handle = formHandle(world.secrets.all[0] as string, binding);
    const late = asStep(await world.send({ handle }, answer('mail-token')));
    expect(noticesOf(late)).toEqual(['error challenge.expired']);
    expect(late.step).toMatchObject({ kind: 'challenge', authenticator: 'mail', enrollment: 'mail2' });
  });
});
