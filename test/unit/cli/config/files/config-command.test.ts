/** The command `stepgate config`. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../../src/authenticators/index.ts';
import { configCommand } from '../../../../../src/cli/config/config.ts';
import { StepgateError } from '../../../../../src/errors.ts';
import { loadConfiguration } from '../../../../../src/policy/load.ts';
import { Revisions } from '../../../../../src/policy/revision/revisions.ts';
import { jsonSchemas } from '../../../../../src/policy/schema/json-schemas.ts';
import { openEmbedded } from '../../../../../src/stores/embedded/embedded.ts';
import type { Store } from '../../../../../src/stores/store.ts';
import { Directory } from '../../../../../src/users/directory/directory.ts';
import { recordingStore } from '../../../../support/stores/recording-store.ts';
import { authenticators, validFiles, withConfiguration } from '../../../policy/support/configuration-dir.ts';

const all = [...authenticators, ...authenticatorKinds.filter(({ key }) => key === 'email')];

const stores = new Map<string, Store>();
afterEach(async () => {
  for (const store of stores.values()) await store.close();
  stores.clear();
});

/** The store beside a configuration. It outlives the command that opens and closes it, as one in a file does. */
function storeBeside(dir: string): Store {
  const store = stores.get(dir) ?? recordingStore(openEmbedded({ file: ':memory:' }));
  stores.set(dir, store);
  return { ...store, close: async () => undefined };
}

/** Runs `stepgate config ...`. */
async function run(dir: string, ...args: readonly string[]) {
  return runOn(async () => storeBeside(dir), dir, args);
}

async function runOn(openStore: () => Promise<Store>, dir: string, args: readonly string[]) {
  const outcome = { stdout: '', stderr: '', code: 0 };
  const command = configCommand({
    openStore,
    openNewStore: openStore,
    checkViews: async () => [],
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
    interrupted: () => new AbortController().signal,
    openQuestions: async () => undefined,
    hasStore: () => false,
    now: () => Date.parse('2026-11-26T12:00:00Z') / 1000,
  });
  await command.parseAsync(args, { from: 'user' });
  return outcome;
}

test('check prints its findings', async () => {
  await withConfiguration(validFiles, async (dir) => {
    expect(await run(dir, 'check')).toEqual({
      stdout: `${dir} is a good configuration: 1 app, 1 sign-on policy\n`,
      stderr: '',
      code: 0,
    });
  });
});

test('a rule that no user can meet is shown with its line, a code and what to do', async () => {
  const rule = 'name: notes\nrules:\n  - name: All\n    then: { allow: { factors: 3 } }\n';
  await withConfiguration({ ...validFiles, 'policies/sign-on/notes.yaml': rule }, async (dir) => {
    const { stderr, code } = await run(dir, 'check');
    expect([code, stderr.split('\n')]).toEqual([
      1,
      [
        expect.stringMatching(/^policies\/sign-on\/notes\.yaml:4:20 rules\[0\]\.then\.allow .* \[rule_unmeetable\]$/),
        '  4 |     then: { allow: { factors: 3 } }',
        '    |                    ^',
        expect.stringMatching(/^ {2}what to do: enable .* \(docs\/findings\.md: rule_unmeetable\)$/),
        '1 finding in 1 file; nothing was changed',
        '',
      ],
    ]);
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
        '  1 | clientId: [',
        '    |            ^',
        expect.stringMatching(/^ {2}what to do: correct .* \(docs\/findings\.md: yaml_syntax\)$/),
        'stepgate.yaml:1:8 brand.name is missing [value_missing]',
        '  1 | brand: { nam: A }',
        '    |        ^',
        '  what to do: add the key `name` (docs/findings.md: value_missing)',
        'stepgate.yaml:1:10 brand.nam unknown key `nam`; did you mean `name`? [unknown_key]',
        '  1 | brand: { nam: A }',
        '    |          ^',
        expect.stringMatching(/^ {2}what to do: write `name`, or use one of: name, accent, .*: unknown_key\)$/),
        '3 findings in 2 files; nothing was changed',
        '',
      ]);
    }
    expect((await run(dir, 'history')).stdout).toBe('');
  });
});

