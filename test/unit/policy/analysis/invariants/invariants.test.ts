/** `invariants.yaml`: how it is read, and what its invariants come to. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { explainCommand } from '../../../../../src/cli/explain/explain.ts';
import type { Explanation } from '../../../../../src/flow/explain.ts';
import { analysis } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { overallVerdict } from '../../../../../src/policy/analysis/invariants/invariants.ts';
import { mmdb } from '../../../../support/values/mmdb-writer.ts';
import { openTerminal, run } from '../../../cli/support/harness.ts';
import {
  authenticators,
  findingLines,
  kindsOf,
  load,
  validFiles,
  withConfiguration,
} from '../../support/configuration-dir.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;
const withKeys =
  'brand: { name: A }\nzones: { office: { cidrs: [192.0.2.0/24] } }\nauthenticators: { webauthn: { enabled: true }, totp: { enabled: true } }\n';
const file = (...invariants: readonly string[]) =>
  `invariants:\n${invariants.map((invariant) => `  - ${invariant}\n`).join('')}`;
const policy = (...rules: readonly string[]) => `name: notes\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;
const rest = (then: string) => `{ name: Rest, then: ${then} }`;
const passkey = '{ allow: { possession: { phishingResistant: true } } }';
const notes = 'apps: { any: [notes] }';

/** The verdict of each invariant, and the findings about them. */
async function examined(invariants: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const loaded = await load({ 'stepgate.yaml': withKeys, 'invariants.yaml': file(...invariants), ...files });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analysis(loaded, { authenticators, now });
  return {
    verdicts: found.invariants.map(overallVerdict),
    findings: found.findings.filter(({ code }) => code.endsWith('invariant')),
    documents: loaded.documents,
  };
}

/** What an administrator sees who follows the example of a finding. */
async function explained(files: Readonly<Record<string, string>>, example: readonly string[] = []) {
  const terminal = openTerminal();
  await withConfiguration({ ...validFiles, ...files }, (dir) =>
    run(explainCommand(terminal.context), '--config', dir, ...example, '--json'),
  );
  await terminal.store.close();
  return JSON.parse(terminal.printed()) as Explanation;
}

describe('the file', () => {
  test.each([
    ['without a guarantee', '{ name: A }', 'must say either `always` or `never`'],
    ['with both guarantees', '{ name: A, always: allow, never: allow }', 'must say either `always` or `never`'],
    ['with an app in `when`', '{ name: A, when: { apps: { any: [notes] } }, never: allow }', 'must not name apps'],
    ['about an unknown app', '{ name: A, apps: { any: [note] }, never: allow }', 'did you mean `notes`?'],
    ['about an unknown label', '{ name: A, apps: { labels: [x] }, never: allow }', 'label'],
    [
      'about an unknown zone',
      '{ name: A, when: { network: { any: [ofice] } }, never: allow }',
      'did you mean `office`?',
    ],
    ['with an unknown authenticator', '{ name: A, never: { authenticators: [totb] } }', 'did you mean `totp`?'],
    [
      'with an unknown authenticator to prove',
      '{ name: A, always: { any: { exclude: [totb] } } }',
      'did you mean `totp`?',
    ],
    ['with a needless key', '{ name: A, never: allow, countRemembered: true }', '`countRemembered` says nothing here'],
    ['with a broken expression', '{ name: A, when: { expression: "user.nam" }, never: allow }', 'No such key: nam'],
  ])('%s is refused at its place', async (_, invariant, message) => {
    const [line, ...others] = await findingLines({ 'stepgate.yaml': withKeys, 'invariants.yaml': file(invariant) });
    expect(line).toMatch(/^invariants\.yaml:2:\d+ invariants\[0\]/);
    expect(line).toContain(message);
    expect(others).toEqual([]);
  });

  test('names each invariant once', async () => {
    const twice = file('{ name: A, never: allow }', '{ name: A, always: allow }');
    expect(await findingLines({ 'invariants.yaml': twice })).toEqual([
      'invariants.yaml:3:13 invariants[1].name another invariant, in line 2, has the same name [duplicate_name]',
    ]);
  });

  test('is no part of the revision', async () => {
    const { documents } = await examined([`{ name: A, ${notes}, always: allow }`]);
    expect([...documents.keys()].filter((key) => key.startsWith('invariants'))).toEqual([]);
  });
});

