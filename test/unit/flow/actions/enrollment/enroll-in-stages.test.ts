/** Enrollments that send a code to a new address first. */

import { describe, expect, test } from '@jest/globals';
import type { Authenticator } from '../../../../../src/authenticators/authenticator.ts';
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
  start,
  type totp,
} from '../../sign-in-fixture.ts';
import { atEnroll, proof, strictly } from '../actions-fixture.ts';

describe('an enrollment in two stages', () => {
  const sends = (text: string, now: number) => ({
    inputs: ['one_time_code'] as const,
    public: { stage: 'code', resend: true, methods: ['sms', 'call'], method: 'sms' },
    private: { text },
    expires: now + 9000,
    deliver: [{ channel: 'email', to: 'new@example.org', template: 'code', params: {}, expires: now + 60 }] as const,
  });
  const staged: Partial<Authenticator> = {
    sendLimits: [{ limit: 2, window: 600 }],
    enroll: async (_subject, { pending, input }, { now, method }) => {
      if (pending.text === 'new') return { ok: true, nextStage: sends('1', now) };
      if (input.resend) return { ok: true, nextStage: { ...sends('2', now), public: { resend: true, method } } };
      if (input.passcode !== pending.text) return { ok: false, code: 'credentials.invalid' };
      const secret = { text: 'kept' };
      return {
        ok: true,
        credential: {
          authenticator: 'totp',
          factors: ['possession'],
          characteristics: ['userPresence'],
          secret,
          address: 'new@example.org',
        },
        proof,
      };
    },
  };

  test('asks for the code that was sent, and notifies the new address as well', async () => {
    const { world, page } = await atEnroll(staged);
    const code = asStep(await world.send(page, { 'credentials.passcode': 'new@example.org' }));
    expect(code.step).toMatchObject({ kind: 'enroll', inputs: ['one_time_code'], offer: { stage: 'code' } });
    expect(code.redirects).toBe(true);
    const pending = (await world.transaction())?.pending;
    expect(Object.keys(pending ?? {}).sort()).toEqual([
      'authenticator',
      'expires',
      'inputs',
      'outbox',
      'private',
      'public',
      'purpose',
    ]);
    expect([pending?.expires, pending?.outbox?.length]).toEqual([start + 3600, 1]);
    expect(await world.outbox()).toHaveLength(1);
    expect(currentStep(await world.send(code, { 'credentials.passcode': '1' }))).toBe('complete');
    expect((await world.outbox()).map(({ delivery }) => [delivery?.template, delivery?.to])).toEqual([
      ['account-changed', 'ann@example.org'],
      ['account-changed', 'new@example.org'],
    ]);
    expect((await world.outbox())[0]?.delivery?.params.address).not.toBe('');
  });

  test('sends again in the way that is asked for, within the limits', async () => {
    const { world, page } = await atEnroll(staged);
    const code = asStep(await world.send(page, { 'credentials.passcode': 'new@example.org' }));
    const again = asStep(await world.send(code, { 'authenticator.methodType': 'call' }, { step: 'resend' }));
    expect(noticesOf(again)).toEqual(['info sent.again']);
    expect(again.step).toMatchObject({ offer: { method: 'call' } });
    // Only the newest message waits.
    expect(await world.outbox()).toHaveLength(1);
    const limited = asStep(await world.send(again, {}, { step: 'resend' }));
    expect(noticesOf(limited)).toEqual(['error resend.exceeded']);
    expect(currentStep(await world.send(again, { 'credentials.passcode': '2' }))).toBe('complete');
  });

  test('sends nothing again once nothing asks for it any more', async () => {
    const app = strictly(allow(factors(2)), allow(factors(1)));
    const inStages = fakeAuthenticator({ key: 'totp', enrollable: true }, staged);
    const world = createWorld({ authenticators: [password, inStages], app });
    await world.addUser('ann', [credential('password', 'secret')], { groups: ['strict'] });
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    const code = asStep(await world.send(page, { 'credentials.passcode': 'new@example.org' }));
    await world.addUser('ann', [credential('password', 'secret')]);
    world.events();
    expect(currentStep(await world.send(code, {}, { step: 'resend' }))).toBe('complete');
    expect(world.events()).toEqual([]);
  });

  /** What the authenticator says to the wish for another message. */
  test.each<[string, Awaited<ReturnType<Authenticator['enroll']>>]>([
    ['refuses', { ok: false, code: 'credentials.invalid' }],
    [
      'has it enrolled',
      { ok: true, credential: { authenticator: 'totp', factors: [], characteristics: [], secret: {} }, proof },
    ],
  ])('sends nothing again where the authenticator %s', async (_what, answered) => {
    const { world, page } = await atEnroll({
      ...staged,
      enroll: async (...given) => (given[1].input.resend ? answered : (staged.enroll as typeof totp.enroll)(...given)),
    });
    const code = asStep(await world.send(page, { 'credentials.passcode': 'new@example.org' }));
    const before = await world.transaction();
    expect(noticesOf(await world.send(code, {}, { step: 'resend' }))).toEqual(['error form.stale']);
    expect([await world.transaction(), await world.credentials('ann')]).toEqual([
      before,
      [credential('password', 'secret')],
    ]);
  });
});
