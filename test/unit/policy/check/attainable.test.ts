/** What locks users out is found when the configuration is checked. */
import { expect, test } from '@jest/globals';
import { findingLines, load } from '../support/configuration-dir.ts';

const signOn = 'policies/sign-on/notes.yaml';
const withKeys = (more: string) => `brand: { name: Test }\nauthenticators: { webauthn: { enabled: true${more} } }\n`;
const metadata = ', metadata: /etc/stepgate/metadata.json';

const rule = (allow: string) => `name: notes\nrules:\n  - name: All\n    then: { allow: ${allow} }\n`;
const at = `${signOn}:4:20 rules[0].then.allow`;
const hint = '; `webauthn` can only do so with other settings (hardware is proved by `metadata`)';
const ask = 'enable one that does in stepgate.yaml, or ask for less';
const lets = (what: string, more = '') =>
  `${at} lets no user in: no authenticator that it takes and that is enabled shows ${what}${more}; ${ask} [rule_unmeetable]`;

test.each<[string, string, string, readonly string[]]>([
  ['hardware without metadata', '', '{ possession: { hardwareProtected: true } }', [lets('hardwareProtected', hint)]],
  ['hardware with metadata', metadata, '{ possession: { hardwareProtected: true } }', []],
  [
    'hardware in each step of a chain',
    '',
    '{ chains: [[{ authenticators: [webauthn], hardwareProtected: true }]] }',
    [lets('hardwareProtected', hint)],
  ],
  [
    'hardware in one of two ways',
    '',
    '{ anyOf: [{ possession: { hardwareProtected: true } }, { possession: { deviceBound: true } }] }',
    [],
  ],
  [
    'what another one shows',
    '',
    '{ possession: { authenticators: [totp], phishingResistant: true } }',
    [lets('phishingResistant')],
  ],
  ['what is shown', '', '{ possession: { phishingResistant: true, userVerification: true } }', []],
])('a rule: %s', async (_, more, allow, expected) => {
  expect(await findingLines({ 'stepgate.yaml': withKeys(more), [signOn]: rule(allow) })).toEqual(expected);
});

test('a chain that takes a password twice', async () => {
  const twice = '{ chains: [[{ authenticators: [password] }, { authenticators: [password] }]] }';
  const either = '{ chains: [[{ authenticators: [password] }, { authenticators: [password, webauthn] }]] }';
  const lines = (allow: string) => findingLines({ 'stepgate.yaml': withKeys(''), [signOn]: rule(allow) });
  expect(await lines(twice)).toEqual([
    `${at} lets no user in: each step of a chain takes an authenticator of its own, and no user has two of \`password\`; ` +
      'name another one in a step [rule_unmeetable]',
  ]);
  expect(await lines(either)).toEqual([]);
  expect(await lines('{ chains: [[{ authenticators: [webauthn] }, { authenticators: [webauthn] }]] }')).toEqual([]);
});

test('a minimum acr is checked like a rule', async () => {
  const app = (acr: string) =>
    `clientId: notes\nname: Notes\nsignOnPolicy: notes\nminimumAcr: ${acr}\nclient: { redirect_uris: [https://notes.test/cb] }\n`;
  const lines = (acr: string, more: string) =>
    findingLines({ 'stepgate.yaml': withKeys(more), 'apps/notes.yaml': app(acr) });
  expect(await lines('phrh', '')).toEqual([
    `apps/notes.yaml:4:13 minimumAcr no user can reach it: no authenticator that it takes and that is enabled shows hardwareProtected${hint}; ${ask} [level_unreachable]`,
  ]);
  expect(await lines('phrh', metadata)).toEqual([]);
  expect(await lines('phr', '')).toEqual([]);
});

test('an acr value that no user can reach is a warning, as it locks no user out', async () => {
  const values = 'acrValues:\n  - { value: hard, requirement: { possession: { hardwareProtected: true } } }\n';
  const warned = async (more: string, written = values) => {
    const loaded = await load({ 'stepgate.yaml': `${withKeys(more)}${written}` });
    const found = loaded.ok ? loaded.warnings.filter(({ code }) => code === 'unreachable-acr') : [];
    return found.map(({ path, message, advice }) => `${path} ${message}; ${advice}`);
  };
  expect(await warned('')).toEqual([
    `acrValues[0].requirement no user can reach it: no authenticator that it takes and that is enabled shows hardwareProtected${hint}; ${ask}`,
  ]);
  expect(await warned(metadata)).toEqual([]);
  expect(await warned('', '')).toEqual([]);
});

const only = (...keys: readonly string[]): string =>
  `brand: { name: Test }\nauthenticators: { ${['password', 'totp', 'webauthn']
    .map((key) => `${key}: { enabled: ${keys.includes(key)} }`)
    .join(', ')} }\n`;
const noCombination =
  'no combination of the authenticators that are enabled meets it; enable another one in stepgate.yaml, or ask for less';
const enable = 'enable another authenticator in stepgate.yaml, or ask for less';

