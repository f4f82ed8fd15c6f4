/** A forgotten password: where a recovery begins, what it leads through, and what it leaves behind. */

import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Evidence, Facts, Recovery } from '../../../../../src/core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../../../src/core/model/neutral-facts.ts';
import { recoveryWith } from '../../../../../src/flow/actions/enrollment/complete-recovery.ts';
import { toSubject } from '../../../../../src/users/record/user.ts';
import {
  allow,
  asStep,
  createWorld,
  credential,
  currentStep,
  factors,
  fakeAuthenticator,
  noticesOf,
  opened,
  start,
  totp,
  type World,
} from '../../sign-in-fixture.ts';
import { attemptsLeft, recoverablePassword, recoveryByMail } from '../actions-fixture.ts';

const email = fakeAuthenticator({ key: 'email', decoys: { share: 1 } });
const codes = fakeAuthenticator({ key: 'codes', recovery: true });
const question = fakeAuthenticator({ key: 'question', auxiliary: true });
const device = fakeAuthenticator({ key: 'device', characteristics: ['userPresence', 'deviceBound'], enrollable: true });

function recoverableWorld(hasPolicy = true): World {
  return createWorld({
    authenticators: [recoverablePassword, email, totp, codes, device, question],
    app: allow(factors(1)),
    ...(hasPolicy && { policies: { recovery: recoveryByMail } }),
  });
}

let world: World;
beforeEach(async () => {
  world = recoverableWorld();
  await world.addUser('ann', [credential('password', 'secret'), credential('email', 'm'), credential('totp', '123')]);
});

describe('a recovery begins', () => {
  const recover = async (page: Parameters<World['send']>[0]) => world.send(page, {}, { step: 'recover' });

  test.each<[string, () => Promise<Parameters<World['send']>[0]>, string, readonly string[]]>([
    ['on the first page', () => world.beginSignIn(), 'identify', ['recovery.started password']],
    ['where the password is asked for', () => world.identify('ann'), 'challenge:email', ['recovery.started password']],
  ])('%s', async (_, page, step, events) => {
    const shown = await page();
    world.events();
    const next = await recover(shown);
    expect([currentStep(next), noticesOf(next)]).toEqual([step, []]);
    expect(world.lines.map(({ client, transaction }) => [client, transaction])).toEqual([['notes', 'tx']]);
    expect(world.events()).toEqual(events);
    expect(await world.transaction()).toMatchObject({ id: 'tx', recovering: true });
  });

  test.each<[string, () => Promise<World>]>([
    ['without a recovery policy', async () => recoverableWorld(false)],
    [
      'where users get in without a password',
      async () =>
        createWorld({
          authenticators: [recoverablePassword, email],
          app: allow({ anyOf: [{ factors: 1, demands: [{ authenticators: ['email'] }] }] }),
          session: allow({ anyOf: [{ factors: 1, demands: [{ authenticators: ['email'] }] }] }),
          policies: { recovery: recoveryByMail },
        }),
    ],
  ])('nowhere %s', async (_, make) => {
    world = await make();
    await world.addUser('ann', [credential('password', 'secret'), credential('email', 'm')]);
    for (const page of [await world.beginSignIn(), await world.identify('ann')]) {
      world.events();
      const next = await recover(page);
      expect(noticesOf(next)).toEqual(['info form.stale']);
      expect([world.events(), (await world.transaction())?.recovering]).toEqual([[], undefined]);
    }
  });

  test('not where something else is asked for', async () => {
    world = createWorld({
      authenticators: [recoverablePassword, email, totp],
      app: allow(factors(2)),
      policies: { recovery: recoveryByMail },
    });
    await world.addUser('ann', [credential('password', 'secret'), credential('email', 'm'), credential('totp', '123')]);
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    world.events();
    expect(noticesOf(await recover(page))).toEqual(['info form.stale']);
    expect(world.events()).toEqual([]);
  });
});

describe('a recovery', () => {
  test('leads by the address to a new password, and the account remembers that', async () => {
    const first = await world.beginSignIn();
    const wrong = await world.send(first, { identifier: 'ann', 'credentials.passcode': 'wrong' });
    expect(await attemptsLeft(world, 'user-ann', 'password')).toBe(2);
    const identify = asStep(await world.send(asStep(wrong), {}, { step: 'recover' }));
    expect(identify.recovering).toBe(true);
    const challenge = asStep(await world.send(identify, { identifier: 'ann' }));
    expect(currentStep(challenge)).toBe('challenge:email');
    const enroll = asStep(await world.send(challenge, { 'credentials.passcode': 'm' }));
    expect(currentStep(enroll)).toBe('enroll:password');
    world.events();
    const done = await world.send(enroll, { 'credentials.passcode': 'new' });
    expect(world.lines.map(({ event, subject, authenticator }) => [event, subject, authenticator])).toContainEqual([
      'recovery.completed',
      'user-ann',
      'password',
    ]);
    expect(currentStep(done)).toBe('complete');
    expect(await world.user('ann')).toMatchObject({ recovery: { at: start, by: ['email'] } });
    expect((await world.credentials('ann')).map(({ secret }) => secret.text)).toEqual(['m', '123', 'new']);
    expect(await attemptsLeft(world, 'user-ann', 'password')).toBe(3);
    expect((await world.transaction())?.recovering).toBeUndefined();
  });
});

