/** `stepgate config test`: the tests that are shipped and those in the documents pass, and what failures look like. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { configTestCommand } from '../../../../src/cli/policy-tests/policy-tests.ts';
import { openEmbedded } from '../../../../src/stores/embedded/embedded.ts';
import { validFiles, withConfiguration } from '../../policy/support/configuration-dir.ts';

async function run(...args: readonly string[]) {
  const outcome = { stdout: '', stderr: '', code: 0 };
  const command = configTestCommand({
    configDir: 'config',
    authenticators: authenticatorKinds,
    variables: {},
    openStore: async () => openEmbedded({ file: ':memory:' }),
    now: () => Date.parse('2026-11-26T12:00:00Z') / 1000,
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

/** Where a test is not as expected. */
interface Difference {
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
  readonly example?: readonly string[];
}

/**
 * Asks for what a test differs in, by its index among these. They all run when the first is asked for: to read the demo
 * takes longer than a test.
 */
function differencesOf(rows: readonly (readonly string[])[]): (index: number) => Promise<readonly Difference[]> {
  const files = Object.fromEntries(rows.map((lines, index) => [`tests/${index}.yaml`, one(...lines)]));
  let ran: ReturnType<typeof run> | undefined;
  return async (index) => {
    ran ??= withConfiguration(files, (dir) => run('config', '--tests', join(dir, 'tests'), '--json'));
    const { tests } = JSON.parse((await ran).stdout);
    return tests.find(({ file }: { readonly file: string }) => file === `tests/${index}.yaml`).differences;
  };
}

/** One test of the demo, by the lines below its name. */
const one = (...lines: readonly string[]) =>
  ['tests:', '  - name: One', ...lines.map((line) => `    ${line}`), ''].join('\n');
const staff = 'user: { groups: [staff], enrolled: [password, totp] }';

test('the tests of the demo pass, and cover every rule of it', async () => {
  const { stdout, stderr, code } = await run('--coverage');
  expect(stdout).not.toContain('FAILED');
  expect(stdout).toMatch(
    /^(\d+) of \1 tests passed\n(\d+) of \2 rules decided a test\n(\d+) of \3 conditions were both hit and missed in tests\n$/m,
  );
  expect([stderr, code]).toEqual(['', 0]);
});

test('the tests in the documents pass', async () => {
  const chapter = await readFile('docs/policies.md', 'utf8');
  const examples = [...chapter.matchAll(/```yaml\n(# yaml-language-server: \S+tests\.schema\.json\n.*?)```/gs)];
  expect(examples.length).toBe(2);
  for (const [, example = ''] of examples) {
    const { stdout, code } = await runOnDemo(example);
    expect([stdout, code]).toEqual([expect.stringMatching(/^3 of 3 tests passed$/m), 0]);
  }
});

test('a failed test shows the expected and the actual result', async () => {
  const text = one(
    'app: payroll',
    staff,
    'expect: { deny: rule, steps: [password, { enroll: [webauthn, email] }], rule: { app: No contractors, session: Everybody }, acr: phr }',
  );
  const { stdout, code } = await runOnDemo(text.replace('acr: phr', 'acr: "urn:okta:loa:1fa:pwd"'));
  expect(stdout).toBe(`FAILED  tests/own.yaml:2:5  One
          deny
            expected  rule
            actual    no
          steps
              password
            - enroll email or webauthn
            + totp
          rule.app
            expected  No contractors
            actual    Everybody else
          acr
            expected  urn:okta:loa:1fa:pwd
            actual    urn:okta:loa:2fa:any
0 of 1 tests passed
`);
  expect(code).toBe(1);
});

test('a denial because of a password that must be replaced has its reason and the rule that asks for more', async () => {
  const files = {
    'policies/account.yaml': `rules:
  - { name: Change, change: { change: [password] }, then: { allow: { factors: 2 } } }
  - { name: Rest, then: { allow: { factors: 1 } } }
`,
    'policies/password.yaml': 'rules:\n  - { name: Month, then: { maxAge: P30D } }\n',
    ...Object.fromEntries(
      ['password[common]', 'password@30d', 'password[list]@P40D'].map((password, at) => [
        `tests/${at}.yaml`,
        one(
          'app: notes',
          `user: { groups: [], enrolled: ["${password}"] }`,
          'expect: { deny: password_not_replaceable, rule: Change }',
        ),
      ]),
    ),
    'tests/good.yaml': one('app: notes', 'user: { groups: [], enrolled: [password@29d] }', 'expect: { deny: false }'),
  };
  const { stdout } = await withConfiguration({ ...validFiles, ...files }, (dir) => run(dir));
  expect(stdout).toMatch(/^4 of 4 tests passed$/m);
});

test('a denial because of what must be enrolled has its reason and the rule that is in the way', async () => {
  const files = (then: string, reason: string) => ({
    'policies/account.yaml': `rules:
  - { name: Apps, change: { add: [totp] }, then: ${then} }
  - { name: Rest, then: { allow: { factors: 1 } } }
`,
    'policies/enrollment.yaml': 'rules:\n  - { name: All, then: { required: [totp] } }\n',
    'tests/one.yaml': one(
      'app: notes',
      'user: { groups: [], enrolled: [password] }',
      `expect: { deny: ${reason}, rule: Apps }`,
    ),
  });
  for (const [then, reason] of [
    ['deny', 'enrollment_forbids'],
    ['{ allow: { knowledge: { authenticators: [password] }, possession: {} } }', 'authenticator_not_enrollable'],
  ] as const) {
    const { stdout } = await withConfiguration({ ...validFiles, ...files(then, reason) }, (dir) => run(dir));
    expect(stdout).toMatch(/^1 of 1 tests passed$/m);
  }
});

const single: readonly (readonly [name: string, lines: readonly string[], difference: string])[] = [
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
    'a key that shows less than it could',
    [
      'app: payroll',
      'user: { groups: [staff], enrolled: [password, "webauthn[userPresence+phishingResistant]"] }',
      'expect: { steps: [password, webauthn] }',
    ],
    '',
  ],
  [
    'a proof that showed less than its key can',
    [
      'app: payroll',
      'user: { groups: [staff], enrolled: [password, webauthn] }',
      'evidence: ["webauthn[userPresence]@1m"]',
      'expect: { steps: [[password, webauthn]] }',
    ],
    '',
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
];
const ofSingle = differencesOf(single.map(([, lines]) => lines));

