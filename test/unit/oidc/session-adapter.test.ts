/** Sessions of an account that was changed meanwhile. */
import { afterAll, expect, test } from '@jest/globals';
import { createStorageScope } from '../../../src/oidc/request-scope.ts';
import { sessionAdapter } from '../../../src/oidc/storage/session-adapter.ts';
import { keepSession, recordEvidence } from '../../../src/oidc/storage/session-changes.ts';
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import { credentialsKey, userKey } from '../../../src/stores/keys.ts';
import type { Op, Store } from '../../../src/stores/store.ts';
import { UnitOfWork } from '../../../src/stores/unit-of-work.ts';
import { newUser } from '../../../src/users/directory/changes.ts';
import { serializeUser } from '../../../src/users/record/user.ts';
import { recordingStore } from '../../support/stores/recording-store.ts';

const store = recordingStore(openEmbedded({ file: ':memory:' }));
afterAll(() => store.close());

const now = () => 1_800_000_000;
const session = { uid: 'session-uid', accountId: '', authorizations: {}, exp: now() + 60 };

async function begin(user: ReturnType<typeof newUser>, cookie: string, through: Store = store) {
  const unit = new UnitOfWork(through);
  await unit.load([userKey(user.id)]);
  const adapter = sessionAdapter(createStorageScope(unit), now);
  const found = await adapter.find(cookie);
  const save = () => adapter.upsert(cookie, { ...session, accountId: user.id }, 60);
  return { unit, found, save };
}

test('a request that read the account before its change does not end the continued session', async () => {
  const user = newUser({ identifiers: ['ann'] }, ['ann'], now() - 60);
  const write = (validAfter: number) => {
    const value = serializeUser({ ...user, validAfter });
    return store.commit([{ op: 'put', key: userKey(user.id), value, refs: [credentialsKey(user.id)] }]);
  };
  await write(user.validAfter);
  const first = await begin(user, 'cookie');
  await first.save();
  await first.unit.commit();

  const slow = await begin(user, 'cookie');
  const changing = await begin(user, 'cookie');
  await write(now());
  keepSession(changing.unit, session.uid, { validAfter: now(), withTokens: false, now: now() });
  await changing.unit.commit();
  await slow.save();
  await slow.unit.commit();
  expect((await begin(user, 'cookie')).found).toMatchObject({ uid: session.uid, accountId: user.id });

  // What was not kept is over, also when it is saved once more.
  const late = await begin(user, 'cookie');
  await write(now() + 1);
  await late.save();
  await late.unit.commit();
  expect((await begin(user, 'cookie')).found).toBeUndefined();
});

test('the continued session lives no longer than its cookie would have', async () => {
  const user = newUser({ identifiers: ['bob'] }, ['bob'], now() - 60);
  await store.commit([
    { op: 'put', key: userKey(user.id), value: serializeUser(user), refs: [credentialsKey(user.id)] },
  ]);
  const first = await begin(user, 'cookie-of-bob');
  const limits = { idle: 60, absolute: 600 };
  recordEvidence(first.unit, session.uid, { subject: user.id, evidence: [], limits, now: now() });
  await first.save();
  await first.unit.commit();

  const commits: (readonly Op[])[] = [];
  const noting: Store = {
    ...store,
    commit(ops) {
      commits.push(ops);
      return store.commit(ops);
    },
  };
  const changing = await begin(user, 'cookie-of-bob', noting);
  keepSession(changing.unit, session.uid, { validAfter: user.validAfter, withTokens: true, now: now() + 50 });
  await changing.unit.commit();
  expect(commits.flat()).toMatchObject([{ op: 'replace', ttl: 10 }]);
});