test('check reads the policy tests, too, and does not run them; apply leaves them aside', async () => {
  const good = 'tests:\n  - { name: Failing, app: notes, user: { groups: [] }, expect: { deny: rule } }\n';
  const wrong =
    'tests:\n  - { name: A, app: ntes, expect: { deny: false } }\n  - { name: B, app: notes, expect: { deny: no } }\n';
  const files = { ...validFiles, 'tests/good.yaml': good, 'tests/wrong.yaml': wrong };
  await withConfiguration(files, async (dir) => {
    const { stdout, stderr, code } = await run(dir, 'check');
    expect([stdout, code]).toEqual(['', 1]);
    expect(stderr.split('\n').filter((line) => !line.startsWith(' '))).toEqual([
      expect.stringMatching(/^tests\/wrong\.yaml:3:\d+ tests\[1\]\.expect\.deny /),
      'tests/wrong.yaml:2:21 tests[0].app unknown app `ntes`; did you mean `notes`? [unknown_reference]',
      '2 findings in 1 file; nothing was changed',
      '',
    ]);
    const { ok, findings } = JSON.parse((await run(dir, 'check', '--json')).stdout);
    expect([ok, findings.map(({ line }: { readonly line: number }) => line)]).toEqual([false, [3, 2]]);
    expect((await run(dir, 'apply', '--yes')).code).toBe(0);
  });
  await withConfiguration({ ...validFiles, 'tests/good.yaml': good }, async (dir) => {
    expect((await run(dir, 'check')).code).toBe(0);
  });
});

const editors = 'name: notes\nrules:\n  - name: A\n    when: { groups: { any: [editrs] } }\n    then: deny\n';
const rest = '  - name: All\n    then:\n      allow:\n        factors: 1\n';

test('check and apply warn of a group that no user is in, with the name that was probably meant', async () => {
  const files = { ...validFiles, 'policies/sign-on/notes.yaml': `${editors}${rest}` };
  await withConfiguration(files, async (dir) => {
    expect((await run(dir, 'check')).stderr).toBe('');
    const store = storeBeside(dir);
    await new Directory(store).create({ identifiers: ['ann'], groups: ['editors'] });
    await store.close();
    const warning = `policies/sign-on/notes.yaml:4:29: warning: rules[0].when.groups.any[0] no user is in \`editrs\`; did you mean \`editors\`? [unknown-group]
  4 |     when: { groups: { any: [editrs] } }
    |                             ^
  what to do: correct the name, or add the group to \`groups\` in stepgate.yaml, where it may be empty (docs/findings.md#unknown-group)
`;
    for (const command of ['check', 'apply'])
      expect(await run(dir, command)).toMatchObject({ stderr: warning, code: 0 });
  });
});

test('a group that the settings name may be empty', async () => {
  const settings = 'brand: { name: A }\ngroups: { editors: { description: They write. } }\n';
  const files = { ...validFiles, 'stepgate.yaml': settings };
  for (const [name, warnings] of [
    ['editors', ''],
    ['editrs', expect.stringContaining('no user is in `editrs`; did you mean `editors`?')],
    ['managers', expect.stringContaining('no user is in `managers` [unknown-group]')],
  ]) {
    const policy = `${editors.replace('editrs', String(name))}${rest}`;
    await withConfiguration({ ...files, 'policies/sign-on/notes.yaml': policy }, async (dir) => {
      expect(await run(dir, 'check')).toMatchObject({ stderr: warnings, code: 0 });
    });
  }
});

test('without a store, users are not mentioned', async () => {
  const files = {
    ...validFiles,
    'stepgate.yaml': 'brand: { name: A }\ngroups: { editors: {} }\n',
    'policies/sign-on/notes.yaml': `${editors}${rest}`,
  };
  const missing = async () => Promise.reject(new StepgateError('store_unavailable', 'there is no store'));
  await withConfiguration(files, async (dir) => {
    const { stderr } = await runOn(missing, dir, ['check']);
    expect(stderr).toContain(
      '`groups` in stepgate.yaml does not name `editrs`; did you mean `editors`? [unknown-group]\n',
    );
  });
});

test('check works without a store', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const missing = async () => Promise.reject(new StepgateError('store_unavailable', 'there is no store'));
    expect(await runOn(missing, dir, ['check'])).toMatchObject({
      stderr: 'passkeys were not looked at: there is no store\n',
      code: 0,
    });
  });
});

