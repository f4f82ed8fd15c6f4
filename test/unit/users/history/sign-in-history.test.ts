/** The last sign-in before a session, whatever was signed in to within it. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openEmbedded } from '../../../../src/stores/embedded/embedded.ts';
import { signInHistoryKey } from '../../../../src/stores/keys.ts';
import type { Store } from '../../../../src/stores/store.ts';
import { UnitOfWork } from '../../../../src/stores/unit-of-work.ts';
import { lastSignInBefore, recordInHistory } from '../../../../src/users/history/sign-in-history.ts';

let store: Store;
beforeEach(() => {
  store = openEmbedded({ file: ':memory:' });
});
afterEach(() => store.close());

async function signIn(session: string, at: number): Promise<void> {
  const unit = new UnitOfWork(store);
  await unit.get(signInHistoryKey('ann'));
  recordInHistory(unit, 'ann', { session, at });
  await unit.commit();
}

async function last(began: number, session?: string): Promise<number | undefined> {
  const entry = await new UnitOfWork(store).get(signInHistoryKey('ann'));
  return lastSignInBefore(entry?.value, { began, session });
}

test('is that of another session, and none of later ones', async () => {
  expect(await last(100)).toBeUndefined();
  await signIn('one', 100);
  await signIn('one', 150);
  await signIn('two', 200);
  await signIn('two', 900);
  expect(await last(200, 'two')).toBe(150);
  expect(await last(120, 'three')).toBe(100);
  expect(await last(1000, 'three')).toBe(900);
  expect(await last(1000)).toBe(900);
  expect(await last(50)).toBeUndefined();
});

test('stays the same, however often the user signs in within the session', async () => {
  await signIn('one', 100);
  for (let at = 200; at < 300; at += 1) await signIn('two', at);
  expect(await last(200, 'two')).toBe(100);
});

test('is found among many sessions, while the oldest are forgotten', async () => {
  for (let at = 1; at <= 60; at += 1) await signIn(`session ${at}`, at);
  const entry = await new UnitOfWork(store).get(signInHistoryKey('ann'));
  expect((JSON.parse(entry?.value ?? '[]') as unknown[]).length).toBe(40);
  expect(await last(60, 'session 60')).toBe(59);
});