test('an invariant that holds is proved, and not mentioned', async () => {
  const office = `{ name: Office, when: { network: { any: [office] } }, then: ${passkey} }`;
  const { verdicts, findings } = await examined(
    [
      `{ name: A, ${notes}, always: { any: { phishingResistant: true } } }`,
      `{ name: B, ${notes}, when: { network: { none: [office] } }, never: allow }`,
      `{ name: C, ${notes}, when: { network: { any: [office] } }, always: allow }`,
      `{ name: D, ${notes}, never: { authenticators: [password, totp] } }`,
      `{ name: E, apps: { any: [stepgate-account] }, always: { factors: 1, reauthenticate: P1D } }`,
    ],
    { 'policies/sign-on/notes.yaml': policy(office, rest('deny')) },
  );
  expect([verdicts, findings]).toEqual([['holds', 'holds', 'holds', 'holds', 'holds'], []]);
});

describe('what proofs by an authenticator show', () => {
  const withMetadata =
    'brand: { name: A }\nauthenticators: { password: { enabled: true }, totp: { enabled: true }, webauthn: { enabled: true, metadata: /m.json } }\n';
  test.each([
    ['webauthn', '', 'any: { phishingResistant: true }', 'holds'],
    ['webauthn', '', 'possession: { userPresence: true }', 'holds'],
    ['webauthn', '', 'any: { userVerification: true }', 'refuted'],
    ['webauthn', '', 'any: { deviceBound: true }', 'refuted'],
    ['webauthn', ', userVerification: true', 'any: { phishingResistant: true }', 'holds'],
    ['webauthn', ', userVerification: true', 'factors: 2', 'holds'],
    ['webauthn', ', userVerification: true', 'any: { phishingResistant: true, deviceBound: true }', 'refuted'],
    ['webauthn', ', deviceBound: true', 'any: { hardwareProtected: true }', 'refuted'],
    ['webauthn', ', hardwareProtected: true', 'any: { deviceBound: true, phishingResistant: true }', 'holds'],
    ['webauthn', ', hardwareProtected: true', 'any: { userVerification: true }', 'refuted'],
    ['totp', '', 'any: { deviceBound: true }', 'holds'],
    ['totp', '', 'any: { phishingResistant: true }', 'refuted'],
    ['webauthn, totp', '', 'any: { userPresence: true }', 'holds'],
    ['webauthn, totp', '', 'any: { deviceBound: true }', 'refuted'],
    ['webauthn, totp', ', deviceBound: true', 'any: { phishingResistant: true }', 'refuted'],
  ])('a rule that takes %s%s: %s', async (keys, more, guarantee, verdict) => {
    const files = {
      'stepgate.yaml': withMetadata,
      'policies/sign-on/notes.yaml': policy(rest(`{ allow: { possession: { authenticators: [${keys}]${more} } } }`)),
    };
    const { verdicts } = await examined([`{ name: A, ${notes}, always: { ${guarantee} } }`], files);
    expect(verdicts).toEqual([verdict]);
  });

  test('no pause since a proof is longer than the proof is old', async () => {
    const files = { 'policies/sign-on/notes.yaml': policy(rest('{ allow: { factors: 1, reauthenticate: PT10M } }')) };
    const { verdicts } = await examined(
      [10, 9].map((minutes) => `{ name: A${minutes}, ${notes}, always: { any: { maxIdle: PT${minutes}M } } }`),
      files,
    );
    expect(verdicts).toEqual(['holds', 'refuted']);
  });
});

test('an account that was just made was not long away', async () => {
  const { verdicts } = await examined([`{ name: A, ${notes}, when: { accountAge: { below: P1D } }, always: allow }`], {
    'policies/sign-on/notes.yaml': policy(
      '{ name: Away, when: { accountAge: { below: P1D }, risk: { any: [longAway] } }, then: deny }',
      rest('{ allow: { factors: 1 } }'),
    ),
  });
  expect(verdicts).toEqual(['holds']);
});

