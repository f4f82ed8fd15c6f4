/** `config apply --no-weaker`: what it refuses, what it lets pass, and what it says it could not decide. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { configCommand } from '../../../../../src/cli/config/config.ts';
import { validFiles, withConfiguration } from '../../../policy/support/configuration-dir.ts';
import { applyDemo, configContext, openTerminal, run, type Terminal } from '../../support/harness.ts';
import { replayedChange } from '../support/replayed-change.ts';

let terminal: Terminal;
let stderr: string;
beforeEach(() => {
  terminal = openTerminal();
  stderr = '';
});
afterEach(() => terminal.store.close());

type Files = Readonly<Record<string, string>>;

const signOn = (...rules: readonly object[]): Files => ({
  'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules }),
});
const allow = (terms: object, when?: object, name = 'Rule') => ({
  name,
  ...(when && { when }),
  then: { allow: terms },
});
const remembering = (terms: object) => ({ name: 'Rule', then: { allow: terms, remember: { device: 'P30D' } } });
const resistant = { phishingResistant: true };
const twoResistant = { factors: 2, possession: resistant };
const byTotp = { factors: 2, possession: { authenticators: ['totp'] } };
const orTotp = (terms: object) => remembering({ anyOf: [terms, byTotp] });
const session = validFiles['policies/session.yaml'] ?? '';
const settings = `${validFiles['stepgate.yaml']}authenticators: { totp: { enabled: true }, webauthn: { enabled: true } }\n`;
const base: Files = { ...validFiles, 'stepgate.yaml': settings };
const one = { factors: 1 };
const two = { factors: 2 };
const office = { network: { any: ['office'] } };
const editors = { groups: { any: ['editors'] } };
const granting = (scopes: readonly string[]) => ({ name: 'Rule', then: { allow: one, grant: { scopes } } });
const tokens = (text: string): Files => ({ 'stepgate.yaml': `${settings}tokens: ${text}\n` });
const aged = (oldest: string) => allow({ factors: 2, knowledge: { authenticators: ['password'], maxAge: oldest } });
const withPhone = (methods: string): Files => ({
  'stepgate.yaml': `${settings.trimEnd().slice(0, -2)}, phone: { enabled: true, methods: [${methods}], countries: [DE] } }\n`,
});
const without = (key: string): Files => ({
  'stepgate.yaml': settings.replace(`${key}: { enabled: true }`, `${key}: { enabled: false }`),
});
const byPhone = signOn(allow({ possession: { authenticators: ['phone'] } }));
const byPassword = signOn(allow({ knowledge: { authenticators: ['password'] } }));
const passwordFirst: Files = { 'policies/session.yaml': session.replace('primary: any', 'primary: password') };
const recovery = (authenticators: string): Files => ({
  'policies/recovery.yaml': `rules:\n  - { name: Forgot, then: { allow: { possession: { authenticators: [${authenticators}] } } } }\n`,
});
const accountRules = (...rules: readonly object[]): Files => ({
  'policies/account.yaml': JSON.stringify({ rules: [...rules, { name: 'Rest', then: { allow: one } }] }),
});
const changing = (change: object, then: unknown, when?: object) => ({
  ...{ name: JSON.stringify(change), change, then },
  ...(when && { when }),
});
const byTotpOnly = { possession: { authenticators: ['totp'] } };
const setUp = (terms: object): Files => ({
  'policies/enrollment.yaml': JSON.stringify({ rules: [{ name: 'E', then: terms }] }),
});
const useOnly = setUp({ useOnly: ['password', 'totp', 'webauthn', 'phone', 'email'] });
const finance = (terms: object): Files => ({
  'policies/enrollment.yaml': JSON.stringify({
    rules: [
      { name: 'F', when: { groups: { any: ['finance'] } }, then: terms },
      { name: 'E', then: {} },
    ],
  }),
});
const maxAge = (seconds?: number): Files => ({
  'apps/notes.yaml': `${validFiles['apps/notes.yaml']}${seconds === undefined ? '' : `  default_max_age: ${seconds}\n`}`,
});
const enrollment = (disabled: string): Files => ({
  'policies/enrollment.yaml': `rules:\n  - { name: E, then: { disabled: [${disabled}] } }\n`,
});

async function config(...words: readonly string[]): Promise<string> {
  const context = configContext(terminal, {
    stderr: (text) => {
      stderr += text;
    },
  });
  await run(configCommand(context), ...words);
  return terminal.printed();
}

const apply = (files: Files, ...words: readonly string[]) =>
  withConfiguration({ ...base, ...files }, (dir) => config('apply', dir, ...words));

/** What is printed when the change is refused; empty: it is active. */
async function refusal(active: Files, next: Files): Promise<string> {
  // What is active was analysed when it was activated.
  await withConfiguration({ ...base, ...active }, (dir) => applyDemo(terminal.store, dir));
  stderr = '';
  const printed = await apply(next, '--no-weaker');
  return printed.includes('revision 2 is active') ? '' : stderr;
}

