/** Users who escape a denial get in: neither the sign-on policy nor the session policy denies those of the example. */
import { expect, test } from '@jest/globals';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { authenticators, load, validFiles } from '../../support/configuration-dir.ts';
import { rest, rules } from '../../support/lock-out-files.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;
const flagged = '{ name: Flagged, when: { attributes: { flag: { equals: true } } }, then: deny }';
const allowed = 'then: { allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } } }';

interface Rules {
  readonly session?: readonly string[];
  readonly signOn: readonly string[];
}

/** The examples by the file of the finding. */
async function examples({ session = [], signOn }: Rules) {
  const loaded = await load({
    'stepgate.yaml': `${validFiles['stepgate.yaml']}attributes: { flag: { type: boolean } }\n`,
    'policies/session.yaml': rules(...session, `{ name: All, ${allowed}`),
    'policies/sign-on/notes.yaml': `name: notes\n${rules(...signOn)}`,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = (await analyse(loaded, { authenticators, now })).filter(({ code }) => code === 'fail-open');
  return found.map(({ file, example = [] }) => `${file} ${example.join(' ')}`);
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
