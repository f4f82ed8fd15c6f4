/** The files of a node: what a change in its directory brings into use, and what it leaves alone. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../src/authenticators/index.ts';
import { createLogger } from '../../src/log.ts';
import { OperatorFiles } from '../../src/operator-files.ts';
import { loadConfiguration } from '../../src/policy/load.ts';
import { Revisions } from '../../src/policy/revision/revisions.ts';
import { openEmbedded } from '../../src/stores/embedded/embedded.ts';
import type { Store } from '../../src/stores/store.ts';
import { validFiles, withConfiguration } from './policy/support/configuration-dir.ts';

const authenticators = authenticatorKinds;
const stricter = {
  ...validFiles,
  'policies/sign-on/notes.yaml': `${validFiles['policies/sign-on/notes.yaml']}        knowledge: {}\n`,
};
let store: Store;
beforeEach(() => {
  store = openEmbedded({ file: ':memory:' });
});
afterEach(() => store.close());

function filesOf(configDir: string): OperatorFiles {
  const log = createLogger(() => undefined);
  return new OperatorFiles({ configDir, port: 3000, issuer: 'https://id.acme.test', variables: {}, log });
}

/** Another administrator brings other files into use. */
async function applyElsewhere(): Promise<void> {
  const loaded = await withConfiguration(stricter, (dir) => loadConfiguration(dir, { authenticators, variables: {} }));
  if (!loaded.ok) throw new Error('the configuration is not sound');
  await new Revisions(store, { authenticators }).apply(loaded.documents, { by: 'admin' });
}

const newest = async () => (await new Revisions(store, { authenticators }).history(1))[0];

test.each([
  ['a policy test', 'tests/recorded.yaml', 'tests: []\n'],
  ['an invariant', 'invariants.yaml', 'invariants:\n  - { name: In, always: allow }\n'],
  ['a comment', 'stepgate.yaml', `# As agreed.\n${validFiles['stepgate.yaml']}`],
])('%s does not put back what another revision took out of use', async (_, file, text) => {
  await withConfiguration(validFiles, async (dir) => {
    const files = filesOf(dir);
    await files.apply(store);
    await applyElsewhere();
    await mkdir(join(dir, 'tests'), { recursive: true });
    await writeFile(join(dir, file), text);
    await files.applyChanged(store);
    expect(await newest()).toMatchObject({ revision: 2, by: 'admin' });
  });
});

test('a change of what decides is applied over whatever is active', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const files = filesOf(dir);
    await files.apply(store);
    await applyElsewhere();
    await writeFile(join(dir, 'stepgate.yaml'), String(validFiles['stepgate.yaml']).replace('Test', 'Other'));
    await files.applyChanged(store);
    expect(await newest()).toMatchObject({ revision: 3, by: 'serve' });
  });
});

test('what an invariant refused is applied once the invariant lets it', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const files = filesOf(dir);
    await files.apply(store);
    await writeFile(join(dir, 'invariants.yaml'), 'invariants:\n  - { name: None, never: allow }\n');
    await writeFile(join(dir, 'stepgate.yaml'), String(validFiles['stepgate.yaml']).replace('Test', 'Other'));
    await files.applyChanged(store);
    expect(await newest()).toMatchObject({ revision: 1 });
    await writeFile(join(dir, 'invariants.yaml'), 'invariants:\n  - { name: In, always: allow }\n');
    await files.applyChanged(store);
    expect(await newest()).toMatchObject({ revision: 2, by: 'serve' });
  });
});