test.each<[string, Files, Files]>([
  ['more factors', signOn(allow(one)), signOn(allow(two))],
  [
    'a rule that can hold in the past only',
    signOn(allow(two)),
    signOn(allow(one, { expression: 'now < timestamp("2020-01-01T00:00:00Z")' }, 'Past'), allow(two)),
  ],
  ['a denial', signOn(allow(one)), signOn({ name: 'No', when: office, then: 'deny' }, allow(one))],
  ['the same in other words', signOn(allow(two)), signOn(allow({ anyOf: [two] }, editors, 'E'), allow(two))],
  [
    'a second factor, though it may be remembered',
    signOn(allow({ knowledge: { authenticators: ['password'] } })),
    signOn(remembering({ factors: 2, knowledge: { authenticators: ['password'] } })),
  ],
  ['fewer proofs that a browser remembers', signOn(orTotp(twoResistant)), signOn(remembering(byTotp))],
  ['a younger proof', signOn(aged('PT2H')), signOn(aged('PT1H'))],
  ['a shorter session', {}, { 'policies/session.yaml': session.replace('P1D', 'PT8H') }],
  ['no more grace', setUp({ required: [{ anyOf: ['totp'], grace: { skips: 2 } }] }), setUp({ required: ['totp'] })],
  [
    'fewer skips, and a sooner day',
    setUp({
      required: [
        { anyOf: ['totp'], grace: { skips: 2 } },
        { anyOf: ['webauthn'], grace: { until: '2031-02-01' } },
      ],
    }),
    setUp({
      required: [
        { anyOf: ['totp'], grace: { skips: 1 } },
        { anyOf: ['webauthn'], grace: { until: '2031-01-31' } },
      ],
    }),
  ],
  ['fewer proofs for a new password', recovery('totp, webauthn'), recovery('totp')],
  ['no more new passwords', recovery('totp'), {}],
  [
    'new passwords for fewer users',
    recovery('totp'),
    {
      'policies/recovery.yaml': JSON.stringify({
        rules: [
          { name: 'No', when: office, then: 'deny' },
          { name: 'Forgot', then: { allow: byTotpOnly } },
        ],
      }),
    },
  ],
  ['an account policy', {}, accountRules(changing({ add: ['webauthn'] }, { allow: two }))],
  [
    'more for a change of the account',
    accountRules(changing({ add: ['webauthn'], remove: 'all' }, { allow: one })),
    accountRules(changing({ add: ['webauthn'] }, 'deny'), changing({ remove: 'all' }, { allow: two })),
  ],
  [
    'the same account policy in other words',
    accountRules(changing({ add: ['webauthn', 'totp'] }, { allow: two })),
    accountRules(changing({ add: ['webauthn'] }, { allow: two }), changing({ add: ['totp'] }, { allow: two })),
  ],
  [
    'proofs that are older than a change of the account takes',
    accountRules(changing({ add: ['webauthn'] }, { allow: { factors: 2, reauthenticate: 'PT10M' } })),
    accountRules(changing({ add: ['webauthn'] }, { allow: { factors: 2, reauthenticate: 'PT20M' } })),
  ],
  ['an authenticator less', enrollment('totp'), enrollment('totp, webauthn')],
  ['a name', {}, { 'stepgate.yaml': settings.replace('name: Test', 'name: Best') }],
  ['a method less', { ...byPhone, ...withPhone('sms, voice') }, { ...byPhone, ...withPhone('voice') }],
  ['another order of methods', { ...byPhone, ...withPhone('sms, voice') }, { ...byPhone, ...withPhone('voice, sms') }],
  [
    'a method that no rule takes, and by which no user can set up anything',
    {
      ...passwordFirst,
      ...signOn(allow({ possession: { authenticators: ['phone'] } })),
      ...withPhone('voice'),
      ...useOnly,
    },
    {
      ...passwordFirst,
      ...signOn(allow({ possession: { authenticators: ['phone.voice'] } })),
      ...withPhone('sms, voice'),
      ...useOnly,
    },
  ],
  ['a younger default of requests', maxAge(), maxAge(0)],
  [
    'what may no longer be set up',
    { ...signOn(allow(two)), ...setUp({}) },
    { ...signOn(allow(two)), ...setUp({ useOnly: ['webauthn'] }) },
  ],
  ['a required enrollment', setUp({}), setUp({ required: ['totp'] })],
  [
    'one of each in place of two of either',
    setUp({ required: [{ anyOf: ['totp', 'webauthn'], count: 2 }] }),
    setUp({ required: ['totp', 'webauthn'] }),
  ],
  [
    'less grace',
    setUp({ required: [{ anyOf: ['totp'], grace: { skips: 3 } }] }),
    setUp({ required: [{ anyOf: ['totp'], grace: { skips: 2 } }] }),
  ],
  [
    'an authenticator that no rule takes',
    { ...passwordFirst, ...byPassword },
    { ...passwordFirst, ...byPassword, ...withPhone('sms') },
  ],
  [
    'settings of what is off',
    {},
    {
      'stepgate.yaml': settings.replace(
        'authenticators: {',
        'authenticators: { phone: { enabled: false, methods: [voice] },',
      ),
    },
  ],
  ['a scope less', signOn(allow(one)), signOn(granting(['profile']))],
  ['shorter tokens', {}, tokens('{ accessToken: PT5M, refreshToken: { idle: P1D, absolute: P1D } }')],
  [
    'a smaller office',
    signOn(allow(one, office, 'Office'), allow(two)),
    { ...signOn(allow(one, office, 'Office'), allow(two)), 'stepgate.yaml': settings.replace('/24', '/25') },
  ],
])('%s passes', async (_, active, next) => {
  expect(await refusal(active, next)).toBe('');
});

