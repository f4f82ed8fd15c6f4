/** A password that expires during a session, and that the user cannot replace. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { oneDay } from '../../../src/core/model/durations.ts';
import { answerStep, beginSignIn, currentStep, identify, signOnPolicy } from '../../support/clients/sign-in-flow.ts';
import { codeIn, mailTo } from '../../support/messages/mail.ts';
import { password, startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { randomName } from '../../support/values/random-name.ts';

let node: TestNode;
let clock = 0;
beforeAll(async () => {
  const one = { allow: { factors: 1 } };
  const byCode = { allow: { possession: { authenticators: ['totp'] } } };
  const session = { primary: 'any', secondFactor: 'never', idle: 'P10D', absolute: 'P30D' };
  const policy = (rules: readonly object[]) => JSON.stringify({ rules });
  node = await startNode({
    now: () => Math.floor(Date.now() / 1000) + clock,
    demo: true,
    authenticators: ['password', 'email', 'totp'],
    files: {
      'policies/account.yaml': policy([
        { name: 'By code', change: { change: ['password'] }, then: byCode },
        { name: 'Rest', then: one },
      ]),
      'policies/password.yaml': policy([{ name: 'Month', then: { maxAge: 'P30D' } }]),
      'policies/session.yaml': policy([{ name: 'Long', then: { allow: session } }]),
      ...signOnPolicy('notes', { then: one }),
    },
  });
});
beforeEach(() => {
  clock = 0;
});
afterAll(() => node.stop());

async function userWithOldPassword(hasEmail: boolean) {
  const identifier = `${randomName()}@demo.test`;
  clock = -29 * oneDay;
  const created = await node.app.directory.create({
    identifiers: [identifier],
    profile: { email: identifier, emailVerified: true },
    groups: ['staff'],
    credentials: [testPassword(node.app), ...(hasEmail ? [emailCredential(identifier)] : [])],
  });
  clock = 0;
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, identifier, password };
}

async function signInByPassword(user: Awaited<ReturnType<typeof userWithOldPassword>>) {
  const { agent, page } = await beginSignIn(node, 'notes');
  const next = await identify(agent, page, user);
  const last = currentStep(next).startsWith('challenge')
    ? await answerStep(agent, next, { 'credentials.passcode': user.password })
    : next;
  expect(currentStep(last)).toBe('code');
  return agent;
}

test('the user is asked for something else that is enough, and gets in', async () => {
  const user = await userWithOldPassword(true);
  const agent = await signInByPassword(user);
  clock = 2 * oneDay;
  const { page: silent } = await beginSignIn(node, { client_id: 'notes', prompt: 'none' }, agent);
  expect(currentStep(silent)).toBe('interaction_required');
  const { page } = await beginSignIn(node, 'notes', agent);
  expect(currentStep(page)).toBe('challenge:email');
  const asked = node.audit.findLast(({ event, subject }) => event === 'sign_in.asked' && subject === user.id);
  const passwordToReplace = { authenticator: 'password', reason: 'expired', passwordRule: 'Month' };
  expect(asked).toMatchObject({ trace: { passwordToReplace } });
  const code = codeIn(await mailTo(node, user.identifier));
  expect(currentStep(await answerStep(agent, page, { 'credentials.passcode': code }))).toBe('code');
  expect(currentStep((await beginSignIn(node, 'notes', agent)).page)).toBe('code');
});

test('a user who has nothing else is denied, and told why', async () => {
  const agent = await signInByPassword(await userWithOldPassword(false));
  clock = 2 * oneDay;
  const { page } = await beginSignIn(node, 'notes', agent);
  expect(currentStep(page)).toBe('denied.password_not_replaceable');
});
