/** Mistakes that administrators make, one by one in the example configuration: each is found, at its place. */
import { describe, expect, test } from '@jest/globals';
import { drawnFrom } from '../../../../core/support/seeded.ts';
import { exampleFiles } from '../../support/example-files.ts';
import { type Edits, foundInBoth } from '../../support/seeded-files.ts';

const example = exampleFiles();

/** Groups of the example that no rule names. */
const unused = ['note unused stepgate.yaml staff:', 'note unused stepgate.yaml payroll-admins:'];

const found = async (edits: Edits) => (await foundInBoth(example, edits)).filter((line) => !unused.includes(line));

const payroll = 'policies/sign-on/payroll.yaml';
const notes = 'policies/sign-on/notes.yaml';
const session = 'policies/session.yaml';
const enrollment = 'policies/enrollment.yaml';
const last = '  # Two *distinct* factor types';
const before = (place: string, rule: string) => [[place, `${rule}\n${place}`]] as const;
const atNotes = (...rules: readonly string[]): Edits => ({
  [notes]: `name: notes\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`,
});
/** The apps under this policy. */
const atBoth = (from: string, to: string): Edits => ({
  'apps/notes.yaml': [[from, to]],
  'apps/parcels.yaml': [[from, to]],
});
const rest = '{ name: Rest, then: { allow: { factors: 1 } } }';
const strict = '{ allow: { possession: { phishingResistant: true } } }';
const passkeysByPasskey = `rules:
  - { name: Passkeys, change: { add: [webauthn] }, then: { allow: { possession: { authenticators: [webauthn] } } } }
  - ${rest}
`;
/** Mailboxes and phones are no second factor in the example. */
const two = '{ allow: { factors: 2, possession: { exclude: [email, phone] } } }';
const one = '{ allow: { factors: 1 } }';