test.each<[string, Files, Files, string]>([
  ['fewer factors', signOn(allow(two)), signOn(allow(one)), 'notes: password is enough, and was not\n'],
  [
    'fewer factors from some addresses',
    signOn(allow(two)),
    signOn(allow(one, office, 'Office'), allow(two, undefined, 'All')),
    "--app notes --groups '' --enrolled password --ip 192.0.2.7 --zone office",
  ],
  [
    'a denial less',
    signOn({ name: 'No', when: editors, then: 'deny' }, allow(one)),
    signOn(allow(one)),
    'lets users in who were denied\n',
  ],
  [
    'an older proof',
    signOn(aged('PT1H')),
    signOn(aged('PT2H')),
    'password (proved 2 h ago) and totp is enough, and was not\n',
  ],
  [
    'a longer session',
    {},
    { 'policies/session.yaml': session.replace('P1D', 'P2D') },
    'a session lasts longer: 2 d, and 1 d before\n',
  ],
  [
    'a longer pause of sessions that are kept, where none can be kept any more',
    {
      'policies/session.yaml': session.replace(
        'absolute: P1D',
        'absolute: P1D, keepSignedIn: { idle: PT1H, absolute: P30D }',
      ),
    },
    {},
    'a kept session lasts longer without use: 2 h, and 1 h before\n',
  ],
  [
    'a second factor that is remembered',
    signOn(allow(two)),
    signOn(remembering(two)),
    'the second factor is remembered for longer: 30 d, and no time before\n',
  ],
  ['an authenticator more', enrollment('totp, webauthn'), enrollment('totp'), 'webauthn is enough, and was not\n'],
  [
    'a method more',
    { ...byPhone, ...withPhone('voice') },
    { ...byPhone, ...withPhone('voice, sms') },
    'notes: phone.sms is enough, and was not\n',
  ],
  [
    'an authenticator that is switched on',
    signOn(allow({ possession: { authenticators: ['phone', 'totp'] } })),
    { ...signOn(allow({ possession: { authenticators: ['phone', 'totp'] } })), ...withPhone('sms') },
    'phone is enough, and was not\n',
  ],
  [
    'what may be set up again',
    { ...signOn(allow(two)), ...setUp({ useOnly: ['webauthn'] }) },
    { ...signOn(allow(two)), ...setUp({}) },
    'stepgate-account: password is enough to set up webauthn, and was not\n',
  ],
  [
    'a required enrollment less',
    setUp({ required: ['totp'] }),
    setUp({}),
    'password is enough, and was not without setting up totp\n',
  ],
  [
    'a required enrollment of some users, with its file',
    finance({ required: [{ anyOf: ['webauthn'], count: 2 }] }),
    {},
    'password is enough, and was not without setting up webauthn\n',
  ],
  [
    'one passkey in place of two',
    finance({ required: [{ anyOf: ['webauthn'], count: 2 }] }),
    finance({ required: ['webauthn'] }),
    'webauthn is enough, and was not without setting up webauthn\n',
  ],
  [
    'two passkeys in place of three',
    setUp({ required: [{ anyOf: ['webauthn'], count: 3 }] }),
    setUp({ required: [{ anyOf: ['webauthn'], count: 2 }] }),
    'webauthn is enough for a user who has webauthn and webauthn, and was not without setting up webauthn\n',
  ],
  [
    'another authenticator that will do',
    setUp({ required: ['webauthn'] }),
    setUp({ required: [{ anyOf: ['totp', 'webauthn'] }] }),
    'totp is enough, and was not without setting up webauthn\n',
  ],
  [
    'grace',
    setUp({ required: ['totp'] }),
    setUp({ required: [{ anyOf: ['totp'], grace: { skips: 3 } }] }),
    'password is enough, and was not without setting up totp\n',
  ],
  [
    'an authenticator that is switched off',
    signOn(allow(two)),
    { ...signOn(allow(two)), ...without('webauthn') },
    'password is enough to set up totp for a user who has webauthn, which is switched off, and was not\n',
  ],
  [
    'a method that no rule takes, and by which users can set up something',
    { ...passwordFirst, ...signOn(allow({ possession: { authenticators: ['phone'] } })), ...withPhone('voice') },
    {
      ...passwordFirst,
      ...signOn(allow({ possession: { authenticators: ['phone.voice'] } })),
      ...withPhone('sms, voice'),
    },
    'stepgate-account: phone.sms is enough to set up password, and was not\n',
  ],
  [
    'a method more, for a forgotten password',
    { ...recovery('phone'), ...withPhone('voice') },
    { ...recovery('phone'), ...withPhone('voice, sms') },
    'phone.sms is enough to set a new password, and was not\n',
  ],
  [
    'a larger office',
    signOn(allow(one, office, 'Office'), allow(two)),
    { ...signOn(allow(one, office, 'Office'), allow(two)), 'stepgate.yaml': settings.replace('/24', '/16') },
    'notes: password is enough, and was not\n',
  ],
  [
    'scopes that are granted to all',
    signOn(granting(['profile'])),
    signOn(allow(one)),
    'notes: tokens carry any scope, and did not\n',
  ],
  [
    'a scope more',
    signOn(granting(['profile'])),
    signOn(granting(['profile', 'email'])),
    'notes: tokens carry email, and did not\n',
  ],
])('%s is refused, with an example', async (_, active, next, words) => {
  const text = await refusal(active, next);
  expect(text).toMatch(/^This lets users in with less than before:\n/m);
  expect(text).toContain(words);
  expect(text).toMatch(/nothing was changed, as --no-weaker says \[weaker\]\n$/);
  expect(text).toMatch(/^ {6}see {5}npm run stepgate -- explain --config \/\S+ --app (?:notes|stepgate-account) /m);
  expect(text).toContain('Without --config, `explain` describes the active revision.\n');
  expect(await config('history')).not.toMatch(/^2 /);
  expect(terminal.exitCode()).toBe(1);
});

