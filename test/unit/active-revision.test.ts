/** Which revision a node serves by. */
import { expect, test } from '@jest/globals';
import { ActiveRevision } from '../../src/active-revision.ts';
import { authenticatorKinds } from '../../src/authenticators/index.ts';
import { StoreUnavailable } from '../../src/errors.ts';
import { createKeyring } from '../../src/oidc/keys/keyring.ts';
import { loadConfiguration } from '../../src/policy/load.ts';
import { Revisions } from '../../src/policy/revision/revisions.ts';
import { openEmbedded } from '../../src/stores/embedded/embedded.ts';
import { keyringKey, revisionConfirmationKey, revisionKey, revisionPointerKey } from '../../src/stores/keys.ts';
import type { Store } from '../../src/stores/store.ts';
import { recordingStore } from '../support/stores/recording-store.ts';
import { until } from '../support/values/until.ts';
import { validFiles, withConfiguration } from './policy/support/configuration-dir.ts';

async function applyBrand(store: Store, name: string, confirmWithin?: number): Promise<number> {
  return withConfiguration({ ...validFiles, 'stepgate.yaml': `brand: { name: ${name} }\n` }, async (dir) => {
    const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {} });
    if (!loaded.ok) throw new Error('not a good configuration');
    const revisions = new Revisions(store, { authenticators: authenticatorKinds });
    const confirm = confirmWithin === undefined ? {} : { confirmWithin };
    return (await revisions.apply(loaded.documents, { by: 'test', ...confirm })).revision;
  });
}

test('after a restore, a revision of the same number and other content is served', async () => {
  const store = recordingStore(openEmbedded({ file: ':memory:' }));
  const now = () => Math.floor(Date.now() / 1000);
  await createKeyring(store, now());
  const number = await applyBrand(store, 'Before');
  const built: string[] = [];
  const active = new ActiveRevision({
    store,
    revisions: new Revisions(store, { authenticators: authenticatorKinds }),
    now,
    warn: () => undefined,
    alarm: () => undefined,
    recordExpiry: () => ({ ops: () => [], written: () => undefined }),
    build: ({ brand }) => {
      built.push(brand.name);
      return {} as never;
    },
  });
  await active.start();
  await store.commit([
    { op: 'delete', key: revisionPointerKey },
    { op: 'delete', key: revisionKey(number) },
  ]);
  expect(await applyBrand(store, 'After')).toBe(number);
  await active.refresh();
  active.stop();
  await store.close();
  expect(built).toEqual(['Before', 'After']);
});

test('a revision that was not confirmed in time goes back, whichever node looks first', async () => {
  const store = recordingStore(openEmbedded({ file: ':memory:' }));
  const now = () => Math.floor(Date.now() / 1000);
  await createKeyring(store, now());
  await applyBrand(store, 'Before');
  await applyBrand(store, 'Draft', 3600);
  const built: string[] = [];
  const expired: number[] = [];
  const nodes = [1, 2].map(
    () =>
      new ActiveRevision({
        store,
        revisions: new Revisions(store, { authenticators: authenticatorKinds }),
        now,
        warn: () => undefined,
        alarm: () => undefined,
        recordExpiry: () => ({ ops: () => [], written: (revision) => expired.push(revision) }),
        build: ({ brand }) => {
          built.push(brand.name);
          return {} as never;
        },
      }),
  );
  await Promise.all(nodes.map((node) => node.start()));
  expect([built, expired]).toEqual([['Draft', 'Draft'], []]);
  await store.commit([{ op: 'delete', key: revisionConfirmationKey }]);
  await Promise.all(nodes.map((node) => node.refresh()));
  expect([built.slice(2), expired]).toEqual([['Before', 'Before'], [3]]);
  for (const node of nodes) node.stop();
  await store.close();
});

test('what cannot go back stays active, and is warned of once', async () => {
  const store = recordingStore(openEmbedded({ file: ':memory:' }));
  const now = () => Math.floor(Date.now() / 1000);
  await createKeyring(store, now());
  const first = await applyBrand(store, 'Before');
  await applyBrand(store, 'Draft', 3600);
  await store.commit([
    { op: 'delete', key: revisionConfirmationKey },
    { op: 'delete', key: revisionKey(first) },
  ]);
  const warnings: string[] = [];
  const active = new ActiveRevision({
    store,
    revisions: new Revisions(store, { authenticators: authenticatorKinds }),
    now,
    warn: (text) => warnings.push(text),
    alarm: () => undefined,
    recordExpiry: () => ({ ops: () => [], written: () => undefined }),
    build: () => ({}) as never,
  });
  await active.start();
  await active.refresh();
  expect(active.current()?.settings.brand.name).toBe('Draft');
  expect(active.unreadyBecause()).toBeUndefined();
  expect(warnings).toEqual([expect.stringMatching(/was not confirmed in time, and cannot go back: unknown_revision/)]);
  active.stop();
  await store.close();
});

test('that the store is empty is said also if it did not answer before', async () => {
  const store = recordingStore(openEmbedded({ file: ':memory:' }));
  await createKeyring(store, 1_800_000_000);
  await applyBrand(store, 'Before');
  let isAway = false;
  const load: typeof store.load = (keys) =>
    isAway ? Promise.reject(new StoreUnavailable('no answer')) : store.load(keys);
  const warnings: string[] = [];
  const active = new ActiveRevision({
    store: { ...store, load },
    revisions: new Revisions(store, { authenticators: authenticatorKinds }),
    now: () => 1_800_000_000,
    warn: (text) => warnings.push(text),
    alarm: () => undefined,
    recordExpiry: () => ({ ops: () => [], written: () => undefined }),
    build: () => ({}) as never,
  });
  await active.start();
  isAway = true;
  await until('the store is away', () => warnings.length > 0);
  await store.commit([{ op: 'delete', key: keyringKey }]);
  isAway = false;
  await until('the store is empty', () => warnings.length > 1);
  active.stop();
  await store.close();
  expect(warnings).toEqual([
    'cannot follow the store: no answer',
    'cannot follow the store: the keys are gone from the store',
  ]);
});

test('an unexpected failure is told with its cause, so that its stack is logged', async () => {
  const store = recordingStore(openEmbedded({ file: ':memory:' }));
  await createKeyring(store, 1_800_000_000);
  await applyBrand(store, 'Before');
  let failure: Error | undefined;
  const load: typeof store.load = (keys) => (failure ? Promise.reject(failure) : store.load(keys));
  const [warnings, alarms]: [string[], unknown[]] = [[], []];
  const active = new ActiveRevision({
    store: { ...store, load },
    revisions: new Revisions(store, { authenticators: authenticatorKinds }),
    now: () => 1_800_000_000,
    warn: (text) => warnings.push(text),
    alarm: (error) => alarms.push(error),
    recordExpiry: () => ({ ops: () => [], written: () => undefined }),
    build: () => ({}) as never,
  });
  await active.start();
  failure = new StoreUnavailable('no answer');
  await until('the store is away', () => warnings.length > 0);
  const mistake = new TypeError('nothing is no list');
  failure = mistake;
  await until('the mistake is told', () => alarms.length > 0);
  active.stop();
  await store.close();
  expect(warnings).toEqual(['cannot follow the store: no answer']);
  const told = { code: 'internal', message: 'cannot follow the store: TypeError: nothing is no list', cause: mistake };
  expect(alarms).toEqual([expect.objectContaining(told)]);
});
