/** `stepgate config test`: the tests that are shipped and those in the documents pass, and what failures look like. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { configTestCommand } from '../../../src/cli/policy-tests/policy-tests.ts';
import { withConfiguration } from '../policy/configuration-dir.ts';

async function run(...args: readonly string[]) {
  const outcome = { stdout: '', stderr: '', code: 0 };
  const command = configTestCommand({
    configDir: 'config',
    authenticators: authenticatorKinds,
    variables: {},
    stdout: (text) => {
      outcome.stdout += text;
    },
    stderr: (text) => {
      outcome.stderr += text;
    },
    setExitCode: (code) => {
      outcome.code = code;
    },
  });
  await command.parseAsync(args, { from: 'user' });
  return outcome;
}

/** Runs tests on the configuration of the demo. */
function runOnDemo(text: string, ...args: readonly string[]) {
  return withConfiguration({ 'tests/own.yaml': text }, (dir) => run('config', '--tests', join(dir, 'tests'), ...args));
}

/** One test of the demo, by the lines below its name. */
const one = (...lines: readonly string[]) =>
  ['tests:', '  - name: One', ...lines.map((line) => `    ${line}`), ''].join('\n');
const staff = 'user: { groups: [staff], enrolled: [password, totp] }';

test('the tests of the demo pass, and cover every rule of it', async () => {
  const { stdout, stderr, code } = await run('--coverage');
  expect(stdout).not.toContain('FAILED');
  expect(stdout).toMatch(/^(\d+) of \1 tests passed\n(\d+) of \2 rules decided a test\n$/m);
  expect([stderr, code]).toEqual(['', 0]);
});

test('the tests in the documents pass', async () => {
  const chapter = await readFile('docs/policies.md', 'utf8');
  const [, example = ''] = /```yaml\n(# yaml-language-server: \S+tests\.schema\.json\n.*?)```/s.exec(chapter) ?? [];
  expect(await runOnDemo(example)).toMatchObject({ stdout: expect.stringMatching(/^3 of 3 tests passed$/m), code: 0 });
});

test('a failed test shows what was expected and what came out', async () => {
  const text = one(
    'app: payroll',
    staff,
    'expect: { deny: rule, steps: [password, { enroll: [webauthn, email] }], rule: { app: A, session: Everybody }, acr: phr }',
  );
  const { stdout, code } = await runOnDemo(text.replace('acr: phr', 'acr: "urn:okta:loa:1fa:pwd"'));
  expect(stdout).toBe(`FAILED  tests/own.yaml:2  One
          deny
            expected  rule
            actual    no
          steps
            expected  password; enroll email or webauthn
            actual    password; totp
          rule.app
            expected  A
            actual    Everybody else
          acr
            expected  urn:okta:loa:1fa:pwd
            actual    urn:okta:loa:2fa:any
0 of 1 tests passed
`);
  expect(code).toBe(1);
});