test.each<[string, Files, string]>([
  [
    'another policy',
    { 'policies/password.yaml': 'rules:\n  - { name: P, then: { minLength: 20 } }\n' },
    'policies/password.yaml differs',
  ],
  [
    'other settings of an authenticator',
    {
      'stepgate.yaml': settings.replace('webauthn: { enabled: true }', 'webauthn: { enabled: true, rpId: notes.test }'),
    },
    '`authenticators.webauthn` of stepgate.yaml differs: `authenticators.webauthn.rpId` notes.test (stepgate.yaml:6:77)',
  ],
  [
    'proxies',
    { 'stepgate.yaml': settings.replace('zones:', 'trustedProxies: 1\nzones:') },
    '`trustedProxies` of stepgate.yaml differs: `trustedProxies` 1 (stepgate.yaml:3:17)',
  ],
  [
    'a longer refresh token',
    tokens('{ refreshToken: { absolute: P365D } }'),
    '`tokens.refreshToken.absolute` of stepgate.yaml is longer: `tokens` {"refreshToken":{"absolute":"P365D"}} (stepgate.yaml:7:9)',
  ],
  [
    'a longer access token',
    tokens('{ accessToken: PT16M }'),
    '`tokens.accessToken` of stepgate.yaml is longer: `tokens` {"accessToken":"PT16M"} (stepgate.yaml:7:9)',
  ],
  [
    'user names that users choose',
    { 'stepgate.yaml': `${settings}account: { username: user }\n` },
    'users may choose their user names (`account.username`): `account` {"username":"user"} (stepgate.yaml:7:10)',
  ],
])('%s is not compared rule by rule, which is said and refused', async (_, next, words) => {
  expect(await refusal({}, next)).toBe(
    `It could not be decided whether this does:\n  ${words}\nnothing was changed, as --no-weaker says [weaker]\n`,
  );
});

test.each([
  [0, undefined],
  [60, undefined],
  [0, 60],
])('an app whose requests asked for proofs of %s seconds, and now of %s, is left undecided', async (before, after) => {
  expect(await refusal(maxAge(before), maxAge(after))).toContain(
    'apps/notes.yaml differs in what its requests ask for',
  );
});

const scoped = (scope?: string): Files => ({
  'apps/notes.yaml': `${validFiles['apps/notes.yaml']}${scope === undefined ? '' : `  scope: ${scope}\n`}`,
});

test.each([
  ['openid profile email', 'profile openid'],
  [undefined, 'openid'],
])('an app that could ask for %s, and now for %s, passes', async (before, after) => {
  expect(await refusal(scoped(before), scoped(after))).toBe('');
});

test.each([
  ['openid', 'openid', false],
  ['openid profile', 'openid profile', false],
  ['openid email', 'openid', false],
  ['openid', 'openid email', true],
  ['openid email', 'openid email', true],
  [undefined, undefined, true],
])(
  'less for requests with a scope, where the app could ask for %s, and now for %s',
  async (before, after, isWeaker) => {
    const files = (terms: object, scope: string | undefined) => ({
      ...signOn(allow(terms, { scopes: { any: ['email'] } }, 'Email'), allow(two, undefined, 'Rest')),
      ...scoped(scope),
    });
    const said = await refusal(files(two, before), files(one, after));
    expect(said.includes('password is enough, and was not')).toBe(isWeaker);
    expect(said === '').toBe(!isWeaker);
  },
);

