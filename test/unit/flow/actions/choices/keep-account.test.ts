/** The page of a sign-in to an account that its user asked to delete. */

import { describe, expect, test } from '@jest/globals';
import { deletionsKey } from '../../../../../src/stores/keys.ts';
import { joinDeletions } from '../../../../../src/users/record/deletion.ts';
import type { User } from '../../../../../src/users/record/user.ts';
import {
  allow,
  createWorld,
  credential,
  currentStep,
  factors,
  noticesOf,
  start,
  type World,
} from '../../sign-in-fixture.ts';
import { byPassword, otherForm, strictly } from '../actions-fixture.ts';

const credentials = [credential('password', 'secret'), credential('totp', '123')];
const deletion = { requestedAt: start - 100, dueAt: start + 1000 };
const changes: Partial<User> = { deletion, profile: { email: 'ann@example.org', emailVerified: true } };
const line = { client: 'notes', ip: '192.0.2.1', transaction: 'tx', policyRevision: 7, subject: 'user-ann' };

async function atKeepAccount() {
  const world = createWorld({ app: strictly(allow(factors(2)), allow(factors(1))) });
  await world.addUser('ann', credentials, changes);
  await world.write(joinDeletions('user-ann', deletion));
  const page = await byPassword(world);
  world.events();
  return { world, page };
}

async function due(world: World): Promise<readonly string[]> {
  const members: string[] = [];
  for await (const page of world.store.members(deletionsKey)) members.push(...page);
  return members;
}

const told = async (world: World) =>
  (await world.outbox()).map(({ delivery }) => [delivery?.to, delivery?.params.event, delivery?.params.app]);

describe('an account that is due for deletion', () => {
  test('is kept', async () => {
    const { world, page } = await atKeepAccount();
    expect(page.step).toMatchObject({ kind: 'keep_account', dueAt: start + 1000 });
    expect(currentStep(await world.send(page))).toBe('complete');
    expect([(await world.user('ann')).deletion, await due(world)]).toEqual([undefined, []]);
    expect(await world.credentials('ann')).toEqual(credentials);
    expect(world.lines[0]).toMatchObject({ event: 'account.deletion_cancelled', outcome: 'success', ...line });
    expect(await told(world)).toEqual([['ann@example.org', 'deletion_cancelled', 'Notes']]);
    expect(world.woken.times).toBe(1);
  });

  test('is let go, which the sign-in asks once', async () => {
    const { world, page } = await atKeepAccount();
    expect(currentStep(await world.send(page, {}, { step: 'skip' }))).toBe('complete');
    expect([(await world.user('ann')).deletion, await due(world)]).toEqual([deletion, [`${start + 1000}.user-ann`]]);
    expect(await told(world)).toEqual([]);
    expect((await world.transaction())?.deletionAcknowledged).toBe(true);
  });

  test('is not kept before the proofs that the sign-in asks for', async () => {
    const { world, page } = await atKeepAccount();
    await world.addUser('ann', credentials, { ...changes, groups: ['strict'] });
    const next = await world.send(page);
    expect([currentStep(next), noticesOf(next)]).toEqual(['challenge:totp', []]);
    expect([(await world.user('ann')).deletion, await told(world)]).toEqual([deletion, []]);
  });

  test('nor by a form of a sign-in without a user', async () => {
    const { world } = await atKeepAccount();
    const page = await world.beginSignIn();
    const next = await world.send(otherForm(world, page, { step: 'keep_account' }));
    expect([currentStep(next), noticesOf(next), await told(world)]).toEqual(['identify', [], []]);
  });

  test('in another tab needs no second answer', async () => {
    const { world, page } = await atKeepAccount();
    const { deletion: _, ...kept } = changes;
    await world.addUser('ann', credentials, kept);
    expect(currentStep(await world.send(page))).toBe('complete');
    expect([await told(world), world.events()]).toEqual([[], []]);
  });

  test('may be gone before the answer', async () => {
    const { world, page } = await atKeepAccount();
    world.store.beforeNextCommit(() => world.addUser('ann', credentials, changes));
    await expect(world.send(page)).rejects.toThrow('lost a race: replace');
    expect(await told(world)).toEqual([]);
  });
});
