/** The files of a node: what a change in its directory brings into use, and what it leaves alone. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../src/authenticators/index.ts';
import { StoreUnavailable } from '../../src/errors.ts';
import { createLogger } from '../../src/log.ts';
import { OperatorFiles } from '../../src/operator-files.ts';
import { loadConfiguration } from '../../src/policy/load.ts';
import { Revisions } from '../../src/policy/revision/revisions.ts';
import { openEmbedded } from '../../src/stores/embedded/embedded.ts';
import { auditKey } from '../../src/stores/keys.ts';
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

let logged: string[];
let audited: unknown[];

function filesOf(configDir: string): OperatorFiles {
  [logged, audited] = [[], []];
  const log = createLogger((text) => {
    const line = JSON.parse(text) as { readonly msg: string; readonly kind?: string };
    if (line.kind === 'audit') audited.push(line);
    else logged.push(line.msg);
  });
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

test('each revision that it brings into use has a line in the audit log, with who and why', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const files = filesOf(dir);
    await files.apply(store);
    await files.apply(store);
    await writeFile(join(dir, 'stepgate.yaml'), String(validFiles['stepgate.yaml']).replace('Test', 'Other'));
    await files.applyChanged(store);
    const lines = (await store.tail(auditKey, undefined, 100)).map(({ value }) => JSON.parse(value));
    const told = { event: 'config.applied', outcome: 'success', by: 'serve', message: `files of ${dir}` };
    const both = [
      { ...told, policyRevision: 1 },
      { ...told, policyRevision: 2 },
    ];
    expect([lines, audited]).toMatchObject([both, both]);
  });
});

const refusedText = (dir: string) =>
  `the files of ${dir} are refused; what is active stays; \`config check\` says what to correct`;

describe('files are refused', () => {
  const settings = String(validFiles['stepgate.yaml']);
  test.each([
    ['no valid files', 'stepgate.yaml', 'brand: {', 'not_configured'],
    ['the analysis says no', 'invariants.yaml', 'invariants:\n  - { name: None, never: allow }\n', undefined],
  ])('while %s, until they say what was applied before', async (_, file, text, code) => {
    await withConfiguration(validFiles, async (dir) => {
      const files = filesOf(dir);
      await files.apply(store);
      await writeFile(join(dir, 'stepgate.yaml'), settings.replace('Test', 'Other'));
      await writeFile(join(dir, file), text);
      const error = await files.applyChanged(store).catch((thrown) => thrown);
      expect([error?.code, files.areRefused(), logged.at(-1)]).toEqual([code, true, refusedText(dir)]);
      await rm(join(dir, file));
      await writeFile(join(dir, 'stepgate.yaml'), settings);
      await files.applyChanged(store);
      expect([files.areRefused(), (await newest())?.revision]).toEqual([false, 1]);
    });
  });

  test('when the node starts, and the analysis says no', async () => {
    await withConfiguration(validFiles, (dir) => filesOf(dir).apply(store));
    const invariants = 'invariants:\n  - { name: None, never: allow }\n';
    await withConfiguration(
      { ...validFiles, 'stepgate.yaml': settings.replace('Test', 'Other'), 'invariants.yaml': invariants },
      async (dir) => {
        const files = filesOf(dir);
        await files.apply(store);
        expect([files.areRefused(), logged.at(-1)]).toEqual([true, refusedText(dir)]);
      },
    );
  });
});

test('a refusal is logged once until it changes, as changes of files that do not count have them read, too', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const files = filesOf(dir);
    await files.apply(store);
    const isTold = async (changed: Readonly<Record<string, string>>) => {
      for (const [file, text] of Object.entries(changed)) await writeFile(join(dir, file), text);
      const before = logged.length;
      await files.applyChanged(store).catch(() => undefined);
      return logged.length > before && logged.at(-1) === refusedText(dir);
    };
    const broken = { 'stepgate.yaml': 'brand: {' };
    const misspelled = { 'stepgate.yaml': 'brund: { name: A }\n' };
    const good = { 'stepgate.yaml': String(validFiles['stepgate.yaml']) };
    const deniesAll = {
      'stepgate.yaml': good['stepgate.yaml'].replace('Test', 'Other'),
      'invariants.yaml': 'invariants:\n  - { name: None, never: allow }\n',
    };
    const looks = [broken, {}, misspelled, good, misspelled, deniesAll, {}];
    const told: boolean[] = [];
    for (const look of looks) told.push(await isTold(look));
    expect(told).toEqual([true, false, true, false, true, true, false]);
  });
});

test('warnings of a change are logged once it is applied, however often the store fails before', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const files = filesOf(dir);
    await files.apply(store);
    const unlabelled = `${validFiles['stepgate.yaml']}scopes: { orders: [orders] }\n`;
    await writeFile(join(dir, 'stepgate.yaml'), unlabelled);
    await writeFile(join(dir, 'apps/notes.yaml'), `${validFiles['apps/notes.yaml']}firstParty: false\n`);
    logged = [];
    const commit = () => Promise.reject(new StoreUnavailable('the disk is full'));
    for (const _ of [1, 2]) await expect(files.applyChanged({ ...store, commit })).rejects.toThrow('the disk is full');
    expect(logged).toEqual([]);
    await files.applyChanged(store);
    expect(logged).toEqual([
      expect.stringContaining('apps/notes.yaml:6:13: warning: firstParty asks users for `orders`'),
      'configuration applied',
    ]);
  });
});

test('a directory that is not there is named once', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const files = filesOf(dir);
    await files.apply(store);
    await rename(dir, `${dir}-away`);
    await files.applyChanged(store).catch(() => undefined);
    await rename(`${dir}-away`, dir);
    expect(logged).toEqual([
      expect.any(String),
      expect.stringMatching(`^there is no directory ${dir}; `),
      refusedText(dir),
    ]);
  });
});

describe('of refused files, a node on Redis, which applies none, takes the issuer', () => {
  const settings = (issuer: string) => `issuer: ${issuer}\n${validFiles['stepgate.yaml']}`;
  const good = settings('https://id.test');
  const typo = 'policies/session.yaml:1:1 wether unknown key `wether`';
  const broken = { 'policies/session.yaml': `wether: fine\n${validFiles['policies/session.yaml']}` };

  test('and says what is wrong with them', async () => {
    await withConfiguration({ ...validFiles, 'stepgate.yaml': good, ...broken }, async (dir) => {
      const files = filesOf(dir);
      expect(await files.issuer({ isApplied: false })).toBe('https://id.test');
      expect(logged).toEqual([
        expect.stringContaining(`${dir}/${typo}`),
        `the files of ${dir} are refused; only their issuer is read; \`config check\` says what to correct`,
      ]);
    });
    await withConfiguration({ ...validFiles, 'stepgate.yaml': good }, async (dir) => {
      const files = filesOf(dir);
      expect([await files.issuer({ isApplied: false }), logged]).toEqual(['https://id.test', []]);
      await writeFile(join(dir, 'policies/session.yaml'), 'rules: [');
      expect(await files.issuer({ isApplied: false })).toBe('https://id.test');
    });
  });

  test.each([
    ['is missing', String(validFiles['stepgate.yaml']), broken],
    ['is refused itself', settings('http://id.example.org'), {}],
    ['is none', settings('fine'), {}],
    ['is a variable that is not set', settings(`\${ISSUER}`), {}],
    ['is in a file that cannot be read', `${good}brand: {\n`, {}],
  ])('unless it %s', async (_which, stepgate, others) => {
    await withConfiguration({ ...validFiles, 'stepgate.yaml': stepgate, ...others }, (dir) =>
      expect(filesOf(dir).issuer({ isApplied: false })).rejects.toMatchObject({ code: 'not_configured' }),
    );
  });
});

/** What this release refuses in files that an earlier one applied: by a schema, and by a check of all files. */
const refused: readonly (readonly [string, string, string, string])[] = [
  [
    'a country that does not exist',
    'stepgate.yaml',
    'brand: { name: Test }\nissuer: https://id.test\nidentify: { defaultCountry: UK }\n',
    'stepgate.yaml:3:29 identify.defaultCountry must be written as GB [invalid_value]',
  ],
  [
    'an expression that never held',
    'policies/sign-on/notes.yaml',
    'name: notes\nrules:\n  - { name: One, when: { expression: has(now.x) }, then: deny }\n  - { name: All, then: { allow: { factors: 1 } } }\n',
    'policies/sign-on/notes.yaml:3:46 rules[0].when.expression is no expression that can be evaluated: No such key: x',
  ],
];