test('a denial counts only if it stands once something is proved', async () => {
  const usual = '{ name: Usual, when: { risk: { none: [newDevice] } }, then: deny }';
  const { verdicts, findings } = await examined(
    [
      `{ name: A, ${notes}, when: { device: { known: false } }, always: allow }`,
      `{ name: B, ${notes}, when: { risk: { any: [newDevice] } }, always: allow }`,
      `{ name: C, ${notes}, when: { device: { known: true } }, always: allow }`,
    ],
    { 'policies/sign-on/notes.yaml': policy(usual, rest('{ allow: { factors: 1 } }')) },
  );
  expect(verdicts).toEqual(['holds', 'holds', 'refuted']);
  expect(findings[0]?.example?.join(' ')).toContain('--device known');
});

describe('an invariant that does not hold', () => {
  test('names the rules, and shows a sign-in', async () => {
    const { findings } = await examined(
      [`{ name: Phishing, ${notes}, always: { any: { phishingResistant: true } } }`],
      {
        'policies/sign-on/notes.yaml': policy(
          `{ name: Office, when: { network: { any: [office] } }, then: { allow: { factors: 1 } } }`,
          rest(passkey),
        ),
      },
    );
    expect(findings).toMatchObject([
      {
        code: 'invariant',
        severity: 'error',
        file: 'invariants.yaml',
        line: 2,
        column: 5,
        message:
          '"Phishing" does not hold in the app notes: the rule "Office" lets a user in with nothing but password',
        rules: [
          { name: 'All', file: 'policies/session.yaml' },
          { name: 'Office', line: 3 },
        ],
      },
    ]);
    expect(findings[0]?.example).toEqual([
      ...['--app', 'notes', '--groups', '', '--enrolled', 'password', '--ip', '192.0.2.7', '--zone', 'office'],
      ...['--platform', 'desktop', '--os', 'windows', '--evidence', 'password'],
    ]);
  });

  test('names the other apps where the same rule is to blame', async () => {
    const other = (name: string) => ({
      [`apps/${name}.yaml`]: String(validFiles['apps/notes.yaml'])
        .replace('clientId: notes', `clientId: ${name}`)
        .replace('Notes', name),
    });
    const named = async (names: readonly string[], invariant: string, ...rules: string[]) => {
      const files = { 'policies/sign-on/notes.yaml': policy(...rules), ...Object.assign({}, ...names.map(other)) };
      return (await examined([`{ name: In, ${invariant} }`], files)).findings.map(({ message }) => message);
    };
    const one = rest('{ allow: { factors: 1 } }');
    const twoFactors = (apps: string) => `apps: { any: [${apps}] }, always: { factors: 2 }`;
    const beginning = '"In" does not hold in the app notes: the rule "Rest" lets a user in with nothing but password';
    const because = 'because of the same rule, it does not hold';
    expect(await named(['other'], twoFactors('notes, other'), one)).toEqual([`${beginning}; ${because} in other`]);
    const many = ['b', 'c', 'd', 'e', 'f'];
    expect(await named(many, twoFactors(`notes, ${many}`), one)).toEqual([
      '"In" does not hold in the app b: the rule "Rest" lets a user in with nothing but password; ' +
        `${because} in c, d, e and 2 more`,
    ]);
    // Apps that rules tell apart may break it because of one rule, too.
    const told = '{ name: C, when: { apps: { any: [c] }, groups: { any: [c] } }, then: deny }';
    expect(await named(['b', 'c'], twoFactors('b, c, notes'), told, one)).toEqual([
      expect.stringMatching(
        /^"In" does not hold in the app b: .*; because of the same rule, it does not hold in notes and c$/,
      ),
    ]);
  });

  test('says where the rules are that are not named', async () => {
    const rules = Array.from({ length: 6 }, (_, index) => {
      return `{ name: G${index}, when: { groups: { any: [g${index}] } }, then: { allow: { factors: 1 } } }`;
    });
    const other = String(validFiles['apps/notes.yaml']).replaceAll('notes', 'wiki').replace('Notes', 'Wiki');
    const { findings } = await examined(['{ name: Phishing, always: { any: { phishingResistant: true } } }'], {
      'policies/sign-on/notes.yaml': policy(...rules, rest(passkey)),
      'policies/sign-on/wiki.yaml': policy(rest('{ allow: { factors: 1 } }')).replace('notes', 'wiki'),
      'apps/wiki.yaml': other,
    });
    expect(findings.map(({ message }) => message.split('; ')[1])).toEqual([
      ...[undefined, undefined, undefined, undefined],
      'so do 3 more rules (in the app notes, in the app wiki, at the pages of the own account)',
    ]);
  });

  test('an authenticator opens an app although another browser needs no second factor', async () => {
    const two = '{ allow: { factors: 2 }, remember: { device: P30D } }';
    const { verdicts, findings } = await examined(
      [
        `{ name: A, ${notes}, never: { authenticators: [totp] } }`,
        `{ name: B, ${notes}, never: { authenticators: [totp] }, when: { network: { any: [office] } } }`,
      ],
      {
        'policies/sign-on/notes.yaml': policy(
          `{ name: Office, when: { network: { any: [office] } }, then: ${passkey} }`,
          rest(two),
        ),
      },
    );
    expect(verdicts).toEqual(['refuted', 'holds']);
    expect(findings[0]?.example?.slice(-2)).toEqual(['--evidence', 'password,totp']);
  });

  test('one passkey does not count both for a rule and for a chain', async () => {
    const steps = '[[{ authenticators: [password, webauthn] }, { authenticators: [webauthn] }]]';
    const level = `acrValues: [{ value: x, requirement: { chains: ${steps} } }]\n`;
    const { verdicts, findings } = await examined([`{ name: A, ${notes}, never: { authenticators: [password] } }`], {
      'stepgate.yaml': `${withKeys}${level}`,
      'apps/notes.yaml': `${validFiles['apps/notes.yaml']}minimumAcr: x\n`,
      'policies/sign-on/notes.yaml': policy(rest('{ allow: { possession: { authenticators: [webauthn] } } }')),
    });
    expect(verdicts).toEqual(['refuted']);
    expect(findings[0]?.example?.slice(-2)).toEqual(['--evidence', 'password,webauthn']);
  });

  test('a chain of two passwords is proved by no user', async () => {
    const either = '{ authenticators: [password, totp] }';
    const { verdicts } = await examined(
      [
        `{ name: A, ${notes}, always: { any: { authenticators: [totp] } } }`,
        `{ name: B, ${notes}, always: { any: { authenticators: [password] } } }`,
      ],
      {
        'policies/session.yaml': String(validFiles['policies/session.yaml']).replace('never', 'always'),
        'policies/sign-on/notes.yaml': policy(rest(`{ allow: { chains: [[${either}, ${either}]] } }`)),
      },
    );
    expect(verdicts).toEqual(['holds', 'refuted']);
  });

  test('a chain of two passkeys is shown by a user who has two', async () => {
    const files = {
      'stepgate.yaml': withKeys,
      'policies/sign-on/notes.yaml': policy(
        rest('{ allow: { chains: [[{ authenticators: [webauthn] }, { authenticators: [webauthn] }]] } }'),
      ),
    };
    const { verdicts, findings } = await examined(
      [`{ name: A, ${notes}, always: { any: { authenticators: [totp] } } }`],
      files,
    );
    expect(verdicts).toEqual(['refuted']);
    expect(findings[0]?.message).toContain('lets a user in with webauthn and another webauthn');
    const example = findings[0]?.example ?? [];
    expect(example[example.indexOf('--enrolled') + 1]).toBe('webauthn,webauthn');
    const { outcome, evidence, steps } = await explained(files, example);
    expect([outcome.kind, new Set(evidence.map(({ enrollment }) => enrollment)).size]).toEqual(['allow', 2]);
    expect(steps).toMatchObject([{ kind: 'complete' }]);
  });

  test.each([
    ['a proof of before', '{}'],
    ['a proof of this sign-in', '{ maxAge: PT0S }'],
  ])('a browser that remembers the second factor beside %s breaks it, unless that counts', async (_, knowledge) => {
    const two = `{ allow: { factors: 2, knowledge: ${knowledge}, possession: {} }, remember: { device: P30D } }`;
    const { verdicts, findings } = await examined(
      [
        `{ name: Strict, ${notes}, always: { factors: 2 } }`,
        `{ name: Lax, ${notes}, always: { factors: 2 }, countRemembered: true }`,
      ],
      { 'policies/sign-on/notes.yaml': policy(rest(two)) },
    );
    expect(verdicts).toEqual(['refuted', 'holds']);
    expect(findings[0]?.message).toContain('nothing but password, in a browser that remembers');
    expect(findings[0]?.example).toContain('--remembered');
  });

  test('proofs are as old as the session lets them become', async () => {
    const { verdicts, findings } = await examined([
      `{ name: A day, ${notes}, always: { factors: 1, reauthenticate: P1D } }`,
      `{ name: Half, ${notes}, always: { factors: 1, reauthenticate: PT12H } }`,
      `{ name: Pause, ${notes}, always: { any: { maxIdle: PT2H } } }`,
      `{ name: Less, ${notes}, always: { any: { maxIdle: PT1H } } }`,
    ]);
    expect(verdicts).toEqual(['holds', 'refuted', 'holds', 'refuted']);
    expect(findings.map(({ message }) => message.split(': ')[1])).toEqual([
      expect.stringContaining('nothing but password (proved 1 d ago)'),
      expect.stringContaining('(proved 2 h ago, with a pause of 2 h since)'),
    ]);
    expect(findings[0]?.example).toContain('password@1d');
    expect(findings[1]?.example).toContain('password@2h/2h');
  });

  test.each([
    ['where sessions are kept', '{ allow: { factors: 1 } }'],
    ['where none is kept', '{ allow: { factors: 1 }, session: { keepSignedIn: false } }'],
  ])('a session may pause for longer than one that is kept: %s', async (_, then) => {
    const limits = 'idle: PT2H, absolute: P1D, keepSignedIn: { idle: PT30M, absolute: P30D }';
    const files = {
      'stepgate.yaml': withKeys,
      'policies/session.yaml': `rules:\n  - { name: All, then: { allow: { primary: any, secondFactor: never, ${limits} } } }\n`,
      'policies/sign-on/notes.yaml': policy(rest(then)),
    };
    const { verdicts, findings } = await examined([`{ name: A, ${notes}, always: { any: { maxIdle: PT1H } } }`], files);
    expect(verdicts).toEqual(['refuted']);
    expect(findings[0]?.example).not.toContain('--keep-signed-in');
    const { outcome, evidence } = await explained(files, findings[0]?.example);
    expect([outcome.kind, evidence.map(({ longestPause }) => longestPause)]).toEqual(['allow', [7200]]);
  });

  test('a denial where users shall get in', async () => {
    const { findings } = await examined([`{ name: In, ${notes}, always: allow }`], {
      'policies/sign-on/notes.yaml': policy('{ name: No, when: { groups: { any: [a] } }, then: deny }', rest(passkey)),
    });
    expect(findings.map(({ message }) => message)).toEqual([
      '"In" does not hold in the app notes: the rule "No" denies',
    ]);
    expect(findings[0]?.example).toContain('a');
  });

  test.each([
    ['policies/sign-on/notes.yaml', 'name: notes\n', '{ allow: { factors: 1 } }'],
    ['policies/session.yaml', '', '{ allow: { primary: any, secondFactor: never, idle: PT2H, absolute: P1D } }'],
    ['policies/enrollment.yaml', '', '{}'],
    ['policies/profile/default.yaml', 'name: default\n', '{}'],
  ])('an expression that fails where users shall get in: %s', async (path, head, then) => {
    const rules = [
      '{ name: Guests, when: { groups: { any: [guests] } }, then: THEN }',
      `{ name: X, when: { expression: 'user.profile.code == "x"' }, then: THEN }`,
      `{ name: Y, when: { expression: 'user.profile.code == "y"' }, then: THEN }`,
      rest('THEN'),
    ];
    const files = {
      'stepgate.yaml': `${withKeys}attributes: { code: {} }\n`,
      [path]: `${head}rules:\n${rules.map((rule) => `  - ${rule.replace('THEN', then)}\n`).join('')}`,
    };
    const { verdicts, findings } = await examined(
      [
        `{ name: In, ${notes}, always: allow }`,
        `{ name: Guests, ${notes}, when: { groups: { any: [guests] } }, always: allow }`,
        `{ name: Coded, ${notes}, when: { attributes: { code: { present: true } } }, always: allow }`,
      ],
      files,
    );
    expect(verdicts).toEqual(['refuted', 'holds', 'holds']);
    expect(findings).toMatchObject([
      {
        message: '"In" does not hold in the app notes: the rule "X" denies, as its expression fails',
        rules: [{ name: 'X', file: path }],
      },
    ]);
    const { steps } = await explained(files, findings[0]?.example);
    expect(steps.at(-1)).toMatchObject({ kind: 'denied' });
  });

  test('an example names zones alone where files say which addresses are in one', async () => {
    const { findings } = await examined(
      [`{ name: In, ${notes}, when: { network: { any: [office] } }, always: allow }`],
      {
        'stepgate.yaml': `${withKeys.replace('zones: {', 'zones: { dach: { countries: [AT] },')}networkData: { country: /nowhere/country.mmdb }\n`,
        'policies/sign-on/notes.yaml': policy(
          '{ name: Abroad, when: { network: { none: [dach] } }, then: deny }',
          rest(passkey),
        ),
      },
    );
    expect(findings[0]?.example).toEqual(expect.arrayContaining(['--zone', 'office']));
    expect(findings[0]?.example).not.toContain('--ip');
  });

  test.each([
    ['none: [dach]', ['undecided', []]],
    ['any: [abroad]', ['undecided', []]],
    ['any: [abroad, dach]', ['refuted', ['dach,office']]],
    ['any: [abroad, office]', ['refuted', ['dach,office']]],
    ['any: [lab]', ['refuted', ['lab,dach,office']]],
  ])('an example is at no place that the files rule out: %s is denied', async (zones, expected) => {
    const folder = await mkdtemp(join(tmpdir(), 'stepgate-places-'));
    const country = join(folder, 'country.mmdb');
    await writeFile(country, mmdb('GeoLite2-Country', { '192.0.2.0/24': { country: { iso_code: 'AT' } } }));
    const more = 'lab: { cidrs: [192.0.2.0/28] }, dach: { countries: [AT] }, abroad: { countries: [US] }';
    const { verdicts, findings } = await examined(
      [`{ name: In, ${notes}, when: { network: { any: [office] } }, always: allow }`],
      {
        'stepgate.yaml': `${withKeys.replace('zones: {', `zones: { ${more},`)}networkData: { country: ${country} }\n`,
        'policies/sign-on/notes.yaml': policy(
          `{ name: Elsewhere, when: { network: { ${zones} } }, then: deny }`,
          rest(passkey),
        ),
      },
    );
    await rm(folder, { recursive: true });
    const places = findings.flatMap(({ example = [] }) => example[example.indexOf('--zone') + 1] ?? []);
    expect([verdicts.join(), places]).toEqual(expected);
  });

  test('rules ask for what no user can have', async () => {
    const enrollment =
      'rules:\n  - { name: No keys, when: { groups: { any: [guests] } }, then: { disabled: [webauthn] } }\n';
    const { findings } = await examined([`{ name: In, ${notes}, always: allow }`], {
      'policies/sign-on/notes.yaml': policy(
        `{ name: Admins, when: { groups: { any: [admins] } }, then: ${passkey} }`,
        rest('{ allow: { factors: 1 } }'),
      ),
      'policies/enrollment.yaml': `${enrollment}  - { name: Rest, then: {} }\n`,
    });
    expect(findings).toMatchObject([
      {
        message:
          '"In" does not hold in the app notes: nothing that users can have meets what the rules "All" and "Admins" ask for',
        rules: [{ name: 'All' }, { name: 'Admins' }, { name: 'No keys' }],
      },
    ]);
  });

  test('all apps are meant where none is named, and the pages of the own account', async () => {
    const { findings } = await examined(['{ name: Nobody, never: allow }']);
    expect(findings.map(({ message }) => message.split(':')[0])).toEqual([
      '"Nobody" does not hold in the app notes',
      '"Nobody" does not hold at the pages of the own account',
    ]);
  });

  test('an authenticator that is not needed breaks nothing', async () => {
    const { verdicts } = await examined(
      [
        `{ name: A, ${notes}, never: { authenticators: [totp] } }`,
        `{ name: B, ${notes}, never: { authenticators: [webauthn] } }`,
      ],
      { 'policies/sign-on/notes.yaml': policy(rest('{ allow: { possession: { authenticators: [webauthn] } } }')) },
    );
    expect(verdicts).toEqual(['holds', 'refuted']);
  });
});

test('an example has as many enrollments as a rule requires', async () => {
  const required = '{ required: [{ anyOf: [webauthn], count: 2 }] }';
  const { verdicts, findings } = await examined(
    [`{ name: H, ${notes}, always: { possession: { hardwareProtected: true } } }`],
    {
      'policies/sign-on/notes.yaml': policy(rest(passkey.replace('hardwareProtected: true, ', ''))),
      'policies/enrollment.yaml': `rules:\n  - { name: Two, then: ${required} }\n`,
    },
  );
  expect(verdicts).toEqual(['refuted']);
  expect(findings[0]?.example?.join(' ')).toMatch(/--enrolled \S*webauthn\[[\w+]+\],webauthn/);
});

test('a comment accepts it until a day', async () => {
  const { findings } = await examined([
    `{ name: Nobody, ${notes}, never: allow } # stepgate:accept invariant until 2027-01-01: known`,
  ]);
  expect(findings).toEqual([]);
});

describe('requests that an app cannot make', () => {
  const app = (name: string, scope?: string) => ({
    [`apps/${name}.yaml`]: String(validFiles['apps/notes.yaml'])
      .replace('clientId: notes', `clientId: ${name}`)
      .replace('Notes', name)
      .concat(scope === undefined ? '' : `  scope: ${scope}\n`),
  });
  const apps = { ...app('notes', 'openid'), ...app('b'), ...app('c', 'openid profile'), ...app('d', 'openid email') };
  const one = '{ allow: { factors: 1 } }';
  const two = '{ allow: { factors: 2 } }';

  test.each([
    ['a scope', '{ scopes: { any: [email] } }', ['b', 'd']],
    ['a scope in an expression', `{ expression: '"email" in request.scopes' }`, ['b', 'd']],
    ['a claim', '{ claims: { any: [email] } }', ['b', 'd']],
    ['one of two claims', '{ claims: { any: [email, given_name] } }', ['b', 'c', 'd']],
  ])('break no invariant: a rule about %s', async (_, when, broken) => {
    const { findings } = await examined(['{ name: Two, apps: { none: [stepgate-account] }, always: { factors: 2 } }'], {
      ...apps,
      'policies/sign-on/notes.yaml': policy(`{ name: Asks, when: ${when}, then: ${one} }`, rest(two)),
    });
    const [first, ...others] = broken;
    expect(findings.map(({ message }) => message)).toEqual([
      `"Two" does not hold in the app ${first}: the rule "Asks" lets a user in with nothing but password; because of the same rule, it does not hold in ${others.join(' and ')}`,
    ]);
  });

  test('an invariant about them says nothing where no app can make them', async () => {
    const about = (name: string) =>
      `{ name: ${name}, apps: { any: [${name}] }, when: { scopes: { any: [email] } }, never: allow }`;
    const { verdicts } = await examined(['notes', 'b', 'c', 'd'].map(about), apps);
    expect(verdicts).toEqual(['empty', 'refuted', 'empty', 'refuted']);
  });
});

describe('an expression that compares the app with the user', () => {
  const files = (expression: string) => ({
    'stepgate.yaml': `${withKeys}attributes: { site: { type: text }, sites: { type: list }, level: { type: number } }\n`,
    'policies/sign-on/notes.yaml': policy(
      `{ name: Own, when: { expression: '${expression}' }, then: { allow: { factors: 2 } } }`,
      rest('{ allow: { factors: 1 } }'),
    ),
  });
  const two = (name: string, when: string) => `{ name: ${name}, ${notes}, when: { ${when} }, always: { factors: 2 } }`;

  test.each([
    [
      'request.clientId == user.profile.site',
      'attributes: { site: { equals: notes } }',
      'attributes: { site: { present: true } }',
    ],
    [
      'user.profile.site != request.clientId',
      'attributes: { site: { in: [a, b] } }',
      'attributes: { site: { in: [a, notes] } }',
    ],
    [
      'request.clientId in user.profile.sites',
      'attributes: { sites: { equals: notes } }',
      'attributes: { sites: { equals: a } }',
    ],
    [
      'user.profile.site.startsWith(request.clientId)',
      'attributes: { site: { matches: notes-* } }',
      'attributes: { site: { matches: note* } }',
    ],
    ['request.clientId + "-users" in user.groups', 'groups: { any: [notes-users] }', 'groups: { any: [notes] }'],
    ['user.groups.exists(g, g == request.clientId)', 'groups: { any: [notes] }', 'groups: { any: [a] }'],
    ['request.clientId == user.userType', 'userType: { any: [notes] }', 'userType: { any: [a] }'],
  ])('is decided at one app: %s', async (expression, covered, broken) => {
    const { verdicts, findings } = await examined([two('A', covered), two('B', broken)], files(expression));
    expect(verdicts).toEqual(['holds', 'refuted']);
    const { layers } = await explained(files(expression), findings[0]?.example);
    expect(layers.map(({ decidedBy }) => decidedBy)).toContain('Rest');
  });
});

describe('an undecided invariant', () => {
  const formula = {
    'policies/sign-on/notes.yaml': policy(
      `{ name: F, when: { expression: 'network.ip == "1.2.3.4"' }, then: { allow: { factors: 1 } } }`,
      rest(passkey),
    ),
  };

  test('is reported with the reason and the rules', async () => {
    const { verdicts, findings } = await examined(
      [`{ name: P, ${notes}, always: { any: { phishingResistant: true } } }`],
      formula,
    );
    expect(verdicts).toEqual(['undecided']);
    expect(findings).toMatchObject([
      { code: 'undecided-invariant', severity: 'warning', rules: [{ name: 'All' }, { name: 'F' }] },
    ]);
    expect(findings[0]?.message).toContain('`expression` cannot be taken apart');
  });

  test('that all users are let in is open where a formula may fail', async () => {
    expect((await examined([`{ name: In, ${notes}, always: allow }`], formula)).verdicts).toEqual(['undecided']);
  });

  test.each([
    ['enrollment', 'policies/enrollment.yaml', ''],
    ['profile', 'policies/profile/default.yaml', 'name: default\n'],
  ])('and where one may fail in the %s policy, with its rule', async (_, path, head) => {
    const rules = `${head}rules:\n  - { name: F, when: { expression: 'network.ip == "1.2.3.4"' }, then: {} }\n`;
    const { verdicts, findings } = await examined([`{ name: In, ${notes}, always: allow }`], {
      'policies/sign-on/notes.yaml': policy(rest('{ allow: { factors: 1 } }')),
      [path]: `${rules}  - { name: Rest, then: {} }\n`,
    });
    expect(verdicts).toEqual(['undecided']);
    expect(findings).toMatchObject([{ code: 'undecided-invariant', rules: [{ name: 'F', file: path }] }]);
  });

  test('is no matter where the rule asks for enough in any case', async () => {
    expect((await examined([`{ name: One, ${notes}, always: { factors: 1 } }`], formula)).verdicts).toEqual(['holds']);
  });
});

test('an invariant about no sign-in is a warning', async () => {
  const { verdicts, findings } = await examined([
    `{ name: A, ${notes}, when: { groups: { any: [a], none: [a] } }, never: allow }`,
    `{ name: B, apps: { any: [notes], none: [notes] }, never: allow }`,
  ]);
  expect(verdicts).toEqual(['empty', 'empty']);
  expect(findings.map(({ code, message }) => [code, message])).toEqual([
    ['empty-invariant', '"A" says nothing: its conditions exclude one another'],
    ['empty-invariant', '"B" says nothing: no app is meant'],
  ]);
});

test('apps that no rule distinguishes are examined once', async () => {
  const app = (name: string) =>
    `clientId: ${name}\nname: A\nlabels: [x]\nsignOnPolicy: notes\nclient: { redirect_uris: [https://a.test/cb] }\n`;
  const loaded = await load(
    {
      'invariants.yaml': file('{ name: A, apps: { labels: [x] }, always: allow }'),
      ...Object.fromEntries(['a', 'b', 'c'].map((name) => [`apps/${name}.yaml`, app(name)])),
    },
    {},
    kindsOf('password'),
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const { invariants } = await analysis(loaded, { authenticators: kindsOf('password'), now });
  expect(invariants.map(({ apps }) => apps.map(({ count }) => count))).toEqual([[3]]);
});