test.each<[string, readonly string[], string, string]>([
  [
    'two factor types of a password alone',
    ['password'],
    '{ factors: 2 }',
    `it takes 2 factor types, and what is enabled covers only knowledge; ${enable}`,
  ],
  [
    'three factor types of two',
    ['password', 'totp'],
    '{ anyOf: [{ factors: 3 }, { factors: 3, possession: {} }] }',
    `it takes 3 factor types, and what is enabled covers only knowledge and possession; ${enable}`,
  ],
  [
    'one factor type of none',
    [],
    '{ factors: 1 }',
    `it takes 1 factor type, and what is enabled covers none; ${enable}`,
  ],
  [
    'an authenticator that is not enabled',
    ['password'],
    '{ possession: { authenticators: [totp] } }',
    '`totp` is not enabled; enable it under `authenticators` in stepgate.yaml, or name another one',
  ],
  [
    'a chain with a step that is not enabled',
    ['password'],
    '{ chains: [[{ authenticators: [password] }, { authenticators: [totp, webauthn] }]] }',
    '`totp` and `webauthn` are not enabled; enable one under `authenticators` in stepgate.yaml, or name another one',
  ],
  ['no authenticator at all', ['password', 'totp'], '{ possession: { exclude: [totp] } }', noCombination],
])('a rule asks for %s', async (_, enabled, allow, fault) => {
  const lines = await findingLines({ 'stepgate.yaml': only(...enabled), [signOn]: rule(allow) });
  expect(lines.filter((line) => line.startsWith(signOn))).toEqual([
    `${at} lets no user in: ${fault} [rule_unmeetable]`,
  ]);
});

test('what one of several ways or chains cannot do, another one may', async () => {
  const chain = (...keys: readonly string[]) => `[${keys.map((key) => `{ authenticators: [${key}] }`).join(', ')}]`;
  for (const allow of [
    `{ chains: [${chain('totp')}, ${chain('password')}] }`,
    '{ anyOf: [{ factors: 2 }, { factors: 1 }] }',
  ])
    expect(await findingLines({ 'stepgate.yaml': only('password'), [signOn]: rule(allow) })).toEqual([]);
});

test.each<[string, string, readonly string[]]>([
  [
    'a password that is not enabled',
    '{ primary: password, secondFactor: never, idle: PT2H, absolute: P1D }',
    ['`password` is not enabled; enable it under `authenticators` in stepgate.yaml, or name another one'],
  ],
  [
    'a second factor that there is not',
    '{ primary: any, secondFactor: newDevice, idle: PT2H, absolute: P1D }',
    [`it takes 2 factor types, and what is enabled covers only possession; ${enable}`],
  ],
  ['what is enabled', '{ primary: any, secondFactor: never, idle: PT2H, absolute: P1D }', []],
])('a session rule asks for %s', async (_, allow, faults) => {
  const session = `rules:\n  - name: All\n    then: { allow: ${allow} }\n`;
  expect(await findingLines({ 'stepgate.yaml': only('totp'), 'policies/session.yaml': session })).toEqual(
    faults.map((fault) => `policies/session.yaml:3:20 rules[0].then.allow lets no user in: ${fault} [rule_unmeetable]`),
  );
});

test('acr values that an app asks for by default are checked, too', async () => {
  const app =
    'clientId: notes\nname: Notes\nsignOnPolicy: notes\nclient:\n  redirect_uris: [https://notes.test/cb]\n  default_acr_values: [phr, "urn:okta:loa:1fa:pwd"]\n';
  const [line, ...more] = await findingLines({ 'stepgate.yaml': only('password'), 'apps/notes.yaml': app });
  expect(line).toMatch(/^apps\/notes\.yaml:6:24 client\.default_acr_values\[0\] no user can reach it: no combination /);
  expect(more).toEqual([]);
});

const rules = (...lines: readonly string[]) => `rules:\n${lines.map((line) => `  - ${line}\n`).join('')}`;
const anyUser = '{ name: C, then: { allow: { factors: 1 } } }';
const remedy = (...names: readonly string[]) =>
  `that can decide here denies: ${names.join(', ')}; add one that allows, or remove the app`;

test.each<[string, readonly string[], readonly string[]]>([
  [
    'all rules deny',
    ['{ name: A, when: { groups: { any: [x] } }, then: deny }', '{ name: C, then: deny }'],
    ['"A"', '"C"'],
  ],
  ['the rule for this app denies', ['{ name: A, when: { apps: { any: [notes] } }, then: deny }', anyUser], ['"A"']],
  [
    'the rule for another app allows',
    ['{ name: A, when: { apps: { none: [notes] } }, then: { allow: { factors: 1 } } }', '{ name: C, then: deny }'],
    ['"C"'],
  ],
  [
    'a rule allows some users',
    ['{ name: A, when: { groups: { any: [x] } }, then: { allow: { factors: 1 } } }', '{ name: C, then: deny }'],
    [],
  ],
  [
    'a rule denies at night',
    ['{ name: A, when: { time: { from: "22:00", to: "06:00", zone: UTC } }, then: deny }', anyUser],
    [],
  ],
])('an app that no user can enter is found: %s', async (_, lines, deniers) => {
  expect(await findingLines({ [signOn]: `name: notes\n${rules(...lines)}` })).toEqual(
    deniers.length > 0
      ? [
          `apps/notes.yaml:3:15 signOnPolicy no user can enter this app: every rule of \`notes\` ${remedy(...deniers)} [app_closed]`,
        ]
      : [],
  );
});

test('an app that the session policy closes is found', async () => {
  const session = rules('{ name: A, then: deny }');
  expect(await findingLines({ 'policies/session.yaml': session })).toEqual([
    `apps/notes.yaml:1:11 clientId no user can enter this app: every rule of policies/session.yaml ${remedy('"A"')} [app_closed]`,
  ]);
});
