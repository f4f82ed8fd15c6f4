/** What a completed sign-in leaves with the browser. */

import { describe, expect, test } from '@jest/globals';
import type { Evidence } from '../../../src/core/model/facts.ts';
import { neutralRequest } from '../../../src/core/model/neutral-facts.ts';
import { omitUndefined } from '../../../src/core/model/omit-undefined.ts';
import { type GivenSecret, newTransaction } from '../../../src/core/step/transaction.ts';
import { type CompletedSignIn, recordBrowser } from '../../../src/flow/actions/record-browser.ts';
import { browserSecretHash, browserUseOf } from '../../../src/flow/browser/used-browser.ts';
import { usedBrowserKey } from '../../../src/stores/keys.ts';
import { createWorld, credential, start, type WorldOptions } from './sign-in-fixture.ts';

const request = neutralRequest('notes', ['openid']);
const evidence = (enrollment: string, at: number, transaction: string): Evidence => ({
  authenticator: enrollment,
  enrollment,
  subject: 'user-ann',
  factors: [enrollment === 'password' ? 'knowledge' : 'possession'],
  characteristics: ['userPresence'],
  amr: [enrollment],
  at,
  transaction,
  origin: 'sign_in',
});
const unfinished = newTransaction({ id: 'tx', request, now: start, lifetime: 600 });
const signIn = { ...unfinished, givenSecret: { hash: browserSecretHash('secret') } };
const here = [evidence('password', start - 5, 'tx'), evidence('totp', start, 'tx')];
const usual = { since: start, session: 'session', validAfter: start - 1000 };

async function complete(
  changes: Partial<CompletedSignIn> = {},
  options: WorldOptions = { visitor: { browserSecret: 'secret' } },
) {
  const world = createWorld(options);
  await world.addUser('ann', [credential('password', 'x'), credential('totp', 'y')], {
    profile: { email: 'ann@example.org', emailVerified: true },
  });
  const again = (more: Partial<CompletedSignIn> = {}) =>
    world.inRequest('tx', async ({ unit, visitor }) => {
      const app = await world.snapshot.app('notes');
      if (!app) throw new Error('no app');
      await unit.load([usedBrowserKey('secret')]);
      const transaction = { ...signIn, evidence: here, rememberDevice: true } as const;
      const rememberable = { seconds: 3600, enrollments: ['totp'] };
      const { services } = world;
      const completed = {
        services,
        unit,
        visitor,
        app,
        transaction,
        subject: 'user-ann',
        supportingEvidence: here,
        rememberable,
      };
      await recordBrowser({ ...completed, ...changes, ...more });
    });
  await again();
  const use = async () => {
    const key = usedBrowserKey('secret');
    return browserUseOf((await world.store.load([key])).entries.get(key)?.value, 'user-ann');
  };
  const [, totp] = await world.credentials('ann');
  return { world, again, use, last: await use(), remembered: totp?.remembered ?? [] };
}

describe('the browser is known', () => {
  test('by the proofs, in their order: those of the session came first', async () => {
    // The phone was proved in another tab, while this transaction was under way.
    const tab = evidence('phone', start - 2, 'tx1');
    const before = [evidence('key', start - 50, 'tx0'), evidence('mail', start - 90, 'tx0'), tab];
    const { last } = await complete({ supportingEvidence: [...before, ...here] });
    expect(last).toEqual({ at: start, used: ['mail', 'key', 'phone', 'password', 'totp'] });
  });

  test('not without its cookie', async () => {
    const { world } = await complete({}, {});
    expect(world.store.commits).toHaveLength(1);
  });
});

describe('nothing is recorded', () => {
  test.each<[string, GivenSecret | undefined]>([
    ['the browser sends another secret than it got at the end', { hash: browserSecretHash('other') }],
    ['a node of the previous release completed the sign-in', undefined],
  ])('where %s', async (_why, givenSecret) => {
    const proved = { ...unfinished, evidence: here, rememberDevice: true } as const;
    const transaction = { ...proved, ...omitUndefined({ givenSecret }) };
    const { last, remembered } = await complete({ transaction, usual });
    expect([last, remembered]).toEqual([undefined, []]);
  });
});

describe('what made the browser known', () => {
  const later = { ...usual, since: start + 5, session: 'later' };

  test.each<[string, number, object]>([
    ['stays the first sign-in at the strongest level', usual.validAfter, usual],
    [
      'is a later one after the account got stronger',
      usual.validAfter + 1,
      { ...later, validAfter: usual.validAfter + 1 },
    ],
    ['is not replaced by a request that read the account before that', usual.validAfter - 1, usual],
  ])('%s', async (_, validAfter, known) => {
    const { again, use } = await complete({ usual });
    await again({ usual: { ...later, validAfter } });
    expect((await use())?.usual).toEqual(known);
    await again({ usual: undefined as never });
    expect((await use())?.usual).toEqual(known);
  });
});

describe('the second factor is remembered', () => {
  test('as long as the rule says, from when it was proved', async () => {
    const { world, remembered } = await complete();
    expect(remembered).toEqual([
      {
        id: expect.stringMatching(/^[\w-]{16}$/),
        browser: expect.stringMatching(/^[\w-]{43}$/),
        validAfter: start - 1000,
        ip: '192.0.2.1',
        userAgent: 'Firefox',
        factors: ['possession'],
        characteristics: ['userPresence'],
        at: start,
        until: start + 3600,
      },
    ]);
    expect(world.lines).toMatchObject([
      {
        event: 'account.device_remembered',
        outcome: 'success',
        subject: 'user-ann',
        client: 'notes',
        transaction: 'tx',
      },
    ]);
    expect((await world.outbox()).map(({ delivery }) => delivery?.params.event)).toEqual(['device_remembered']);
  });

  test('with 256 characters of the User-Agent', async () => {
    const { remembered } = await complete({}, { visitor: { browserSecret: 'secret', userAgent: 'x'.repeat(300) } });
    expect(remembered[0]?.userAgent).toBe('x'.repeat(256));
  });

  test('not for an account that is gone', async () => {
    const { world } = await complete({ subject: 'user-gone' });
    expect([world.lines, await world.outbox()]).toEqual([[], []]);
  });

  test('once more without another message', async () => {
    const { world, again } = await complete();
    await again();
    expect(await world.outbox()).toHaveLength(1);
    expect((await world.credentials('ann'))[1]?.remembered).toHaveLength(1);
  });

  test.each<[string, Partial<CompletedSignIn>]>([
    ['the rule does not let it', { rememberable: undefined as never }],
    ['it was not asked for', { transaction: { ...signIn, evidence: here } }],
    ['it is not what was proved', { rememberable: { seconds: 3600, enrollments: ['key'] } }],
  ])('not where %s', async (_why, changes) => {
    expect((await complete(changes)).remembered).toEqual([]);
  });
});
