/** Sending the code of a challenge again. */

import { describe, expect, test } from '@jest/globals';
import { credentialsKey } from '../../../../../src/stores/keys.ts';
import { serializeCredentials } from '../../../../../src/users/record/user.ts';
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
  type World,
} from '../../sign-in-fixture.ts';
import { strictly } from '../actions-fixture.ts';

describe('sending again', () => {
  const mail = (more: object = {}, quotas?: readonly object[], sends = 2) =>
    fakeAuthenticator(
      { key: 'mail', decoys: { share: 1 } },
      {
        sendLimits: [{ limit: sends, window: 600 }],
        challenge: async (credentials, { now, method }) => ({
          inputs: ['one_time_code'],
          public: { resend: true, methods: ['sms', 'call'], method: method ?? 'sms', ...more },
          private: {},
          expires: now + 300,
          ...(quotas ? { quotas: quotas as never } : {}),
          ...(credentials
            ? { deliver: [{ channel: 'sms', to: '+491', template: 'code', params: {}, expires: now + 300 }] as const }
            : {}),
        }),
      },
    );

  async function atMail(authenticator = mail()) {
    const world = createWorld({ authenticators: [authenticator] });
    await world.addUser('ann', [credential('mail', '1'), credential('mail', '2', { id: 'mail2' })]);
    return { world, page: await world.identify('ann') };
  }
  const resend = (world: World, page: Parameters<World['send']>[0], method?: string) =>
    world.send(page, method === undefined ? {} : { 'authenticator.methodType': method }, { step: 'resend' });

  test.each<[string | undefined, readonly string[], string]>([
    [undefined, ['info sent.again'], 'sms'],
    ['call', ['info sent.again'], 'call'],
    ['letter', ['error form.stale'], 'sms'],
  ])('by %s', async (method, notices, by) => {
    const { world, page } = await atMail();
    const again = asStep(await resend(world, page, method));
    expect(noticesOf(again)).toEqual(notices);
    expect(again.step).toMatchObject({ kind: 'challenge', challenge: { method: by } });
    expect(await world.outbox()).toHaveLength(1);
  });

  test('without a method: by the one of the last message', async () => {
    const { world, page } = await atMail(mail({}, undefined, 3));
    const called = asStep(await resend(world, page, 'call'));
    const again = asStep(await resend(world, called));
    expect([noticesOf(again), again.step]).toMatchObject([['info sent.again'], { challenge: { method: 'call' } }]);
  });

  test('not for an enrollment that was removed, although another of its kind is left', async () => {
    const { world, page } = await atMail();
    const value = serializeCredentials([credential('mail', '2', { id: 'mail2' })]);
    await world.write({ op: 'put', key: credentialsKey('user-ann'), value });
    expect(noticesOf(await resend(world, page))).toEqual(['error form.stale']);
  });

  test('where there is another way, too', async () => {
    const world = createWorld({ authenticators: [mail(), totp] });
    await world.addUser('ann', [credential('mail', '1'), credential('totp', '123')]);
    const page = await world.identify('ann');
    expect([currentStep(page), noticesOf(await resend(world, page))]).toEqual(['challenge:mail', ['info sent.again']]);
  });

  test('sends nothing if the policy no longer asks for it', async () => {
    const app = strictly(allow(factors(2)), allow(factors(1)));
    const credentials = [credential('password', 'secret'), credential('mail', '1')];
    const world = createWorld({ authenticators: [password, mail()], app });
    await world.addUser('ann', credentials, { groups: ['strict'] });
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    await world.addUser('ann', credentials);
    world.events();
    expect(currentStep(await resend(world, page))).toBe('complete');
    expect(world.events()).toEqual([]);
  });

  test('a limited request to send again leaves the code valid that was sent before', async () => {
    const { world, page } = await atMail();
    const again = asStep(await resend(world, page));
    const waiting = (await world.outbox())[0];
    const limited = asStep(await resend(world, again));
    expect(noticesOf(limited)).toEqual(['error resend.exceeded']);
    expect(limited.step.notices[0]?.params).toEqual({ seconds: 600 });
    expect(await world.outbox()).toEqual([waiting]);
    expect(world.events()).toEqual(['message.queued mail', 'message.queued mail', 'message.limited mail account']);
  });

  test('where nothing was sent at first, it says so and not that something counts', async () => {
    const { world } = await atMail();
    await resend(world, await world.identify('ann'));
    const page = await world.identify('ann');
    expect(page.step).toMatchObject({ kind: 'challenge', challenge: { unsent: true } });
    expect(noticesOf(page)).toEqual(['error send.exceeded']);
    expect(noticesOf(await resend(world, page))).toEqual(['error send.exceeded']);
  });

  test('a challenge that sends no message refuses to send it again', async () => {
    const { world, page } = await atMail(mail({ resend: false }));
    expect(noticesOf(await resend(world, page))).toEqual(['error form.stale']);
  });

  test('to an unknown user costs the same and sends nothing', async () => {
    const { world } = await atMail();
    const page = await world.identify('bob');
    const before = world.store.commits
      .at(-1)
      ?.map(({ op }) => op)
      .sort();
    expect(world.lines.at(-1)).toMatchObject({ event: 'message.withheld', outcome: 'failure', reason: 'no_account' });
    await world.identify('ann');
    expect(
      world.store.commits
        .at(-1)
        ?.map(({ op }) => op)
        .sort(),
    ).toEqual(before);
    expect(noticesOf(await resend(world, page))).toEqual(['info form.stale']);
    expect((await world.outbox()).filter(({ delivery }) => delivery === undefined)).toHaveLength(1);
  });

  test.each<[readonly string[], string]>([
    [['network'], 'network'],
    [['recipient', 'network'], 'network'],
    [['country', 'prefix'], 'country'],
  ])('the quotas %j: the first that is reached is named', async (kinds, reason) => {
    const quotas = kinds.map((kind) => ({ kind, of: `${kind}-1`, limits: [{ limit: 0, window: 60 }] }));
    const { world } = await atMail(mail({}, quotas));
    expect(world.events()).toEqual([`message.limited mail ${reason}`]);
    expect(await world.outbox()).toEqual([]);
  });

  test('country and block of a number are written down, never the number', async () => {
    const limits = [{ limit: 9, window: 60 }];
    const quotas = [
      { kind: 'country', value: 'DE', limits },
      { kind: 'prefix', value: '+4917', limits },
    ];
    const { world } = await atMail(mail({}, quotas));
    expect(world.lines).toMatchObject([
      {
        event: 'message.queued',
        outcome: 'success',
        channel: 'sms',
        country: 'DE',
        prefix: '+4917',
        authenticator: 'mail',
      },
    ]);
  });
});