describe('an app that may ask for more scopes', () => {
  const byScope = (...rules: readonly object[]) => signOn(...rules, allow(two, undefined, 'Rest'));
  const granted = (scopes: readonly string[], scope: string, terms: object) => ({
    ...{ name: scope, when: { scopes: { any: [scope] } } },
    then: { allow: terms, grant: { scopes } },
  });

  test.each<[string, Files, string | undefined, string | undefined, string]>([
    [
      'that no rule names',
      signOn(allow(one)),
      'openid profile',
      'openid profile email',
      'tokens carry email, and did not',
    ],
    [
      'any of them',
      signOn(allow(one)),
      'openid profile email phone groups',
      undefined,
      'tokens carry address, and did not',
    ],
    [
      'by which a weaker rule opens',
      byScope(granted(['address'], 'email', one)),
      'openid',
      'openid email',
      'password is enough, and was not',
    ],
    [
      'by which no strict rule is passed by',
      signOn(granted(['address'], 'email', two), allow(one)),
      'openid email',
      'openid email profile',
      'tokens carry profile, and did not',
    ],
    [
      'by which an enrollment rule asks for less',
      {
        ...signOn(granting(['address'])),
        'policies/enrollment.yaml': JSON.stringify({
          rules: [
            { name: 'Email', when: { scopes: { any: ['email'] } }, then: {} },
            { name: 'Rest', then: { required: [{ anyOf: ['totp'] }] } },
          ],
        }),
      },
      'openid',
      'openid email',
      'password is enough, and was not without setting up totp',
    ],
    [
      'by which a rule of the account asks for less, where a sign-in sets it up',
      {
        ...signOn(granting(['address'])),
        ...setUp({ required: ['totp'] }),
        'policies/account.yaml': JSON.stringify({
          rules: [
            { name: 'Email', change: { add: ['totp'] }, when: { scopes: { any: ['email'] } }, then: { allow: one } },
            { name: 'Codes', change: { add: ['totp'] }, then: 'deny' },
            { name: 'Rest', then: { allow: one } },
          ],
        }),
      },
      'openid',
      'openid email',
      'password is enough to set up totp, and was not',
    ],
  ])('%s: that is refused, and the example asks for it', async (_, rules, before, after, words) => {
    const { claims, undecided } = await replayed({ ...rules, ...scoped(before) }, { ...rules, ...scoped(after) });
    expect(undecided).toEqual([]);
    expect(claims.map((claim) => claim.words)).toEqual([words]);
    expect(claims).toMatchObject([{ after: { end: 'complete' } }]);
    expect(claims[0]?.after?.scopes.length).toBeGreaterThan(1);
  });

  test.each<[string, Files, string, string]>([
    ['which no rule grants', signOn(granting(['profile'])), 'openid profile', 'openid profile email'],
    [
      'by which a stricter rule opens',
      signOn(granted(['address'], 'email', two), { ...granting(['address']), name: 'Rest' }),
      'openid',
      'openid email',
    ],
    ['in another order', signOn(allow(one)), 'openid email', 'email openid'],
  ])('%s: that passes', async (_, rules, before, after) => {
    expect(await refusal({ ...rules, ...scoped(before) }, { ...rules, ...scoped(after) })).toBe('');
  });
});

describe('an enrollment rule that asks how the user signed in', () => {
  const withPassword = (terms: object, when: object = {}) => ({
    name: 'By password',
    when: { authenticated: { any: ['password'] }, ...when },
    then: terms,
  });
  const passkey = { required: [{ anyOf: ['webauthn'] }] };
  const later = { required: [{ anyOf: ['webauthn'], grace: { skips: 3 } }] };
  const rules = (...all: readonly object[]): Files => ({
    'policies/enrollment.yaml': JSON.stringify({ rules: [...all, { name: 'Others', then: {} }] }),
  });

  test.each<[string, Files, Files]>([
    ['is gone', rules(withPassword(passkey)), rules()],
    ['asks for less', rules(withPassword(passkey)), rules(withPassword({ optional: ['webauthn'] }))],
    ['gives time', rules(withPassword(passkey)), rules(withPassword(later))],
    ['is about fewer users', rules(withPassword(passkey)), rules(withPassword(passkey, editors))],
    [
      'stands below another one',
      rules(withPassword(passkey)),
      rules({ name: 'E', when: editors, then: {} }, withPassword(passkey)),
    ],
  ])('%s: that is refused, and `explain` shows it', async (_, active, next) => {
    const { claims, undecided } = await replayed(active, next);
    expect(undecided).toEqual([]);
    expect(claims).toMatchObject([
      {
        words: 'password is enough, and was not without setting up webauthn',
        before: { outcome: 'enroll' },
        after: { end: 'complete' },
      },
    ]);
  });

  test.each<[string, Files, Files]>([
    ['is new', rules(), rules(withPassword(passkey))],
    ['asks for more', rules(withPassword(later)), rules(withPassword(passkey))],
    ['is about more users', rules(withPassword(passkey, editors)), rules(withPassword(passkey))],
    [
      'is the same, and others below it ask for more',
      rules(withPassword(passkey)),
      rules(withPassword(passkey), { name: 'More', when: editors, then: { required: [{ anyOf: ['totp'] }] } }),
    ],
  ])('%s: that passes', async (_, active, next) => {
    expect(await refusal(active, next)).toBe('');
  });
});