describe.each(refused)('%s, which an earlier release took,', (_, file, text, finding) => {
  const settings = `issuer: https://id.test\n${validFiles['stepgate.yaml']}`;
  const own = { ...validFiles, 'stepgate.yaml': settings, [file]: text };

  /** As the earlier release did. */
  async function applyBefore(): Promise<void> {
    const loaded = await withConfiguration(own, (dir) => loadConfiguration(dir, { authenticators, variables: {} }));
    if (loaded.ok || loaded.documents === undefined) throw new Error('the configuration is not refused');
    await new Revisions(store, { authenticators }).apply(loaded.documents, { by: 'earlier release' });
  }

  test('stays in use while it is active, with a warning', async () => {
    await applyBefore();
    await withConfiguration(own, async (dir) => {
      const files = filesOf(dir);
      expect(await files.issuer()).toBe('https://id.test');
      expect(files.areRefused()).toBe(false);
      await files.apply(store);
      expect(logged).toEqual([
        expect.stringContaining(`${dir}/${finding}`),
        `the files of ${dir} are refused; what they say is active already, and stays; \`config check\` says what to correct`,
      ]);
      expect(files.areRefused()).toBe(true);
      expect(await newest()).toMatchObject({ revision: 1, by: 'earlier release' });
      await writeFile(join(dir, file), String(validFiles[file]).replace('Test', 'Other').replace('All', 'Own'));
      await files.applyChanged(store);
      expect(files.areRefused()).toBe(false);
      expect(await newest()).toMatchObject({ revision: 2, by: 'serve' });
    });
  });

  test('is refused until files are applied, also by the analysis, and whatever else is active', async () => {
    await applyBefore();
    await withConfiguration(own, async (dir) => {
      const files = filesOf(dir);
      await files.apply(store);
      await writeFile(join(dir, 'invariants.yaml'), 'invariants:\n  - { name: None, never: allow }\n');
      await writeFile(join(dir, file), String(validFiles[file]).replace('Test', 'Other').replace('All', 'Own'));
      await files.applyChanged(store);
      expect(files.areRefused()).toBe(true);
      expect(logged.at(-1)).toBe(refusedText(dir));
      await applyElsewhere();
      expect(files.areRefused()).toBe(true);
      await rm(join(dir, 'invariants.yaml'));
      await files.applyChanged(store);
      expect(files.areRefused()).toBe(false);
      expect(await newest()).toMatchObject({ revision: 3, by: 'serve' });
    });
  });

  test('stays in use where its files say the same with other comments, in other lines and under other names', async () => {
    const loaded = await withConfiguration(own, (dir) => loadConfiguration(dir, { authenticators, variables: {} }));
    if (loaded.ok || loaded.documents === undefined) throw new Error('the configuration is not refused');
    // Releases before decision 118 stored no columns.
    const stored = Array.from(
      loaded.documents,
      ([key, { ruleColumns: _columns, ...document }]) => [key, document] as const,
    );
    await new Revisions(store, { authenticators }).apply(new Map(stored), { by: 'earlier release' });
    const commented = Object.entries(own).map(([name, written]) => [name, `# As agreed.\n\n${written}`]);
    const { 'apps/notes.yaml': app, ...others } = Object.fromEntries(commented);
    await withConfiguration({ ...others, 'apps/renamed.yaml': app }, async (dir) => {
      const files = filesOf(dir);
      await files.apply(store);
      expect([files.areRefused(), logged.length]).toEqual([true, 2]);
      expect(await newest()).toMatchObject({ revision: 1, by: 'earlier release' });
    });
  });

  test.each([
    ['that are not active', { ...own, 'apps/notes.yaml': String(validFiles['apps/notes.yaml']).replace('Notes', 'N') }],
    ['of which one cannot be read', { ...own, 'apps/notes.yaml': 'clientId: [' }],
  ])('is refused in files %s', async (_which, files) => {
    await applyBefore();
    await withConfiguration(files, (dir) =>
      expect(filesOf(dir).apply(store)).rejects.toMatchObject({ code: 'not_configured' }),
    );
    expect(await newest()).toMatchObject({ revision: 1 });
  });

  test('is told at its place where this release cannot read what is active', async () => {
    await applyBefore();
    const revisions = new Revisions(store, { authenticators });
    const documents = new Map(await revisions.documentsOf(1));
    const before = documents.get('settings');
    if (before === undefined) throw new Error('there are no settings');
    documents.set('settings', { ...before, content: { ...(before.content as object), wether: 'fine' } });
    await revisions.apply(documents, { by: 'other release' });
    await withConfiguration(own, (dir) =>
      expect(filesOf(dir).apply(store)).rejects.toMatchObject({ code: 'not_configured' }),
    );
    expect(logged).toContainEqual(expect.stringContaining(finding));
  });

  test('is refused in an empty store', async () => {
    await withConfiguration(own, (dir) =>
      expect(filesOf(dir).apply(store)).rejects.toMatchObject({ code: 'not_configured' }),
    );
    expect(await newest()).toBeUndefined();
  });
});
