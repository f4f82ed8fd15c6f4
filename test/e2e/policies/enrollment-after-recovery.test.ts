/**
 * After a recovery by mail, the user must set up an authenticator app and a passkey, and the account policy asks for
 * the mailbox before the passkey. The app would be in its way (decision 183).
 */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { appFile } from '../../support/clients/authorize.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  formOf,
  passcode,
  type SignIn,
  signOnPolicy,
} from '../../support/clients/sign-in-flow.ts';
import { codeIn, codesTo, maySendAgain } from '../../support/messages/mail.ts';
import { attestation, optionsOf, whereOf } from '../../support/pages/webauthn.ts';
import { startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { fieldsOf, softKeyOf } from '../../support/users/enrolled-users.ts';
import { randomName } from '../../support/values/random-name.ts';

const byMail = { possession: { authenticators: ['email'] } };
const accountRules = (...keys: readonly string[]) =>
  JSON.stringify({
    rules: [
      { name: 'By mail', change: { add: keys }, then: { allow: byMail } },
      { name: 'Rest', then: { allow: { factors: 1 } } },
    ],
  });
const files = {
  ...appFile('plain', { signOnPolicy: 'plain' }),
  ...signOnPolicy('plain', { then: { allow: { factors: 1 } } }),
  'policies/recovery.yaml': JSON.stringify({ rules: [{ name: 'Mail', then: { allow: byMail } }] }),
  'policies/account.yaml': accountRules('webauthn'),
  'policies/enrollment.yaml': JSON.stringify({
    rules: [{ name: 'Both', then: { required: ['totp', 'webauthn'] } }],
  }),
};

let node: TestNode;
beforeAll(async () => {
  node = await startNode({
    demo: true,
    authenticators: ['password', 'totp', 'email', 'webauthn'],
    users: false,
    files,
  });
});
beforeEach(() => node.configure(files));
afterAll(() => node.stop());

async function codeTo(identifier: string): Promise<Readonly<Record<string, string>>> {
  const [newest] = await codesTo(node, identifier);
  return { 'credentials.passcode': newest ? codeIn(newest) : '' };
}

/** A user with password and mailbox who has just set a new password. */
async function recovered(): Promise<SignIn & { readonly id: string; readonly identifier: string }> {
  const identifier = `${randomName()}@demo.test`;
  const credentials = [testPassword(node.app), emailCredential(identifier)];
  const created = await node.app.directory.create({ identifiers: [identifier], credentials });
  if (!created.ok) throw new Error(created.code);
  const begun = await beginSignIn(node, 'plain');
  const { agent } = begun;
  const identify = await agent.submit(begun.page, formOf(begun.page, 'recover'));
  const asked = await answerStep(agent, identify, { identifier });
  const proved = await answerStep(agent, asked, await codeTo(identifier));
  expect(currentStep(proved)).toBe('enroll:password');
  await maySendAgain(node, created.user.id);
  const page = await answerStep(agent, proved, { 'credentials.passcode': 'seven green umbrellas' });
  return { ...begun, id: created.user.id, identifier, page };
}

async function keysOf(id: string): Promise<readonly string[] | undefined> {
  return (await node.app.directory.get(id))?.credentials.map(({ authenticator }) => authenticator).sort();
}

test('the passkey comes first, then the app, and the user gets in', async () => {
  const { agent, page, id, identifier } = await recovered();
  expect(currentStep(page)).toBe('challenge:email');
  const proved = await answerStep(agent, page, await codeTo(identifier));
  expect(currentStep(proved)).toBe('enroll:webauthn');
  const where = whereOf({ public: optionsOf(proved) }, node.issuer);
  const fields = fieldsOf(attestation(softKeyOf(id), where)) as Record<string, string>;
  const next = await answerStep(agent, proved, fields);
  expect(currentStep(next)).toBe('enroll:totp');
  const { secret: totp = '' } = next;
  const done = await answerStep(agent, next, await passcode({ identifier: '', password: '', totp }));
  expect(currentStep(done)).toBe('code');
  expect(await keysOf(id)).toEqual(['email', 'password', 'totp', 'webauthn']);
});

test('where each would be in the way of the other, the user is denied and has set up nothing', async () => {
  await node.configure({ ...files, 'policies/account.yaml': accountRules('totp', 'webauthn') });
  const { page, id } = await recovered();
  expect([page.status, page.messages]).toEqual([403, ['denied.authenticator_not_enrollable']]);
  expect(await keysOf(id)).toEqual(['email', 'password']);
});