test.each(single.map(([name, , difference], index) => [name, difference, index] as const))(
  '%s',
  async (_, difference, index) => {
    const found = (await ofSingle(index)).map((row) => Object.values(row).join(' '));
    expect(found).toEqual(difference === '' ? [] : [difference]);
  },
);

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
    one('app: notes', 'user: {}', 'evidence: [+pasword@3d]', 'expect: { deny: true }'),
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
    one('app: notes', 'time: 2026-02-30T09:00:00Z', 'expect: { deny: true }'),
    'tests/own.yaml:4:11 tests[0].time is no time that there is',
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
  [
    one('app: notes', 'user: { enrolled: ["webauthn[userPresent]"] }', 'expect: { deny: true }'),
    'tests/own.yaml:2:5 tests[0] unknown characteristic `userPresent`; did you mean `userPresence`?',
  ],
  [
    one('app: notes', 'user: { enrolled: ["password@soon"] }', 'expect: { deny: true }'),
    'tests/own.yaml:4:24 tests[0].user.enrolled[0] must be one of ',
  ],
  [
    one('app: notes', 'user: { enrolled: [webauthn] }', 'evidence: ["webauthn#2@3d"]', 'expect: { deny: true }'),
    'tests/own.yaml:2:5 tests[0] webauthn#2@3d: the user has 1 of webauthn, which are counted from 1',
  ],
  [
    one('app: notes', 'user: {}', 'evidence: ["webautn[userPresence]@3d"]', 'expect: { deny: true }'),
    'tests/own.yaml:5:16 tests[0].evidence[0] unknown authenticator `webautn`; did you mean `webauthn`?',
  ],
  [
    one('app: payroll', 'user: { groups: [contractor] }', 'never: { deny: false }'),
    'tests/own.yaml:4:22 tests[0].user.groups[0] unknown group `contractor`; did you mean `contractors`?; `groups` in',
  ],
  [
    one('app: payroll', 'user: { groups: [staff] }', 'never: { rule: No contractor }'),
    'tests/own.yaml:5:20 tests[0].never.rule unknown rule `No contractor`; did you mean `No contractors`?',
  ],
  [
    one('app: payroll', 'always: { rule: { session: No contractors } }'),
    'tests/own.yaml:4:32 tests[0].always.rule.session unknown rule `No contractors`',
  ],
  [
    one('app: notes', 'user: { lastSignIn: nevr }', 'expect: { deny: true }'),
    'tests/own.yaml:4:25 tests[0].user.lastSignIn must be a duration such as P30D, never, or `recordedSince` with a duration',
  ],
  ['tests: [', 'tests/own.yaml:1:9 '],
])('what cannot be meant is refused with its location: %s', async (text, line) => {
  const { stdout, stderr, code } = await runOnDemo(text);
  expect([stdout, code]).toEqual(['', 1]);
  expect(stderr).toMatch(new RegExp(`^${line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`));
});

test('with --json, findings are data', async () => {
  const { stdout, stderr } = await runOnDemo(one('app: payrol', 'expect: { deny: true }'), '--json');
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, findings: [{ file: 'tests/own.yaml', line: 3, column: 10 }] });
  expect(stderr).toBe('');
});

