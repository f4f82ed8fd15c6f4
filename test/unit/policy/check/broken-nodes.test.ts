/**
 * Each node of each document is replaced by what does not belong there. The result is findings with codes and places.
 * Nothing throws, and nothing that is unreadable passes.
 */
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import type { WrittenKind } from '../../../../src/policy/model/documents.ts';
import type { Finding } from '../../../../src/policy/model/finding.ts';
import { policyTestsSchema } from '../../../../src/policy/schema/policy-tests.ts';
import { schemaFor } from '../../../../src/policy/schema/schemas.ts';
import { schemaFindings } from '../../../../src/policy/source/schema-findings.ts';
import { type Path, readYaml } from '../../../../src/policy/source/yaml-source.ts';
import { drawnFrom } from '../../../core/support/seeded.ts';
import { load } from '../support/configuration-dir.ts';

const conditions = `
groups: { any: [staff], none: [guests] }
users: { none: [u1] }
userType: { any: [staff] }
network: { any: [office] }
device: { known: true, platform: [desktop], os: [macos], assurance: { any: [good] } }
time: { days: [mon], from: "08:00", to: "18:00", zone: Europe/Vienna }
accountAge: { atLeast: P1D, below: P30D }
lastSignIn: { within: P30D }
risk: { atLeast: medium, below: high, none: [longAway] }
distance: { notWithin: 500 km }
recovered: { within: P1D }
attributes: { unit: { equals: x, not: { matches: "a*" } }, level: { atLeast: 2 } }
expression: now > timestamp("2026-01-01T00:00:00Z")
any: [{ groups: { any: [staff] } }, { scopes: { any: [read] } }]
`;
const when = JSON.stringify(parse(conditions));
const requirements = [
  '{ factors: 2, possession: { exclude: [email], maxAge: PT1H }, knowledge: {}, reauthenticate: PT12H }',
  '{ anyOf: [{ factors: 2 }, { factors: 2, possession: { authenticators: [webauthn], phishingResistant: true } }] }',
  '{ factors: 2, any: { exclude: [phone.sms], maxIdle: PT5M } }',
];
const chain =
  '{ chains: [[{ authenticators: [password], maxAge: PT1H }, { authenticators: [totp], userPresence: true }]] }';
const mailThenCode = '{ chains: [[{ authenticators: [email], maxAge: PT1H }, { authenticators: [totp] }]] }';
const grace = '{ anyOf: [totp, webauthn], count: 1, grace: { until: 2027-01-31 } }';

