/** The command `stepgate config`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { configCommand } from '../../../src/cli/config/config.ts';
import { StepgateError } from '../../../src/errors.ts';
import { jsonSchemas } from '../../../src/policy/schema/json-schemas.ts';
import { openEmbedded } from '../../../src/stores/embedded.ts';
import type { Store } from '../../../src/stores/store.ts';
import { Directory } from '../../../src/users/directory.ts';
import { recordingStore } from '../../support/recording-store.ts';
import { authenticators, validFiles, withConfiguration } from './configuration-dir.ts';

const all = [...authenticators, ...authenticatorKinds.filter(({ key }) => key === 'email')];

/** Runs `stepgate config ...` with a store in `<dir>.db`, outside of the configuration. */
async function run(dir: string, ...args: readonly string[]) {
  return runOn(async () => recordingStore(openEmbedded({ file: join(dir, '.store.db') })), dir, args);
}

async function runOn(openStore: () => Promise<Store>, dir: string, args: readonly string[]) {
  const outcome = { stdout: '', stderr: '', code: 0 };
  const command = configCommand({
    openStore,
    openNewStore: openStore,
    configDir: dir,
    stdout: (text) => {
      outcome.stdout += text;
    },
    stderr: (text) => {
      outcome.stderr += text;
    },
    setExitCode: (code) => {
      outcome.code = code;
    },
    authenticators: all,
    variables: {},
  });
  await command.parseAsync(args, { from: 'user' });
  return outcome;
}

test('check prints what it found', async () => {
  await withConfiguration(validFiles, async (dir) => {
    expect(await run(dir, 'check')).toEqual({
      stdout: `${dir} is a good configuration: 1 app, 1 sign-on policy\n`,
      stderr: '',
      code: 0,
    });
  });
});

test('check and apply print every finding, change nothing, and fail', async () => {
  const broken = { ...validFiles, 'stepgate.yaml': 'brand: { nam: A }\n', 'apps/x.yaml': 'clientId: [' };
  await withConfiguration(broken, async (dir) => {
    for (const command of ['check', 'apply']) {
      const { stdout, stderr, code } = await run(dir, command);
      expect([stdout, code]).toEqual(['', 1]);
      expect(stderr.split('\n')).toEqual([
        expect.stringMatching(/^apps\/x\.yaml:1:12 /),
        'stepgate.yaml:1:8 brand.name is missing',
        'stepgate.yaml:1:10 brand.nam unknown key `nam`; did you mean `name`?',
        '3 problems in 2 files; nothing was changed',
        '',
      ]);
    }
    expect((await run(dir, 'history')).stdout).toBe('');
  });
});

const editors = 'name: notes\nrules:\n  - name: A\n    when: { groups: { any: [editrs] } }\n    then: deny\n';
const rest = '  - name: All\n    then:\n      allow:\n        factors: 1\n';

test('check and apply warn of a group that nobody is in, with the name that was probably meant', async () => {
  const files = { ...validFiles, 'policies/sign-on/notes.yaml': `${editors}${rest}` };
  await withConfiguration(files, async (dir) => {
    expect((await run(dir, 'check')).stderr).toBe('');
    const store = openEmbedded({ file: join(dir, '.store.db') });
    await new Directory(store).create({ identifiers: ['ann'], groups: ['editors'] });
    await store.close();
    const warning =
      'policies/sign-on/notes.yaml:4:29: warning: rules[0].when.groups.any[0] nobody is in `editrs`; did you mean `editors`?\n';
    for (const command of ['check', 'apply'])
      expect(await run(dir, command)).toMatchObject({ stderr: warning, code: 0 });
  });
});

