/** `config check --standard`: clean policies meet it, and each seeded mistake is found at its section. */
import { describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../../src/authenticators/index.ts';
import { analyse, analysis } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { overallVerdict } from '../../../../../src/policy/analysis/invariants/invariants.ts';
import { standardFindings } from '../../../../../src/policy/analysis/standards/standard-findings.ts';
import { type StandardName, standards } from '../../../../../src/policy/analysis/standards/standards.ts';
import { noteFound } from '../../../../support/values/found-codes.ts';
import { load } from '../../support/configuration-dir.ts';
import { replayed } from '../../support/replayed-example.ts';

const fixedNow = Date.parse('2026-11-26T12:00:00Z') / 1000;
const settings = (more = '') =>
  `brand: { name: A }\nauthenticators: { password: { enabled: true }, totp: { enabled: true }, webauthn: { enabled: true, metadata: /etc/stepgate/metadata.json }${more} }\nmail: { from: no-reply@a.test, smtp: { host: mail.a.test } }\n`;
const session = (limits = 'idle: PT15M, absolute: PT12H') =>
  `rules:\n  - { name: All, then: { allow: { primary: any, secondFactor: never, ${limits} } } }\n`;
const policy = (then: string) => `name: notes\nrules:\n  - { name: Everybody, then: ${then} }\n`;
const twoOf = (possession = 'possession: {}') =>
  `{ allow: { anyOf: [{ factors: 2, knowledge: { authenticators: [password] }, ${possession} }, { factors: 2, possession: { authenticators: [webauthn], userVerification: true } }] } }`;
const key = 'phishingResistant: true, hardwareProtected: true, deviceBound: true';
const hardware = `{ allow: { factors: 2, possession: { ${key}, userVerification: true } } }`;
const strictPasswords =
  'rules:\n  - { name: All, then: { minLength: 15, minLengthBesideSecondFactor: 12, history: 4, lockout: { attempts: 10, within: PT15M, wait: PT30M } } }\n';

interface Case {
  readonly standard: StandardName;
  readonly then: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** `severity file:line section` of each finding. */
async function unmet({ standard, then, files = {} }: Case, labels?: readonly string[]): Promise<readonly string[]> {
  const all = {
    'stepgate.yaml': settings(),
    'policies/session.yaml': session(),
    'policies/sign-on/notes.yaml': policy(then),
    ...files,
  };
  const loaded = await load(all, {}, authenticatorKinds);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const options = { standard, authenticators: authenticatorKinds, now: fixedNow, ...(labels && { labels }) };
  const { findings } = await standardFindings(loaded, options);
  return noteFound(findings).map(({ severity, file, line, message }) => {
    const section = /(?:falls short of|whether it meets) (.*?)(?: could not be decided)?: /.exec(message)?.[1];
    return `${severity} ${file}:${line} ${section}`;
  });
}

const placeOfRule = 'error policies/sign-on/notes.yaml:3';
const nist = 'NIST SP 800-63B-4,';

const clean: readonly Case[] = [
  { standard: 'nist-aal2', then: twoOf() },
  { standard: 'nist-aal3', then: hardware },
  { standard: 'asvs-l2', then: '{ allow: { factors: 2 } }' },
  { standard: 'asvs-l3', then: `{ allow: { factors: 2, possession: { ${key} } } }` },
  { standard: 'pci-dss-4', then: '{ allow: { factors: 2 } }', files: { 'policies/password.yaml': strictPasswords } },
  { standard: 'phr-only', then: '{ allow: { possession: { phishingResistant: true } } }' },
];

const keysOnly = '{ allow: { possession: { phishingResistant: true } } }';
const orPassword = '{ allow: { anyOf: [{ factors: 2 }, { possession: { phishingResistant: true } }] } }';

test('PCI DSS 8.4.2 leaves out apps that take phishing-resistant factors only', async () => {
  const files = { 'policies/password.yaml': strictPasswords };
  expect(await unmet({ standard: 'pci-dss-4', then: keysOnly, files })).toEqual([]);
  expect(await unmet({ standard: 'pci-dss-4', then: orPassword, files })).toEqual([`${placeOfRule} ${pci} 8.4.2`]);
});

test.each([
  ['{ authenticators: [password] }, { authenticators: [totp] }, { authenticators: [webauthn] }', []],
  ['{ authenticators: [password] }, { authenticators: [totp] }', ['2.2.2']],
])('NIST SP 800-63B-4, 2.2.2: a key that all users prove is offered: %s', async (chain, sections) => {
  const then = `{ allow: { chains: [[${chain}]] } }`;
  const expected = sections.map((section) => `${placeOfRule} ${nist} ${section}`);
  expect(await unmet({ standard: 'nist-aal2', then })).toEqual(expected);
});

describe('what users can never set up is not offered', () => {
  const enrollment = (...rules: readonly string[]) => ({
    'policies/enrollment.yaml': `rules:\n${rules.map((each) => `  - ${each}\n`).join('')}`,
  });
  const account = (...rules: readonly string[]) => ({
    'policies/account.yaml': `rules:\n${rules.map((each) => `  - ${each}\n`).join('')}`,
  });
  const oneFactor = '{ name: All, then: { allow: { factors: 1 } } }';
  const addKey = 'change: { add: [webauthn] }';
  const at = (...apps: readonly string[]) => `when: { apps: { any: [${apps.join(', ')}] } }, `;
  const useOnly = (name: string, when = '') => `{ name: ${name}, ${when}then: { useOnly: [webauthn] } }`;
  const both = '{ allow: { factors: 2, knowledge: { authenticators: [password] }, possession: {} } }';
  const group = 'when: { groups: { any: [contractors] } }, ';

  test.each<[string, Readonly<Record<string, string>>, boolean]>([
    ['users may use it alone', enrollment(useOnly('All')), false],
    ['users of a group may use it alone', enrollment(useOnly('Some', group), '{ name: Rest, then: {} }'), false],
    ['users may use it alone here', enrollment(useOnly('Here', at('notes')), '{ name: Rest, then: {} }'), true],
    ['no user may add it', account(`{ name: Never, ${addKey}, then: deny }`, oneFactor), false],
    ['users of a group may not add it', account(`{ name: Not, ${group}${addKey}, then: deny }`, oneFactor), false],
    [
      'users may add it in the office',
      account(`{ name: Not, when: { network: { none: [office] } }, ${addKey}, then: deny }`, oneFactor),
      true,
    ],
    [
      'adding it takes a proof by it',
      account(
        `{ name: By itself, ${addKey}, then: { allow: { possession: { phishingResistant: true } } } }`,
        oneFactor,
      ),
      false,
    ],
  ])('%s', async (_, policies, isMet) => {
    const files = {
      ...policies,
      'stepgate.yaml': `${settings()}groups: { contractors: { description: C. } }\nzones: { office: { cidrs: [192.0.2.0/24] } }\n`,
    };
    const expected = isMet ? [] : [`${placeOfRule} ${nist} 2.2.2`];
    expect(await unmet({ standard: 'nist-aal2', then: both, files })).toEqual(expected);
    // Where all prove it, it is offered to all who get in.
    expect(
      await unmet({ standard: 'nist-aal2', then: keysOnly.replace('true', 'true, userVerification: true'), files }),
    ).toEqual([]);
  });
});

describe('who can never set up a key', () => {
  const both = 'factors: 2, knowledge: { authenticators: [password] }';
  const contractors = 'when: { groups: { any: [contractors] } }';
  const example = (signOn: string, add: string) => ({
    ...{ standard: 'nist-aal2' as const, then: '{}' },
    files: {
      'stepgate.yaml': `${settings()}groups: { contractors: { description: C. } }\n`,
      'policies/sign-on/notes.yaml': `name: notes\nrules:\n${signOn}`,
      'policies/account.yaml': `rules:\n  - { name: None, ${contractors}, change: { add: [${add}] }, then: deny }\n  - { name: All, then: { allow: { factors: 1 } } }\n`,
    },
  });

  test('may be in a group that only the account policy asks about, where an expression tells users apart', async () => {
    const some = `  - { name: Some, when: { expression: 'user.id.startsWith("ann")' }, then: { allow: { ${both}, possession: {} } } }\n  - { name: Rest, then: deny }\n`;
    expect(await unmet(example(some, 'webauthn'))).toEqual([`error policies/sign-on/notes.yaml:3 ${nist} 2.2.2`]);
  });

  test('does not matter if such users never get in', async () => {
    const all = `  - { name: Everybody, then: { allow: { ${both}, possession: { authenticators: [totp, webauthn] } } } }\n`;
    expect(await unmet(example(all, 'totp, webauthn'))).toEqual([]);
    expect(await unmet(example(all, 'webauthn'))).toEqual([`error policies/sign-on/notes.yaml:3 ${nist} 2.2.2`]);
  });

  test.each([
    ['no user may add what the rule asks for', '', 'all', []],
    ['only contractors may', 'when: { groups: { none: [contractors] } }, ', 'all', ['2.2.2']],
    ['no user may add a key', '', '[webauthn]', ['2.2.2']],
  ])('matters only if such users get in, where the rule offers no key: %s', async (_, when, added, sections) => {
    const files = {
      'stepgate.yaml': `${settings()}groups: { contractors: { description: C. } }\n`,
      'policies/account.yaml': `rules:\n  - { name: None, ${when}change: { add: ${added} }, then: deny }\n  - { name: All, then: { allow: { factors: 1 } } }\n`,
    };
    const then =
      '{ allow: { factors: 2, knowledge: { authenticators: [password] }, possession: { authenticators: [totp] } } }';
    const expected = sections.map((section) => `${placeOfRule} ${nist} ${section}`);
    expect(await unmet({ standard: 'nist-aal2', then, files })).toEqual(expected);
  });

  test.each([
    ['every user may', '', []],
    ['contractors may not', `{ name: None, ${contractors}, change: { add: [webauthn] }, then: deny }`, ['2.2.2']],
    [
      'contractors may not, who never get in',
      `{ name: None, ${contractors}, change: { add: [totp, webauthn] }, then: deny }`,
      [],
    ],
  ])('is found although rules for many other groups let users add one: %s', async (_, none, sections) => {
    const groups = Array.from({ length: 40 }, (_unused, at) => `g${at}`);
    const allowing = 'change: { add: [webauthn] }, then: { allow: { factors: 1 } }';
    const own = groups.map((group) => `{ name: ${group}, when: { groups: { any: [${group}] } }, ${allowing} }`);
    const rules = [none, ...own, '{ name: Rest, then: { allow: { factors: 1 } } }'].filter((rule) => rule !== '');
    const described = ['contractors', ...groups].map((group) => `${group}: { description: D. }`);
    const files = {
      'stepgate.yaml': `${settings()}groups: { ${described.join(', ')} }\n`,
      'policies/account.yaml': `rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`,
    };
    const then = `{ allow: { ${both}, possession: { authenticators: [totp, webauthn] } } }`;
    const expected = sections.map((section) => `${placeOfRule} ${nist} ${section}`);
    expect(await unmet({ standard: 'nist-aal2', then, files })).toEqual(expected);
  });
});

test('the finding names what users can never set up, and shows such a user', async () => {
  const files = {
    'stepgate.yaml': `${settings(', phone: { enabled: true, methods: [sms], countries: [AT] }')}groups: { contractors: { description: C. } }\n`,
    'policies/session.yaml': session(),
    'policies/sign-on/notes.yaml': policy('{ allow: { factors: 2 } }'),
    'policies/account.yaml':
      'rules:\n  - { name: None, when: { groups: { any: [contractors] } }, change: { add: [totp, webauthn] }, then: deny }\n  - { name: All, then: { allow: { factors: 1 } } }\n',
  };
  const loaded = await load(files, {}, authenticatorKinds);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const options = { standard: 'asvs-l2', authenticators: authenticatorKinds, now: fixedNow } as const;
  const { findings } = await standardFindings(loaded, options);
  expect(findings.map(({ message }) => message)).toEqual([
    'falls short of OWASP ASVS 5.0, 6.6.1: where codes over the telephone network count, a stronger authenticator is offered as well; users such as the one of the example can never set up totp or webauthn (app notes)',
  ]);
  expect(findings[0]?.example?.join(' ')).toContain('--groups contractors');
});

const required = '{ name: All, then: { required: [totp] } }';
const afterwards = '{ name: By code, when: { authenticated: { any: [phone] } }, then: {} }';

test.each([
  ['contractors may not add one', '[webauthn]', required, ['password,phone,totp']],
  ['contractors may add neither it nor what all must set up, and never get in', '[webauthn, totp]', required, []],
  [
    'or may skip that for some time',
    '[webauthn, totp]',
    '{ name: All, then: { required: [{ anyOf: [totp], grace: { skips: 3 } }] } }',
    ['password,phone'],
  ],
  [
    'or may set up something else for it',
    '[webauthn, totp]',
    '{ name: All, then: { required: [{ anyOf: [totp, phone] }] } }',
    ['password,phone'],
  ],
  [
    'or sign in by what it is not asked after',
    '[webauthn, totp]',
    `${afterwards}\n  - ${required}`,
    ['password,phone'],
  ],
])('the user of the example has nothing that such users can never set up: %s', async (_, added, rules, expected) => {
  const files = {
    'stepgate.yaml': `${settings(', phone: { enabled: true, methods: [sms], countries: [AT] }')}groups: { contractors: { description: C. } }\n`,
    'policies/session.yaml': session(),
    'policies/sign-on/notes.yaml': policy(
      '{ allow: { factors: 2, knowledge: { authenticators: [password] }, possession: { authenticators: [phone, webauthn] } } }',
    ),
    'policies/enrollment.yaml': `rules:\n  - ${rules}\n`,
    'policies/account.yaml': `rules:\n  - { name: None, when: { groups: { any: [contractors] } }, change: { add: ${added} }, then: deny }\n  - { name: All, then: { allow: { factors: 1 } } }\n`,
  };
  const loaded = await load(files, {}, authenticatorKinds);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const options = { standard: 'nist-aal2', authenticators: authenticatorKinds, now: fixedNow } as const;
  const { findings } = await standardFindings(loaded, options);
  const examples = findings.filter(({ message }) => message.includes('2.2.2')).map(({ example }) => example);
  const enrolled = examples.map((example) =>
    example === undefined ? 'no example' : example[example.indexOf('--enrolled') + 1]?.split(',').toSorted().join(),
  );
  expect(enrolled).toEqual(expected);
});

test.each([
  ['mail alone', '[email]', []],
  ['a code over the telephone network', '[email, phone]', ['6.6.1']],
  ['something stronger as well', '[phone, totp]', []],
])('OWASP ASVS 5.0, 6.6.1: a rule that takes %s', async (_, possession, sections) => {
  const files = {
    'stepgate.yaml': settings(', email: { enabled: true }, phone: { enabled: true, methods: [sms], countries: [AT] }'),
  };
  const then = `{ allow: { factors: 2, possession: { authenticators: ${possession} } } }`;
  const expected = sections.map((section) => `${placeOfRule} OWASP ASVS 5.0, ${section}`);
  expect(await unmet({ standard: 'asvs-l2', then, files })).toEqual(expected);
});

test.each([
  ['never', [`${placeOfRule} ${nist} 2.2.1`]],
  ['always', []],
])(
  'a rule that remembers falls short only where something is waived: secondFactor %s',
  async (secondFactor, expected) => {
    const files = { 'policies/session.yaml': session().replace('never', secondFactor) };
    const then =
      '{ allow: { factors: 2, knowledge: { authenticators: [password] }, possession: {} }, remember: { device: P30D } }';
    expect(await unmet({ standard: 'nist-aal2', then, files })).toEqual(expected);
  },
);

test('what standards ask of passwords is asked only where passwords are in use', async () => {
  const files = {
    'stepgate.yaml':
      'brand: { name: A }\nauthenticators: { password: { enabled: false }, webauthn: { enabled: true } }\n',
  };
  expect(await unmet({ standard: 'pci-dss-4', then: keysOnly, files })).toEqual([]);
});

describe('a rule of the password policy that never decides', () => {
  const strict =
    '{ minLength: 15, minLengthBesideSecondFactor: 12, history: 4, lockout: { attempts: 10, within: PT15M, wait: PT30M } }';
  const both = '{ name: Both, when: { groups: { all: [a, b] } }, then: {} }';
  const some = `{ name: Some, when: { groups: { any: [a] } }, then: ${strict} }`;
  const last = `{ name: Rest, then: ${strict} }`;
  const sections = async (...rules: readonly string[]) => {
    const files = { 'policies/password.yaml': `rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}` };
    return unmet({ standard: 'pci-dss-4', then: '{ allow: { factors: 2 } }', files });
  };
  const shortAt = (line: number) =>
    ['8.3.4', '8.3.6', '8.3.7'].map((section) => `error policies/password.yaml:${line} ${pci} ${section}`);

  test('falls short of nothing, whether it is shadowed or contradictory', async () => {
    expect(await sections(some, both, last)).toEqual([]);
    const never = '{ name: Never, when: { groups: { any: [a], none: [a] } }, then: {} }';
    expect(await sections(never, last)).toEqual([]);
  });

  test('is asked as any other where it decides after all', async () => {
    expect(await sections(both, some, last)).toEqual(shortAt(2));
  });

  // The limits of a user for whom a rule fails are those of some rule, be it one that never decides (decision 48).
  test('is asked only for its lockout where a rule may fail', async () => {
    const failing = `{ name: Level, when: { expression: 'user.profile.level == "high"' }, then: ${strict} }`;
    expect(await sections(some, failing, both, last)).toEqual(shortAt(4).slice(0, 1));
    expect(await sections(failing, both, some, last)).toEqual(shortAt(3));
  });
});

test.each(Object.entries(standards))('%s says that policies show nothing of recoveries', (_, { notShown }) => {
  expect(notShown.filter((text) => text.startsWith('recoveries of passwords, which '))).toHaveLength(1);
});

test.each(clean)('clean policies meet $standard', async (example) => {
  expect(await unmet(example)).toEqual([]);
});

test.each([
  ['openid', []],
  ['openid email', [`${placeOfRule} OWASP ASVS 5.0, 6.3.3`]],
])('no app falls short in requests that it cannot make: %s', async (scope, expected) => {
  const client = { redirect_uris: ['https://notes.test/cb'], scope };
  const files = {
    'apps/notes.yaml': JSON.stringify({ clientId: 'notes', name: 'Notes', signOnPolicy: 'notes', client }),
    'policies/sign-on/notes.yaml':
      'name: notes\nrules:\n  - { name: Mail, when: { scopes: { any: [email] } }, then: { allow: { factors: 1 } } }\n  - { name: Rest, then: { allow: { factors: 2 } } }\n',
  };
  expect(await unmet({ standard: 'asvs-l2', then: '', files })).toEqual(expected);
});

// No rule names both groups together. A standard is about every user who could exist, so this is no recommendation.
test('a requirement that only users in two groups break falls short', async () => {
  const files = {
    'stepgate.yaml': `${settings()}groups: { staff: { description: S. }, finance: { description: F. } }\n`,
    'policies/sign-on/notes.yaml':
      'name: notes\nrules:\n  - { name: Not staff, when: { groups: { none: [staff] } }, then: deny }\n  - { name: Finance, when: { groups: { any: [finance] } }, then: { allow: { factors: 1 } } }\n  - { name: Rest, then: deny }\n',
  };
  const places = await unmet({ standard: 'nist-aal2', then: '', files });
  expect(places).toContain(`error policies/sign-on/notes.yaml:4 ${nist} 2.2.1`);
});

test('there is a clean case for each standard', () => {
  expect(clean.map(({ standard }) => standard)).toEqual(Object.keys(standards));
});

test.each([
  'possession: { authenticators: [webauthn] }',
  'factors: 2, possession: { authenticators: [webauthn] }',
  'any: { exclude: [password, totp] }',
  'inherence: {}',
  'factors: 3',
  'chains: [[{ authenticators: [password] }, { authenticators: [webauthn] }]]',
  'possession: { deviceBound: true }',
  'possession: {}',
])('an invariant and the standard `phr-only` say the same of a rule with %s', async (allowed) => {
  const then = `{ allow: { ${allowed} } }`;
  const isShort = (await unmet({ standard: 'phr-only', then })).map((unmetRule) => unmetRule.replace(/ NIST.*/, ''));
  const invariants =
    'invariants:\n  - { name: A, apps: { any: [notes] }, always: { any: { phishingResistant: true } } }\n';
  const files = {
    ...{ 'stepgate.yaml': settings(), 'policies/session.yaml': session(), 'invariants.yaml': invariants },
    'policies/sign-on/notes.yaml': policy(then),
  };
  const loaded = await load(files, {}, authenticatorKinds);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const { invariants: verdicts } = await analysis(loaded, { authenticators: authenticatorKinds, now: fixedNow });
  expect(verdicts.map(overallVerdict)).toEqual([isShort.length === 0 ? 'holds' : 'refuted']);
  expect(isShort).toEqual(isShort.length === 0 ? [] : [placeOfRule]);
});

const asvs = 'OWASP ASVS 5.0,';
const pci = 'PCI DSS 4.0.1,';
const withMail = { 'stepgate.yaml': settings(', email: { enabled: true }') };
const mistakes: readonly (readonly [string, Case, readonly string[]])[] = [
  ['one factor', { standard: 'nist-aal2', then: '{ allow: { knowledge: {} } }' }, [`${placeOfRule} ${nist} 2.2.1`]],
  [
    'a mailbox beside the password',
    { standard: 'nist-aal2', then: twoOf(), files: withMail },
    [`${placeOfRule} ${nist} 2.2.1`],
  ],
  [
    'an access code beside the password',
    { standard: 'nist-aal2', then: twoOf(), files: { 'stepgate.yaml': settings(', access_code: { enabled: true }') } },
    [`${placeOfRule} ${nist} 2.2.1`],
  ],
  [
    'a passkey that verifies no user',
    { standard: 'nist-aal2', then: '{ allow: { possession: { authenticators: [webauthn] } } }' },
    [`${placeOfRule} ${nist} 2.2.1`],
  ],
  [
    'no phishing-resistant option',
    {
      standard: 'nist-aal2',
      then: '{ allow: { factors: 2, knowledge: { authenticators: [password] }, possession: { authenticators: [totp] } } }',
    },
    [`${placeOfRule} ${nist} 2.2.2`],
  ],
  [
    'a browser that remembers',
    { standard: 'nist-aal2', then: twoOf().replace(/}$/, ', remember: { device: P30D } }') },
    [`${placeOfRule} ${nist} 2.2.1`],
  ],
  [
    'a long session, and a long pause',
    { standard: 'nist-aal2', then: twoOf(), files: { 'policies/session.yaml': session('idle: PT2H, absolute: P2D') } },
    [`warning policies/session.yaml:2 ${nist} 2.2.3`, `warning policies/session.yaml:2 ${nist} 2.2.3`],
  ],
  [
    'a long session at level 3',
    {
      standard: 'nist-aal3',
      then: hardware,
      files: { 'policies/session.yaml': session('idle: PT15M, absolute: P1D') },
    },
    [`error policies/session.yaml:2 ${nist} 2.3.3`],
  ],
  [
    'a key without hardware',
    { standard: 'nist-aal3', then: hardware.replace('hardwareProtected: true, ', '') },
    [`${placeOfRule} ${nist} 2.3.1`],
  ],
  ['one factor for ASVS', { standard: 'asvs-l2', then: '{ allow: { factors: 1 } }' }, [`${placeOfRule} ${asvs} 6.3.3`]],
  [
    'questions',
    {
      standard: 'asvs-l2',
      then: '{ allow: { factors: 2 } }',
      files: { 'stepgate.yaml': settings(', security_question: { enabled: true }') },
    },
    [`error stepgate.yaml:2 ${asvs} 6.4.2`],
  ],
  [
    'passwords that expire',
    {
      standard: 'asvs-l2',
      then: '{ allow: { factors: 2 } }',
      files: { 'policies/password.yaml': 'rules:\n  - { name: P, then: { maxAge: P90D } }\n' },
    },
    [`error policies/password.yaml:2 ${asvs} 6.2.10`],
  ],
  [
    'a phone and nothing stronger',
    {
      standard: 'asvs-l2',
      then: '{ allow: { factors: 2, possession: { authenticators: [phone] } } }',
      files: { 'stepgate.yaml': settings(', phone: { enabled: true, methods: [sms], countries: [AT] }') },
    },
    [`${placeOfRule} ${asvs} 6.6.1`],
  ],
  [
    'mail at level 3',
    { standard: 'asvs-l3', then: '{ allow: { factors: 1 } }', files: withMail },
    [`${placeOfRule} ${asvs} 6.3.3`, `${placeOfRule} ${asvs} 6.3.6`],
  ],
  [
    'the default password policy for PCI DSS',
    { standard: 'pci-dss-4', then: '{ allow: { factors: 2 } }' },
    ['8.3.4', '8.3.6', '8.3.7'].map((section) => `error policies/password.yaml:1 ${pci} ${section}`),
  ],
  [
    'a long pause for PCI DSS',
    {
      standard: 'pci-dss-4',
      then: '{ allow: { factors: 2 } }',
      files: {
        'policies/password.yaml': strictPasswords,
        'policies/session.yaml': session('idle: PT1H, absolute: PT12H'),
      },
    },
    [`error policies/session.yaml:2 ${pci} 8.2.8`],
  ],
  [
    'a way in that is not phishing resistant',
    {
      standard: 'phr-only',
      then: '{ allow: { anyOf: [{ possession: { phishingResistant: true } }, { knowledge: {} }] } }',
    },
    [`${placeOfRule} ${nist} 3.2.5`],
  ],
];

describe('each session rule is examined by its own pauses', () => {
  const sessionRules = (...all: readonly string[]) => `rules:\n${all.map((each) => `  - ${each}\n`).join('')}`;
  const rule = (name: string, idle: string, when = '') =>
    `{ name: ${name}, ${when}then: { allow: { primary: any, secondFactor: never, idle: ${idle}, absolute: PT8H } } }`;
  const of = (group: string) => `when: { groups: { any: [${group}] } }, `;
  const withSession = (...all: readonly string[]) => ({
    'policies/password.yaml': strictPasswords,
    'policies/session.yaml': sessionRules(...all),
  });
  const then = '{ allow: { factors: 2 } }';
  const short = `error policies/session.yaml`;

  test.each<[string, readonly string[], readonly string[]]>([
    ['the one above', [rule('Admins', 'PT30M', of('admins')), rule('Rest', 'PT15M')], [`${short}:2 ${pci} 8.2.8`]],
    ['the one below', [rule('Admins', 'PT15M', of('admins')), rule('Rest', 'PT30M')], [`${short}:3 ${pci} 8.2.8`]],
    [
      'both',
      [rule('Admins', 'PT30M', of('admins')), rule('Staff', 'PT15M', of('staff')), rule('Rest', 'PT1H')],
      [`${short}:2 ${pci} 8.2.8`, `${short}:4 ${pci} 8.2.8`],
    ],
    ['none', [rule('Admins', 'PT15M', of('admins')), rule('Rest', 'PT15M')], []],
  ])('%s may pause for too long', async (_, rules, expected) => {
    expect(await unmet({ standard: 'pci-dss-4', then, files: withSession(...rules) })).toEqual(expected);
  });

  test('a demand that some rule of an app misses is not reported as undecided at another rule', async () => {
    const signOn = (expression: string) =>
      `name: notes\nrules:\n  - { name: Some, when: { expression: '${expression}' }, then: ${then} }\n  - { name: Everybody, then: ${then} }\n`;
    const files = (expression: string, last: string) => ({
      ...withSession(rule('Rest', last)),
      'policies/sign-on/notes.yaml': signOn(expression),
    });
    const unknown = 'size(user.groups) > 2';
    const found = await unmet({ standard: 'pci-dss-4', then, files: files(unknown, 'PT30M') });
    expect(found).toEqual([`${short}:2 ${pci} 8.2.8`]);
    expect(await unmet({ standard: 'pci-dss-4', then, files: files(unknown, 'PT15M') })).toEqual([]);
  });

  test('and by that of sessions that are kept', async () => {
    const kept = rule('Rest', 'PT15M').replace(
      'absolute: PT8H',
      'absolute: PT8H, keepSignedIn: { idle: P7D, absolute: P14D }',
    );
    const files = withSession(rule('Admins', 'PT15M', of('admins')), kept);
    expect(await unmet({ standard: 'pci-dss-4', then, files })).toEqual([`${short}:3 ${pci} 8.2.8`]);
  });
});

describe('falls short', () => {
  test.each(mistakes)('%s', async (_, example, expected) => {
    expect(await unmet(example)).toEqual(expected);
  });

  test('an undecided demand does not pass', async () => {
    const files = {
      'policies/sign-on/notes.yaml': `name: notes\nrules:\n  - { name: Formula, when: { expression: 'network.ip == "1.2.3.4"' }, then: { allow: { factors: 1 } } }\n  - { name: Rest, then: { allow: { possession: { phishingResistant: true } } } }\n`,
    };
    expect(await unmet({ standard: 'phr-only', then: '', files })).toEqual([`${placeOfRule} ${nist} 3.2.5`]);
  });

  test('an undecided demand is reported next to a missed one, with the reason', async () => {
    const weak = '{ allow: { factors: 1 } }';
    const files = {
      'policies/sign-on/notes.yaml': `name: notes\nrules:\n  - { name: Formula, when: { expression: 'network.ip == "1.2.3.4"' }, then: ${weak} }\n  - { name: Rest, then: ${weak} }\n`,
    };
    const loaded = await load(
      { 'stepgate.yaml': settings(), 'policies/session.yaml': session(), ...files },
      {},
      authenticatorKinds,
    );
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
    const { findings } = await standardFindings(loaded, {
      standard: 'phr-only',
      authenticators: authenticatorKinds,
      now: fixedNow,
    });
    expect(findings.map(({ line, message }) => [line, message])).toEqual([
      [3, expect.stringMatching(/^whether it meets .* could not be decided: .*; `expression` cannot be taken apart$/)],
      [4, expect.stringMatching(/^falls short of /)],
    ]);
    const otherwise = 'or leave the app out of what the standard is for';
    expect(findings.map(({ advice }) => advice)).toEqual([
      `write these rules with simpler conditions, ${otherwise}`,
      `ask for it in this rule, ${otherwise}`,
    ]);
  });

  test('apps without the label are left out', async () => {
    const weak = { standard: 'phr-only', then: '{ allow: { factors: 1 } }' } as const;
    expect(await unmet(weak, ['cde'])).toEqual([]);
    const app =
      'clientId: notes\nname: N\nlabels: [cde]\nsignOnPolicy: notes\nclient: { redirect_uris: [https://n.test/cb] }\n';
    expect(await unmet({ ...weak, files: { 'apps/notes.yaml': app } }, ['cde'])).toEqual([
      `${placeOfRule} ${nist} 3.2.5`,
    ]);
  });
});

test('what is proved at an app that is left out counts at the others only as long as their rule lets it', async () => {
  const app = (name: string, label: string) =>
    `clientId: ${name}\nname: N\nlabels: [${label}]\nsignOnPolicy: notes\nclient: { redirect_uris: [https://n.test/cb] }\n`;
  const long =
    '  - { name: Long, when: { apps: { any: [long] } }, then: { allow: { primary: any, secondFactor: never, idle: P5D, absolute: P5D } } }\n';
  const files = {
    ...{ 'apps/notes.yaml': app('notes', 'cde'), 'apps/long.yaml': app('long', 'other') },
    'policies/session.yaml': session().replace('rules:\n', `rules:\n${long}`),
    'policies/password.yaml': strictPasswords,
  };
  const example = { standard: 'pci-dss-4', then: '{ allow: { factors: 2 } }', files } as const;
  expect(await unmet(example)).toEqual([`error policies/session.yaml:2 ${pci} 8.2.8`]);
  expect(await unmet(example, ['cde'])).toEqual([]);
});

test('the same session rules fall short whether the only app is named or not', async () => {
  const rules = (first: string, second: string) =>
    session(`idle: ${second}, absolute: PT12H`).replace(
      'rules:\n',
      `rules:\n  - { name: Admins, when: { groups: { any: [admins] } }, then: { allow: { primary: any, secondFactor: never, idle: ${first}, absolute: PT12H } } }\n`,
    );
  const files = (first: string, second: string) => ({
    'stepgate.yaml': `${settings()}groups: { admins: { description: Administrators } }\n`,
    'apps/notes.yaml':
      'clientId: notes\nname: N\nlabels: [cde]\nsignOnPolicy: notes\nclient: { redirect_uris: [https://n.test/cb] }\n',
    'policies/session.yaml': rules(first, second),
    'policies/password.yaml': strictPasswords,
  });
  const found = async (first: string, second: string) => {
    const example = { standard: 'pci-dss-4', then: '{ allow: { factors: 2 } }', files: files(first, second) } as const;
    expect(await unmet(example, ['cde'])).toEqual(await unmet(example));
    return unmet(example);
  };
  expect(await found('PT2H', 'PT15M')).toEqual([`error policies/session.yaml:2 ${pci} 8.2.8`]);
  expect(await found('PT15M', 'PT2H')).toEqual([`error policies/session.yaml:3 ${pci} 8.2.8`]);
});

describe('a comment accepts that a rule falls short', () => {
  const weak = (comment: string) => ({
    'stepgate.yaml': settings(),
    'policies/session.yaml': session(),
    'policies/sign-on/notes.yaml': policy('{ allow: { factors: 1 } }').replace('  - ', `  ${comment}\n  - `),
  });
  const found = async (comment: string) => {
    const loaded = await load(weak(comment), {}, authenticatorKinds);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
    const options = { standard: 'asvs-l2', authenticators: authenticatorKinds, now: fixedNow } as const;
    const { findings, accepted } = await standardFindings(loaded, options);
    const analysed = await analyse(loaded, options);
    return {
      left: findings.length,
      accepted: accepted.map(({ until, reason }) => `${until} ${reason}`),
      faults: analysed.filter(({ code }) => code === 'acceptance').map(({ message }) => message),
    };
  };

  test('until its day, with a reason', async () => {
    expect(await found('# stepgate:accept standard until 2026-11-26: kiosks, risk 12')).toEqual({
      left: 0,
      accepted: ['2026-11-26 kiosks, risk 12'],
      faults: [],
    });
  });

  test('and no longer', async () => {
    expect(await found('# stepgate:accept standard until 2026-11-25: kiosks, risk 12')).toEqual({
      left: 1,
      accepted: [],
      faults: ['the finding was accepted until 2026-11-25'],
    });
  });

  test('and a comment about another finding accepts nothing of it', async () => {
    expect(await found('# stepgate:accept unused until 2026-11-26: why')).toMatchObject({ left: 1, accepted: [] });
  });
});

test('a rule of the session policy that falls short for several apps names them', async () => {
  const app = (name: string) =>
    `clientId: ${name}\nname: ${name}\nsignOnPolicy: ${name}\nclient: { redirect_uris: [https://${name}.test/cb] }\n`;
  const names = ['notes', 'wiki', 'payroll'];
  const files = {
    ...{ 'stepgate.yaml': settings(), 'policies/session.yaml': session('idle: PT2H, absolute: P2D') },
    ...Object.fromEntries(names.map((name) => [`apps/${name}.yaml`, app(name)])),
    ...Object.fromEntries(
      names.map((name) => [`policies/sign-on/${name}.yaml`, policy(twoOf()).replace('notes', name)]),
    ),
  };
  const loaded = await load(files, {}, authenticatorKinds);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const options = { authenticators: authenticatorKinds, now: fixedNow };
  const { findings } = await standardFindings(loaded, { standard: 'nist-aal2', ...options });
  const ofSession = findings.filter(({ file }) => file === 'policies/session.yaml');
  expect(ofSession.length).toBeGreaterThan(0);
  for (const { message, example } of ofSession) {
    expect(message).toMatch(/ \(app notes, and also payroll and wiki\)$/);
    expect(example?.slice(0, 2)).toEqual(['--app', 'notes']);
  }
});

/** What a rule takes that falls short at this section, and the options of `explain` that show it. */
async function shownWeak({ standard, then, files = {} }: Case, section: string) {
  const all = {
    ...{ 'stepgate.yaml': settings(), 'policies/session.yaml': session() },
    'policies/sign-on/notes.yaml': policy(then),
    ...files,
  };
  const loaded = await load(all, {}, authenticatorKinds);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const options = { authenticators: authenticatorKinds, now: fixedNow };
  const { findings } = await standardFindings(loaded, { standard, ...options });
  const { message = '', example = [] } = findings.find((finding) => finding.message.includes(section)) ?? {};
  const { outcome, facts } = await replayed(example, { documents: loaded.documents, ...options });
  const taken = /; it takes (.*) \(app notes\)$/.exec(message)?.[1];
  const enrolled = example[example.indexOf('--enrolled') + 1];
  return { taken, enrolled, outcome, proofs: facts.evidence.length };
}

const without = { 'stepgate.yaml': settings().replace(', metadata: /etc/stepgate/metadata.json', '') };
const verified = 'webauthn[userPresence+userVerification+deviceBound+phishingResistant]';

describe('the weakness of what is enough', () => {
  test.each<[string, Case, string]>([
    [
      'a key, where no settings say which ones hardware protects',
      { standard: 'nist-aal3', then: keysOnly, files: without },
      '2.3.1',
    ],
    [
      'a key, where they do',
      {
        standard: 'nist-aal3',
        then: '{ allow: { possession: { phishingResistant: true, deviceBound: true, userVerification: true } } }',
      },
      '2.3.1',
    ],
    [
      'a key, at level 3 of ASVS',
      {
        standard: 'asvs-l3',
        then: '{ allow: { factors: 2, possession: { phishingResistant: true, deviceBound: true, userVerification: true } } }',
      },
      '6.3.3',
    ],
  ])('%s', async (_, example, section) => {
    expect(await shownWeak(example, section)).toEqual({
      taken: 'nothing but webauthn (without hardware protection)',
      enrolled: verified,
      outcome: 'allow',
      proofs: 1,
    });
  });

  test('a code by an app counts as one', async () => {
    const then = '{ allow: { possession: { authenticators: [totp] } } }';
    const found = await shownWeak({ standard: 'nist-aal3', then }, '2.3.1');
    expect([found.taken, found.enrolled]).toEqual(['nothing but totp', 'totp']);
  });

  test('an example of a chain has no superfluous proof', async () => {
    const then = '{ allow: { chains: [[{ authenticators: [webauthn] }, { authenticators: [webauthn] }]] } }';
    expect(await shownWeak({ standard: 'nist-aal3', then, files: without }, '2.3.1')).toMatchObject({
      taken: 'webauthn (without hardware protection) and another webauthn (without hardware protection)',
      enrolled: `${verified},${verified}`,
      outcome: 'allow',
      proofs: 2,
    });
  });
});