const mistakes: readonly (readonly [string, Edits, readonly string[]])[] = [
  [
    'a rule below one that takes its cases',
    {
      [payroll]: before(last, `  - { name: Strict in the office, when: { network: { any: [office] } }, then: ${two} }`),
    },
    ['error shadowed policies/sign-on/payroll.yaml { name: Strict in the office, wh'],
  ],
  [
    'a group that must and must not be',
    {
      [payroll]: [
        ['any: [contractors]', 'any: [contractors], none: [contractors, auditors]'.replace(', none', '\n        none')],
      ],
    },
    [
      'error invariant invariants.yaml name: Contractors never get into',
      'error contradictory policies/sign-on/payroll.yaml name: No contractors',
    ],
  ],
  [
    'an exception below the rule',
    {
      [payroll]: [
        ['  - name: No contractors\n    when:\n      groups:\n        any: [contractors]\n    then: deny\n', ''],
        [
          last,
          `  - name: No contractors\n    when:\n      groups:\n        any: [contractors]\n    then: deny\n${last}`,
        ],
      ],
    },
    ['error invariant invariants.yaml name: Contractors never get into'],
  ],
  [
    'a group that is misspelled',
    { [payroll]: [['any: [contractors]', 'any: [contracters]']] },
    [
      'error invariant invariants.yaml name: Contractors never get into',
      'warning unknown-group policies/sign-on/payroll.yaml contracters]',
    ],
  ],
  [
    'a zone that is misspelled',
    { [payroll]: [['any: [office]', 'any: [ofice]']] },
    ['refused policies/sign-on/payroll.yaml ofice]'],
  ],
  [
    'an authenticator that is misspelled',
    { [payroll]: [['exclude: [email, phone]', 'exclude: [email, fone]']] },
    ['refused policies/sign-on/payroll.yaml fone]'],
  ],
  [
    'a rule behind the catch-all',
    atNotes(rest, `{ name: Strict, when: { groups: { any: [auditors] } }, then: ${two} }`),
    ['refused policies/sign-on/notes.yaml { name: Strict, when: { groups:'],
  ],
  [
    'no catch-all',
    atNotes(`{ name: Staff, when: { groups: { any: [staff] } }, then: ${one} }`),
    ['refused policies/sign-on/notes.yaml { name: Staff, when: { groups: {'],
  ],
  [
    'second factors that are disabled where they are asked for',
    {
      [enrollment]: [
        ['disabled: [email, phone]', 'disabled: [email, phone, totp, webauthn, recovery_code, access_code]'],
        ['      required:\n        - anyOf: [totp, webauthn]\n', ''],
      ],
    },
    ['error lock-out policies/enrollment.yaml name: A second factor for payrol'],
  ],
  [
    'what must be enrolled cannot be',
    { [enrollment]: [['- anyOf: [totp, webauthn]', '- anyOf: [access_code]']] },
    ['refused policies/enrollment.yaml anyOf: [access_code]'],
  ],
  [
    'an age that no session reaches',
    { [payroll]: [['maxAge: PT1H', 'maxAge: P40D']] },
    ['warning unreached-age policies/sign-on/payroll.yaml P40D'],
  ],
  [
    'a second factor as rarely as no session lasts',
    { [session]: [['secondFactor: never', 'secondFactor: { every: P30D }']] },
    ['warning unreached-age policies/session.yaml P30D }'],
  ],
  [
    'a pause that no session has',
    atNotes('{ name: All, then: { allow: { knowledge: { maxIdle: P20D } } } }'),
    ['warning unreached-age policies/sign-on/notes.yaml P20D } } } }'],
  ],
  [
    'a session length longer than any session, at an app without refresh tokens',
    {
      ...atNotes(`{ name: All, then: { allow: { factors: 1 }, session: { absolute: P31D } } }`),
      ...atBoth('    - refresh_token\n', ''),
    },
    ['warning unreached-age policies/sign-on/notes.yaml P31D } } }'],
  ],
  [
    'a session length longer than any refresh token',
    atNotes(`{ name: All, then: { allow: { factors: 1 }, session: { absolute: P120D } } }`),
    ['warning unreached-age policies/sign-on/notes.yaml P120D } } }'],
  ],
  [
    'a session length longer than any session, in which refresh tokens end',
    {
      ...atNotes(`{ name: All, then: { allow: { factors: 1 }, session: { absolute: P31D } } }`),
      ...atBoth('  client_uri', '  scope: openid profile email\n  client_uri'),
    },
    ['warning unreached-age policies/sign-on/notes.yaml P31D } } }'],
  ],
  [
    'a session length longer than any session, where no request asks for lasting refresh tokens',
    atNotes(
      '{ name: Offline, when: { scopes: { any: [offline_access] } }, then: deny }',
      '{ name: All, then: { allow: { factors: 1 }, session: { absolute: P31D } } }',
    ),
    [
      'error invariant invariants.yaml name: Everybody gets into the no',
      'warning unreached-age policies/sign-on/notes.yaml P31D } } }',
    ],
  ],
  [
    'a session length longer than any session that is not kept, where none counts as kept',
    atNotes(`{ name: All, then: { allow: { factors: 1 }, session: { keepSignedIn: false, absolute: P1D } } }`),
    ['warning unreached-age policies/sign-on/notes.yaml P1D } } }'],
  ],
  [
    'an age within a shorter one of the same rule',
    atNotes(
      '{ name: All, then: { allow: { anyOf: [{ possession: { authenticators: [webauthn], maxAge: PT8H } }, { reauthenticate: PT1H, factors: 2, knowledge: { maxAge: PT8H } }] } } }',
    ),
    [
      'note restricted-authenticator policies/sign-on/notes.yaml { anyOf: [{ possession: { authen',
      'warning unreached-age policies/sign-on/notes.yaml PT8H } }] } } }',
    ],
  ],
  [
    'an age of what is asked for each time',
    atNotes('{ name: All, then: { allow: { reauthenticate: always, knowledge: { maxAge: PT12H } } } }'),
    ['warning unreached-age policies/sign-on/notes.yaml PT12H } } } }'],
  ],
  [
    'a pause that is longer than the age of the same proof',
    atNotes('{ name: All, then: { allow: { knowledge: { maxAge: PT1H, maxIdle: PT2H } } } }'),
    ['warning unreached-age policies/sign-on/notes.yaml PT2H } } } }'],
  ],
  [
    'a pause in a chain that is longer than the age of the same proof',
    atNotes(
      '{ name: All, then: { allow: { chains: [[{ authenticators: [password], maxAge: PT1H, maxIdle: PT2H }]] } } }',
    ),
    ['warning unreached-age policies/sign-on/notes.yaml PT2H }]] } } }'],
  ],
  [
    'a session length beyond what the rule asks for again',
    {
      ...atNotes('{ name: All, then: { allow: { factors: 1, reauthenticate: PT1H }, session: { absolute: PT8H } } }'),
      ...atBoth('    - refresh_token\n', ''),
    },
    ['warning unreached-age policies/sign-on/notes.yaml PT8H } } }'],
  ],
  [
    'a session length beyond what the rule asks for again, and any refresh token',
    atNotes('{ name: All, then: { allow: { factors: 1, reauthenticate: PT1H }, session: { absolute: P91D } } }'),
    ['warning unreached-age policies/sign-on/notes.yaml P91D } } }'],
  ],
  [
    'hardware that no key can show',
    atNotes('{ name: All, then: { allow: { anyOf: [{ possession: { hardwareProtected: true } }, { factors: 2 }] } } }'),
    [
      'note restricted-authenticator policies/sign-on/notes.yaml { anyOf: [{ possession: { hardwa',
      'warning unmeetable policies/sign-on/notes.yaml { possession: { hardwareProtecte',
    ],
  ],
  [
    'a chain of what cannot be used',
    atNotes(
      '{ name: All, then: { allow: { chains: [[{ authenticators: [password] }, { authenticators: [totp], phishingResistant: true }], [{ authenticators: [webauthn] }]] } } }',
    ),
    ['warning unmeetable policies/sign-on/notes.yaml [{ authenticators: [password] },'],
  ],
  [
    'an alternative that another one contains',
    atNotes('{ name: All, then: { allow: { anyOf: [{ factors: 2 }, { factors: 1 }] } } }'),
    [
      'note restricted-authenticator policies/sign-on/notes.yaml { anyOf: [{ factors: 2 }, { fact',
      'warning pointless-alternative policies/sign-on/notes.yaml { factors: 2 }, { factors: 1 }]',
    ],
  ],
  [
    'a chain that another one contains',
    atNotes(
      '{ name: All, then: { allow: { chains: [[{ authenticators: [password] }, { authenticators: [totp] }], [{ authenticators: [password] }]] } } }',
    ),
    ['warning pointless-alternative policies/sign-on/notes.yaml [{ authenticators: [password] },'],
  ],
  [
    'a condition that narrows what it shall widen',
    atNotes(
      `{ name: Auditors, when: { groups: { any: [auditors] }, network: { any: [office] } }, then: ${two} }`,
      rest,
    ),
    ['warning weaker-below policies/sign-on/notes.yaml { name: Auditors, when: { groups'],
  ],
  [
    'strict on known devices only',
    {
      ...atNotes(
        `{ name: Auditors, when: { groups: { any: [auditors] }, device: { known: true } }, then: ${strict} }`,
        rest,
      ),
    },
    ['warning weaker-below policies/sign-on/notes.yaml { name: Auditors, when: { groups'],
  ],
  [
    'a browser that chooses by what it says',
    atNotes(`{ name: Phones, when: { device: { platform: [mobile] } }, then: ${one} }`, `{ name: Rest, then: ${two} }`),
    ['warning spoofable policies/sign-on/notes.yaml { name: Rest, then: { allow: { f'],
  ],
  [
    'a denial by what a user may lack',
    atNotes('{ name: No sales, when: { attributes: { department: { equals: sales } } }, then: deny }', rest),
    [
      'error invariant invariants.yaml name: Everybody gets into the no',
      'warning fail-open policies/sign-on/notes.yaml { name: No sales, when: { attrib',
    ],
  ],
  [
    'a denial by the user type',
    atNotes('{ name: No guests, when: { userType: { any: [guest] } }, then: deny }', rest),
    [
      'error invariant invariants.yaml name: Everybody gets into the no',
      'warning fail-open policies/sign-on/notes.yaml { name: No guests, when: { userT',
    ],
  ],
  [
    'an attribute that users write',
    atNotes(
      `{ name: Bosses, when: { attributes: { displayName: { matches: "Boss*" } } }, then: ${one} }`,
      `{ name: Rest, then: ${two} }`,
    ),
    ['error user-written policies/sign-on/notes.yaml { matches: "Boss*" } } }, then:'],
  ],
  [
    'a denial by what users write',
    {
      ...atNotes('{ name: No others, when: { attributes: { team: { not: { equals: board } } } }, then: deny }', rest),
      'stepgate.yaml': [
        [
          'trustedProxies: 0',
          'trustedProxies: 0\nattributes: { team: { type: text, label: { en: Team }, write: user } }',
        ],
      ],
    },
    [
      'error invariant invariants.yaml name: Everybody gets into the no',
      'error user-written policies/sign-on/notes.yaml { not: { equals: board } } } },',
    ],
  ],
  [
    'an expression over what users write',
    {
      ...atNotes(
        `{ name: Bosses, when: { expression: 'has(user.profile.nick) && user.profile.nick == "boss"' }, then: ${one} }`,
        `{ name: Rest, then: ${two} }`,
      ),
      'stepgate.yaml': [
        [
          'trustedProxies: 0',
          'trustedProxies: 0\nattributes: { nick: { type: text, label: { en: Nick }, write: user } }',
        ],
      ],
    },
    ['error user-written policies/sign-on/notes.yaml user.profile.nick) && user.profi'],
  ],
  [
    'an expression over what may be absent',
    atNotes(`{ name: Sales, when: { expression: 'user.profile.department == "sales"' }, then: ${two} }`, rest),
    [
      'error invariant invariants.yaml name: Everybody gets into the no',
      'warning unguarded-read policies/sign-on/notes.yaml user.profile.department == "sale',
    ],
  ],
  [
    'an expression of which the time is over',
    atNotes(`{ name: Launch, when: { expression: 'now < date("2026-01-31")' }, then: ${two} }`, rest),
    ['warning past policies/sign-on/notes.yaml { name: Launch, when: { expressi'],
  ],
  [
    'a grace that is over',
    { [enrollment]: [['skips: 3\n      optional', 'until: 2026-10-31\n      optional']] },
    ['warning past policies/enrollment.yaml anyOf: [webauthn]'],
  ],
  [
    'a level of risk below a lower one',
    atNotes(
      `{ name: Some, when: { risk: { atLeast: medium } }, then: ${two} }`,
      `{ name: High, when: { risk: { atLeast: high } }, then: ${strict} }`,
      rest,
    ),
    ['error shadowed policies/sign-on/notes.yaml { name: High, when: { risk: { at'],
  ],
  [
    'a level of risk that points never reach',
    {
      ...atNotes(`{ name: High, when: { risk: { atLeast: high } }, then: ${two} }`, rest),
      'stepgate.yaml': [['trustedProxies: 0', 'trustedProxies: 0\nrisk: { levels: { medium: 50, high: 100 } }']],
    },
    ['error contradictory policies/sign-on/notes.yaml high } }, then: { allow: { facto'],
  ],
  [
    'a level that is not below another one',
    atNotes(`{ name: High, when: { risk: { atLeast: high, below: high } }, then: ${two} }`, rest),
    ['refused policies/sign-on/notes.yaml { atLeast: high, below: high } }'],
  ],
  [
    'hours that leave nothing',
    atNotes(
      `{ name: Days, when: { time: { from: "08:00", to: "20:00", zone: UTC } }, then: ${one} }`,
      `{ name: Nights, when: { time: { from: "20:00", to: "08:00", zone: UTC } }, then: ${two} }`,
      `{ name: Lunch, when: { time: { from: "12:00", to: "13:00", zone: UTC } }, then: ${strict} }`,
      rest,
    ),
    ['error shadowed policies/sign-on/notes.yaml { name: Lunch, when: { time: { f'],
  ],
  [
    'a time that two zones give otherwise',
    atNotes(
      `{ name: Days, when: { time: { from: "08:00", to: "20:00", zone: Europe/Vienna } }, then: ${two} }`,
      `{ name: Noon, when: { time: { from: "12:00", to: "13:00", zone: Europe/Berlin } }, then: ${strict} }`,
      rest,
    ),
    ['error shadowed policies/sign-on/notes.yaml { name: Noon, when: { time: { fr'],
  ],
  [
    'an app that only denies',
    atNotes('{ name: All, then: deny }'),
    ['refused apps/notes.yaml notes', 'refused apps/parcels.yaml notes'],
  ],
  [
    'a session policy that takes all that an app allows',
    {
      ...atNotes(`{ name: Away, when: { network: { none: [office] } }, then: ${one} }`, '{ name: Rest, then: deny }'),
      [session]: before(
        '  - name: Everybody\n',
        '  - { name: Away, when: { network: { none: [office] } }, then: deny }',
      ),
    },
    [
      'error closed-app apps/notes.yaml notes',
      'error invariant invariants.yaml name: Everybody gets into the no',
      'warning unreachable policies/sign-on/payroll.yaml name: Everybody else',
    ],
  ],
  [
    'a session policy that denies each first sign-in, and a rule about new browsers',
    {
      ...atNotes(`{ name: New, when: { device: { known: false } }, then: ${two} }`, `{ name: Rest, then: ${one} }`),
      [session]: before('  - name: Everybody\n', '  - { name: New, when: { device: { known: false } }, then: deny }'),
    },
    [
      'error invariant invariants.yaml name: Everybody gets into the no',
      'error lock-out policies/session.yaml { name: New, when: { device: { k',
    ],
  ],
  [
    'a rule where the session policy denies',
    {
      [payroll]: before(
        last,
        `  - { name: Auditors away, when: { groups: { any: [auditors] }, network: { none: [office] } }, then: ${two} }`,
      ),
      [session]: before(
        '  - name: Everybody\n',
        '  - { name: Away, when: { network: { none: [office] } }, then: deny }',
      ),
    },
    [
      'error invariant invariants.yaml name: Everybody gets into the no',
      'warning unreachable policies/sign-on/payroll.yaml { name: Auditors away, when: { g',
      'warning unreachable policies/sign-on/payroll.yaml name: Everybody else',
    ],
  ],
  [
    'new users who cannot set up what is asked for',
    {
      ...atNotes(`{ name: All, then: ${strict} }`),
      [enrollment]: [
        ['  - name: Everybody else\n    then: {}', '  - name: Everybody else\n    then: { useOnly: [webauthn, totp] }'],
      ],
    },
    ['warning newcomer-lock-out policies/enrollment.yaml name: Everybody else'],
  ],
  [
    'a passkey for the first passkey, where all must have one',
    {
      ...atNotes(`{ name: All, then: ${strict} }`),
      'policies/account.yaml': passkeysByPasskey,
    },
    ['error lock-out policies/account.yaml { name: Passkeys, change: { add:'],
  ],
  [
    'a passkey for the first passkey',
    {
      'policies/account.yaml': passkeysByPasskey,
      'policies/enrollment.yaml': [['anyOf: [webauthn]\n          grace:', 'anyOf: [totp]\n          grace:']],
    },
    ['warning never-added policies/account.yaml { name: Passkeys, change: { add:'],
  ],
  [
    'a passkey for the first passkey, where some must have one once the grace is over',
    { 'policies/account.yaml': passkeysByPasskey },
    ['error lock-out policies/account.yaml { name: Passkeys, change: { add:'],
  ],
  [
    'one factor where an invariant says two',
    {
      [payroll]: [
        [
          '  - name: One factor in the office\n    when:\n      network:\n        any: [office]\n',
          '  - name: One factor in the office\n    when:\n      groups:\n        any: [staff]\n',
        ],
      ],
    },
    ['error invariant invariants.yaml name: Payroll from elsewhere tak'],
  ],
  [
    'a mailbox where an invariant says none',
    { [enrollment]: [['      disabled: [email, phone]\n', '']] },
    ['error invariant invariants.yaml name: No mailbox and no phone op'],
  ],
  [
    'an invariant about no sign-in',
    {
      'invariants.yaml':
        'invariants:\n  - { name: Nothing, when: { groups: { any: [staff], none: [staff] } }, never: allow }\n',
    },
    ['warning empty-invariant invariants.yaml { name: Nothing, when: { groups:'],
  ],
  [
    'an invariant behind a formula',
    { ...atNotes(`{ name: Odd, when: { expression: 'size(user.groups) > 3' }, then: deny }`, rest) },
    ['warning invariant invariants.yaml name: Everybody gets into the no'],
  ],
  [
    'an invariant behind a formula that no example meets',
    { ...atNotes(`{ name: Odd, when: { expression: 'size(user.groups) * 7 == 91' }, then: deny }`, rest) },
    [
      'warning undecided-invariant invariants.yaml name: Everybody gets into the no',
      'note undecided policies/sign-on/notes.yaml { name: Odd, when: { expression:',
    ],
  ],
  [
    'an acceptance of what is not there',
    {
      [notes]: [
        ['  - name: Everybody', '  # stepgate:accept shadowed until 2027-01-31: not true\n  - name: Everybody'],
      ],
    },
    ['warning acceptance policies/sign-on/notes.yaml # stepgate:accept shadowed until'],
  ],
  [
    'an acceptance of another code',
    {
      [notes]: [
        ['  - name: Everybody', '  # stepgate:accept shadwed until 2027-01-31: misspelled\n  - name: Everybody'],
      ],
    },
    ['warning acceptance policies/sign-on/notes.yaml # stepgate:accept shadwed until'],
  ],
  [
    'a rule that only reports, below one that takes its cases',
    {
      [payroll]: before(
        last,
        `  - { name: Strict in the office, reportOnly: true, when: { network: { any: [office] } }, then: ${two} }`,
      ),
    },
    ['warning shadowed policies/sign-on/payroll.yaml { name: Strict in the office, re'],
  ],
  [
    'ages of accounts that leave none',
    atNotes(`{ name: Young, when: { accountAge: { atLeast: P30D, below: P7D } }, then: ${two} }`, rest),
    ['refused policies/sign-on/notes.yaml { atLeast: P30D, below: P7D } },'],
  ],
  [
    'a recovery below a longer one',
    atNotes(
      `{ name: Recovered, when: { recovered: { within: P7D } }, then: ${two} }`,
      `{ name: Just recovered, when: { recovered: { within: P1D } }, then: ${strict} }`,
      rest,
    ),
    ['error shadowed policies/sign-on/notes.yaml { name: Just recovered, when: {'],
  ],
  [
    'a device of which no source says it',
    atNotes(`{ name: Managed, when: { device: { managed: true } }, then: ${one} }`, `{ name: Rest, then: ${two} }`),
    ['refused policies/sign-on/notes.yaml true } }, then: { allow: { facto'],
  ],
  [
    'a system that runs on no such platform',
    atNotes(`{ name: Phones, when: { device: { platform: [desktop], os: [ios] } }, then: ${two} }`, rest),
    ['error contradictory policies/sign-on/notes.yaml { name: Phones, when: { device:'],
  ],
  [
    'a least level that no user reaches',
    { 'apps/notes.yaml': [['signOnPolicy: notes\n', 'signOnPolicy: notes\nminimumAcr: phrh\n']] },
    ['refused apps/notes.yaml phrh'],
  ],
  [
    'a browser that is to be remembered in a chain',
    atNotes(
      '{ name: All, then: { allow: { chains: [[{ authenticators: [password] }, { authenticators: [totp] }]] }, remember: { device: P30D } } }',
    ),
    ['refused policies/sign-on/notes.yaml { device: P30D } } }'],
  ],
  [
    'a kept session that ends sooner',
    {
      [session]: [
        ['idle: P14D', 'idle: PT1H'],
        ['absolute: P30D', 'absolute: PT12H'],
      ],
    },
    ['refused policies/session.yaml primary: any'],
  ],
  [
    'a zone that no rule names',
    { 'stepgate.yaml': [['zones:\n', 'zones:\n  lab:\n    cidrs: [198.51.100.0/24]\n']] },
    ['note unused stepgate.yaml lab:'],
  ],
  [
    'a policy that no app has',
    { 'policies/sign-on/old.yaml': `name: old\nrules:\n  - ${rest}\n` },
    ['note unused policies/sign-on/old.yaml old'],
  ],
  [
    'an app without its policy',
    { 'apps/notes.yaml': [['signOnPolicy: notes\n', 'signOnPolicy: note\n']] },
    ['refused apps/notes.yaml note'],
  ],
  [
    'a key that stands twice',
    { [notes]: [['        factors: 1\n', '        factors: 1\n        factors: 2\n']] },
    ['refused policies/sign-on/notes.yaml factors: 2'],
  ],
  [
    'two rules of one name',
    atNotes(`{ name: Rest, when: { groups: { any: [staff] } }, then: ${two} }`, rest),
    ['refused policies/sign-on/notes.yaml Rest, then: { allow: { factors:'],
  ],
];

test('the example itself has none', async () => {
  expect(await found({})).toEqual([]);
});

test('a session length is none that refresh tokens of one app reach', async () => {
  const limited = atNotes('{ name: All, then: { allow: { factors: 1 }, session: { absolute: P31D } } }');
  for (const app of ['apps/notes.yaml', 'apps/parcels.yaml'])
    expect(await found({ ...limited, [app]: [['    - refresh_token\n', '']] })).toEqual([]);
});

describe('a mistake is found:', () => {
  test.each(drawnFrom(mistakes))('%s', async (_, edits, expected) => {
    expect(await found(edits)).toEqual(expected);
  });
});
