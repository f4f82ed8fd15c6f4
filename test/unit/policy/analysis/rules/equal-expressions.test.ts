/** What an expression says that a condition says, too, gets the same findings as the condition. */
import { expect, test } from '@jest/globals';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { kindsOf, load } from '../../support/configuration-dir.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;
const authenticators = kindsOf('password', 'totp', 'webauthn', 'email');

const settings = `
brand: { name: A }
zones: { office: { cidrs: [192.0.2.0/24] }, home: { cidrs: [198.51.100.0/24] } }
groups: { admins: {}, payroll: {}, contractors: {} }
attributes:
  email: { write: user }
  dept: { type: text, label: { en: Department }, options: [{ value: sales }, { value: it }] }
  nick: { type: text, label: { en: Nick }, write: user }
  sites: { type: list, label: { en: Sites } }
  ends: { type: date, label: { en: End } }
authenticators: { webauthn: { enabled: true }, totp: { enabled: true }, email: { enabled: true } }
mail: { from: a@example.org, smtp: { host: mail.example.org } }
`;

const has = (name: string, asked: string) => `has(user.profile.${name}) && ${asked}`;

/** A condition, and an expression that says the same. */
const pairs: readonly (readonly [condition: string, expression: string])[] = [
  ['device: { known: true }', 'device.known'],
  ['device: { known: true }', 'true == device.known'],
  ['device: { known: false }', '!device.known'],
  ['device: { platform: [mobile] }', 'device.platform == "mobile"'],
  ['device: { platform: [desktop, other] }', 'device.platform != "mobile"'],
  ['device: { os: [ios] }', 'device.os == "ios"'],
  ['device: { os: [ios] }', 'device.os.startsWith("io")'],
  ['device: { os: [ios, android] }', '["ios", "android"].exists(o, o == device.os)'],
  ['network: { any: [office] }', '"office" in network.zones'],
  ['network: { any: [office, home] }', 'network.zones.exists(z, z in ["office", "home"])'],
  ['network: { none: [office] }', '!("office" in network.zones)'],
  ['groups: { any: [admins] }', '"admins" in user.groups'],
  ['groups: { none: [admins] }', '!user.groups.exists(g, g == "admins")'],
  ['scopes: { any: [email] }', '"email" in request.scopes'],
  ['scopes: { none: [email] }', '!("email" in request.scopes)'],
  ['attributes: { dept: { equals: it } }', has('dept', 'user.profile.dept == "it"')],
  ['attributes: { dept: { in: [it, sales] } }', has('dept', 'user.profile.dept in ["it", "sales"]')],
  ['attributes: { dept: { present: true } }', 'has(user.profile.dept)'],
  ['attributes: { dept: { present: false } }', '!has(user.profile.dept)'],
  ['attributes: { dept: { not: { equals: it } } }', '!has(user.profile.dept) || user.profile.dept != "it"'],
  ['attributes: { dept: { not: { equals: it } } }', `!(${has('dept', 'user.profile.dept == "it"')})`],
  ['attributes: { sites: { equals: north } }', has('sites', '"north" in user.profile.sites')],
  ['attributes: { ends: { before: now } }', has('ends', 'date(user.profile.ends) < now')],
  ['attributes: { nick: { equals: x } }', has('nick', 'user.profile.nick == "x"')],
  ['userType: { any: [partner] }', 'has(user.userType) && user.userType == "partner"'],
  ['userType: { none: [partner] }', '!has(user.userType) || user.userType != "partner"'],
  ['users: { any: [ann@corp.test] }', '"ann@corp.test" in user.identifiers'],
];

type Rules = readonly (readonly [when: string, then: string])[];

function rules(all: Rules): string {
  const lines = all.map(([when, then], at) => `  - { name: R${at}, ${when && `when: { ${when} }, `}then: ${then} }\n`);
  return `rules:\n${lines.join('')}`;
}

const [one, two, passkey] = [
  '{ allow: { factors: 1 } }',
  '{ allow: { factors: 2 } }',
  '{ allow: { possession: { phishingResistant: true } } }',
];
const session = (secondFactor: string) =>
  `{ allow: { primary: any, secondFactor: ${secondFactor}, idle: PT2H, absolute: P1D } }`;
const [never, always] = [session('never'), session('always')];