test('an app with another profile policy is left undecided', async () => {
  const profile = {
    'policies/profile/own.yaml': 'name: own\nrules:\n  - { name: P, then: { required: [givenName] } }\n',
  };
  const app = `profilePolicy: own\n${validFiles['apps/notes.yaml']}`;
  expect(await refusal(profile, { ...profile, 'apps/notes.yaml': app })).toContain('apps/notes.yaml differs in what');
});

test('an app of a service that users may sign in to is left undecided', async () => {
  const service = (more: string, client: string): Files => ({
    'stepgate.yaml': `${settings}resources: [{ indicator: https://api.test, scopes: [read] }]\n`,
    'apps/job.yaml': `clientId: job\nname: Job\nclientSecretHash: sha256:${'A'.repeat(43)}\nservice: { resources: [{ indicator: https://api.test }] }\n${more}client: { ${client} }\n`,
  });
  const before = service('', 'grant_types: [client_credentials]');
  const both = 'grant_types: [authorization_code, client_credentials], redirect_uris: [https://job.test/cb]';
  const next = service('signOnPolicy: notes\n', both);
  expect(await refusal(before, next)).toContain('  apps/job.yaml lets users sign in, and did not\n');
});

test('what holds for a while from now on is refused, with an example that has not passed', async () => {
  const until = (time: string) =>
    signOn(allow(one, { expression: `now < timestamp("${time}T00:00:00Z")` }, 'Soon'), allow(two));
  expect(await refusal(signOn(allow(two)), until('2026-11-25'))).toContain(' --at 2026-11-24T');
});

describe('a formula that may fail, which denies', () => {
  const formula = allow(two, { expression: 'user.profile.department == "x"' }, 'Named');
  const enrollments = (...rules: readonly object[]): Files => ({
    'policies/enrollment.yaml': JSON.stringify({ rules: [...rules, { name: 'Rest', then: {} }] }),
  });
  const named = { name: 'Named', when: { expression: 'user.profile.department == "x"' }, then: {} };
  const changes = (...rules: readonly object[]): Files => ({
    'policies/account.yaml': JSON.stringify({ rules: [...rules, { name: 'Rest', then: { allow: one } }] }),
  });
  const deniedByName = { ...named, change: { add: ['webauthn'] }, then: 'deny' };
  const off = { name: 'Off', enabled: false, change: { add: ['totp'] }, then: { allow: two } };

  test.each<[string, Files, Files]>([
    ['gone', signOn(formula, allow(two)), signOn(allow(two))],
    ['behind a rule that allows', signOn(formula, allow(two)), signOn(allow(two, editors, 'E'), formula, allow(two))],
    [
      'of fewer users',
      signOn(formula, allow(two)),
      signOn({ ...formula, when: { ...formula.when, ...editors } }, allow(two)),
    ],
    ['gone from the enrollment policy', enrollments(named), enrollments()],
    ['gone from the account policy', changes(deniedByName), changes()],
  ])('%s is left undecided', async (_, active, next) => {
    expect(await refusal(active, next)).toMatch(
      /"Named" \(policies\/.*\) denies where its formula fails, and may now be passed by/,
    );
  });

  test.each<[string, Files, Files]>([
    ['new', signOn(allow(two)), signOn(formula, allow(two))],
    [
      'behind a denial',
      signOn(formula, allow(two)),
      signOn({ name: 'No', when: office, then: 'deny' }, formula, allow(two)),
    ],
    ['before other rules', signOn(formula, allow(one)), signOn(formula, allow(two))],
    ['behind a rule of the account policy that was switched off', changes(off, deniedByName), changes(deniedByName)],
    [
      'behind one that only reports',
      changes(deniedByName),
      changes({ ...off, enabled: true, reportOnly: true }, deniedByName),
    ],
    ['switched off in the account policy, and gone', changes({ ...deniedByName, enabled: false }), changes()],
  ])('%s passes', async (_, active, next) => {
    expect(await refusal(active, next)).toBe('');
  });
});

test('of an enrollment rule that stays, what differs is named', async () => {
  const rule = (grace: object, more = {}) => ({
    'policies/enrollment.yaml': JSON.stringify({
      rules: [{ name: 'Everyone', then: { required: [{ anyOf: ['totp'], grace }], ...more } }],
    }),
  });
  const rules = signOn(allow(one));
  // The account policy lets no user set it up anyway.
  const closed = {
    'policies/account.yaml': JSON.stringify({
      rules: [
        { name: 'No', change: { add: ['webauthn'] }, then: 'deny' },
        { name: 'Rest', then: { allow: one } },
      ],
    }),
  };
  const active = { ...rules, ...closed, ...rule({ skips: 2 }, { useOnly: ['webauthn'] }) };
  expect(await refusal(active, { ...active, ...rule({ skips: 1 }) })).toMatch(
    /decided what is set up: (`grace`, `useOnly`|`useOnly`, `grace`) differ\n/,
  );
});

