/** An app that takes no password: its people are never asked for one, and who exists cannot be told there. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { holder } from '../support/enrolled-users.ts';
import { password, startNode, type TestNode } from '../support/node.ts';
import { named, turnTo } from '../support/proofs.ts';
import { answerStep, currentStep, personWithPassword } from '../support/sign-in-flow.ts';
import type { Page } from '../support/user-agent.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode({ demo: true, authenticators: 'demo' });
});
afterAll(() => node.stop());

const shown = (page: Page) => `${page.status} ${currentStep(page)}`;

async function pagesOf(people: readonly { readonly identifier: string }[]): Promise<readonly string[]> {
  const pages: string[] = [];
  for (const person of people) pages.push(shown((await named(node, 'shop', person)).page));
  return pages;
}

test('what its people see, and what people see who have nothing that it takes, some unknown names see as well', async () => {
  const mistyped = Array.from({ length: 160 }, (_, at) => ({ identifier: `mistyped-${at}@demo.test` }));
  const unknown = await pagesOf(mistyped);
  const real = [
    await holder(node, 'email'),
    await holder(node, 'password', 'email'),
    await holder(node, 'email', 'passkey'),
    await personWithPassword(node),
  ];
  expect((await pagesOf(real)).filter((page) => !unknown.includes(page))).toEqual([]);
  // Most of those who mistyped their address are told to look at their mail.
  expect(unknown.filter((page) => page.includes('challenge:email')).length).toBeGreaterThan(unknown.length / 2);
});

test('who has a mailbox never meets a password, whatever is asked for', async () => {
  const { agent, page } = await named(node, 'shop', await holder(node, 'password', 'email'));
  expect(currentStep(page)).toBe('challenge:email');
  expect(currentStep(await turnTo(agent, page, 'password'))).toBe('challenge:email');
});

test('who has only a password sets up what the shop takes behind it', async () => {
  const { agent, page } = await named(node, 'shop', await personWithPassword(node));
  const asked = await turnTo(agent, page, 'password');
  const proved = await answerStep(agent, asked, { 'credentials.passcode': password });
  expect(currentStep(proved)).toMatch(/^(select|enroll)/);
});