test.each<[string, readonly string[], string]>([
  ['a denial', ['app: payroll', 'user: { groups: [contractors] }', 'expect: { deny: true, rule: No contractors }'], ''],
  ['a denial for another reason', ['app: notes', staff, 'expect: { deny: no_rule }'], 'deny no_rule no'],
  ['a denial that does not come', ['app: notes', staff, 'expect: { deny: true }'], 'deny yes no'],
  [
    'a user who would be denied',
    ['app: payroll', 'user: { groups: [contractors] }', 'expect: { deny: false }'],
    'deny no rule',
  ],
  ['no user', ['app: payroll', 'expect: { deny: false }'], 'deny no open: it depends on the user'],
  ['no rule without a user', ['app: payroll', 'expect: { rule: Everybody else }'], 'rule Everybody else none'],
  [
    'no acr without an end',
    ['app: payroll', 'expect: { acr: "urn:okta:loa:2fa:any" }'],
    'acr urn:okta:loa:2fa:any none, as the sign-in does not complete',
  ],
  [
    'options in another order',
    ['app: notes', 'user: { enrolled: [webauthn, email] }', 'expect: { steps: [[email, webauthn]] }'],
    '',
  ],
  [
    'one of several options',
    ['app: notes', 'user: { enrolled: [webauthn, email] }', 'expect: { steps: [webauthn] }'],
    'steps webauthn email or webauthn',
  ],
  [
    'an offer is no demand',
    ['app: shop', 'user: { enrolled: [email] }', 'expect: { steps: [email, { enroll: webauthn }] }'],
    'steps email; enroll webauthn email; offer webauthn',
  ],
  [
    'a phone by its header',
    ['app: notes', staff, 'device: { userAgent: "Mozilla/5.0 (Linux; Android 15)" }', 'expect: { deny: false }'],
    '',
  ],
  [
    'a remembered browser',
    ['app: payroll', staff, 'device: { remembered: [totp@P3D] }', 'expect: { steps: [password] }'],
    '',
  ],
  [
    'a request that wants everything anew',
    [
      'app: notes',
      staff,
      'evidence: [password@60s]',
      'request: { promptLogin: true }',
      'expect: { steps: [[totp, password]] }',
    ],
    '',
  ],
])('%s', async (_, lines, difference) => {
  const { stdout } = await runOnDemo(one(...lines), '--json');
  const { tests } = JSON.parse(stdout);
  const found = tests[0].differences.map((row: Record<string, string>) => Object.values(row).join(' '));
  expect(found).toEqual(difference === '' ? [] : [difference]);
});

test.each<[string, string]>([
  [
    one('app: payrol', 'expect: { deny: true }'),
    'tests/own.yaml:3:10 tests[0].app unknown app `payrol`; did you mean `payroll`?',
  ],
  [
    one('app: notes', 'usr: {}', 'expect: { deny: true }'),
    'tests/own.yaml:4:5 tests[0].usr unknown key `usr`; did you mean `user`?',
  ],
  [
    one('app: notes', 'user: { enrolled: [totpp] }', 'expect: { deny: true }'),
    'tests/own.yaml:4:24 tests[0].user.enrolled[0] must be one of',
  ],
  [
    one('app: notes', 'user: {}', 'evidence: [pasword@3d]', 'expect: { deny: true }'),
    'tests/own.yaml:5:16 tests[0].evidence[0] unknown authenticator `pasword`; did you mean `password`?',
  ],
  [
    one('app: notes', 'evidence: [password]', 'expect: { deny: true }'),
    'tests/own.yaml:2:5 tests[0] has a proof and no user: add `user`',
  ],
  [
    one('app: notes', 'user: {}', 'evidence: [totp]', 'expect: { deny: true }'),
    'tests/own.yaml:2:5 tests[0] this user cannot have proved totp: enrolled is password',
  ],
  [
    one('app: notes', 'network: { zones: [ofice] }', 'expect: { deny: true }'),
    'tests/own.yaml:4:24 tests[0].network.zones[0] unknown zone `ofice`; did you mean `office`?',
  ],
  [
    one('app: notes', 'expect: { steps: [[totp, webautn]] }'),
    'tests/own.yaml:4:30 tests[0].expect.steps[0][1] must be one of',
  ],
  [
    one('app: notes', 'expect: { steps: [nothing] }'),
    'tests/own.yaml:4:23 tests[0].expect.steps[0] must be an authenticator (password,',
  ],
  [one('app: notes', 'expect: {}'), 'tests/own.yaml:4:13 tests[0].expect says nothing'],
  [
    one('app: notes', 'time: tomorrow', 'expect: { deny: true }'),
    'tests/own.yaml:4:11 tests[0].time must be a time with an offset',
  ],
  [
    one('app: notes', 'request: { essentialAcr: true }', 'expect: { deny: true }'),
    'tests/own.yaml:4:14 tests[0].request has `essentialAcr` and no `acrValues`',
  ],
  [
    one('app: notes', 'device: { userAgent: A, os: ios }', 'expect: { deny: true }'),
    'tests/own.yaml:4:13 tests[0].device says the platform twice',
  ],
  [
    one('app: notes', 'user: { attributes: { level: 1.0e+30 } }', 'expect: { deny: true }'),
    'tests/own.yaml:4:34 tests[0].user.attributes.level must ',
  ],
  ['tests: [', 'tests/own.yaml:1:9 '],
])('what cannot be meant is refused with its place: %s', async (text, line) => {
  const { stdout, stderr, code } = await runOnDemo(text);
  expect([stdout, code]).toEqual(['', 1]);
  expect(stderr).toMatch(new RegExp(`^${line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`));
});