test('a session policy that asks for less, and a second factor of the app that is remembered', async () => {
  const always = { 'policies/session.yaml': session.replace('never', 'always') };
  const rules = signOn(remembering(two));
  const { claims, undecided } = await replayed({ ...rules, ...always }, rules);
  expect(undecided).toEqual([]);
  expect(claims[0]).toMatchObject({
    words: expect.stringMatching(/^password is enough in a browser that remembers .*, and was not$/),
    before: { outcome: 'challenge' },
    after: { outcome: 'allow' },
  });
});

test('more that is waived in a browser that remembers a proof is refused', async () => {
  // With a passkey remembered, a password alone is enough now; it was asked for the passkey before.
  expect(await refusal(signOn(orTotp({ possession: resistant })), signOn(orTotp(twoResistant)))).toContain(
    'password is enough in a browser that remembers webauthn, and was not',
  );
});

test('an authenticator that replaces lost ones is left undecided', async () => {
  const on = settings.replace('authenticators: {', 'authenticators: { recovery_code: { enabled: true },');
  expect(await refusal({}, { 'stepgate.yaml': on })).toContain(
    '  `authenticators.recovery_code` is switched on, and stands in for what users have lost\n',
  );
});

test('under a strict app, a weaker session policy shows in the pages of the account', async () => {
  const strict = signOn(allow(two));
  const text = await refusal({ ...strict, 'policies/session.yaml': session.replace('never', 'always') }, strict);
  expect(text).toMatch(
    /^This lets users in with less than before:\n {2}\S*account\S*: password is enough, and was not\n/,
  );
});

test('as JSON: the code, the rules and the example', async () => {
  await apply(signOn(allow(two)));
  const data = JSON.parse(await apply(signOn(allow(one)), '--no-weaker', '--json'));
  expect(data).toMatchObject({ ok: false, code: 'weaker', undecided: [] });
  expect(data.weaker).toMatchObject([
    { apps: ['notes'], after: [{ name: 'Rule', file: 'policies/sign-on/notes.yaml' }, { name: 'All' }] },
  ]);
  expect(data.weaker[0].example).toEqual(expect.arrayContaining(['--app', 'notes', '--enrolled', 'password']));
  expect(await config('rollback', '1', '--no-weaker')).toContain('no change');
});

const replayed = (active: Files, next: Files) =>
  replayedChange(terminal, [{ ...base, ...active }], { ...base, ...next });

