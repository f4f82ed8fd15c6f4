/** Rules of session policy, sign-on policy and enrollment policy beside which a weaker one decides. */
import { expect, test } from '@jest/globals';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { authenticators, load } from '../../support/configuration-dir.ts';
import { replayed } from '../../support/replayed-example.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;
const settings =
  'brand: { name: A }\nzones: { office: { cidrs: [192.0.2.0/24] } }\nauthenticators: { webauthn: { enabled: true } }\n';
const app = (name: string) =>
  `clientId: ${name}\nname: ${name}\nsignOnPolicy: ${name}\nclient: { redirect_uris: [https://${name}.test/cb] }\n`;

type Found = Awaited<ReturnType<typeof analyse>>;

async function findings(files: Readonly<Record<string, string>>): Promise<Found> {
  const loaded = await load({ 'stepgate.yaml': settings, ...files });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  return (await analyse(loaded, { authenticators, now })).filter(({ code }) => code !== 'unused');
}

function findingText(found: Found): readonly string[] {
  return found.map(({ code, file, line, message }) => `${code} ${file}:${line} ${message}`);
}

const sessionFile = 'policies/session.yaml';
const rules = (...all: readonly string[]) => `rules:\n${all.map((rule) => `  - ${rule}\n`).join('')}`;
const allow = (secondFactor: string, limits = 'idle: PT1H, absolute: PT8H') =>
  `then: { allow: { primary: any, secondFactor: ${secondFactor}, ${limits} } }`;
const mobile = 'when: { device: { platform: [mobile] } }';
const spoofed = (place: string, less: string) =>
  `spoofable ${place} a browser that calls itself another one is under the rule "A" instead, which ${less}`;

const asPhone = ['--app', 'notes', '--groups', '', '--ip', '203.0.113.7', '--platform', 'mobile', '--os', 'ios'];

const byPassword = ['--enrolled', 'password', '--evidence', 'password'];
const dayOld = ['--enrolled', 'password,totp', '--evidence', 'password,totp@1d'];
const keeping = 'idle: PT1H, absolute: PT9H, keepSignedIn: { idle: P1D, absolute: P2D }';
const keptTwoDays = ['--enrolled', 'password,totp', '--evidence', 'password,totp@2d', '--keep-signed-in'];

test.each<[string, string, string, readonly string[]]>([
  ['asks for less', allow('never'), allow('always'), byPassword],
  ['asks for less', allow('never'), allow('{ every: PT4H }'), byPassword],
  ['lets users stay signed in for longer', allow('always', 'idle: PT1H, absolute: P1D'), allow('always'), dayOld],
  ['lets users stay signed in for longer', allow('always', keeping), allow('always'), keptTwoDays],
])('a session rule for phones that %s: %s beside %s', async (less, phones, others, proved) => {
  const found = await findings({ [sessionFile]: rules(`{ name: A, ${mobile}, ${phones} }`, `{ name: B, ${others} }`) });
  expect(findingText(found)).toEqual([spoofed(`${sessionFile}:3`, less)]);
  expect(found[0]?.example).toHaveLength(asPhone.length + proved.length);
  expect(found[0]?.example).toEqual(expect.arrayContaining([...asPhone, ...proved]));
});

test.each([
  ['denies', 'then: deny', allow('always')],
  ['asks for more', allow('always'), allow('never')],
])('a session rule for phones that %s is the one that is escaped from', async (_, phones, others) => {
  const found = await findings({ [sessionFile]: rules(`{ name: B, ${mobile}, ${phones} }`, `{ name: A, ${others} }`) });
  expect(findingText(found)).toEqual([spoofed(`${sessionFile}:2`, 'asks for less')]);
});

test('an enrollment rule for phones that asks for less', async () => {
  const file = 'policies/enrollment.yaml';
  const found = await findings({
    [file]: rules(`{ name: A, ${mobile}, then: {} }`, '{ name: B, then: { required: [webauthn] } }'),
  });
  expect(findingText(found)).toEqual([spoofed(`${file}:3`, 'asks users to set up less')]);
  expect(found[0]?.example).toEqual(asPhone);
  const both = await findings({
    [file]: rules(
      `{ name: A, ${mobile}, then: { required: [{ anyOf: [totp, webauthn] }] } }`,
      '{ name: B, then: { required: [webauthn] } }',
    ),
  });
  expect(both[0]?.example?.slice(4, 6)).toEqual(['--enrolled', 'totp']);
});

const admins = 'when: { groups: { any: [admins] }, network: { any: [office] } }';

test('a session rule for administrators in the office, and one below that asks for less', async () => {
  const found = await findings({
    [sessionFile]: rules(`{ name: B, ${admins}, ${allow('always')} }`, `{ name: A, ${allow('never')} }`),
  });
  expect(findingText(found)).toEqual([
    `weaker-below ${sessionFile}:2 where \`network.any\` misses, the rule "A" asks the same users for less: password is enough`,
  ]);
  expect(found[0]?.example).toContain('admins');
});

