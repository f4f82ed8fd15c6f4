/** Questions about a rule that a part of its expression leaves open, as nothing is known of the part. */
import { expect, test } from '@jest/globals';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { authenticators, load } from '../../support/configuration-dir.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;
const settings =
  'brand: { name: A }\nattributes: { dept: { type: text, label: { en: D } } }\nauthenticators: { webauthn: { enabled: true }, totp: { enabled: true } }\n';
const app = (name: string) =>
  `clientId: ${name}\nname: ${name}\nsignOnPolicy: notes\nclient: { redirect_uris: [https://${name}.test/cb] }\n`;

async function found(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const loaded = await load({ 'stepgate.yaml': settings, 'apps/other.yaml': app('other'), ...files });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const findings = await analyse(loaded, { authenticators, now });
  return findings.map(({ severity, code, file, path, message }) => `${severity} ${code} ${file} ${path} ${message}`);
}

const rules = (when: string, then: string, rest: string) =>
  `rules:\n  - { name: A, when: { ${when} }, then: ${then} }\n  - { name: B, then: ${rest} }\n`;
const signOn = 'policies/sign-on/notes.yaml';
const ofSignOn = (...rule: Parameters<typeof rules>) => found({ [signOn]: `name: notes\n${rules(...rule)}` });
const session = (secondFactor: string) =>
  `{ allow: { primary: any, secondFactor: ${secondFactor}, idle: PT2H, absolute: P1D } }`;

const [one, two] = ['{ allow: { factors: 1 } }', '{ allow: { factors: 2 } }'];
const because = 'could not be decided: nothing is known of a part of its expression';
const weaker = `whether a rule below asks the same users for less ${because}`;
const chosen = `whether what a browser says of itself leads from it to a weaker rule ${because}`;

const hours = 'now.getHours() < 18';
const browser = 'device.os != user.id';

test.each([
  ['beside a condition', `groups: { any: [admins] }, expression: '${hours}'`],
  ['in one expression', `expression: '"admins" in user.groups && ${hours}'`],
  ['by their addresses', `expression: 'user.identifiers.exists(i, i.endsWith("@a.test")) && ${hours}'`],
  ['in an alternative', `groups: { any: [admins] }, any: [{ expression: '${hours}' }, { network: { any: [lab] } }]`],
])('a rule that asks users for more %s', async (_, when) => {
  const zones = { 'stepgate.yaml': `${settings}zones: { lab: { cidrs: [192.0.2.0/24] } }\n` };
  const files = { ...zones, [signOn]: `name: notes\n${rules(when, two, one)}` };
  const findings = (await found(files)).filter((line) => !line.includes(' unused '));
  expect(findings).toEqual([`note undecided ${signOn} rules[0] ${weaker}`]);
});

test.each([
  ['more elsewhere', `groups: { any: [admins] }, expression: '!(${hours})'`, two, one],
  ['as much', `groups: { any: [admins] }, expression: '${hours}'`, one, one],
  ['less', `groups: { any: [admins] }, expression: '${hours}'`, one, two],
  ['more of all users', `expression: '${hours}'`, two, one],
  ['more of new accounts', `expression: 'user.createdAt > now - duration("720h")'`, two, one],
])('a rule that asks for %s', async (_, when, then, rest) => {
  expect((await ofSignOn(when, then, rest)).filter((line) => line.includes('whether a rule below'))).toEqual([]);
});

test('a rule that a rule above keeps from all users who may be asked for less below', async () => {
  const named = 'groups: { any: [admins, owners] }';
  const either = `${named}, any: [{ expression: '${hours}' }, { groups: { any: [owners] } }]`;
  const rule = (name: string, when: string, then: string) =>
    `  - { name: ${name}, when: { ${when} }, then: ${then} }\n`;
  const asked = async (above: string) => {
    const strict = rule('A', either, two);
    const files = { [signOn]: `name: notes\nrules:\n${above}${strict}  - { name: B, then: ${one} }\n` };
    return (await found(files)).filter((line) => line.includes('whether a rule below'));
  };
  expect(await asked(rule('Early', `expression: '${hours}'`, one))).toEqual([]);
  expect(await asked(rule('Early', `groups: { any: [owners] }, expression: '${hours}'`, one))).toEqual([
    `note undecided ${signOn} rules[1] ${weaker}`,
  ]);
});

test('a rule that compares the browser with something else', async () => {
  const note = (file: string) => `note undecided ${file} rules[0] ${chosen}`;
  const when = `expression: '${browser}'`;
  expect(await ofSignOn(when, one, two)).toEqual([note(signOn)]);
  expect(await ofSignOn(when, two, one)).toEqual([note(signOn)]);
  expect(await ofSignOn(when, two, two)).not.toContain(note(signOn));
  const files = { session: 'policies/session.yaml', enrollment: 'policies/enrollment.yaml' };
  expect(await found({ [files.session]: rules(when, session('never'), session('always')) })).toEqual([
    note(files.session),
  ]);
  expect(await found({ [files.enrollment]: rules(when, '{}', '{ required: [totp] }') })).toEqual([
    note(files.enrollment),
  ]);
});

test('a denial by an attribute of which users are seen that have it', async () => {
  const deny = (asked: string) => ofSignOn(`expression: 'has(user.profile.dept) && ${asked}'`, 'deny', one);
  expect(await deny('size(user.profile.dept) > 3')).toEqual([
    `warning fail-open ${signOn} rules[0] denies by \`dept\`, and a user who lacks it is under the rule "B" instead, which lets them in`,
  ]);
  expect(await deny('size(user.profile.dept) * 7 == 91')).toEqual([
    `note undecided ${signOn} rules[0] whether it ever decides could not be decided`,
  ]);
});

test.each([['first'], ['zlast']])(
  'a rule that another policy takes all cases of at one app, not at the app %s',
  async (name) => {
    const lines = await found({
      'apps/other.yaml': app('other').replace('signOnPolicy: notes', 'signOnPolicy: [before, asked]'),
      [`apps/${name}.yaml`]: app(name).replace('signOnPolicy: notes', 'signOnPolicy: asked'),
      'policies/sign-on/before.yaml': `name: before\nrules:\n  - { name: Before, when: { groups: { any: [admins] } }, then: ${two} }\n`,
      'policies/sign-on/asked.yaml': `name: asked\n${rules(`groups: { any: [admins] }, expression: 'size(user.id) == 77 && user.id.lowerAscii() != user.id'`, one, one)}`,
    });
    const ofRule = lines.filter((line) => line.includes('asked.yaml rules[0]'));
    expect(ofRule).toEqual([
      'note undecided policies/sign-on/asked.yaml rules[0] whether it ever decides could not be decided',
    ]);
  },
);
