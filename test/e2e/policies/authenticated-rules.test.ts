/** Enrollment and profile rules that ask how the user signed in, in real sign-ins. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { oneDay } from '../../../src/core/model/durations.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  formOf,
  identify,
  signOnPolicy,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import { codeIn, mailTo, reader } from '../../support/messages/mail.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { randomName } from '../../support/values/random-name.ts';

const files = {
  ...signOnPolicy(
    'notes',
    {
      when: { groups: { any: ['typists'] } },
      then: { allow: { factors: 1, knowledge: { authenticators: ['password'] } } },
    },
    { then: { allow: { factors: 1, possession: { authenticators: ['email', 'webauthn'] } } } },
  ),
  'policies/enrollment.yaml': JSON.stringify({
    rules: [
      {
        name: 'Passkeys and passwords',
        when: { authenticated: { any: ['webauthn', 'password'] } },
        then: {},
      },
      { name: 'A mailbox alone', then: { required: ['webauthn'] } },
    ],
  }),
  'policies/password.yaml': JSON.stringify({
    rules: [
      { name: 'Auditors', when: { groups: { any: ['auditors'] } }, then: { maxAge: 'P30D' } },
      { name: 'Rest', then: {} },
    ],
  }),
  'policies/profile/default.yaml': JSON.stringify({
    name: 'default',
    rules: [
      { name: 'Passwords', when: { authenticated: { any: ['password'] } }, then: { required: ['nickname'] } },
      { name: 'Rest', then: { register: 'allow' } },
    ],
  }),
};

let node: TestNode;
let ahead = 0;
beforeAll(async () => {
  node = await startNode({
    now: () => Math.floor(Date.now() / 1000) + ahead,
    demo: true,
    authenticators: ['password', 'email', 'webauthn'],
    files,
  });
});
afterAll(() => node.stop());

const answerMail = async (agent: UserAgent, page: Page, address: string): Promise<Page> =>
  answerStep(agent, page, { 'credentials.passcode': codeIn(await mailTo(node, address)) });

describe('a user who signed in', () => {
  test('by a mailbox alone enrolls a passkey, and need not fill in the profile', async () => {
    const user = await reader(node);
    const { agent, page } = await beginSignIn(node, 'notes');
    const challenge = await answerStep(agent, page, { identifier: user.identifier });
    expect(currentStep(challenge)).toBe('challenge:email');
    const next = await answerMail(agent, challenge, user.address);
    expect([currentStep(next), formOf(next, 'skip')]).toEqual(['enroll:webauthn', undefined]);
  });

  test('by a password need not, and fills in the profile', async () => {
    const user = await userWithPassword(node, ['typists']);
    const { agent, page } = await beginSignIn(node, 'notes');
    const identified = await identify(agent, page, user);
    const form =
      currentStep(identified) === 'profile'
        ? identified
        : await answerStep(agent, identified, { 'credentials.passcode': user.password });
    expect(currentStep(form)).toBe('profile');
    expect(currentStep(await answerStep(agent, form, { 'userProfile.nickname': 'Ann' }))).toBe('code');
    const again = await beginSignIn(node, 'notes', agent);
    expect(currentStep(again.page)).toBe('code');
  });

  test('by a password that had expired need not, either, once it is replaced', async () => {
    const user = await userWithPassword(node, ['typists', 'auditors']);
    ahead += 31 * oneDay;
    const { agent, page } = await beginSignIn(node, 'notes');
    const challenge = await answerStep(agent, page, { identifier: user.identifier });
    const expired = await answerStep(agent, challenge, { 'credentials.passcode': user.password });
    expect(currentStep(expired)).toBe('enroll:password');
    const form = await answerStep(agent, expired, { 'credentials.passcode': 'seven green umbrellas' });
    expect(currentStep(form)).toBe('profile');
    expect(currentStep(await answerStep(agent, form, { 'userProfile.nickname': 'Ann' }))).toBe('code');
    const again = await beginSignIn(node, 'notes', agent);
    expect(currentStep(again.page)).toBe('code');
  });

  test('by a registration, too', async () => {
    const address = `${randomName()}@new.test`;
    const { agent, page } = await beginSignIn(node, 'notes', new UserAgent());
    const asked = await agent.submit(page, formOf(page, 'register') as never);
    const challenge = await answerStep(agent, asked, { 'userProfile.email': address });
    expect(currentStep(await answerMail(agent, challenge, address))).toBe('enroll:webauthn');
  });
});
