/** What becomes of an enrollment that a decision asks for. */

import { describe, expect, test } from '@jest/globals';
import type { Authenticator } from '../../../../../src/authenticators/authenticator.ts';
import { attemptCounter, signInLogKey } from '../../../../../src/stores/keys.ts';
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
  totp,
} from '../../sign-in-fixture.ts';
import { atEnroll, attemptsLeft, proof, twoFactors } from '../actions-fixture.ts';

describe('an enrollment', () => {
  const right = { 'credentials.passcode': 'new' };

  test('is kept, is a proof, and is notified and audited', async () => {
    const { world, page } = await atEnroll();
    expect(page.step).toMatchObject({
      kind: 'enroll',
      authenticator: 'totp',
      offer: { text: 'new' },
      inputs: ['passcode'],
    });
    expect(currentStep(await world.send(page, right))).toBe('complete');
    const credentials = await world.credentials('ann');
    expect(credentials).toEqual([
      credential('password', 'secret'),
      { ...credential('totp', 'new'), id: expect.stringMatching(/^[\w-]{22}$/), createdAt: start },
    ]);
    expect((await world.transaction())?.evidence[1]).toMatchObject({
      enrollment: credentials[1]?.id,
      origin: 'enrollment',
    });
    expect(world.lines).toMatchObject([
      { event: 'authenticator.enrolled', authenticator: 'totp', otherSessionsEnded: true },
    ]);
    const [told] = await world.outbox();
    expect(told?.delivery).toMatchObject({
      to: 'ann@example.org',
      params: { event: 'added', authenticator: 'totp', ended: 'yes' },
    });
  });

  test('of something stronger ends all other sessions, not the one of this browser', async () => {
    const { world, page } = await atEnroll();
    for (const uid of ['mine', 'other'])
      await world.addSession(uid, { accountId: 'user-ann', validAfter: start - 1000 });
    const entry = (session: string) =>
      JSON.stringify({ at: start, client: 'notes', session, proved: [], ip: '', userAgent: '' });
    await world.write(
      ...['mine', 'other'].map(
        (uid) => ({ op: 'append', key: signInLogKey('user-ann'), value: entry(uid), keep: 9 }) as const,
      ),
    );
    await world.send(page, right, { session: 'mine' });
    expect(world.ended).toEqual(['other']);
    expect(world.kept).toEqual([['mine', start, true]]);
    expect((await world.user('ann')).validAfter).toBe(start);
    expect(await world.credentials('ann')).toHaveLength(2);
  });

  test('of one more of a kind ends nothing', async () => {
    const more = { enrollment: { promoted: [{ authenticator: 'totp', cooldown: 60 }] }, ...twoFactors };
    const stronger = credential('key', 'k');
    const world = createWorld({ ...more, authenticators: [password, totp, fakeAuthenticator({ key: 'key' })] });
    await world.addUser('ann', [credential('password', 'secret'), stronger]);
    const second = await world.identify('ann', { 'credentials.passcode': 'secret' });
    const page = asStep(await world.send(second, { 'credentials.passcode': 'k' }));
    expect(currentStep(page)).toBe('enroll:totp');
    world.events();
    await world.send(page, right);
    expect(world.lines[0]).not.toHaveProperty('otherSessionsEnded');
    expect((await world.user('ann')).validAfter).toBe(start - 1000);
    expect(world.ended).toEqual([]);
  });

  test('that is refused stays, costs an attempt of its own, and none of the enrolled ones', async () => {
    const { world, page } = await atEnroll();
    const result = await world.send(page, { 'credentials.passcode': 'wrong' });
    expect([currentStep(result), noticesOf(result)]).toEqual([
      'enroll:totp',
      ['error credentials.invalid credentials.passcode'],
    ]);
    expect(await attemptsLeft(world, 'user-ann', 'totp.enroll')).toBe(2);
    expect(await attemptsLeft(world, 'user-ann', 'totp')).toBe(3);
    await world.send(page, right);
    expect(await attemptsLeft(world, 'user-ann', 'totp.enroll')).toBe(3);
  });

  test('without an attempt left is not tried', async () => {
    const { world, page } = await atEnroll({ attemptLimits: [{ limit: 1, window: 60 }] });
    await world.send(page, { 'credentials.passcode': 'wrong' });
    expect(noticesOf(await world.send(page, right))).toEqual(['error attempts.exceeded credentials.passcode']);
    expect(await world.credentials('ann')).toHaveLength(1);
  });

  test('with messages has a limit over all addresses', async () => {
    const { world, page } = await atEnroll({
      sendLimits: [{ limit: 9, window: 60 }],
      attemptLimits: [{ limit: 99, window: 60 }],
    });
    const said = [];
    let last = page;
    for (let round = 0; round < 31; round += 1) {
      last = asStep(await world.send(page, { 'credentials.passcode': 'wrong' }));
      said.push(...noticesOf(last));
    }
    expect(last.step.notices[0]?.params).toEqual({ seconds: 86_400 });
    expect(said.slice(29)).toEqual([
      'error credentials.invalid credentials.passcode',
      'error attempts.exceeded credentials.passcode',
    ]);
  });

  test('without messages has only the limit of its kind', async () => {
    const { world, page } = await atEnroll({ attemptLimits: [{ limit: 99, window: 60 }] });
    for (let round = 0; round < 31; round += 1) await world.send(page, { 'credentials.passcode': 'wrong' });
    expect(currentStep(await world.send(page, right))).toBe('complete');
  });

  test('that comes too late starts again', async () => {
    const { world, page } = await atEnroll();
    world.clock.now += 300;
    const result = await world.send(page, right);
    expect([currentStep(result), noticesOf(result)]).toEqual(['enroll:totp', ['error enroll.expired']]);
    expect(await world.credentials('ann')).toHaveLength(1);
  });

  test('that lacks a factor type is not kept', async () => {
    const able = fakeAuthenticator(
      { key: 'totp', enrollable: true, factors: ['possession', 'inherence'] },
      { enroll: totp.enroll },
    );
    const world = createWorld({ authenticators: [password, able], app: allow(factors(3)) });
    await world.addUser('ann', [credential('password', 'secret')]);
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    world.events();
    expect(noticesOf(await world.send(page, right))).toEqual(['error credentials.not_enough credentials.passcode']);
    expect(world.events()).toEqual(['authenticator.refused totp credentials.not_enough: characteristics']);
  });

  test.each<[string, Partial<Authenticator['descriptor']>, string, string]>([
    ['userVerification', { characteristics: ['userPresence'] }, 'credentials.unverified', 'userVerification'],
    ['deviceBound', { characteristics: ['userPresence'] }, 'credentials.not_device_bound', 'deviceBound'],
    ['hardwareProtected', { characteristics: ['userPresence'] }, 'credentials.not_hardware', 'hardwareProtected'],
    ['phishingResistant', { characteristics: ['userPresence'] }, 'credentials.not_enough', 'phishingResistant'],
  ])('that lacks %s is not kept', async (characteristic, less, code, reason) => {
    const best = ['userPresence', characteristic] as never;
    const lesser: Authenticator = {
      ...fakeAuthenticator({ key: 'totp', enrollable: true, characteristics: best }),
      enroll: async () => ({
        ok: true,
        credential: {
          authenticator: 'totp',
          factors: ['possession'],
          characteristics: less.characteristics ?? [],
          secret: {},
        },
        proof,
      }),
    };
    const requirement = { anyOf: [{ factors: 2, demands: [{ characteristics: [characteristic] }] }] } as never;
    const world = createWorld({ authenticators: [password, lesser], app: allow(requirement) });
    await world.addUser('ann', [credential('password', 'secret')]);
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    world.events();
    expect(noticesOf(await world.send(page, right))).toEqual([`error ${code} credentials.passcode`]);
    expect(world.events()).toEqual([`authenticator.refused totp ${code}: ${reason}`]);
    expect(await world.credentials('ann')).toHaveLength(1);
  });

  test('of a value that another user has reserved is refused', async () => {
    const enroll: Authenticator['enroll'] = async () => ({
      ok: true,
      credential: {
        authenticator: 'totp',
        factors: ['possession'],
        characteristics: [],
        secret: {},
        reservations: ['id-1'],
      },
      proof,
    });
    const { world, page } = await atEnroll({ enroll });
    expect(currentStep(await world.send(page, right))).toBe('complete');
    await world.addUser('bob', [credential('password', 'secret')]);
    const second = await world.identify('bob', { 'credentials.passcode': 'secret' });
    world.events();
    expect(noticesOf(await world.send(second, right))).toEqual(['error credentials.taken credentials.passcode']);
    expect(await world.credentials('bob')).toHaveLength(1);
  });

  test('waits when there were too many changes', async () => {
    const { world, page } = await atEnroll();
    for (let round = 0; round < 30; round += 1)
      await world.store.reserve(attemptCounter('user-ann', 'account.change'), [{ limit: 30, window: 3600 }]);
    const result = await world.send(page, right);
    expect(noticesOf(result)).toEqual(['error account.changes.exceeded']);
    expect(await world.credentials('ann')).toHaveLength(1);
  });

  test('of the only one of its kind takes the place of the old one, and of a further one does not', async () => {
    for (const [maxEnrollments, ids] of [
      [1, ['password', 'new']],
      [undefined, ['password', 'old', 'new']],
    ] as const) {
      const credentials = [credential('password', 'secret'), credential('totp', 'old', { id: 'old' })];
      const request = { required: [], promoted: [], optional: [] };
      const strict = fakeAuthenticator({
        key: 'totp',
        enrollable: true,
        characteristics: ['userPresence', 'deviceBound'],
        ...(maxEnrollments && { maxEnrollments }),
      });
      const requirement = { anyOf: [{ factors: 2, demands: [{ characteristics: ['deviceBound'] }] }] } as never;
      const world = createWorld({ authenticators: [password, strict], app: allow(requirement), enrollment: request });
      await world.addUser('ann', credentials, { profile: { email: 'ann@example.org', emailVerified: true } });
      let page = await world.identify('ann', { 'credentials.passcode': 'secret' });
      if (currentStep(page) === 'challenge:totp')
        page = asStep(await world.send(page, { 'credentials.passcode': 'old' }));
      expect(currentStep(page)).toBe('enroll:totp');
      await world.send(page, right);
      const after = (await world.credentials('ann')).map(({ id }) => (ids.includes(id as never) ? id : 'new'));
      expect(after).toEqual(ids);
      const made = (await world.transaction())?.evidence.at(-1);
      expect(made?.replacesProof).toBe(maxEnrollments && true);
      const told = (await world.outbox()).map(({ delivery }) => delivery?.params.event);
      expect(told).toEqual([maxEnrollments ? 'replaced' : 'added']);
      expect(world.lines.at(-1)?.otherSessionsEnded).toBe(maxEnrollments ? true : undefined);
    }
  });
});