describe('what the account remembers after an enrollment', () => {
  interface Case {
    readonly proofs: readonly Partial<Evidence>[];
    readonly isRecovering?: boolean;
    readonly recovery?: Recovery;
    /** What is enrolled. */
    readonly enrolled?: 'password' | 'email' | 'codes' | 'device';
    readonly isUnknown?: boolean;
  }

  async function remembered({ proofs, isRecovering = false, recovery, enrolled = 'password', isUnknown }: Case) {
    await world.beginSignIn();
    const user = { ...(await world.user('ann')), ...(recovery && { recovery }) };
    return opened(world, async (context) => {
      const authenticator = world.services.authenticators.get(enrolled);
      if (!authenticator) throw new Error('no such authenticator');
      const evidence = proofs.map(
        (proof): Evidence => ({
          authenticator: 'email',
          enrollment: 'email',
          factors: ['possession'],
          characteristics: ['userPresence'],
          amr: [],
          subject: 'user-ann',
          at: start,
          transaction: 'tx',
          origin: 'sign_in',
          ...proof,
        }),
      );
      const facts: Facts = neutralFacts({
        now: start,
        request: neutralRequest('notes', ['openid']),
        evidence,
        ...(!isUnknown && { subject: toSubject(user, await world.credentials('ann'), start) }),
      });
      const transaction = { ...context.transaction, event: 'tx', ...(isRecovering && { recovering: true as const }) };
      const { factors: shown, characteristics } = authenticator.descriptor;
      const made = {
        authenticator,
        credential: credential(enrolled, 'n', { id: 'made', factors: shown, characteristics }),
      };
      return recoveryWith({ ...context, transaction }, facts, made);
    });
  }

  const before: Recovery = { at: 5, by: ['old'] };
  const deviceProof = {
    authenticator: 'device',
    enrollment: 'device',
    characteristics: ['userPresence', 'deviceBound'] as const,
  };
  const answer = { authenticator: 'question', enrollment: 'question', factors: ['knowledge'] as const };
  const codeProof = { authenticator: 'codes', enrollment: 'codes' };

  test.each<[string, Case, Recovery | undefined]>([
    ['of an unknown user', { proofs: [{}], isRecovering: true, isUnknown: true }, undefined],
    ['in a recovery: the address', { proofs: [{}], isRecovering: true }, { at: start, by: ['email'] }],
    [
      'in a recovery: with what it had',
      { proofs: [{}], isRecovering: true, recovery: before },
      { at: start, by: ['old', 'email'] },
    ],
    ['in a recovery: not a device', { proofs: [deviceProof], isRecovering: true }, { at: start, by: [] }],
    ['in a recovery: not a recovery code', { proofs: [codeProof], isRecovering: true }, { at: start, by: [] }],
    [
      'in a recovery: not an earlier proof',
      { proofs: [{ transaction: 'earlier' }], isRecovering: true },
      { at: start, by: [] },
    ],
    [
      'in a recovery: not a proof by others',
      { proofs: [{ subject: 'user-bob' }], isRecovering: true },
      { at: start, by: [] },
    ],
    ['otherwise: nothing', { proofs: [{}] }, undefined],
    ['what it had, after a proof by that address', { proofs: [{ enrollment: 'old' }], recovery: before }, before],
    [
      'nothing more, after another factor and a new password',
      { proofs: [deviceProof], recovery: before },
      { at: 5, by: [] },
    ],
    [
      'what it had, after another factor and a new device',
      { proofs: [deviceProof], recovery: before, enrolled: 'device' },
      before,
    ],
    [
      'a new address as well',
      { proofs: [{ enrollment: 'old' }], recovery: before, enrolled: 'email' },
      { at: 5, by: ['old', 'made'] },
    ],
    [
      'a new address, though a question was answered',
      { proofs: [{ enrollment: 'old' }, answer], recovery: before, enrolled: 'email' },
      { at: 5, by: ['old', 'made'] },
    ],
    ['no recovery codes', { proofs: [{ enrollment: 'old' }], recovery: before, enrolled: 'codes' }, before],
    [
      'what it had, after a proof by others',
      { proofs: [{ ...deviceProof, subject: 'user-bob' }], recovery: before },
      before,
    ],
    [
      'what it had, after a proof of a recovery',
      { proofs: [{ ...deviceProof, origin: 'recovery' }], recovery: before },
      before,
    ],
    [
      'nothing more, after a proof of one that is gone',
      { proofs: [{ ...deviceProof, authenticator: 'gone' }], recovery: before },
      { at: 5, by: [] },
    ],
    [
      'what it had, after a password that the recovery set',
      { proofs: [{ authenticator: 'password', enrollment: 'password', factors: ['knowledge'] }], recovery: before },
      before,
    ],
  ])('%s', async (_, given, expected) => {
    expect(await remembered(given)).toEqual(expected);
  });
});