/** Every kind of file, with all that checks compare within it. */
const files: Readonly<Record<string, string>> = {
  'stepgate.yaml': `
brand: { name: Test, accent: "#1a5fb4" }
zones: { office: { cidrs: [192.0.2.0/24] }, abroad: { countries: [DE], asns: [1] } }
networkData: { country: /data/city.mmdb, asn: /data/asn.mmdb }
groups: { staff: {}, guests: { description: Guests. } }
authenticators: { password: { enabled: true }, totp: { enabled: true }, webauthn: { enabled: true }, email: { enabled: true }, phone: { enabled: true, methods: [sms], countries: [AT] } }
mail: { from: no-reply@example.org, smtp: { host: localhost } }
sms: { webhook: { url: "https://sms.test/send", secretEnv: SECRET } }
attributes: { unit: { label: Unit, write: user, maxLength: 20 }, level: { label: Level, write: user, type: number, min: 1, max: 9 } }
resources: [{ indicator: "https://api.test", scopes: [read], accessToken: { lifetime: PT5M } }]
acrValues: [{ value: "urn:strong", requirement: { factors: 2 } }, { value: "urn:any", requirement: { factors: 1 } }]
tokens: { refreshToken: { idle: P1D, absolute: P7D } }
risk: { levels: { medium: 10, high: 20 }, points: { longAway: 5 } }
deviceSignals: { proxy: { proxies: [10.0.0.0/8] }, assurances: { good: { osVersion: { ios: "17.4" }, signals: [diskEncryption] } } }
`,
  'invariants.yaml': `invariants:
  - { name: One, apps: { any: [notes] }, when: { groups: { any: [guests] } }, always: ${requirements[0]}, countRemembered: true }
  - { name: Two, never: { authenticators: [phone.sms] } }
`,
  'apps/notes.yaml': `
clientId: notes
name: Notes
labels: [a]
profilePolicy: own
client: { redirect_uris: ["https://notes.test/cb"], grant_types: [authorization_code, refresh_token], default_max_age: 3600 }
`,
  'apps/other.yaml':
    'clientId: other\nname: Other\nsignOnPolicy: other\nclient: { redirect_uris: ["https://other.test/cb"] }\n',
  'policies/sign-on/notes.yaml': `
name: notes
apps: { labels: [a] }
rules:
  - { name: First, when: ${when}, then: { allow: ${requirements[0]}, remember: { device: P30D }, session: { absolute: PT4H }, grant: { scopes: [read] } } }
  - { name: Second, when: { groups: { any: [guests] } }, then: deny }
  - { name: All, then: { allow: ${requirements[1]}, remember: { device: P30D } } }
`,
  'policies/sign-on/other.yaml': `
name: other
rules:
  - { name: Chain, when: { network: { none: [office] } }, then: { allow: ${chain} } }
  - { name: All, then: { allow: ${requirements[2]}, remember: { device: P30D } } }
`,
  'policies/session.yaml': `
rules:
  - { name: Some, when: { network: { any: [office] } }, then: { allow: { primary: any, secondFactor: { every: PT1H }, idle: PT1H, absolute: P1D, keepSignedIn: { idle: P2D, absolute: P7D } } } }
  - { name: All, then: { allow: { primary: any, secondFactor: never, idle: PT1H, absolute: P1D } } }
`,
  'policies/enrollment.yaml': `
rules:
  - { name: Some, when: { authenticated: { any: [email] } }, then: { required: [totp, ${grace}], promote: { webauthn: { cooldown: P7D, skips: 2 } } } }
  - { name: All, then: { optional: [totp], useOnly: [phone], disabled: [access_code] } }
`,
  'policies/password.yaml':
    'rules: [{ name: All, then: { minLength: 15, blocklists: [common], maxAge: P365D, lockout: { attempts: 5, consecutive: 50 } } }]\n',
  'policies/recovery.yaml': `rules: [{ name: Office, when: { network: { any: [office] } }, then: { allow: ${mailThenCode} } }, { name: All, then: deny }]\n`,
  'policies/account.yaml': `rules: [{ name: Keys, change: { add: [webauthn], remove: all }, then: { allow: { factors: 2 } } }, { name: All, then: { allow: { factors: 1 } } }]\n`,
  'policies/profile/own.yaml':
    'name: own\nrules: [{ name: All, then: { required: [unit], register: { optional: [level], groups: [guests] }, terms: [{ id: t1, version: "1", label: Terms, url: "https://terms.test" }] } }]\n',
};

const tests = `
tests:
  - { name: One, app: notes, user: { groups: [staff], enrolled: [password] }, device: { platform: desktop, os: macos }, request: { acrValues: ["urn:strong"], essentialAcr: true }, evidence: [password@12h], time: 2027-01-15T08:00:00Z, expect: { steps: [totp, { profile: [unit] }], rule: { app: All } } }
`;

const kinds: Readonly<Record<string, WrittenKind>> = {
  'stepgate.yaml': 'settings',
  'invariants.yaml': 'invariants',
  'apps/notes.yaml': 'app',
  'apps/other.yaml': 'app',
  'policies/sign-on/notes.yaml': 'sign-on',
  'policies/sign-on/other.yaml': 'sign-on',
  'policies/session.yaml': 'session',
  'policies/enrollment.yaml': 'enrollment',
  'policies/password.yaml': 'password',
  'policies/recovery.yaml': 'recovery',
  'policies/account.yaml': 'account',
  'policies/profile/own.yaml': 'profile',
};