test('with --json, problems are data', async () => {
  const { stdout, stderr } = await runOnDemo(one('app: payrol', 'expect: { deny: true }'), '--json');
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, problems: [{ file: 'tests/own.yaml', line: 3, column: 10 }] });
  expect(stderr).toBe('');
});

test('a directory that is not there or empty is refused, and so is a broken configuration', async () => {
  await withConfiguration({ 'stepgate.yaml': 'brand: {}\n' }, async (dir) => {
    const missing = join(dir, 'none');
    await expect(run('config', '--tests', missing)).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringContaining(`there is no directory ${missing}`),
    });
    await mkdir(missing);
    await expect(run('config', '--tests', missing)).rejects.toThrow('holds no policy test');
    expect(await run(dir)).toMatchObject({ stderr: expect.stringMatching(/^stepgate\.yaml:1:\d+ /m), code: 1 });
  });
});

test('JUnit XML says which failed and why, and names cannot break it', async () => {
  const text = `${one('app: notes', staff, 'expect: { deny: true }')}  - name: '<Two> & "more"'\n    app: notes\n    expect: { deny: true }\n`;
  await withConfiguration({ 'tests/own.yaml': text }, async (dir) => {
    const file = join(dir, 'report.xml');
    await run('config', '--tests', join(dir, 'tests'), '--junit', file);
    expect(await readFile(file, 'utf8')).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" failures="2">
  <testsuite name="tests/own.yaml" tests="2" failures="2">
    <testcase classname="tests/own.yaml" name="One" file="tests/own.yaml" line="2">
      <failure message="deny: expected yes, actual no"/>
    </testcase>
    <testcase classname="tests/own.yaml" name="&#60;Two&#62; &#38; &#34;more&#34;" file="tests/own.yaml" line="6">
      <failure message="deny: expected yes, actual open: it depends on the user"/>
    </testcase>
  </testsuite>
</testsuites>
`);
    const nowhere = run('config', '--tests', join(dir, 'tests'), '--junit', join(dir, 'none', 'report.xml'));
    await expect(nowhere).rejects.toMatchObject({ code: 'bad_request' });
  });
});

test('coverage lists the rules that no test was decided by, those that are switched off excepted', async () => {
  const rules = `name: notes
rules:
  - { name: Off, enabled: false, then: deny }
  - { name: Shadow, reportOnly: true, when: { groups: { any: [staff] } }, then: deny }
  - { name: Guests, when: { groups: { any: [contractors] } }, then: deny }
  - { name: Rest, then: { allow: { factors: 1 } } }
`;
  const session =
    'rules:\n  - name: All\n    then:\n      allow: { primary: any, secondFactor: never, idle: PT2H, absolute: P1D }\n';
  const files = {
    'stepgate.yaml': 'brand: { name: Test }\n',
    'apps/notes.yaml':
      'clientId: notes\nname: Notes\nsignOnPolicy: notes\nclient:\n  redirect_uris: [https://notes.test/cb]\n',
    'policies/session.yaml': session,
    'policies/sign-on/notes.yaml': rules,
    'tests/own.yaml': one('app: notes', staff, 'expect: { rule: Rest }'),
  };
  await withConfiguration(files, async (dir) => {
    expect((await run(dir, '--coverage')).stdout).toBe(`passed  tests/own.yaml:2  One
1 of 1 tests passed
2 of 3 rules decided a test; no test was decided by
  policies/sign-on/notes.yaml:5  Guests
`);
  });
});