test('a directory that is not there or empty is refused, and so is a broken configuration', async () => {
  await withConfiguration({ 'stepgate.yaml': 'brand: {}\n' }, async (dir) => {
    const missing = join(dir, 'none');
    expect(await run('config', '--tests', missing)).toMatchObject({
      stderr: expect.stringMatching(
        /^there is no directory .*none \[directory_missing\]\n {2}what to do: write policy/,
      ),
      code: 1,
    });
    await mkdir(missing);
    expect(await run('config', '--tests', missing)).toMatchObject({
      stderr: expect.stringMatching(/holds no policy test: .* \[tests_missing\]\n {2}what to do: write one, or name/),
      code: 1,
    });
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

test('coverage distinguishes rules of one line', async () => {
  const rules = [
    { name: 'Guests', when: { groups: { any: ['contractors'] } }, then: 'deny' },
    { name: 'Rest', then: { allow: { factors: 1 } } },
  ];
  const files = {
    ...validFiles,
    'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules }),
    'tests/own.yaml': one('app: notes', 'user: { enrolled: [password] }', 'expect: { rule: Rest }'),
  };
  await withConfiguration(files, async (dir) => {
    const { coverage } = JSON.parse((await run(dir, '--coverage', '--json')).stdout);
    const guests = { file: 'policies/sign-on/notes.yaml', line: 1, column: 26, rule: 'Guests' };
    expect(coverage).toEqual({
      rules: 3,
      uncovered: [guests],
      withoutExpect: [],
      conditions: 1,
      uncoveredConditions: [{ ...guests, condition: 'groups', lacks: 'a hit' }],
    });
  });
});

test('coverage counts a rule that decides once something is proved', async () => {
  const policy = `name: notes
rules:
  - { name: Unusual, when: { risk: { any: [newDevice] } }, then: deny }
  - { name: Rest, then: { allow: { factors: 1 } } }
`;
  const tests = one(
    'app: notes',
    'user: { enrolled: [password] }',
    'risk: [newDevice]',
    'expect: { deny: rule, rule: Unusual }',
  );
  const files = { ...validFiles, 'policies/sign-on/notes.yaml': policy, 'tests/own.yaml': tests };
  await withConfiguration(files, async (dir) => {
    const { tests: results, coverage } = JSON.parse((await run(dir, '--coverage', '--json')).stdout);
    expect([results[0].ok, coverage.uncovered, coverage.uncoveredConditions]).toEqual([true, [], []]);
  });
});

test('the rule of a test is the one that decides once something is proved', async () => {
  const policy = `name: notes
rules:
  - { name: Unusual, when: { risk: { any: [newDevice] } }, then: { allow: { knowledge: {} } } }
  - { name: Rest, then: { allow: { factors: 1 } } }
`;
  const user = 'user: { enrolled: [password] }';
  const tests = [
    ['risk: [newDevice]', 'expect: { rule: Unusual }'],
    ['risk: [newDevice]', 'expect: { rule: { app: Unusual } }'],
    ['device: { known: true }', 'expect: { rule: Rest }'],
    ['device: { known: false }', 'always: { rule: Unusual }'],
    ['device: { known: false }', 'never: { rule: Rest }'],
    ['depends: { rule: Unusual }'],
  ].map((lines, at) => one('app: notes', user, ...lines).replace('name: One', `name: Test ${at}`));
  const files = Object.fromEntries(tests.map((text, at) => [`tests/${at}.yaml`, text]));
  await withConfiguration({ ...validFiles, 'policies/sign-on/notes.yaml': policy, ...files }, async (dir) => {
    const { tests: results } = JSON.parse((await run(dir, '--json')).stdout);
    expect(results.flatMap(({ differences }: { readonly differences: readonly unknown[] }) => differences)).toEqual([]);
    expect(results).toHaveLength(tests.length);
  });
});

const unusualPolicy = `name: notes
rules:
  - { name: Unusual, when: { risk: { any: [newDevice] } }, then: deny }
  - { name: Office, when: { network: { any: [office] } }, then: { allow: { factors: 1 } } }
  - { name: Away, when: { lastSignIn: { within: P1D } }, then: deny }
  - { name: Rest, then: { allow: { factors: 1 } } }
`;
const unusualFiles = {
  ...validFiles,
  'policies/sign-on/notes.yaml': unusualPolicy,
};

test.each<[string, readonly string[], boolean]>([
  ['a new browser is a new device', ['expect: { deny: rule, rule: Unusual }'], true],
  ['a known one is not', ['device: { known: true }', 'expect: { deny: false, rule: Rest }'], true],
  ['always can be about new browsers', ['device: { known: false }', 'always: { deny: rule }'], true],
  ['or about any browser', ['always: { deny: rule }'], false],
  ['and about no zone', ['device: { known: true }', 'network: { zones: [] }', 'never: { rule: Office }'], true],
  ['or any network', ['device: { known: true }', 'never: { rule: Office }'], false],
])('facts that go together: %s', async (_, lines, ok) => {
  const tests = one('app: notes', 'user: { groups: [], enrolled: [password], lastSignIn: never }', ...lines);
  await withConfiguration({ ...unusualFiles, 'tests/own.yaml': tests }, async (dir) => {
    const { tests: results } = JSON.parse((await run(dir, '--json')).stdout);
    expect([results[0].differences, results[0].ok]).toEqual([ok ? [] : [expect.anything()], ok]);
  });
});

test('what `expect` leaves aside is said', async () => {
  const said = async (user: string) => {
    const lines = ['app: notes', user, 'device: { known: true }', 'expect: { deny: false }'];
    const files = { ...unusualFiles, 'tests/own.yaml': one(...lines) };
    return withConfiguration(files, async (dir) => (await run(dir)).stdout);
  };
  expect(await said('user: { enrolled: [password] }')).toMatch(
    /^rules also ask about lastSignIn: `expect` without a word of it/m,
  );
  expect(await said('user: { enrolled: [password], lastSignIn: P3D }')).not.toContain('also ask about');
});

test('a rule that only reports is no rule that must never decide', async () => {
  const rules = `name: notes
rules:
  - { name: Shadow, reportOnly: true, then: deny }
  - { name: Rest, then: { allow: { factors: 1 } } }
`;
  const files = (line: string) => ({
    ...validFiles,
    'policies/sign-on/notes.yaml': rules,
    'tests/own.yaml': one('app: notes', staff, line),
  });
  const said = async (line: string) => {
    let text = '';
    await withConfiguration(files(line), async (dir) => {
      const { stdout, stderr } = await run(dir);
      text = `${stdout}${stderr}`;
    });
    return text;
  };
  const refused = 'the rule `Shadow` only reports, so it never decides';
  expect(await said('never: { rule: Shadow }')).toContain(refused);
  expect(await said('never: { rule: { app: Shadow } }')).toContain(refused);
  expect(await said('never: { rule: Rest }')).not.toContain(refused);
  expect(await said('expect: { rule: Rest }')).toContain('1 of 1 tests passed');
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
    expect((await run(dir, '--coverage')).stdout).toBe(`passed  tests/own.yaml:2:5  One
1 of 1 tests passed
2 of 3 rules decided a test; no test was decided by
  policies/sign-on/notes.yaml:5:5  Guests
0 of 1 conditions were both hit and missed in tests; the others
  policies/sign-on/notes.yaml:5:5  Guests: groups lacks a hit
`);
  });
});

const open: readonly (readonly [name: string, lines: readonly string[], differences: string])[] = [
  [
    'what holds for every user, place, device and time',
    ['app: payroll', 'user: { groups: [contractors] }', 'always: { deny: rule, rule: No contractors }'],
    '',
  ],
  [
    'what holds in one case and not in another is not so always',
    ['app: payroll', staff, 'always: { steps: [password, totp] }'],
    'always steps password; totp password --app payroll --groups staff --enrolled password,totp --ip 192.0.2.7 --zone office --platform desktop --os other',
  ],
  [
    'where the test says the place, it is that one',
    ['app: payroll', staff, 'network: { ip: 203.0.113.7 }', 'always: { steps: [password, totp] }'],
    '',
  ],
  ['what no user ever meets', ['app: payroll', 'never: { steps: [email], deny: false }'], ''],
  [
    'what some user meets is not never so',
    ['app: payroll', staff, 'never: { steps: [password] }'],
    'never not steps ["password"] steps ["password"] --app payroll --groups staff --enrolled password,totp --ip 192.0.2.7 --zone office --platform desktop --os other',
  ],
  ['what is so in some cases depends', ['app: payroll', staff, 'depends: { steps: [password] }'], ''],
  [
    'what is always so does not depend',
    ['app: notes', staff, 'depends: { deny: false }'],
    'depends deny false: sometimes deny false: always',
  ],
  [
    'what is never so does not depend',
    ['app: notes', staff, 'depends: { deny: true }'],
    'depends deny true: sometimes deny true: never',
  ],
  [
    'with a star, the user may be in other groups, too',
    [
      'app: payroll',
      'user: { groups: [staff, "*"], enrolled: [password, totp] }',
      'network: { ip: 203.0.113.7 }',
      'depends: { deny: rule }',
    ],
    '',
  ],
  [
    'all that the test says is taken together',
    [
      'app: notes',
      staff,
      'expect: { steps: [totp] }',
      'never: { deny: true }',
      'depends: { acr: "urn:okta:loa:2fa:any" }',
    ],
    'steps totp password / depends acr urn:okta:loa:2fa:any: sometimes acr urn:okta:loa:2fa:any: never',
  ],
];
const ofOpen = differencesOf(open.map(([, lines]) => lines));

test.each(open.map(([name, , differences], index) => [name, differences, index] as const))(
  'open: %s',
  async (_, expected, index) => {
    const found = await ofOpen(index);
    const texts = found.map((row) => [row.what, row.expected, row.actual, ...(row.example ?? [])].join(' '));
    expect(texts.join(' / ')).toBe(expected);
  },
);

test('an example against "always" is a command for explain', async () => {
  const { stdout, code } = await runOnDemo(one('app: payroll', staff, 'always: { steps: [password, totp] }'));
  expect([stdout, code]).toEqual([
    `FAILED  tests/own.yaml:2:5  One
          always steps
              password
            - totp
            in        explain --app payroll --groups staff --enrolled password,totp --ip 192.0.2.7 --zone office --platform desktop --os other
0 of 1 tests passed
`,
    1,
  ]);
});

/** The configuration of the demo with these conditions in a rule of its own, and one open test. */
function runWithRule(when: string, ...lines: readonly string[]) {
  const policy = `name: notes\nrules:\n  - name: Own\n    when: ${when}\n    then: deny\n  - name: Rest\n    then: { allow: { factors: 1 } }\n`;
  const places = when.includes('distance') ? 'networkData: { country: /nowhere/city.mmdb }\n' : '';
  const signals = 'deviceSignals: { proxy: { header: X-Device, proxies: [10.0.0.0/24] } }\n';
  const settings = `${validFiles['stepgate.yaml']}${signals}${places}`;
  const policies = { 'policies/sign-on/notes.yaml': policy, 'stepgate.yaml': settings };
  return withConfiguration({ ...validFiles, ...policies, 'tests/own.yaml': one(...lines) }, async (dir) => {
    const { stdout } = await run(dir, '--json', '--coverage');
    return JSON.parse(stdout);
  });
}

test.each<[string, string, string]>([
  ['the age of the account', '{ accountAge: { below: P30D } }', 'accountAge: P10D'],
  ['an attribute', '{ attributes: { level: { equals: 3 } } }', 'attributes: { level: 3 }'],
  ['an attribute with several values', '{ attributes: { sites: { equals: b } } }', 'attributes: { sites: [a, b] }'],
  ['the user type', '{ userType: { any: [guest] } }', 'userType: guest'],
  ['that the user never signed in', '{ lastSignIn: { notWithin: P30D } }', 'lastSignIn: never'],
  ['a last sign-in', '{ lastSignIn: { within: P30D } }', 'lastSignIn: P1D'],
  ['that none is on record', '{ lastSignIn: { within: P30D } }', 'lastSignIn: { recordedSince: PT0S }'],
  ['a recovery', '{ recovered: { within: P1D } }', 'recovered: PT1H'],
])('%s is open unless the test says it', async (_, when, said) => {
  const unsaid = await runWithRule(when, 'app: notes', 'user: { enrolled: [password] }', 'depends: { deny: rule }');
  expect(unsaid.tests[0].differences).toEqual([]);
  const user = `user: { enrolled: [password], ${said} }`;
  const closed = await runWithRule(when, 'app: notes', user, 'always: { deny: rule }');
  expect(closed.tests[0].differences).toEqual([]);
});

test.each<[string, string, string]>([
  ['a group', 'groups: { any: [Caf\u00e9] }', "groups: [' Cafe\u0301']"],
  ['any groups besides', 'groups: { any: [Cafe\u0301] }', 'groups: [Caf\u00e9, "*"]'],
  ['a user type', 'userType: { any: [Cafe\u0301] }', "userType: 'Caf\u00e9 '"],
  ['a group in an expression', `expression: '"Cafe\u0301" in user.groups'`, 'groups: [Cafe\u0301]'],
])('%s is known in another spelling', async (_, when, said) => {
  const user = `user: { enrolled: [password], ${said} }`;
  const found = await runWithRule(`{ ${when} }`, 'app: notes', user, 'always: { deny: rule }');
  expect(found.tests[0].differences).toEqual([]);
});

test('a password that a mailbox recovered is no second factor beside it', async () => {
  const run2 = async (user: string) => {
    const policy = 'name: notes\nrules:\n  - { name: Two, then: { allow: { factors: 2 } } }\n';
    const settings = `${validFiles['stepgate.yaml']}authenticators: { email: { enabled: true } }\n`;
    const own = one('app: notes', `user: { ${user} }`, 'expect: { steps: [password, email] }');
    const files = { 'policies/sign-on/notes.yaml': policy, 'stepgate.yaml': settings, 'tests/own.yaml': own };
    return withConfiguration({ ...validFiles, ...files }, async (dir) => {
      const { stdout, stderr } = await run(dir);
      return stdout + stderr;
    });
  };
  const both = 'enrolled: [password, email], recovered: PT1H';
  expect(await run2('enrolled: [password, email]')).toContain('1 of 1 tests passed');
  expect(await run2(both)).toContain('0 of 1 tests passed');
  expect(await run2(`${both}, recoveredBy: [email]`)).toContain('0 of 1 tests passed');
  expect(await run2(`${both}, recoveredBy: []`)).toContain('1 of 1 tests passed');
  expect(await run2(`enrolled: [password, email, email], recovered: PT1H, recoveredBy: ['email#2']`)).toContain(
    '1 of 1',
  );
  expect(await run2('enrolled: [password, email], recoveredBy: [email]')).toContain('add `recovered`');
  expect(await run2(`${both}, recoveredBy: ['email#2']`)).toContain('names what is not in `enrolled`');
  expect(await run2(`${both}, recoveredBy: [mail]`)).toContain('must be one of');
});

test.each<[string, string, string]>([
  ['nothing is unusual', '{ risk: { atLeast: medium } }', 'risk: []'],
  ['no signal shows', '{ risk: { any: [newDevice, newNetwork, longAway] } }', 'risk: []'],
  ['the place is usual', '{ distance: { notWithin: 500 km } }', 'risk: []'],
  ['nothing is believed of the device', '{ device: { registered: true } }', 'device: { signals: [] }'],
])('%s in no case, if the test says so', async (_, when, said) => {
  const differences = async (line: string, wanted: string) => {
    const lines = ['app: notes', 'user: { enrolled: [password] }', ...(line === '' ? [] : [line]), wanted];
    return (await runWithRule(when, ...lines)).tests[0].differences;
  };
  expect(await differences('', 'depends: { deny: rule }')).toEqual([]);
  expect(await differences(said, 'always: { deny: false, rule: Rest }')).toEqual([]);
  expect(await differences(said, 'expect: { deny: false, rule: Rest }')).toEqual([]);
});

test.each(['scopes: { any: [email] }', 'claims: { any: [email] }', 'expression: \'"email" in request.scopes\''])(
  'no case asks for what the app cannot ask for: %s',
  async (when) => {
    const results = async (scope: string, ...lines: readonly string[]) => {
      const app = `${validFiles['apps/notes.yaml']}  scope: ${scope}\n`;
      const own = one('app: notes', 'user: { enrolled: [password] }', ...lines);
      const policy = `name: notes\nrules:\n  - { name: Own, when: { ${when}, risk: { none: [longAway] } }, then: deny }\n  - { name: Rest, then: { allow: { factors: 1 } } }\n`;
      const files = { 'apps/notes.yaml': app, 'policies/sign-on/notes.yaml': policy, 'tests/own.yaml': own };
      const { stdout } = await withConfiguration({ ...validFiles, ...files }, (dir) => run(dir, '--json'));
      return JSON.parse(stdout).tests[0].differences;
    };
    for (const more of [[], ['risk: []']]) {
      expect(await results('openid profile', ...more, 'always: { rule: Rest }')).toEqual([]);
      expect(await results('openid email', ...more, 'depends: { deny: rule }')).toEqual([]);
    }
  },
);

test('a new browser is unusual, whatever else is not', async () => {
  const lines = ['app: notes', 'user: { enrolled: [password] }', 'risk: []', 'device: { known: false }'];
  const { tests } = await runWithRule('{ risk: { any: [newDevice] } }', ...lines, 'always: { deny: rule }');
  expect(tests[0].differences).toEqual([]);
});

test.each([
  ['{ attributes: { sites: { equals: b } } }', 'sites: [a, b]', 'Own'],
  ['{ attributes: { sites: { equals: b } } }', 'sites: [a, c]', 'Rest'],
  ['{ attributes: { sites: { equals: b } } }', 'sites: [b]', 'Own'],
  ['{ attributes: { sites: { present: true } } }', 'sites: []', 'Rest'],
  ['{ attributes: { sites: { equals: "3" } } }', 'sites: ["3"]', 'Own'],
  ['{ attributes: { sites: { equals: "[]" } } }', 'sites: "[]"', 'Own'],
  [`{ expression: "has(user.profile.sites) && size(user.profile.sites) == 0" }`, 'sites: []', 'Own'],
  [`{ expression: "has(user.profile.sites) && 'b' in user.profile.sites" }`, 'sites: [b]', 'Own'],
])('lists of attributes: %s for %s', async (when, attributes, rule) => {
  const said = `user: { attributes: { ${attributes} } }`;
  const { tests } = await runWithRule(when, 'app: notes', said, `expect: { rule: ${rule} }`);
  expect(tests[0].differences).toEqual([]);
});

test('a list for an attribute with one value is refused at its position', async () => {
  const described = `${validFiles['stepgate.yaml']}attributes: { unit: { type: text } }\n`;
  const text = one('app: notes', 'user: { attributes: { unit: [a, b] } }', 'expect: { deny: false }');
  await withConfiguration({ ...validFiles, 'stepgate.yaml': described, 'tests/own.yaml': text }, async (dir) => {
    const { stderr, code } = await run(dir);
    expect([stderr, code]).toEqual([
      expect.stringMatching(/^tests\/own\.yaml:2:5 tests\[0\] `unit` is no list: give one value \[test_unaskable\]\n/),
      1,
    ]);
  });
});

test.each([
  ['never', 'Own'],
  ['P31D', 'Own'],
  ['{ recordedSince: P31D }', 'Own'],
  ['{ recordedSince: PT0S }', 'Rest'],
  ['P1D', 'Rest'],
])('one sign-in with the last one %s', async (last, rule) => {
  const user = `user: { lastSignIn: ${last} }`;
  const { tests } = await runWithRule(
    '{ lastSignIn: { notWithin: P30D } }',
    'app: notes',
    user,
    `expect: { rule: ${rule} }`,
  );
  expect(tests[0].differences).toEqual([]);
});

test('what no analysis can bring about is undecided, and not proved', async () => {
  const when = `{ expression: 'size(user.groups) * 7 == 91' }`;
  const { tests } = await runWithRule(when, 'app: notes', 'user: { enrolled: [password] }', 'never: { deny: rule }');
  expect(tests[0].differences).toEqual([
    {
      what: 'never',
      expected: 'a proof',
      actual: expect.stringMatching(/^undecided: whether `expression` holds is not known/),
    },
  ]);
});

test.each([
  ['password@3h/20m', '[password]'],
  ['password@3h/15m', '[]'],
  ['password@3h', '[]'],
  ['"password[userPresence]@PT3H/PT20M"', '[password]'],
])('a pause since a proof: %s', async (proof, steps) => {
  const policy = 'name: notes\nrules:\n  - { name: All, then: { allow: { knowledge: { maxIdle: PT15M } } } }\n';
  const text = one('app: notes', 'user: {}', `evidence: [${proof}]`, `expect: { steps: ${steps} }`);
  const files = { ...validFiles, 'policies/sign-on/notes.yaml': policy, 'tests/own.yaml': text };
  await withConfiguration(files, async (dir) => {
    expect(await run(dir)).toMatchObject({ code: 0, stderr: '' });
  });
});

test('what a browser remembers has no pause', async () => {
  const text = one('app: notes', staff, 'device: { remembered: [totp@3d/1h] }', 'expect: { deny: false }');
  expect((await runOnDemo(text)).stderr).toContain('must be an authenticator, and how long ago it was proved');
});

const ofTheHouse = `{ expression: "user.identifiers.exists(i, i.endsWith('@corp.test'))" }`;

test.each([
  ['{ users: { any: [boss, ann@corp.test] } }', 'identifiers: [ann, ann@corp.test]', 'Own'],
  ['{ users: { any: [boss, ann@corp.test] } }', 'identifiers: [ann]', 'Rest'],
  ['{ users: { any: [Boss] } }', 'identifiers: [BOSS]', 'Own'],
  ['{ users: { any: [u7tKY9BTDCPcAxfO0dbbGg] } }', 'identifiers: [u7tKY9BTDCPcAxfO0dbbGg]', 'Own'],
  ['{ users: { none: [boss] } }', 'identifiers: [boss]', 'Rest'],
  ['{ users: { none: [boss] } }', 'groups: []', 'Own'],
  [ofTheHouse, 'identifiers: [ann, ann@corp.test]', 'Own'],
  [ofTheHouse, 'identifiers: [ann@other.test]', 'Rest'],
  [ofTheHouse, 'identifiers: []', 'Rest'],
  ['{ users: { any: [u7tKY9BTDCPcAxfO0dbbGg] } }', 'id: u7tKY9BTDCPcAxfO0dbbGg', 'Own'],
  ['{ users: { none: [u7tKY9BTDCPcAxfO0dbbGg] } }', 'id: u7tKY9BTDCPcAxfO0dbbGA', 'Own'],
  [`{ expression: "user.id.startsWith('u7')" }`, 'id: u7tKY9BTDCPcAxfO0dbbGg', 'Own'],
  [`{ expression: "user.id.startsWith('u7')" }`, 'id: x7tKY9BTDCPcAxfO0dbbGg', 'Rest'],
])('identifiers: %s for %s', async (when, identifiers, rule) => {
  const said = `user: { ${identifiers} }`;
  const { tests } = await runWithRule(when, 'app: notes', said, `expect: { rule: ${rule} }`);
  expect(tests[0].differences).toEqual([]);
});

test.each([
  ['{ users: { any: [boss, ann@corp.test] } }', []],
  [ofTheHouse, [expect.objectContaining({ actual: expect.stringMatching(/^undecided: whether `expression` holds/) })]],
  [
    `{ expression: "'ann' in user.identifiers || 'staff' in user.groups" }`,
    [expect.objectContaining({ actual: expect.stringMatching(/^undecided: whether `expression` holds/) })],
  ],
])('with identifiers, always and never are decided: %s', async (when, ofAnyUser) => {
  const differences = async (user: string, line: string) =>
    (await runWithRule(when, 'app: notes', `user: { enrolled: [password]${user} }`, line)).tests[0].differences;
  const boss = ', identifiers: [ann, ann@corp.test]';
  const other = ', groups: [], identifiers: [bob@other.test]';
  expect(await differences(boss, 'always: { deny: rule }')).toEqual([]);
  expect(await differences(boss, 'never: { deny: false }')).toEqual([]);
  expect(await differences(other, 'never: { deny: rule }')).toEqual([]);
  expect(await differences(boss, 'never: { deny: rule }')).toMatchObject([
    { what: 'never', example: expect.arrayContaining(['--identifiers', 'ann,ann@corp.test']) },
  ]);
  expect(await differences('', 'never: { deny: true, rule: Rest }')).toEqual(ofAnyUser);
});

test('a user whose id a test says is no other one', async () => {
  const when = '{ users: { any: [u7tKY9BTDCPcAxfO0dbbGg] } }';
  const differences = async (id: string, line: string) =>
    (await runWithRule(when, 'app: notes', `user: { id: ${id}, enrolled: [password] }`, line)).tests[0].differences;
  expect(await differences('u7tKY9BTDCPcAxfO0dbbGA', 'never: { deny: rule }')).toEqual([]);
  expect(await differences('u7tKY9BTDCPcAxfO0dbbGg', 'always: { deny: rule }')).toEqual([]);
  expect(await differences('u7tKY9BTDCPcAxfO0dbbGg', 'never: { deny: rule }')).toMatchObject([
    { example: expect.arrayContaining(['--user-id', 'u7tKY9BTDCPcAxfO0dbbGg']) },
  ]);
  const refused = await runOnDemo(one('app: notes', 'user: { id: ann }', 'expect: { deny: false }'));
  expect(refused.stderr).toContain('tests[0].user.id must be the id of a user, 22 letters, digits, - and _');
});

test.each([
  [`"user.createdAt < timestamp('2026-01-01T00:00:00Z')"`, 'user: { accountAge: P90D }', 'time: 2026-02-01T00:00:00Z'],
  ['"now.getHours() < 6"', 'user: {}', 'time: 2026-02-01T05:00:00Z'],
  [`"user.userType.startsWith('g')"`, 'user: { userType: guest }', 'device: { known: true }'],
  [`"user.profile.unit.startsWith('g')"`, 'user: { attributes: { unit: gold } }', 'device: { known: true }'],
  [`"user.id.startsWith('u7')"`, 'user: { id: u7tKY9BTDCPcAxfO0dbbGg }', 'device: { known: true }'],
  ['"size(user.groups) > 1"', 'user: { groups: [a, b] }', 'device: { known: true }'],
  [`"network.ip.startsWith('192.')"`, 'network: { ip: 192.0.2.7 }', 'user: {}'],
  ['"device.os.startsWith(\'win\')"', 'device: { os: windows }', 'user: {}'],
  [`"request.scopes.exists(s, s.startsWith('prof'))"`, 'request: { scopes: [openid, profile] }', 'user: {}'],
  ['"size(request.acrValues) == 0"', 'user: {}', 'device: { known: true }'],
])('an expression is decided once the test says what it reads: %s', async (written, ...lines) => {
  const when = `{ expression: ${written} }`;
  const { tests } = await runWithRule(when, 'app: notes', ...lines, 'always: { deny: rule }');
  expect(tests[0].differences).toEqual([]);
});

test.each([
  [
    `"now.getHours() < 6 && 'ann' in user.identifiers || user.profile.unit.startsWith('g')"`,
    'say `time` and `user.identifiers` and `user.attributes`, or leave it to `expect`',
  ],
  [`"network.ip.startsWith('192.') && user.createdAt > now"`, 'say `network.ip` and `user.accountAge` and `time`, or'],
  [`"user.id.startsWith('a') && now.getHours() < 6"`, 'say `user.id` and `time`, or leave it to `expect`'],
  ['"size(user.profile) > 3 && now.getHours() < 6"', 'leave it to `expect`'],
])('an expression that is open says what the test does not state: %s', async (written, advice) => {
  const lines = ['app: notes', 'user: { enrolled: [password] }', 'network: { zones: [office] }'];
  const { tests } = await runWithRule(`{ expression: ${written} }`, ...lines, 'never: { deny: no_rule }');
  const beginning = 'undecided: whether `expression` holds is not known beforehand: ';
  expect(tests[0].differences).toMatchObject([{ actual: expect.stringContaining(`${beginning}${advice}`) }]);
});

test.each([
  ['"device.known && \'hr\' in user.groups && now.getHours() == 10"', 'groups: []', 'never: { deny: rule }'],
  ['"\'hr\' in user.groups && now.getHours() == 10"', 'groups: []', 'always: { rule: Rest }'],
  ['"!(\'hr\' in user.groups) || now.getHours() == 10"', 'groups: []', 'always: { deny: rule }'],
  ['"!(!(\'hr\' in user.groups) || now.getHours() == 10)"', 'groups: []', 'never: { deny: rule }'],
  [`"user.userType == 'guest' && now.getHours() == 10"`, 'userType: staff', 'never: { deny: rule }'],
  [`"user.profile.unit == 'it' && user.identifiers[0] == 'x'"`, 'attributes: { unit: hr }', 'never: { deny: rule }'],
])('what does not depend on an open part of an expression is decided: %s', async (written, said, line) => {
  const user = `user: { enrolled: [password], ${said} }`;
  const { tests } = await runWithRule(`{ expression: ${written} }`, 'app: notes', user, line);
  expect(tests[0].differences).toEqual([]);
});

test.each([
  ['"device.known && \'hr\' in user.groups && now.getHours() == 10"', 'groups: [hr]'],
  ['"device.known && \'hr\' in user.groups && size(user.identifiers) * 7 == 91"', 'groups: [hr, "*"]'],
  ["\"'hr' in user.groups && (now.getHours() == 10 || user.profile.unit.startsWith('x'))\"", ''],
])('what some sign-ins leave open is not decided by the others: %s', async (written, said) => {
  const user = `user: { enrolled: [password]${said ? `, ${said}` : ''} }`;
  const { tests } = await runWithRule(`{ expression: ${written} }`, 'app: notes', user, 'never: { deny: rule }');
  expect(tests[0].differences).not.toEqual([]);
});

test.each([
  ['"now.getHours() > 5"', 'always: { deny: rule }', ['--at', expect.stringMatching(/T0[0-5]:/)]],
  ['"now.getHours() > 5"', 'never: { deny: rule }', ['--at', '2027-01-15T08:00:00.000Z']],
  [
    '{ time: { from: "06:00", to: "22:00", zone: UTC } }',
    'never: { deny: rule }',
    ['--at', expect.stringMatching(/T(?:0[6-9]|1|2[01])/)],
  ],
  [
    `"size(user.identifiers) > 0 && user.identifiers[0].endsWith('@a.test')"`,
    'never: { deny: rule }',
    ['--identifiers', expect.stringMatching(/@a\.test$/)],
  ],
  ['"now.getHours() == 3 && size(user.identifiers) == 2"', 'never: { deny: rule }', ['--at', expect.any(String)]],
])('%s refutes %s with an example that says so', async (when, line, example) => {
  const condition = when.startsWith('{') ? when : `{ expression: ${when} }`;
  const { tests } = await runWithRule(condition, 'app: notes', 'user: { enrolled: [password] }', line);
  expect(tests[0].differences[0].example).toEqual(expect.arrayContaining(example));
});

test('an expression about the time that has both outcomes depends', async () => {
  const when = '{ expression: "now.getHours() > 5" }';
  const { tests } = await runWithRule(when, 'app: notes', 'user: { enrolled: [password] }', 'depends: { deny: rule }');
  expect(tests[0].differences).toEqual([]);
});

test('an example is as the test says, whatever else an expression about the time leaves open', async () => {
  const when = `{ expression: "now - user.createdAt > duration('1000h')" }`;
  const user = 'user: { enrolled: [password], accountAge: P2D }';
  const { tests } = await runWithRule(when, 'app: notes', user, 'never: { deny: rule }');
  expect(tests[0].differences).toMatchObject([{ actual: expect.stringMatching(/^undecided/) }]);
});

const manyGroups = Array.from({ length: 17 }, (_, at) => `g${at}`);

test('where too many sign-ins are open, the error says what to add to the test', async () => {
  const when = `{ groups: { any: [${manyGroups}] }, device: { known: true } }`;
  const { tests } = await runWithRule(when, 'app: notes', 'user: { enrolled: [password] }', 'never: { deny: no_rule }');
  expect(tests[0].differences).toEqual([
    {
      what: 'never',
      expected: 'a proof',
      actual:
        'undecided: it leaves 262144 sign-ins open, and 4000 were tried: say more in it, first of all `user.groups` (131072 cases), `device` (2)',
    },
  ]);
});

test.each([
  ['always: { deny: rule }', 'always deny'],
  ['never: { deny: false }', 'never'],
  ['always: { deny: false }', 'always deny'],
])('one of those that were tried refutes a test, however many are open: %s', async (line, what) => {
  const when = `{ groups: { any: [${manyGroups}] } }`;
  const { tests } = await runWithRule(when, 'app: notes', 'user: { enrolled: [password] }', line);
  expect(tests[0].differences).toEqual([
    expect.objectContaining({ what, example: expect.arrayContaining(['--app', 'notes']) }),
  ]);
});

test('a sign-in that few combinations lead to is found among many', async () => {
  const some = manyGroups.filter((name) => !['g0', 'g5', 'g7', 'g16'].includes(name));
  const when = `{ groups: { all: [g0, g16], none: [g5, g7], any: [${some}] } }`;
  const { tests } = await runWithRule(when, 'app: notes', 'never: { deny: rule }');
  expect(tests[0].differences[0]).toMatchObject({ what: 'never', actual: 'deny rule' });
});

test.each([
  ['All', []],
  ['All (new device)', []],
  ['All (known device)', [{ what: 'rule.session', expected: 'All (known device)', actual: 'All (new device)' }]],
])(
  'a session rule with newDevice is met by its name in the file, and by that of either part: %s',
  async (name, found) => {
    const files = {
      ...validFiles,
      'policies/session.yaml': validFiles['policies/session.yaml']?.replace('never', 'newDevice'),
      'tests/own.yaml': one('app: notes', 'user: { enrolled: [password] }', `expect: { rule: { session: "${name}" } }`),
    };
    await withConfiguration(files, async (dir) => {
      expect(JSON.parse((await run(dir, '--json')).stdout).tests[0].differences).toEqual(found);
    });
  },
);

test('an example with several values of an attribute gives each of them', async () => {
  const site = (name: string) => `{ attributes: { sites: { equals: ${name} } } }`;
  const when = `{ attributes: { sites: { equals: north } }, any: [${site('south')}, ${site('east')}] }`;
  const described = 'attributes: { sites: { type: list } }\n';
  const policy = `name: notes\nrules:\n  - name: Own\n    when: ${when}\n    then: deny\n  - name: Rest\n    then: { allow: { factors: 1 } }\n`;
  const files = {
    ...validFiles,
    'stepgate.yaml': `${validFiles['stepgate.yaml']}${described}`,
    'policies/sign-on/notes.yaml': policy,
    'tests/own.yaml': one('app: notes', 'user: { enrolled: [password] }', 'never: { deny: rule }'),
  };
  await withConfiguration(files, async (dir) => {
    const { tests } = JSON.parse((await run(dir, '--json')).stdout);
    expect(tests[0].differences[0].example.join(' ')).toMatch(/--attribute sites=\w+ sites=\w+ --enrolled/);
  });
});

test('the coverage names conditions that no test hit, or none missed', async () => {
  const when = '{ groups: { any: [a] }, any: [{ network: { any: [office] } }, { device: { known: true } }] }';
  const lines = ['app: notes', 'user: { groups: [a], enrolled: [password] }', 'network: { ip: 192.0.2.7 }'];
  const { coverage } = await runWithRule(when, ...lines, 'expect: { deny: rule }');
  expect(coverage).toEqual({
    rules: 3,
    uncovered: [expect.objectContaining({ rule: 'Rest' })],
    withoutExpect: [],
    conditions: 3,
    uncoveredConditions: [
      expect.objectContaining({ rule: 'Own', condition: 'groups', lacks: 'a miss' }),
      expect.objectContaining({ rule: 'Own', condition: 'any[0].network', lacks: 'a miss' }),
      expect.objectContaining({ rule: 'Own', condition: 'any[1].device.known', lacks: 'a hit' }),
    ],
  });
});

test.each([
  ['always: { deny: rule, rule: Own }', []],
  ['never: { deny: false }', []],
  ['depends: { deny: rule }', ['Rest']],
])('%s covers the rules that decide, and the conditions that are met, in what it leaves open', async (line, others) => {
  const when = '{ groups: { any: [a] }, device: { known: false } }';
  const user = `user: { groups: ${others.length > 0 ? "['*']" : '[a]'}, enrolled: [password] }`;
  const { tests, coverage } = await runWithRule(when, 'app: notes', user, 'device: { known: false }', line);
  expect(tests[0].differences).toEqual([]);
  const decided = coverage.withoutExpect.map(({ rule }: { readonly rule: string }) => rule);
  expect(decided).toEqual(['All', 'Own', ...others]);
  const uncovered = coverage.uncovered.map(({ rule }: { readonly rule: string }) => rule);
  expect(uncovered).toEqual(others.length > 0 ? [] : ['Rest']);
  expect(coverage.uncoveredConditions).toEqual([
    ...(others.length > 0 ? [] : [expect.objectContaining({ condition: 'groups', lacks: 'a miss' })]),
    expect.objectContaining({ condition: 'device.known', lacks: 'a miss' }),
  ]);
});

test('the coverage tells which rules decided no expectation of a single sign-in', async () => {
  const tests = `tests:
  - { name: Outside, app: notes, user: { groups: [a], enrolled: [password] }, always: { deny: rule } }
  - { name: Others, app: notes, user: { enrolled: [password] }, expect: { rule: Rest } }
`;
  const rules = [
    { name: 'Own', when: { groups: { any: ['a'] } }, then: 'deny' },
    { name: 'Rest', then: { allow: { factors: 1 } } },
  ];
  const policy = JSON.stringify({ name: 'notes', rules });
  const files = { ...validFiles, 'policies/sign-on/notes.yaml': policy, 'tests/own.yaml': tests };
  await withConfiguration(files, async (dir) => {
    expect((await run(dir, '--coverage')).stdout).toBe(`passed  tests/own.yaml:2:5  Outside
passed  tests/own.yaml:3:5  Others
2 of 2 tests passed
3 of 3 rules decided a test
only \`always\`, \`never\` or \`depends\` was decided by
  policies/sign-on/notes.yaml:1:26  Own
1 of 1 conditions were both hit and missed in tests
`);
  });
});

test('the example of a test about weaker keys has these keys', async () => {
  const text = one(
    'app: payroll',
    'user: { groups: [staff], enrolled: [password, "webauthn[userPresence]"] }',
    'never: { steps: [password, webauthn] }',
  );
  const { stdout } = await runOnDemo(text, '--json');
  const [difference] = JSON.parse(stdout).tests[0].differences;
  expect(difference.example).toContain('password,webauthn[userPresence]');
});

test('without an address it needs no files to know that a sign-in is in no zone but those of the test', async () => {
  const zones = `networkData: { country: /nowhere/City.mmdb }
zones: { home: { countries: [AT] }, abroad: { countries: [US] } }
`;
  const policy = `name: notes
rules:
  - { name: Abroad, when: { network: { none: [home] } }, then: deny }
  - { name: Home, then: { allow: { factors: 1 } } }
`;
  const text = `tests:
  - { name: One, app: notes, user: {}, expect: { rule: Abroad } }
  - { name: Two, app: notes, user: {}, network: { zones: [abroad] }, expect: { rule: Abroad } }
  - { name: Three, app: notes, user: {}, network: { zones: [home] }, expect: { deny: false, rule: Home } }
  - { name: Four, app: notes, user: {}, network: { ip: 192.0.2.7 }, expect: { deny: condition_failed } }
`;
  const files = {
    ...validFiles,
    'stepgate.yaml': `brand: { name: Test }\n${zones}`,
    'policies/sign-on/notes.yaml': policy,
    'tests/own.yaml': text,
  };
  await withConfiguration(files, async (dir) => {
    const { stdout } = await run(dir);
    expect(stdout).toContain('4 of 4 tests passed');
  });
});
