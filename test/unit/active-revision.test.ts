/** Which revision a node serves by. */
import { expect, test } from '@jest/globals';
import { ActiveRevision } from '../../src/active-revision.ts';
import { authenticatorKinds } from '../../src/authenticators/index.ts';
import { createKeyring } from '../../src/oidc/keys/keyring.ts';
import { loadConfiguration } from '../../src/policy/load.ts';
import { Revisions } from '../../src/policy/revision/revisions.ts';
import { openEmbedded } from '../../src/stores/embedded.ts';
import { revisionKey, revisionPointerKey } from '../../src/stores/keys.ts';
import type { Store } from '../../src/stores/store.ts';
import { recordingStore } from '../support/recording-store.ts';
import { validFiles, withConfiguration } from './policy/configuration-dir.ts';

async function applyBrand(store: Store, name: string): Promise<number> {
  return withConfiguration({ ...validFiles, 'stepgate.yaml': `brand: { name: ${name} }\n` }, async (dir) => {
    const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {} });
    if (!loaded.ok) throw new Error('not a good configuration');
    const revisions = new Revisions(store, { authenticators: authenticatorKinds });
    return (await revisions.apply(loaded.documents, { by: 'test' })).revision;
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