test('with --json, check and apply print data, and nothing besides', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const check = await run(dir, 'check', '--json');
    expect([JSON.parse(check.stdout), check.stderr]).toEqual([
      {
        ok: true,
        apps: 1,
        signOnPolicies: 1,
        invariants: [],
        findings: [expect.objectContaining({ severity: 'note', code: 'unused', file: 'stepgate.yaml', line: 4 })],
      },
      '',
    ]);
    const apply = await run(dir, 'apply', '--json');
    expect(JSON.parse(apply.stdout)).toMatchObject({ ok: true, revision: 1, changed: expect.any(Array) });
    expect(JSON.parse((await run(dir, 'history', '--json')).stdout)).toMatchObject({ revision: 1 });
  });
  await withConfiguration({ ...validFiles, 'stepgate.yaml': 'brand: { nam: A }\n' }, async (dir) => {
    const { stdout, stderr, code } = await run(dir, 'check', '--json');
    const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: object[] };
    expect([ok, findings.length, stderr, code]).toEqual([false, 2, '', 1]);
    expect(findings[0]).toMatchObject({ file: 'stepgate.yaml', line: 1, column: 8, path: 'brand.name' });
  });
});

test('check and apply print warnings, and continue', async () => {
  const files = {
    ...validFiles,
    'stepgate.yaml': 'brand: { name: A }\nauthenticators: { email: { enabled: true } }\n',
  };
  await withConfiguration(files, async (dir) => {
    for (const [command, done] of [
      ['check', 'is a good configuration'],
      ['apply', 'revision 1 is active'],
    ] as const) {
      const { stdout, stderr, code } = await run(dir, command);
      expect([stdout, code]).toEqual([expect.stringContaining(done), 0]);
      expect(stderr).toMatch(
        /^stepgate\.yaml:2:19: warning: authenticators\.email is enabled, .* \[message-unsent\]\n {2}2 \| auth.*\n.*\^\n.*\n$/,
      );
    }
  });
});

test('apply makes a revision only when something changed; history lists them', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const first = await run(dir, 'apply', '-m', 'first', '--by', 'ann');
    expect(first).toMatchObject({
      stdout: 'revision 1 is active: 4 changes: app/notes, session, settings, sign-on/notes\n',
      code: 0,
    });
    expect((await run(dir, 'apply')).stdout).toBe('no change: revision 1 is active\n');
    await withConfiguration({ ...validFiles, 'stepgate.yaml': 'brand: { name: B }\n' }, async (other) => {
      expect((await run(dir, 'apply', other, '--by', 'bob')).stdout).toBe('revision 2 is active: 1 change: settings\n');
    });
    expect((await run(dir, 'history')).stdout.split('\n')).toEqual([
      expect.stringMatching(/^2 {2}\d{4}-\d\d-\d\dT\S+Z {2}bob {2}- {2}settings$/),
      expect.stringMatching(/^1 {2}\S+Z {2}ann {2}first {2}app\/notes, session, settings, sign-on\/notes$/),
      '',
    ]);
    expect((await run(dir, 'history', '-n', '1')).stdout.trim().split('\n')).toHaveLength(1);
  });
});

describe('invariants', () => {
  const proved = '{ name: One factor, always: { factors: 1 } }';
  const broken = '{ name: Two factors, apps: { any: [notes] }, always: { factors: 2 } }';
  const withInvariants = (...list: readonly string[]) => ({
    ...validFiles,
    'invariants.yaml': `invariants:\n${list.map((invariant) => `  - ${invariant}\n`).join('')}`,
  });

  test('that hold are counted, and change no revision', async () => {
    await withConfiguration(withInvariants(proved), async (dir) => {
      expect((await run(dir, 'check')).stdout).toContain('1 sign-on policy; 1 invariant proved\n');
      expect(JSON.parse((await run(dir, 'check', '--json')).stdout)).toMatchObject({
        invariants: [{ name: 'One factor', verdict: 'holds', apps: 2 }],
      });
      expect((await run(dir, 'apply')).stdout).toContain('revision 1 is active: 4 changes');
    });
  });

  test('that do not hold are shown with an example by these files, and refuse to go active', async () => {
    await withConfiguration(withInvariants(proved, broken), async (dir) => {
      for (const command of ['check', 'apply']) {
        const { stdout, stderr, code } = await run(dir, command);
        expect([stdout, code]).toEqual(['', 1]);
        expect(stderr).toContain(
          'invariants.yaml:3:5: error: invariants[1] "Two factors" does not hold in the app notes',
        );
        expect(stderr).toContain(`explain --config ${dir} --app notes`);
      }
      expect((await run(dir, 'history')).stdout).toBe('');
      const { ok, invariants } = JSON.parse((await run(dir, 'apply', '--json')).stdout) as Record<string, object[]>;
      expect([ok, invariants?.length]).toEqual([false, 2]);
    });
  });
});