test('a session rule for administrators in the office, and one below under which sessions last longer', async () => {
  const long = allow('never', 'idle: PT1H, absolute: P1D');
  const found = await findings({
    [sessionFile]: rules(`{ name: B, ${admins}, ${allow('never')} }`, `{ name: A, ${long} }`),
  });
  expect(findingText(found)).toEqual([
    `weaker-below ${sessionFile}:2 where \`network.any\` misses, the rule "A" lets the same users stay signed in for longer`,
  ]);
  expect(found[0]?.example).toEqual(expect.arrayContaining(['--evidence', 'password@1d']));
  expect(found[0]?.example).not.toContain('--keep-signed-in');
});

test.each([
  ['remember: { device: P30D }', 'lets browsers remember the second factor for longer'],
  ['session: { absolute: PT4H }', 'lets what was proved count for longer'],
])('a rule for administrators in the office, and one below that asks for as much and says %s', async (more, less) => {
  const above = more.startsWith('session') ? ', session: { absolute: PT1H }' : '';
  const policy = (terms: string) => ({
    'policies/sign-on/notes.yaml': `name: notes\nrules:\n  - { name: B, ${admins}, then: { allow: { factors: 2 }${above} } }\n  - { name: A, then: { allow: { factors: 2 }${terms} } }\n`,
  });
  const found = await findings(policy(`, ${more}`));
  expect(findingText(found)).toEqual([
    `weaker-below policies/sign-on/notes.yaml:3 where \`network.any\` misses, the rule "A" ${less}`,
  ]);
  expect(findingText(await findings(policy(above)))).not.toContainEqual(expect.stringContaining('weaker-below'));
});

test('one finding for a session rule of many apps', async () => {
  const policy = (name: string, then: string) => `name: ${name}\nrules:\n  - { name: All, then: ${then} }\n`;
  const found = await findings({
    [sessionFile]: rules(
      `{ name: B, ${admins}, ${allow('always')} }`,
      `{ name: A, ${mobile}, ${allow('never')} }`,
      `{ name: C, ${allow('always')} }`,
    ),
    ...{ 'apps/one.yaml': app('one'), 'apps/two.yaml': app('two') },
    'policies/sign-on/one.yaml': policy('one', '{ allow: { factors: 1 } }'),
    'policies/sign-on/two.yaml': policy('two', '{ allow: { knowledge: {} } }'),
  });
  expect(found.map(({ code, line }) => `${code} ${line}`)).toEqual(['weaker-below 2', 'spoofable 4']);
});

test('nothing is found if every app asks for as much', async () => {
  const strict = 'name: notes\nrules:\n  - { name: All, then: { allow: { factors: 2 } } }\n';
  const session = rules(
    `{ name: B, ${admins}, ${allow('always')} }`,
    `{ name: C, ${mobile}, ${allow('always')} }`,
    `{ name: A, ${allow('never')} }`,
  );
  expect(await findings({ [sessionFile]: session, 'policies/sign-on/notes.yaml': strict })).toEqual([]);
});

const staffInOffice = 'when: { groups: { any: [staff] }, network: { any: [office] } }';
const onDesktops = 'when: { device: { platform: [desktop] } }';
const below = (strict: string, weak: string, when = staffInOffice) =>
  rules(`{ name: S, ${when}, then: { ${strict} } }`, `{ name: W, then: { ${weak} } }`);
const two = 'allow: { factors: 2 }';
const key = 'allow: { possession: { phishingResistant: true, userVerification: true } }';

test.each([
  ['remembers for longer', below(`${two}, remember: { device: P7D }`, `${two}, remember: { device: P30D }`)],
  ['remembers at all', below(two, `${two}, remember: { device: P30D }`)],
  ['remembers at all, on other devices', below(two, `${two}, remember: { device: P30D }`, onDesktops)],
  ['takes older proofs', below('allow: { factors: 2, reauthenticate: PT1H }', two)],
  ['takes a key that verifies no user', below(key, 'allow: { possession: { phishingResistant: true } }')],
  ['takes what was proved before', below('allow: { factors: 2, reauthenticate: always }', two)],
  [
    'takes proofs of a longer session',
    below('allow: { factors: 1 }, session: { absolute: PT1H }', 'allow: { factors: 1 }'),
  ],
])(
  'the example is a sign-in that needs no proof where the rule below %s, and one by the rule above',
  async (_, policy) => {
    const files = {
      'stepgate.yaml': settings,
      'apps/notes.yaml': app('notes'),
      'policies/sign-on/notes.yaml': `name: notes\n${policy}`,
    };
    const [finding] = (await findings(files)).filter(({ code }) => code === 'weaker-below' || code === 'spoofable');
    const strictOnly = policy.replace(/\n {2}- \{ name: W.*/, '').replace(/when: \{.*\}, then/, 'then');
    const ask = async (rule: string) => {
      const loaded = await load({ ...files, 'policies/sign-on/notes.yaml': `name: notes\n${rule}` });
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
      const { documents } = loaded;
      return (await replayed(finding?.example ?? [], { documents, authenticators, now })).outcome;
    };
    expect(await ask(policy)).toBe('allow');
    expect(await ask(strictOnly)).toMatch(/^(?:challenge|enroll)$/);
  },
);