describe('`explain` confirms each example', () => {
  const tellers = { groups: { any: ['tellers'] } };
  /** Administrators of the office alone can set up what they must have. */
  const narrow: Files = {
    'policies/enrollment.yaml': JSON.stringify({
      rules: [
        {
          name: 'Admins',
          when: { groups: { any: ['admins'] } },
          then: { required: [{ anyOf: ['webauthn'], count: 2 }] },
        },
        { name: 'Rest', then: {} },
      ],
    }),
    'policies/account.yaml': JSON.stringify({
      rules: [
        { name: 'No', change: { add: ['webauthn'] }, when: { network: { none: ['office'] } }, then: 'deny' },
        { name: 'Yes', then: { allow: one } },
      ],
    }),
  };

  test('fewer factors: the example leaves out a group that makes no difference', async () => {
    const active = { ...narrow, ...signOn(allow(two)) };
    const { claims } = await replayed(active, { ...narrow, ...signOn(allow(one, tellers, 'T'), allow(two)) });
    expect(claims).toMatchObject([
      { words: 'password is enough, and was not', groups: 'tellers', after: { outcome: 'allow', end: 'complete' } },
    ]);
    expect(claims[0]?.before?.outcome).not.toBe('allow');
  });

  test('a denial less', async () => {
    const active = { ...narrow, ...signOn({ name: 'No', when: tellers, then: 'deny' }, allow(one)) };
    const { claims } = await replayed(active, { ...narrow, ...signOn(allow(one)) });
    expect(claims).toMatchObject([
      { words: 'lets users in who were denied', before: { end: 'denied' }, after: { end: 'complete' } },
    ]);
  });

  test.each<[string, object, object, string]>([
    ['more skips', { skips: 2 }, { skips: 3 }, ' once the user had skipped totp 2 times'],
    ['skips after a single one', { skips: 1 }, { skips: 9 }, ' once the user had skipped totp once'],
    ['a later day', { until: '2031-03-01' }, { until: '2031-04-01' }, ' on 2031-03-'],
    ['a day instead of skips', { skips: 2 }, { until: '2031-04-01' }, ' once the user had skipped totp 2 times'],
    ['skips instead of a day', { until: '2031-03-01' }, { skips: 2 }, ' on 2031-03-'],
  ])('grace: %s', async (_, before, now, words) => {
    const requiring = (grace: object) => setUp({ required: [{ anyOf: ['totp'], grace }] });
    const rules = signOn(allow(one));
    const { claims } = await replayed({ ...rules, ...requiring(before) }, { ...rules, ...requiring(now) });
    expect(claims).toMatchObject([
      {
        words: expect.stringContaining(`password is enough, and was not without setting up totp${words}`),
        before: { outcome: 'enroll' },
        after: { end: 'complete' },
      },
    ]);
  });

  const setPassword = (key: string) => `${key} is enough to set a new password, and was not`;
  test.each<[string, Files, Files, readonly string[]]>([
    ['other proofs', recovery('totp'), recovery('totp, webauthn'), [setPassword('webauthn')]],
    ['any at all', {}, recovery('totp'), [setPassword('totp')]],
    [
      'what is no longer disabled',
      { ...recovery('totp, webauthn'), ...setUp({ disabled: ['totp'] }) },
      { ...recovery('totp, webauthn'), ...setUp({ optional: ['totp'] }) },
      ['password and totp is enough, and was not', setPassword('totp')],
    ],
    [
      'users who were denied',
      {
        'policies/recovery.yaml': JSON.stringify({
          rules: [
            { name: 'No', when: { ...office, apps: { any: ['notes'] } }, then: 'deny' },
            { name: 'Forgot', then: { allow: byTotpOnly } },
          ],
        }),
      },
      recovery('totp'),
      [setPassword('totp')],
    ],
  ])('a new password: %s', async (_, active, next, words) => {
    const rules = signOn(allow(two));
    const { claims, undecided } = await replayed({ ...rules, ...active }, { ...rules, ...next });
    expect(undecided).toEqual([]);
    expect(claims.map((claim) => claim.words)).toEqual(words);
  });

  test.each<[string, Files, Files, string, string]>([
    [
      'to set up something that was denied',
      accountRules(changing({ add: ['webauthn'] }, 'deny', office)),
      accountRules(),
      'password is enough to set up webauthn, and was not',
      'challenge',
    ],
    [
      'to set up something with one factor',
      accountRules(changing({ add: ['webauthn'] }, { allow: two })),
      accountRules(changing({ add: ['totp'] }, { allow: two })),
      'password is enough to set up webauthn, and was not',
      'deny',
    ],
    [
      'to change what is not set up',
      accountRules(changing({ change: ['username'] }, { allow: byTotpOnly })),
      accountRules(),
      'password is enough to change username, and was not',
      'deny',
    ],
    [
      'to remove something',
      accountRules(changing({ remove: ['totp'] }, 'deny', editors)),
      accountRules(),
      'totp is enough to remove totp, and was not',
      'deny',
    ],
    [
      'without an account policy',
      accountRules(changing({ add: ['webauthn'] }, { allow: byTotpOnly })),
      {},
      'password is enough to set up webauthn, and was not',
      'deny',
    ],
  ])('changes of the account: %s', async (_, active, next, words) => {
    const { claims, undecided } = await replayed(active, next);
    expect(undecided).toEqual([]);
    expect(claims).toMatchObject([{ words, after: { end: 'complete' } }]);
    expect(claims[0]?.before?.outcome).not.toBe(claims[0]?.after?.outcome);
  });

  test('an older proof', async () => {
    const { claims } = await replayed(signOn(aged('PT1H')), signOn(aged('PT2H')));
    expect(claims).toMatchObject([{ before: { outcome: 'challenge' }, after: { outcome: 'allow' } }]);
  });

  describe('scopes', () => {
    const withScopes = {
      'stepgate.yaml': `${settings}scopes: { accounts: { label: A }, payments: { label: P } }\n`,
    };
    const granted = (scopes: readonly string[], ...first: readonly object[]) => ({
      ...withScopes,
      ...signOn(...first, { name: 'Rest', then: { allow: one, grant: { scopes } } }),
    });
    const payments = allow(two, { scopes: { any: ['payments'] } }, 'Payments');

    test('are asked for', async () => {
      const { claims } = await replayed(granted(['accounts']), granted(['accounts', 'payments']));
      expect(claims).toMatchObject([
        { words: 'tokens carry payments, and did not', after: { end: 'complete', scopes: ['openid', 'payments'] } },
      ]);
    });

    test('that never reach the rule are none that tokens carry', async () => {
      const next = granted(['accounts', 'payments'], payments);
      expect(await replayed(granted(['accounts'], payments), next)).toEqual({ claims: [], undecided: [] });
    });

    test('all of them: one that reaches the rule is asked for', async () => {
      const all = { ...withScopes, ...signOn(payments, allow(one, undefined, 'Rest')) };
      const { claims } = await replayed(granted(['profile'], payments), all);
      expect(claims).toMatchObject([{ words: 'tokens carry any scope, and did not', after: { end: 'complete' } }]);
      expect(claims[0]?.after?.scopes).not.toContain('payments');
      expect(claims[0]?.after?.scopes.length).toBe(2);
    });
  });
});