test('apply says what newly identifies users, and how to let existing users sign in with it', async () => {
  const withPhones = 'brand: { name: A }\nidentify: { by: [email, phone], defaultCountry: DE }\n';
  await withConfiguration(validFiles, async (dir) => {
    expect((await run(dir, 'apply')).stderr).not.toContain('reindex');
    await writeFile(join(dir, 'stepgate.yaml'), withPhones);
    expect((await run(dir, 'apply')).stderr).toContain(
      'note: phone identifies users now; `users reindex` lets those sign in with it who have one already\n',
    );
    expect((await run(dir, 'apply')).stderr).not.toContain('reindex');
  });
});

/** A service, to which no user signs in. */
const serviceFiles = {
  'stepgate.yaml': `${validFiles['stepgate.yaml']}resources:\n  - { indicator: "https://api.test", scopes: [r] }\n`,
  'apps/job.yaml': JSON.stringify({
    ...{ clientId: 'job', name: 'Job', labels: ['batch'] },
    service: { resources: [{ indicator: 'https://api.test', scopes: ['r'] }] },
    client: {
      ...{ grant_types: ['client_credentials'], response_types: [] },
      ...{ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://job.example.org/jwks' },
    },
  }),
};

describe('check --standard', () => {
  test('says which rules fall short, and what no policy shows', async () => {
    await withConfiguration(validFiles, async (dir) => {
      const { stdout, stderr, code } = await run(dir, 'check', '--standard', 'phr-only');
      expect([code, stderr]).toEqual([1, '']);
      // In one stream, so that the result never stands among the findings.
      expect(stdout).toMatch(
        /^policies\/sign-on\/notes\.yaml:3:5: error: rules\[0\] falls short of NIST SP 800-63B-4, 3\.2\.5/m,
      );
      expect(stdout).toContain('the policies fall short of phishing resistance everywhere (1 app): 1 finding\n');
      expect(stdout).toContain(
        "no policy can show:\n  - recoveries of passwords, which prove nothing to an app\n  - the apps' own",
      );
      const json = JSON.parse((await run(dir, 'check', '--standard', 'phr-only', '--json')).stdout) as object;
      expect(json).toMatchObject({ ok: true, standard: { standard: 'phr-only', meets: false, apps: 1 } });
    });
  });

  test('says it also where the analysis finds errors', async () => {
    const invariants = 'invariants:\n  - { name: None gets in, apps: { any: [notes] }, never: allow }\n';
    await withConfiguration({ ...validFiles, 'invariants.yaml': invariants }, async (dir) => {
      const { stdout, stderr, code } = await run(dir, 'check', '--standard', 'phr-only');
      expect([code, stdout.includes('the policies fall short of phishing resistance everywhere')]).toEqual([1, true]);
      expect(stderr).toContain('1 error; nothing was changed');
      const json = JSON.parse((await run(dir, 'check', '--standard', 'phr-only', '--json')).stdout) as object;
      expect(json).toMatchObject({ ok: false, standard: { standard: 'phr-only', meets: false } });
    });
  });

  test('repeats neither a line, a rule nor what to do', async () => {
    await withConfiguration(validFiles, async (dir) => {
      const { stdout } = await run(dir, 'check', '--standard', 'pci-dss-4');
      const lines = stdout.split('\n').filter((line) => !/^[ |^]*$/.test(line));
      expect(lines.filter((line) => line.includes('falls short of PCI DSS 4.0.1, 8.3.')).length).toBeGreaterThan(1);
      expect(new Set(lines).size).toBe(lines.length);
      expect(stdout).toContain('8.3.6: passwords of 12 characters at least; without this file, the defaults apply');
      expect(stdout).toContain(
        '  what to do: write policies/password.yaml and set it there (docs/findings.md#standard)\n',
      );
    });
  });

  test('is met without an error', async () => {
    const policy =
      'name: notes\nrules:\n  - { name: All, then: { allow: { possession: { phishingResistant: true } } } }\n';
    const files = {
      ...validFiles,
      'policies/sign-on/notes.yaml': policy,
      'stepgate.yaml': 'brand: { name: A }\nauthenticators: { webauthn: { enabled: true } }\n',
    };
    await withConfiguration(files, async (dir) => {
      const { stdout, code } = await run(dir, 'check', '--standard', 'phr-only', '--app', 'notes');
      expect([stdout.split('\n')[1], code]).toEqual(['the policies meet phishing resistance everywhere (1 app)', 0]);
    });
  });

  test.each([
    [['--app', 'job'], 'users do not sign in to the app `job`'],
    [['--app', 'job', '--app', 'notes'], 'users do not sign in to the app `job`'],
    [['--label', 'batch'], 'users sign in to no app with the label `batch`'],
    [['--app', 'notes', '--label', 'batch'], 'users sign in to no app with the label `batch`'],
  ])('is not said to be met by apps that no user signs in to: %j', async (choice, message) => {
    await withConfiguration({ ...validFiles, ...serviceFiles }, async (dir) => {
      await expect(run(dir, 'check', '--standard', 'phr-only', ...choice)).rejects.toThrow(message);
    });
  });

  test('is not said to be met where users sign in to no app', async () => {
    const noNotes = { 'apps/notes.yaml': undefined, 'policies/sign-on/notes.yaml': undefined };
    await withConfiguration({ ...validFiles, ...serviceFiles, ...noNotes }, async (dir) => {
      expect((await run(dir, 'check')).code).toBe(0);
      await expect(run(dir, 'check', '--standard', 'phr-only')).rejects.toThrow('users sign in to no app here');
    });
  });

  test('is met but for what a comment accepts, which is shown', async () => {
    const comment = '# stepgate:accept standard until 2026-12-31: kiosks have no keys';
    const policy = `name: notes\nrules:\n  - { name: All, then: { allow: { factors: 1 } } } ${comment}\n`;
    await withConfiguration({ ...validFiles, 'policies/sign-on/notes.yaml': policy }, async (dir) => {
      const { stdout, code } = await run(dir, 'check', '--standard', 'phr-only');
      expect([code, stdout.split('\n').slice(1, 3)]).toEqual([
        0,
        [
          'the policies meet phishing resistance everywhere (1 app), except for 1 accepted finding',
          expect.stringMatching(
            /^ {2}accepted until 2026-12-31: kiosks have no keys \(policies\/sign-on\/notes\.yaml:3:5 rules\[0\] falls short of NIST/,
          ),
        ],
      ]);
    });
  });

  test('says accepted recommendations and accepted breaches apart', async () => {
    const comment = '# stepgate:accept standard until 2026-12-31: shared desks';
    const long = '{ allow: { primary: any, secondFactor: never, idle: P30D, absolute: P30D } }';
    const weak = '{ allow: { factors: 1 } }';
    const accepted = (then: string) => `  - name: All ${comment}\n    then: ${then}\n`;
    // A comment accepts findings of the next line, too.
    const half = (then: string) =>
      `rules:\n  - name: A ${comment}\n    when: { groups: { any: [a] } }\n    then: ${then}\n  - { name: All, then: ${then} }\n`;
    const files = {
      ...validFiles,
      'stepgate.yaml': 'brand: { name: A }\nauthenticators: { webauthn: { enabled: true } }\n',
      'policies/session.yaml': half(long),
    };
    const about = 'NIST SP 800-63B-4, authentication assurance level 2 (1 app)';
    const check = async (some: Readonly<Record<string, string>>) =>
      withConfiguration({ ...files, ...some }, async (dir) => {
        const { stdout, code } = await run(dir, 'check', '--standard', 'nist-aal2');
        const lines = stdout.split('\n');
        const reasons = lines.filter((line) => line.startsWith('  accepted'));
        return [code, lines.find((line) => line.startsWith('the policies')), reasons];
      });
    const recommendations = '4 recommendations not followed, 2 of them accepted';
    const recommended = expect.stringMatching(/^ {2}accepted until 2026-12-31 \(recommendation\): shared desks \(/);
    const breach = expect.stringMatching(/^ {2}accepted until 2026-12-31: shared desks \(/);
    expect(await check({})).toEqual([
      1,
      `the policies fall short of ${about}: 1 finding; ${recommendations}`,
      [recommended, recommended],
    ]);
    expect(await check({ 'policies/sign-on/notes.yaml': `name: notes\n${half(weak)}` })).toEqual([
      1,
      `the policies fall short of ${about}: 2 findings, 1 of them accepted; ${recommendations}`,
      [recommended, recommended, breach],
    ]);
    const acceptedAll = {
      'policies/session.yaml': `rules:\n${accepted(long)}`,
      'policies/sign-on/notes.yaml': `name: notes\nrules:\n${accepted(weak)}`,
    };
    expect(await check(acceptedAll)).toEqual([
      0,
      `the policies meet ${about}, except for 1 accepted finding; 2 recommendations not followed, which is accepted`,
      [recommended, recommended, breach],
    ]);
  });

  test.each([
    [['--standard', 'phr-only', '--app', 'note'], 'did you mean `notes`?'],
    [['--standard', 'phr-only', '--label', 'x'], 'unknown label'],
    [['--app', 'notes'], '--app and --label go with --standard'],
  ])('%j is refused', async (options, message) => {
    await withConfiguration(validFiles, async (dir) => {
      await expect(run(dir, 'check', ...options)).rejects.toThrow(message);
    });
  });
});

test('schema writes one file for each kind of file', async () => {
  await withConfiguration(validFiles, async (dir) => {
    await run(dir, 'schema');
    for (const [file, text] of jsonSchemas(all)) expect(await readFile(join(dir, 'schema', file), 'utf8')).toBe(text);
    expect((await run(dir, 'check')).code).toBe(0);
  });
});

describe('another relying party', () => {
  const settings = (rpId: string, issuer = 'https://id.example.org') =>
    `brand: { name: A }\nissuer: ${issuer}\nauthenticators: { webauthn: { enabled: true${rpId && `, rpId: ${rpId}`} } }\n`;

  async function addPasskeys(
    dir: string,
    user: string,
    relyingParties: readonly (string | undefined)[],
  ): Promise<void> {
    const store = storeBeside(dir);
    const key = (relyingParty?: string) => ({
      authenticator: 'webauthn',
      factors: ['possession' as const],
      characteristics: [],
      secret: {},
      ...(relyingParty === undefined ? {} : { relyingParty }),
    });
    await new Directory(store).create({ identifiers: [user], credentials: relyingParties.map(key) });
    await store.close();
  }

  const refused = (count: string) => ({
    stdout: '',
    stderr:
      `stepgate.yaml: authenticators.webauthn.rpId: ${count} would never work again: they were not made for example.org\n` +
      'nothing was changed: keep the relying party, or run `config apply --orphan-passkeys` [passkeys_orphaned]\n',
    code: 1,
  });

  test('check and apply refuse it where passkeys would stop working, and count them', async () => {
    await withConfiguration({ ...validFiles, 'stepgate.yaml': settings('') }, async (dir) => {
      expect((await run(dir, 'apply')).code).toBe(0);
      await addPasskeys(dir, 'alice', ['id.example.org', 'id.example.org', undefined]);
      await addPasskeys(dir, 'bob', ['id.example.org', 'example.org']);
      await addPasskeys(dir, 'carol', []);
      await writeFile(join(dir, 'stepgate.yaml'), settings('example.org'));
      for (const command of ['check', 'apply'])
        expect(await run(dir, command)).toEqual(refused('3 passkeys of 2 users'));
      expect((await run(dir, 'history')).stdout).not.toMatch(/^2 /);
      const orphaned = [{ authenticator: 'webauthn', relyingParty: 'example.org', passkeys: 3, users: 2 }];
      expect(JSON.parse((await run(dir, 'check', '--json')).stdout)).toEqual({
        ok: false,
        code: 'passkeys_orphaned',
        orphaned,
      });
      expect(await run(dir, 'apply', '--orphan-passkeys')).toMatchObject({ code: 0 });
      expect(await run(dir, 'check')).toMatchObject({ stderr: '', code: 0 });
    });
  });

  test('without passkeys it may change; with the issuer it changes too, unless `rpId` stays', async () => {
    await withConfiguration({ ...validFiles, 'stepgate.yaml': settings('', 'https://example.org') }, async (dir) => {
      await run(dir, 'apply');
      await writeFile(join(dir, 'stepgate.yaml'), settings('', 'https://id.example.org'));
      expect(await run(dir, 'apply')).toMatchObject({ code: 0 });
      await addPasskeys(dir, 'alice', ['id.example.org']);
      await writeFile(join(dir, 'stepgate.yaml'), settings('', 'https://example.org'));
      expect(await run(dir, 'apply')).toEqual(refused('1 passkey of 1 user'));
      await writeFile(join(dir, 'stepgate.yaml'), settings('id.example.org', 'https://example.org'));
      expect(await run(dir, 'apply')).toMatchObject({ code: 0 });
    });
  });

  test.each([['id.example.org/'], ['https://example.org'], ['192.0.2.1'], ['Example.org'], ['org'], ['example..org']])(
    '%s is no domain',
    async (rpId) => {
      await withConfiguration({ ...validFiles, 'stepgate.yaml': settings(`"${rpId}"`) }, async (dir) => {
        const { stderr, code } = await run(dir, 'check');
        expect([stderr.includes('authenticators.webauthn.rpId must be a domain'), code]).toEqual([true, 1]);
      });
    },
  );
});

describe('errors of the analysis', () => {
  const signOn = 'policies/sign-on/notes.yaml';
  const dead = '  - { name: A, when: { groups: { any: [a], none: [a] } }, then: deny }\n';
  const broken = { ...validFiles, [signOn]: validFiles[signOn]?.replace('rules:\n', `rules:\n${dead}`) };
  const shown = new RegExp(
    `^${signOn}:3:5: error: rules\\[0\\] never applies: .* \\[contradictory\\]\\n {2}3 \\| .*\\n {4}\\| {5}\\^\\n.*\\n1 error; nothing was changed\\. .*\\n$`,
  );

  test('fail a check, and a configuration that changed is refused', async () => {
    await withConfiguration(broken, async (dir) => {
      for (const command of ['check', 'apply'])
        expect(await run(dir, command)).toEqual({ stdout: '', stderr: expect.stringMatching(shown), code: 1 });
      const { ok, findings } = JSON.parse((await run(dir, 'check', '--json')).stdout);
      expect([ok, findings[0]]).toEqual([false, expect.objectContaining({ code: 'contradictory', line: 3 })]);
      expect((await run(dir, 'history')).stdout).toBe('');
    });
  });

  test('do not refuse a configuration that is active already', async () => {
    await withConfiguration(broken, async (dir) => {
      const loaded = await loadConfiguration(dir, { authenticators: all, variables: {} });
      if (!loaded.ok) throw new Error('is not valid');
      const store = storeBeside(dir);
      await new Revisions(store, { authenticators: all }).apply(loaded.documents, { by: 'an older release' });
      await store.close();
      expect(await run(dir, 'apply')).toMatchObject({ stdout: 'no change: revision 1 is active\n', code: 0 });
    });
  });

  test('notes are printed where they are asked for', async () => {
    const patterns = Array.from({ length: 14 }, (_, index) => `"*${index % 2}*${Math.floor(index / 2)}*x*${index}*"`);
    const rules = patterns.map(
      (matches, at) =>
        `  - { name: R${at}, when: { attributes: { displayName: { matches: ${matches} } } }, then: deny }\n`,
    );
    rules.push('  - { name: None, when: { attributes: { displayName: { present: false } } }, then: deny }\n');
    const files = { ...validFiles, [signOn]: validFiles[signOn]?.replace('rules:\n', `rules:\n${rules.join('')}`) };
    await withConfiguration(files, async (dir) => {
      expect(await run(dir, 'check')).toMatchObject({ stderr: '', code: 0 });
      const { stderr, code } = await run(dir, 'check', '--notes');
      expect([stderr.split('\n')[0], code]).toEqual([
        `${signOn}:3:5: note: rules[0] whether it ever decides could not be decided [undecided]`,
        0,
      ]);
    });
  });
});