test('a group that the settings name may be empty', async () => {
  const settings = 'brand: { name: A }\ngroups: { editors: { description: They write. } }\n';
  const files = { ...validFiles, 'stepgate.yaml': settings };
  for (const [name, warnings] of [
    ['editors', ''],
    ['editrs', expect.stringContaining('nobody is in `editrs`; did you mean `editors`?')],
    ['managers', expect.stringContaining('nobody is in `managers`; `groups` in stepgate.yaml names groups')],
  ]) {
    const policy = `${editors.replace('editrs', String(name))}${rest}`;
    await withConfiguration({ ...files, 'policies/sign-on/notes.yaml': policy }, async (dir) => {
      expect(await run(dir, 'check')).toMatchObject({ stderr: warnings, code: 0 });
    });
  }
});

test('check works without a store', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const missing = async () => Promise.reject(new StepgateError('store_unavailable', 'there is no store'));
    expect(await runOn(missing, dir, ['check'])).toMatchObject({ stderr: '', code: 0 });
  });
});

test('with --json, check and apply print data, and nothing besides', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const check = await run(dir, 'check', '--json');
    expect([JSON.parse(check.stdout), check.stderr]).toEqual([
      { ok: true, apps: 1, signOnPolicies: 1, warnings: [] },
      '',
    ]);
    const apply = await run(dir, 'apply', '--json');
    expect(JSON.parse(apply.stdout)).toMatchObject({ ok: true, revision: 1, changed: expect.any(Array) });
    expect(JSON.parse((await run(dir, 'history', '--json')).stdout)).toMatchObject({ revision: 1 });
  });
  await withConfiguration({ ...validFiles, 'stepgate.yaml': 'brand: { nam: A }\n' }, async (dir) => {
    const { stdout, stderr, code } = await run(dir, 'check', '--json');
    const { ok, problems } = JSON.parse(stdout) as { ok: boolean; problems: object[] };
    expect([ok, problems.length, stderr, code]).toEqual([false, 2, '', 1]);
    expect(problems[0]).toMatchObject({ file: 'stepgate.yaml', line: 1, column: 8, path: 'brand.name' });
  });
});

test('check and apply print warnings, and go on', async () => {
  const files = {
    ...validFiles,
    'stepgate.yaml': 'brand: { name: A }\nauthenticators: { email: { enabled: true } }\n',
  };
  await withConfiguration(files, async (dir) => {
    for (const [command, done] of [
      ['check', 'is a good configuration'],
      ['apply', 'revision 1 is in use'],
    ] as const) {
      const { stdout, stderr, code } = await run(dir, command);
      expect([stdout, code]).toEqual([expect.stringContaining(done), 0]);
      expect(stderr).toMatch(/^stepgate\.yaml:2:19: warning: authenticators\.email is enabled, .*\n$/);
    }
  });
});

test('apply makes a revision only when something changed; history lists them', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const first = await run(dir, 'apply', '-m', 'first', '--by', 'ann');
    expect(first).toMatchObject({
      stdout: 'revision 1 is in use: 4 changes: app/notes, session, settings, sign-on/notes\n',
      code: 0,
    });
    expect((await run(dir, 'apply')).stdout).toBe('no change: revision 1 is in use\n');
    await withConfiguration({ ...validFiles, 'stepgate.yaml': 'brand: { name: B }\n' }, async (other) => {
      expect((await run(dir, 'apply', other, '--by', 'bob')).stdout).toBe('revision 2 is in use: 1 change: settings\n');
    });
    expect((await run(dir, 'history')).stdout.split('\n')).toEqual([
      expect.stringMatching(/^2 {2}\d{4}-\d\d-\d\dT\S+Z {2}bob {2}- {2}settings$/),
      expect.stringMatching(/^1 {2}\S+Z {2}ann {2}first {2}app\/notes, session, settings, sign-on\/notes$/),
      '',
    ]);
    expect((await run(dir, 'history', '-n', '1')).stdout.trim().split('\n')).toHaveLength(1);
  });
});

test('schema writes one file for each kind of file', async () => {
  await withConfiguration(validFiles, async (dir) => {
    await run(dir, 'schema');
    for (const [file, text] of jsonSchemas(all)) expect(await readFile(join(dir, 'schema', file), 'utf8')).toBe(text);
    expect((await run(dir, 'check')).code).toBe(0);
  });
});