/** What stands in place of a node. */
const breakages: readonly (readonly [what: string, broken: (node: unknown) => unknown])[] = [
  ['with an unknown key', (node) => (isMapping(node) ? { ...node, nonsense: 1 } : { nonsense: 1 })],
  ['a list', (node) => (Array.isArray(node) ? { first: node[0] } : [node])],
  ['a text', () => 'not this!'],
  ['a number', () => -7],
  ['null', () => null],
  ['empty', (node) => (Array.isArray(node) ? [] : {})],
];

function isMapping(node: unknown): node is Readonly<Record<string, unknown>> {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}

/** The paths of all nodes below this one, and its own. */
function pathsIn(node: unknown, path: Path = []): readonly Path[] {
  if (typeof node !== 'object' || node === null) return [path];
  const steps = Array.isArray(node) ? [...node.keys()] : Object.keys(node);
  return [path, ...steps.flatMap((step) => pathsIn(Reflect.get(node, step), [...path, step]))];
}

function replaced(node: unknown, [step, ...rest]: Path, broken: (node: unknown) => unknown): unknown {
  if (step === undefined) return broken(node);
  const copy: unknown = Array.isArray(node) ? [...node] : { ...(node as object) };
  Reflect.set(copy as object, step, replaced(Reflect.get(node as object, step), rest, broken));
  return copy;
}

/** The document with one node broken, each time another one. JSON is YAML, and written faster. */
function brokenTexts(text: string): readonly { readonly what: string; readonly write: () => string }[] {
  const content: unknown = parse(text);
  return pathsIn(content).flatMap((path) =>
    breakages.map(([what, broken]) => ({
      what: `${path.join('.')} is ${what}`,
      write: () => JSON.stringify(replaced(content, path, broken)),
    })),
  );
}

function loaded(changed: Readonly<Record<string, string>> = {}) {
  return load({ ...files, ...changed }, { SECRET: 'x' }, authenticatorKinds);
}

test('the documents are good', async () => {
  const result = await loaded();
  expect(result.ok ? [] : result.findings.map(({ file, path, message }) => [file, path, message])).toEqual([]);
});

/** Those without a code or a place. */
function unplaced(found: readonly Finding[]): readonly Finding[] {
  return found.filter(({ code, file, line, column }) => !(code && file && line > 0 && column > 0));
}

test.each([...Object.keys(files), 'tests/notes.yaml'])('the schema of %s, each node broken', (file) => {
  const kind = kinds[file];
  const schema = kind === undefined ? policyTestsSchema(authenticatorKinds) : schemaFor(kind, authenticatorKinds);
  const found = drawnFrom(brokenTexts(files[file] ?? tests)).map(({ what, write }) => {
    const { source } = readYaml(file, write(), { variables: {} });
    const findings = source && attempted(() => schemaFindings(schema, source));
    return { what, findings: findings ?? [] };
  });
  expect(found.filter(({ findings }) => typeof findings === 'string' || unplaced(findings).length > 0)).toEqual([]);
  // Most nodes take nothing of this.
  expect(found.filter(({ findings }) => findings.length > 0).length).toBeGreaterThan(found.length / 2);
});

/** What it throws instead, as text. */
function attempted<Result>(run: () => Result): Result | string {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}

test('all checks together, one node of each document broken', async () => {
  const broken = Object.entries(files).map(([file, text]) => [file, brokenTexts(text)] as const);
  const most = Math.max(...broken.map(([, texts]) => texts.length));
  for (let index = 0; index < most; index += 13) {
    const chosen = broken.flatMap(([file, texts]) => {
      const { what, write } = texts[index % texts.length] ?? {};
      return write ? [[file, what, write()] as const] : [];
    });
    const changed = Object.fromEntries(chosen.map(([file, , text]) => [file, text]));
    const result = await loaded(changed).catch(String);
    const faults = typeof result === 'string' ? [result] : result.ok ? [] : unplaced(result.findings);
    expect({ faults, chosen: faults.length > 0 && chosen }).toEqual({ faults: [], chosen: false });
  }
});
