/** `stepgate config fmt`, and that the files of every release still apply. */
import { cp, lstat, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../../src/authenticators/index.ts';
import { type FmtContext, fmtCommand } from '../../../../../src/cli/config/files/fmt.ts';
import { configTestCommand } from '../../../../../src/cli/policy-tests/policy-tests.ts';
import { loadConfiguration } from '../../../../../src/policy/load.ts';
import { findingSummary } from '../../../../../src/policy/model/analysis-finding.ts';
import type { RenamedKey } from '../../../../../src/policy/source/renamed-keys.ts';
import { openEmbedded } from '../../../../../src/stores/embedded/embedded.ts';
import { validFiles, withConfiguration } from '../../../policy/support/configuration-dir.ts';

function printing() {
  const printed = { stdout: '', stderr: '', code: 0 };
  const context = {
    configDir: 'config',
    authenticators: authenticatorKinds,
    variables: {},
    openStore: async () => openEmbedded({ file: ':memory:' }),
    now: () => Date.parse('2026-11-26T12:00:00Z') / 1000,
    stdout: (text: string) => {
      printed.stdout += text;
    },
    stderr: (text: string) => {
      printed.stderr += text;
    },
    setExitCode: (code: 0 | 1) => {
      printed.code = code;
    },
  };
  return { printed, context };
}

async function fmt(words: readonly string[], more: Partial<FmtContext> = {}) {
  const { printed, context } = printing();
  await fmtCommand({ ...context, ...more }).parseAsync([...words], { from: 'user' });
  return printed;
}

const untidyApp = `# head\n\n${validFiles['apps/notes.yaml']}labels:   [a]\n`;
const untidy = { ...validFiles, 'apps/notes.yaml': untidyApp };

test('the files of the demo are in canonical form', async () => {
  expect(await fmt(['config', '--check'])).toEqual({
    stdout: expect.stringMatching(/^\d+ files in canonical form\n$/),
    stderr: '',
    code: 0,
  });
});

test('it rewrites and names files that are not in canonical form; a check only names them', async () => {
  await withConfiguration(
    { ...untidy, 'tests/a.yaml': 'tests:\n- {app: notes, name: a, expect: {deny: false}}\n' },
    async (dir) => {
      const file = join(dir, 'apps/notes.yaml');
      const { mode } = await stat(file);
      const checked = await fmt([dir, '--check']);
      expect(checked).toMatchObject({
        stdout: expect.stringMatching(
          /^apps\/notes\.yaml\n(.*\n)*tests\/a\.yaml\n\d of 5 files not in canonical form: `config fmt` writes it\n$/,
        ),
        code: 1,
      });
      expect(await readFile(file, 'utf8')).toBe(untidyApp);
      const written = await fmt([dir]);
      expect(written).toMatchObject({
        stdout: expect.stringMatching(/\n\d of 5 files rewritten\n$/),
        stderr: '',
        code: 0,
      });
      expect(await readFile(file, 'utf8')).toBe(
        '# head\n\nclientId: notes\nname: Notes\nlabels: [a]\nsignOnPolicy: notes\nclient:\n  redirect_uris: [https://notes.test/cb]\n',
      );
      expect((await stat(file)).mode).toBe(mode);
      expect(await readFile(join(dir, 'tests/a.yaml'), 'utf8')).toBe(
        'tests:\n  - { name: a, app: notes, expect: { deny: false } }\n',
      );
      expect((await fmt([dir])).stdout).toBe('5 files in canonical form\n');
      expect((await readdir(dir, { recursive: true })).filter((name) => name.includes('.fmt-'))).toEqual([]);
    },
  );
});

test('if one file is not YAML, no file is changed', async () => {
  await withConfiguration({ ...untidy, 'policies/sign-on/x.yaml': 'name: [' }, async (dir) => {
    const { stdout, stderr, code } = await fmt([dir]);
    expect([stdout, code]).toEqual(['', 1]);
    expect(stderr).toMatch(
      /^policies\/sign-on\/x\.yaml:1:8 .*\n {2}1 \| name: \[\n {4}\| {8}\^\n {2}what to do: .*\n1 finding; nothing was changed\n$/,
    );
    expect(await readFile(join(dir, 'apps/notes.yaml'), 'utf8')).toBe(untidyApp);
    const { ok, findings } = JSON.parse((await fmt([dir, '--json'])).stdout);
    expect([ok, findings.length]).toEqual([false, 1]);
  });
});

test('a directory that is not there is named', async () => {
  expect((await fmt(['no-such-directory'])).stderr).toContain('there is no directory no-such-directory');
});

describe('a key that was renamed', () => {
  const renames: readonly RenamedKey[] = [
    { kind: 'session', in: ['rules', '*', 'then', 'allow'], from: 'firstFactor', to: 'primary', since: '9.9.0' },
  ];
  const olderSession = `rules:
  - name: All
    then:
      allow:
        # Whatever comes first.
        firstFactor: any # for now
        secondFactor: never
        idle: PT2H
        absolute: P1D
`;
  const older = { ...validFiles, 'policies/session.yaml': olderSession };
  const options = { authenticators: authenticatorKinds, variables: {}, renames };

  test('still applies by its old name, with a warning in its place', async () => {
    await withConfiguration(older, async (dir) => {
      const loaded = await loadConfiguration(dir, options);
      expect(loaded.ok && loaded.warnings.map(findingSummary)).toEqual([
        'policies/session.yaml:6:9: warning: `firstFactor` is called `primary` since 9.9.0 [renamed-key]',
      ]);
      const [session] = loaded.ok ? [...loaded.documents.values()].filter(({ kind }) => kind === 'session') : [];
      expect(JSON.stringify(session?.content)).toContain('"allow":{"primary":"any",');
    });
  });

  test('is rewritten by --upgrade alone, and keeps its comments', async () => {
    await withConfiguration(older, async (dir) => {
      await fmt([dir], { renames });
      const file = join(dir, 'policies/session.yaml');
      expect(await readFile(file, 'utf8')).toBe(olderSession);
      const { stdout, stderr } = await fmt([dir, '--upgrade'], { renames });
      expect(stdout).toContain('policies/session.yaml\n');
      expect(stderr).toContain('policies/session.yaml:6:9: warning: `firstFactor` is called `primary`');
      expect(await readFile(file, 'utf8')).toBe(olderSession.replace('firstFactor', 'primary'));
      const loaded = await loadConfiguration(dir, options);
      expect(loaded.ok && loaded.warnings).toEqual([]);
    });
  });

  test('is an error together with its new name', async () => {
    const both = olderSession.replace('        idle', '        primary: any\n        idle');
    await withConfiguration({ ...older, 'policies/session.yaml': both }, async (dir) => {
      const loaded = await loadConfiguration(dir, options);
      expect(loaded).toMatchObject({
        ok: false,
        findings: [
          { line: 6, column: 9, message: expect.stringContaining('stands beside it'), advice: 'remove one of them' },
        ],
      });
    });
  });
});

const releases = 'test/fixtures/configurations';
const configurations = (await readdir(releases)).flatMap((release) => ['demo', 'init'].map((name) => [release, name]));

test('there are files of a release to try', () => {
  expect(configurations.length).toBeGreaterThan(0);
});

describe.each(configurations)('the files of release %s (%s)', (release, name) => {
  const dir = join(releases, release ?? '', name ?? '');

  test('apply, and their policy tests pass', async () => {
    const options = { authenticators: authenticatorKinds, variables: {}, inbox: true };
    expect(await loadConfiguration(dir, options)).toMatchObject({ ok: true });
    const { printed, context } = printing();
    await configTestCommand(context).parseAsync([dir], { from: 'user' });
    expect(printed).toMatchObject({
      stdout: expect.stringMatching(/^(\d+) of \1 tests passed$/m),
      stderr: '',
      code: 0,
    });
  });

  test('are upgraded without a word about old names', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'stepgate-release-'));
    await cp(dir, copy, { recursive: true });
    expect(await fmt([copy, '--upgrade'])).toMatchObject({ code: 0 });
    const options = { authenticators: authenticatorKinds, variables: {}, inbox: true };
    const loaded = await loadConfiguration(copy, options);
    expect(loaded.ok && loaded.warnings.filter(({ code }) => code === 'renamed-key')).toEqual([]);
    expect((await fmt([copy, '--check'])).code).toBe(0);
    await rm(copy, { recursive: true });
  });
});

test('a link stays a link', async () => {
  await withConfiguration(untidy, async (dir) => {
    await rename(join(dir, 'apps/notes.yaml'), join(dir, '.kept.yaml'));
    await symlink('../.kept.yaml', join(dir, 'apps/notes.yaml'));
    await fmt([dir]);
    expect((await lstat(join(dir, 'apps/notes.yaml'))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(dir, '.kept.yaml'), 'utf8')).toContain('labels: [a]\n');
  });
});
