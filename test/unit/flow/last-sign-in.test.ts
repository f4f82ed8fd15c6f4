/** The last sign-in as conditions see it: what is on record, what stands in for it, and that there is none. */

import { expect, test } from '@jest/globals';
import { neutralRequest } from '../../../src/core/model/neutral-facts.ts';
import { gatherFacts } from '../../../src/flow/facts/gather.ts';
import { signInHistoryKey } from '../../../src/stores/keys.ts';
import { recordInHistory } from '../../../src/users/history/sign-in-history.ts';
import { createWorld, credential, start } from './sign-in-fixture.ts';

const request = neutralRequest('notes', ['openid']);

interface Given {
  /** Since when sign-ins are recorded. Absent: no policy asks. */
  readonly historySince?: number;
  readonly createdAt: number;
  readonly signIns?: readonly { readonly at: number; readonly session: string }[];
  /** A session that began at the start. */
  readonly session?: string;
}

async function lastSignIn({ historySince, createdAt, signIns = [], session }: Given) {
  const world = createWorld();
  await world.addUser('ann', [credential('password', 'x')], { createdAt, validAfter: 0 });
  await world.inRequest('none', async ({ unit }) => {
    await unit.load([signInHistoryKey('user-ann')]);
    for (const signIn of signIns) recordInHistory(unit, 'user-ann', signIn);
  });
  const snapshot = { ...world.snapshot, ...(historySince !== undefined && { historySince }) };
  const about = { request, subjectId: 'user-ann', ...(session !== undefined && { session }) };
  return world.inRequest('none', async ({ unit, visitor }) => {
    const { lastSignIn: at, isLastSignInAssumed } = await gatherFacts({ unit, snapshot, visitor, now: start }, about);
    return [at, isLastSignInAssumed];
  });
}

test.each<[string, Given, readonly [number | undefined, true | undefined]]>([
  [
    'a sign-in on record counts',
    { historySince: 100, createdAt: 50, signIns: [{ at: 200, session: 's' }] },
    [200, undefined],
  ],
  [
    'also of an account that is younger than the records',
    { historySince: 100, createdAt: 150, signIns: [{ at: 200, session: 's' }] },
    [200, undefined],
  ],
  ['of an older account without one, since when they are recorded', { historySince: 100, createdAt: 50 }, [100, true]],
  ['of one that was made at that very moment, too', { historySince: 100, createdAt: 100 }, [100, true]],
  ['a younger one never signed in', { historySince: 100, createdAt: 101 }, [undefined, undefined]],
  [
    'where no policy asks, nothing is known',
    { createdAt: 50, signIns: [{ at: 200, session: 's' }] },
    [undefined, undefined],
  ],
  [
    'a sign-in of this very session is none before it',
    { historySince: 100, createdAt: 50, signIns: [{ at: 200, session: 'mine' }], session: 'mine' },
    [100, true],
  ],
])('%s', async (_, given, expected) => {
  expect(await lastSignIn(given)).toEqual(expected);
});
