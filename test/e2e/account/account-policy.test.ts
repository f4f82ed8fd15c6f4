/** The account policy, over HTTP: at the account pages and in the loop. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { passwordCredential } from '../../../src/authenticators/password/credential.ts';
import { hashPassword } from '../../../src/authenticators/password/hash.ts';
import { signIn } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  formOf,
  identify,
  signOnPolicy,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { visit } from '../../support/users/account-visits.ts';

let node: TestNode;
beforeAll(async () => {
  const rules = [
    { name: 'Apps stay', change: { remove: ['totp'] }, then: 'deny' },
    { name: 'Guests add nothing', change: { add: 'all' }, when: { groups: { any: ['guests'] } }, then: 'deny' },
    {
      name: 'Two for passwords',
      change: { change: ['password'] },
      when: { groups: { any: ['imported'] } },
      then: { allow: { factors: 2 } },
    },
    {
      name: 'Two for more',
      change: { add: ['totp'] },
      when: { groups: { any: ['mailed'] } },
      then: { allow: { factors: 2 } },
    },
    { name: 'Rest', then: { allow: { factors: 1 } } },
  ];
  const enrollmentRules = [
    {
      name: 'Joining',
      when: { groups: { any: ['joining'] } },
      then: { required: [{ anyOf: ['totp'], grace: { skips: 3 } }] },
    },
    { name: 'Rest', then: {} },
  ];
  node = await startNode({
    authenticators: ['password', 'totp'],
    files: {
      'policies/account.yaml': JSON.stringify({ rules }),
      'policies/enrollment.yaml': JSON.stringify({ rules: enrollmentRules }),
      ...signOnPolicy('payroll', { then: { allow: { factors: 2 } } }),
    },
  });
});
afterAll(() => node.stop());

test('authenticators that it forbids to remove stay', async () => {
  const user = await userWithTotp(node);
  const credentials = (await node.app.directory.get(user.id))?.credentials ?? [];
  const id = credentials.find(({ authenticator }) => authenticator === 'totp')?.id;
  const { agent, page } = await visit(node, user, { path: `/account/authenticators/${id}` });
  const refused = await agent.submit(page, formOf(page, 'remove'));
  expect(refused.messages).toEqual(['denied.rule']);
  expect((await node.app.directory.get(user.id))?.credentials).toHaveLength(2);
  const line = node.audit.findLast(({ event, subject }) => event === 'sign_in.denied' && subject === user.id);
  expect(line).toMatchObject({ reason: 'rule', rule: expect.stringContaining('account: Apps stay') });
});

test.each([
  ['staff', 'enroll:totp', true],
  ['guests', 'denied.enrollment_forbids', false],
])('%s: an app that takes a second factor, and the offer at the account', async (group, step, offered) => {
  const user = await userWithPassword(node, [group]);
  const { agent, page } = await beginSignIn(node, 'payroll');
  expect(currentStep(await identify(agent, page, user))).toBe(step);
  const { page: overview } = await visit(node, user, { path: '/account/methods' });
  expect(overview.html.includes('/account/add/totp')).toBe(offered);
});

test('a password that must be replaced, where more is asked for before than the user has', async () => {
  const user = await userWithPassword(node, ['imported']);
  const password = 'letmein';
  await node.app.directory.setPassword(user.id, passwordCredential(await hashPassword(node.app.hashing, password)));
  const { agent, page } = await beginSignIn(node, 'notes');
  const denied = await identify(agent, page, { ...user, password });
  expect([denied.status, denied.messages]).toEqual([403, ['denied.password_not_replaceable']]);
  expect(denied.html).toContain('You need a new password');
  const line = node.audit.findLast(({ event, subject }) => event === 'sign_in.denied' && subject === user.id);
  expect(line).toMatchObject({
    reason: 'password_not_replaceable',
    rule: expect.stringContaining('account: Two for passwords'),
    trace: {
      passwordToReplace: {
        ...{ authenticator: 'password', reason: 'compromised' },
        ...{ layer: 'account', rule: 'Two for passwords' },
      },
    },
  });
});

test('a password that must be replaced, after what is required first because of that', async () => {
  const user = await userWithPassword(node, ['imported', 'joining']);
  const password = 'letmein';
  await node.app.directory.setPassword(user.id, passwordCredential(await hashPassword(node.app.hashing, password)));
  const { agent, page } = await beginSignIn(node, 'notes');
  const first = await identify(agent, page, { ...user, password });
  expect([currentStep(first), formOf(first, 'skip')]).toEqual(['enroll:totp', undefined]);
  const { page: next } = await signIn(agent, first, user);
  expect([currentStep(next), next.messages]).toEqual(['enroll:password', ['enroll.replacement.compromised']]);
  const end = await answerStep(agent, next, { 'credentials.passcode': 'a new one of five words' });
  expect(currentStep(end)).toBe('code');
  const asked = node.audit.find(({ event, subject }) => event === 'sign_in.asked' && subject === user.id);
  expect(asked).toMatchObject({ trace: { passwordToReplace: { authenticator: 'password', reason: 'compromised' } } });
});

test('an authenticator that the app takes, where more is asked for before than the user has', async () => {
  const user = await userWithPassword(node, ['mailed']);
  const { agent, page } = await beginSignIn(node, 'payroll');
  const denied = await identify(agent, page, user);
  expect([denied.status, denied.messages]).toEqual([403, ['denied.authenticator_not_enrollable']]);
  expect(denied.html).toContain('You need another sign-in method');
  const line = node.audit.findLast(({ event, subject }) => event === 'sign_in.denied' && subject === user.id);
  expect(line).toMatchObject({
    reason: 'authenticator_not_enrollable',
    rule: expect.stringContaining('account: Two for more'),
    trace: { missingEnrollment: { authenticators: ['totp'], layer: 'account', rule: 'Two for more' } },
  });
});
