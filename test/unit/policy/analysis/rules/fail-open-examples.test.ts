/**
 * Users who escape a denial get in: neither the sign-on policy nor the session policy denies those of the example. What
 * is advised keeps them out.
 */
import { expect, test } from '@jest/globals';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { authenticators, load, validFiles } from '../../support/configuration-dir.ts';
import { rest, rules } from '../../support/lock-out-files.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;
const flagged = '{ name: Flagged, when: { attributes: { flag: { equals: true } } }, then: deny }';
const allowed = 'then: { allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } } }';

const written = (by: string) => `attributes: { flag: { type: boolean, write: ${by} } }\n`;

interface Rules {
  readonly session?: readonly string[];
  readonly signOn: readonly string[];
  readonly attributes?: string;
}

async function failingOpen({ session = [], signOn, attributes = written('admin') }: Rules) {
  const loaded = await load({
    'stepgate.yaml': `${validFiles['stepgate.yaml']}${attributes}`,
    'policies/session.yaml': rules(...session, `{ name: All, ${allowed}`),
    'policies/sign-on/notes.yaml': `name: notes\n${rules(...signOn)}`,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  return (await analyse(loaded, { authenticators, now })).filter(({ code }) => code === 'fail-open');
}

/** The examples by the file of the finding. */
async function examples(given: Rules) {
  return (await failingOpen(given)).map(({ file, example = [] }) => `${file} ${example.join(' ')}`);
}

const plain = '--ip 203.0.113.7 --platform desktop --os windows';

test('of a session rule, the sign-on policy lets in the user of the example', async () => {
  const phone = '{ name: Phone, when: { scopes: { all: [phone] } }, then: { allow: { factors: 1 } } }';
  expect(await examples({ session: [flagged], signOn: [phone, '{ name: Rest, then: deny }'] })).toEqual([
    `policies/session.yaml --app notes --groups  ${plain.replace(' --platform', ' --scope openid phone --platform')}`,
  ]);
  expect(await examples({ session: [flagged], signOn: [rest] })).toEqual([
    `policies/session.yaml --app notes --groups  ${plain}`,
  ]);
});

test('of a session rule, the example is at the account pages if no app lets in who escapes', async () => {
  const known = '{ name: Known, when: { attributes: { flag: { present: true } } }, then: { allow: { factors: 1 } } }';
  expect(await examples({ session: [flagged], signOn: [known, '{ name: Rest, then: deny }'] })).toEqual([
    `policies/session.yaml --app stepgate-account --groups  ${plain}`,
  ]);
});

test('of a sign-on rule, the session policy lets in the user of the example', async () => {
  const staff = `{ name: Staff, when: { groups: { none: [staff] }, apps: { any: [notes] } }, then: deny }`;
  expect(await examples({ session: [staff], signOn: [flagged, rest] })).toEqual([
    `policies/sign-on/notes.yaml --app notes --groups staff ${plain}`,
  ]);
});

test('a sign-on rule is not told of whose users the session policy denies', async () => {
  const absent = '{ name: Absent, when: { attributes: { flag: { present: false } } }, then: deny }';
  expect(await examples({ session: [absent], signOn: [flagged, rest] })).toEqual([]);
});

test('of an attribute that users write themselves, no other test of it is advised', async () => {
  const advice = async (by: string) =>
    (await failingOpen({ signOn: [flagged, rest], attributes: written(by) })).map((finding) => finding.advice);
  const absent = 'say what it means to lack it, in a rule with `flag: { present: false }`';
  expect(await advice('admin')).toEqual([`${absent}, or deny all but some with \`not\``]);
  expect(await advice('user')).toEqual([
    `users write it themselves, so that no test of it keeps them out: deny by something else, or say \`write: admin\` for it and ${absent}`,
  ]);
});