const app = (scope: string) =>
  `clientId: notes\nname: Notes\nsignOnPolicy: notes\nclient: { redirect_uris: [https://notes.test/cb]${scope} }\n`;
const signOn = (all: Rules) => ({ 'policies/sign-on/notes.yaml': `name: notes\n${rules(all)}` });
const file = (name: string, all: Rules) => ({ [`policies/${name}.yaml`]: rules(all) });

type Files = Readonly<Record<string, string>>;

/** Where the condition or the expression stands. `besides`: another condition, which names users. */
const places: Readonly<Record<string, (set: string, besides: string) => Files>> = {
  'a rule that denies': (set) =>
    signOn([
      [set, 'deny'],
      ['', one],
    ]),
  'a rule that asks for less': (set) =>
    signOn([
      [set, one],
      ['', two],
    ]),
  'a rule that asks for more': (set) =>
    signOn([
      [set, passkey],
      ['', one],
    ]),
  'a rule that asks for more somewhere': (set) =>
    signOn([
      [`${set}, time: { days: [mon], zone: UTC }`, passkey],
      ['', one],
    ]),
  'a rule that asks named users for more': (set, besides) =>
    signOn([
      [`${besides}, ${set}`, passkey],
      ['', one],
    ]),
  'a rule within any': (set) =>
    signOn([
      [`any: [{ ${set} }, { risk: { atLeast: high } }]`, two],
      ['', one],
    ]),
  'a rule within any that denies': (set) =>
    signOn([
      [`any: [{ ${set} }, { risk: { atLeast: high } }]`, 'deny'],
      ['', one],
    ]),
  'a rule within any that asks named users for more': (set, besides) =>
    signOn([
      [`${besides}, any: [{ ${set} }, { time: { days: [mon], zone: UTC } }]`, passkey],
      ['', one],
    ]),
  'a rule for an app with few scopes': (set) => ({
    ...signOn([
      [set, two],
      ['', one],
    ]),
    'apps/notes.yaml': app(', scope: openid profile'),
  }),
  'a session rule that denies': (set) =>
    file('session', [
      [set, 'deny'],
      ['', never],
    ]),
  'a session rule that asks for less': (set) =>
    file('session', [
      [set, never],
      ['', always],
    ]),
  'a session rule that asks named users for more': (set, besides) =>
    file('session', [
      [`${besides}, ${set}`, always],
      ['', never],
    ]),
  'an enrollment rule that asks for less': (set) =>
    file('enrollment', [
      [set, '{}'],
      ['', '{ required: [totp] }'],
    ]),
  'an enrollment rule that asks for more': (set) =>
    file('enrollment', [
      [set, '{ required: [totp] }'],
      ['', '{}'],
    ]),
  'an account rule that denies': (set) =>
    file('account', [
      [set, 'deny'],
      ['', one],
    ]),
  'two rules that deny together': (set) => ({
    ...signOn([
      [set, one],
      ['', 'deny'],
    ]),
    ...file('session', [
      [set, 'deny'],
      ['', never],
    ]),
  }),
  'a rule below one of the same': (set) =>
    signOn([
      [set, one],
      [`${set}, time: { days: [mon], zone: UTC }`, two],
      ['', one],
    ]),
};

/** Severity, code and rule of each finding, once. */
async function found(files: Files): Promise<readonly string[]> {
  const loaded = await load({ 'stepgate.yaml': settings, ...files }, {}, authenticators);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const findings = await analyse(loaded, { authenticators, now });
  const texts = findings
    .filter(({ code }) => code !== 'unused')
    .map(({ severity, code, file: name, path }) => `${severity} ${code} ${name} ${/^rules\[\d+\]/.exec(path)?.[0]}`);
  return [...new Set(texts)].sort();
}

test.each(Object.entries(places))('the same findings for %s', async (_, place) => {
  const ofExpressions: Record<string, readonly string[]> = {};
  const ofConditions: Record<string, readonly string[]> = {};
  for (const [condition, expression] of pairs) {
    const besides = /^(groups|attributes)/.test(condition)
      ? 'userType: { any: [staff] }'
      : 'groups: { any: [payroll] }';
    ofExpressions[expression] = await found(place(`expression: '${expression}'`, besides));
    ofConditions[expression] = await found(place(condition, besides));
  }
  expect(ofExpressions).toEqual(ofConditions);
});
