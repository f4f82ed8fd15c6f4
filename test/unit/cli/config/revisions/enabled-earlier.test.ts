/** Which authenticators accounts may have from an earlier revision. */
import { expect, test } from '@jest/globals';
import { nextConfiguration } from '../../../../../src/cli/config/diff/compared/compared-configuration.ts';
import { enabledEarlier } from '../../../../../src/cli/config/revisions/enabled-earlier.ts';
import type { Documents } from '../../../../../src/policy/model/documents.ts';
import { authenticators, load, validFiles } from '../../../policy/support/configuration-dir.ts';

async function documentsWith(...enabled: readonly string[]): Promise<Documents> {
  const own = ['totp', 'webauthn'].map((key) => `${key}: { enabled: ${enabled.includes(key)} }`);
  const settings = `${validFiles['stepgate.yaml']}authenticators: { ${own.join(', ')} }\n`;
  const loaded = await load({ 'stepgate.yaml': settings });
  if (!loaded.ok) throw new Error('it does not load');
  return loaded.documents;
}

type Past = readonly { readonly documents: Documents | Error; readonly changed: readonly string[] }[];

/** `past`: the revisions before, the newest first. */
async function earlier(past: Past, active: Documents, next: Documents) {
  const revisions: Parameters<typeof enabledEarlier>[0] = {
    history: async () => past.map(({ changed }, index) => ({ revision: index, at: 0, by: 'ann', changed })),
    documentsOf: async (revision) => {
      const documents = past[revision]?.documents;
      if (documents === undefined || documents instanceof Error) throw documents ?? new Error('there is none');
      return documents;
    },
  };
  const change = {
    active: await nextConfiguration(active, authenticators),
    next: await nextConfiguration(next, authenticators),
  };
  return enabledEarlier(revisions, change, authenticators);
}

test('are those that some revision had, that are off, and that are switched on', async () => {
  const [none, totp, both] = await Promise.all([
    documentsWith(),
    documentsWith('totp'),
    documentsWith('totp', 'webauthn'),
  ]);
  const settings = ['settings'];
  const unreadable = { documents: new Error('of another release'), changed: settings };
  expect(await earlier([{ documents: totp, changed: settings }], none, both)).toEqual(['totp']);
  expect(await earlier([{ documents: both, changed: settings }], totp, both)).toEqual(['webauthn']);
  expect(await earlier([{ documents: both, changed: settings }], both, both)).toEqual([]);
  expect(await earlier([{ documents: none, changed: settings }], none, both)).toEqual([]);
  expect(await earlier([{ documents: both, changed: ['app/notes'] }], none, both)).toEqual([]);
  expect(await earlier([unreadable], totp, both)).toEqual(['webauthn']);
  expect(await earlier([unreadable], both, totp)).toEqual([]);
});

test('are all that are switched on if there are more revisions than are read', async () => {
  const [none, totp] = await Promise.all([documentsWith(), documentsWith('totp')]);
  const past = Array.from({ length: 1_000 }, () => ({ documents: none, changed: ['settings'] }));
  expect(await earlier(past, none, totp)).toEqual(['totp']);
});
