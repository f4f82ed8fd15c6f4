/** What an expression asks of the app alone is known for each app, whatever function it asks with. */
import { expect, test } from '@jest/globals';
import { snapshotOfDocuments } from '../../../../../src/policy/revision/snapshot.ts';
import { kindsOf, load, validFiles } from '../../support/configuration-dir.ts';
import { account, byPasskey, findings, rules, settings } from '../../support/lock-out-files.ts';

const apps = Object.fromEntries(
  ['about', 'pay-in', 'pay-out', 'wiki', 'blog'].map((clientId) => [
    `apps/${clientId}.yaml`,
    validFiles['apps/notes.yaml']?.replaceAll('clientId: notes', `clientId: ${clientId}`),
  ]),
);
const signOn = (expression: string) => ({
  'policies/sign-on/notes.yaml': `name: notes\n${rules(
    `{ name: Keys, when: { expression: '${expression}' }, ${byPasskey} }`,
    '{ name: Rest, then: { allow: { factors: 1 } } }',
  )}`,
});
const noKeys = account('{ name: No keys, change: { add: [webauthn] }, then: deny }');
const severe = async (files: Readonly<Record<string, string | undefined>>) =>
  (await findings({ ...apps, ...files }))
    .filter(({ severity }) => severity !== 'note')
    .map(({ severity, code, message, example = [] }) => ({ code: `${severity} ${code}`, message, app: example[1] }));

test.each([
  ['request.clientId.startsWith("pay-")', '2 apps', 'pay-in'],
  ['request.clientId.endsWith("-out")', 'the app', 'pay-out'],
  ['size(request.clientId) == 4 && !request.clientId.contains("b")', 'the app', 'wiki'],
  ['request.clientId.substring(0, 4) == "blog"', 'the app', 'blog'],
])('users are locked out of the apps that %s names', async (expression, which, app) => {
  const found = await severe({ ...signOn(expression), ...noKeys });
  expect(found).toMatchObject([{ code: 'error lock-out', message: expect.stringContaining(which), app }]);
});

test('a rule about no app never decides', async () => {
  expect(await severe(signOn('request.clientId.startsWith("shop-")'))).toMatchObject([{ code: 'error contradictory' }]);
});

test('policies that ask in different ways are taken together', async () => {
  // Only the app `pay-out` passes both.
  const session = {
    'policies/session.yaml': rules(
      `{ name: Not out, when: { expression: '!request.clientId.startsWith("pay-")' }, then: deny }`,
      '{ name: All, then: { allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } } }',
    ),
  };
  const once = account(
    `{ name: There, change: { add: [webauthn] }, when: { expression: 'request.clientId.endsWith("out")' }, then: { allow: { factors: 1 } } }`,
    '{ name: No keys, change: { add: [webauthn] }, then: deny }',
  );
  const codes = (await severe({ ...signOn('request.clientId == "pay-in"'), ...session, ...once })).map(
    ({ code }) => code,
  );
  expect(codes).toContain('warning newcomer-lock-out');
  expect(codes).not.toContain('error lock-out');
});

test('apps that an expression tells apart are no equal ones', async () => {
  const authenticators = kindsOf('password', 'totp', 'webauthn', 'email', 'phone');
  const files = { 'stepgate.yaml': settings, ...apps, ...signOn('request.clientId.endsWith("-out")') };
  const loaded = await load(files, {}, authenticators);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const snapshot = await snapshotOfDocuments(loaded.documents, authenticators);
  const groups = await snapshot.equivalentApps();
  expect(groups.map(({ app, count }) => `${app.clientId} ${count}`).toSorted()).toEqual(['about 5', 'pay-out 1']);
});
