/** An app that takes no password: who exists, and who only has a password, cannot be told there, and no page asks for one. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { holder } from '../support/means.ts';
import { password, startNode, type TestNode } from '../support/node.ts';
import { named, turnTo } from '../support/proving.ts';
import { answerStep, formOf, personWithPassword, whereIs } from '../support/sign-in-flow.ts';
import type { Page } from '../support/user-agent.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode({ demo: true, authenticators: 'demo' });
});
afterAll(() => node.stop());

const shown = (page: Page) => `${page.status} ${whereIs(page)} ${page.forms.map(({ step }) => step).join()}`;
const mistyped = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ identifier: `mistyped-${at}@demo.test` }));

async function pagesOf(people: readonly { readonly identifier: string }[]): Promise<ReadonlyMap<string, number>> {
  const pages = new Map<string, number>();
  for (const person of people) {
    const key = shown((await named(node, 'shop', person)).page);
    pages.set(key, (pages.get(key) ?? 0) + 1);
  }
  return pages;
}

test('unknown names, and people with a password only, are first asked for what the shop takes', async () => {
  const real = await pagesOf([await holder(node, 'email'), await holder(node, 'password', 'email')]);
  const unknown = await pagesOf(mistyped(60));
  const onlyPassword = await pagesOf(await Promise.all(Array.from({ length: 24 }, () => personWithPassword(node))));
  const withKey = await holder(node, 'email', 'passkey');
  const both = await pagesOf([withKey]);
  expect([...unknown.keys()].filter((page) => !/challenge:(email|webauthn)/.test(page))).toEqual([]);
  expect([...onlyPassword.keys()].filter((page) => !unknown.has(page))).toEqual([]);
  expect([...real.keys(), ...both.keys()].filter((page) => !unknown.has(page))).toEqual([]);
  expect([...unknown.keys()].length).toBeGreaterThan(1);
});

test('what nobody can answer is refused like a wrong answer, and sends nothing', async () => {
  for (let tries = 0; tries < 24; tries += 1) {
    const person = await personWithPassword(node);
    const { agent, page } = await named(node, 'shop', person);
    if (whereIs(page) !== 'challenge:email') continue;
    const refused = await answerStep(agent, page, { 'credentials.passcode': '123456' });
    expect([refused.status, refused.messages]).toEqual([422, ['credentials.invalid']]);
    const early = await agent.submit(page, formOf(page, 'resend'));
    expect([early.status, early.messages]).toEqual([429, ['resend.exceeded']]);
    const inbox = await fetch(`${node.issuer}/demo/inbox.json`);
    expect(await inbox.text()).not.toContain(person.identifier);
    return;
  }
  throw new Error('nobody was asked for a code by mail');
});

test('who has only a password finds it among the other ways, sets up what the shop takes behind it, and is in', async () => {
  const { agent, page } = await named(node, 'shop', await personWithPassword(node));
  const asked = await turnTo(agent, page, 'password');
  expect(whereIs(asked)).toBe('challenge:password');
  const proved = await answerStep(agent, asked, { 'credentials.passcode': password });
  expect(whereIs(proved)).toMatch(/^(select|enroll)/);
});

test('who has a mailbox never meets one, whatever is asked for', async () => {
  const { agent, page } = await named(node, 'shop', await holder(node, 'password', 'email'));
  expect(whereIs(await turnTo(agent, page, 'password'))).toBe(whereIs(page));
});
