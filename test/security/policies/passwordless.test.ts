/** An app that takes no password: its users are never asked for one, and it does not reveal which users exist. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { answerStep, currentStep, userWithPassword } from '../../support/clients/sign-in-flow.ts';
import type { Page } from '../../support/pages/user-agent.ts';
import { password, startNode, type TestNode } from '../../support/servers/node.ts';
import { holder } from '../../support/users/enrolled-users.ts';
import { beginIdentified, chooseAuthenticator } from '../../support/users/prove-capabilities.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode({ demo: true, authenticators: 'demo' });
});
afterAll(() => node.stop());

const shown = (page: Page) => `${page.status} ${currentStep(page)}`;

async function pagesOf(users: readonly { readonly identifier: string }[]): Promise<readonly string[]> {
  const pages: string[] = [];
  for (const user of users) pages.push(shown((await beginIdentified(node, 'shop', user)).page));
  return pages;
}

test('what its users see, and what users see who have no authenticator that it takes, some unknown names see as well', async () => {
  const mistyped = Array.from({ length: 160 }, (_, at) => ({ identifier: `mistyped-${at}@demo.test` }));
  const unknown = await pagesOf(mistyped);
  const real = [
    await holder(node, 'email'),
    await holder(node, 'password', 'email'),
    await holder(node, 'email', 'passkey'),
    await userWithPassword(node),
  ];
  expect((await pagesOf(real)).filter((page) => !unknown.includes(page))).toEqual([]);
  // Most users who mistyped their address are asked to look at their mail.
  expect(unknown.filter((page) => page.includes('challenge:email')).length).toBeGreaterThan(unknown.length / 2);
});

test('a user with a mailbox is never asked for a password, even by a forged choice', async () => {
  const { agent, page } = await beginIdentified(node, 'shop', await holder(node, 'password', 'email'));
  expect(currentStep(page)).toBe('challenge:email');
  expect(currentStep(await chooseAuthenticator(agent, page, 'password'))).toBe('challenge:email');
});

test('a user with only a password proves it, then sets up what the shop takes', async () => {
  const { agent, page } = await beginIdentified(node, 'shop', await userWithPassword(node));
  const asked = await chooseAuthenticator(agent, page, 'password');
  const proved = await answerStep(agent, asked, { 'credentials.passcode': password });
  expect(currentStep(proved)).toMatch(/^(select|enroll)/);
});
