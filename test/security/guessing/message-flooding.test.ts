/**
 * Strangers who know an identifier can neither flood its owner nor use up the messages with which the owner signs in.
 */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { parseDocument } from 'yaml';
import { attemptCounter } from '../../../src/stores/keys.ts';
import { reopened } from '../../support/clients/returning-browser.ts';
import { answerStep, currentStep, formOf, signOnPolicy, userWithPassword } from '../../support/clients/sign-in-flow.ts';
import { codeIn, codesTo, mailTo, passwordless, reader } from '../../support/messages/mail.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { visit } from '../../support/users/account-visits.ts';
import { holder } from '../../support/users/enrolled-users.ts';
import { beginIdentified, chooseAuthenticator } from '../../support/users/prove-capabilities.ts';
import { unknownAddressesWith } from '../../support/users/unknown-users.ts';
import { until } from '../../support/values/until.ts';

let node: TestNode;

function limitedTo(limits: Readonly<Record<string, number>>): Readonly<Record<string, string>> {
  const settings = parseDocument(readFileSync('config/stepgate.yaml', 'utf8'));
  settings.setIn(['authenticators', 'email', 'limits'], limits);
  return { 'stepgate.yaml': settings.toString() };
}

beforeAll(async () => {
  node = await startNode({ demo: true, authenticators: 'demo', files: passwordless });
});
beforeEach(() => node.configure(limitedTo({ network: 100_000 })));
afterAll(() => node.stop());

const shown = ({ html }: { readonly html: string }) => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

/** All messages that strangers can cause for this user within the longest window. */
async function usedUp({ id, identifier }: { readonly id: string; readonly identifier: string }): Promise<void> {
  const shared = { limit: 5, window: 900 };
  for (let count = 0; count < 5; count += 1) await node.store.reserve(attemptCounter(id, 'email.send'), [shared]);
  const stranger = await beginIdentified(node, 'notes', { identifier });
  expect(stranger.page.messages).toEqual(['send.exceeded']);
}

test('a browser that the owner has signed in with has a budget of its own', async () => {
  const owner = await reader(node);
  const { agent, page } = await beginIdentified(node, 'notes', owner);
  const code = codeIn(await mailTo(node, owner.address));
  expect(currentStep(await answerStep(agent, page, { 'credentials.passcode': code }))).toBe('code');
  await usedUp(owner);
  const back = await beginIdentified({ issuer: node.issuer, agent: reopened(agent, node.issuer) }, 'notes', owner);
  expect([currentStep(back.page), back.page.messages]).toEqual(['challenge:email', []]);
  const newest = codeIn(await mailTo(node, owner.address, 2));
  expect(currentStep(await answerStep(back.agent, back.page, { 'credentials.passcode': newest }))).toBe('code');
});

test('the same limit holds for one mailbox, even when other users have mail sent there', async () => {
  await node.configure(limitedTo({ network: 100_000, address: 1 }));
  const owner = await reader(node);
  const { agent, page } = await beginIdentified(node, 'notes', owner);
  const code = codeIn(await mailTo(node, owner.address));
  expect(currentStep(await answerStep(agent, page, { 'credentials.passcode': code }))).toBe('code');
  await node.store.commit([{ op: 'reset', counter: attemptCounter(owner.id, 'email.send') }]);
  expect((await beginIdentified(node, 'notes', owner)).page.messages).toEqual(['send.exceeded']);
  const back = await beginIdentified({ issuer: node.issuer, agent: reopened(agent, node.issuer) }, 'notes', owner);
  expect(back.page.messages).toEqual([]);
  await mailTo(node, owner.address, 2);
});

test('the budget of one user’s browser is not that of another user', async () => {
  const [owner, other] = [await reader(node), await reader(node)];
  const { agent, page } = await beginIdentified(node, 'notes', other);
  const code = codeIn(await mailTo(node, other.address));
  expect(currentStep(await answerStep(agent, page, { 'credentials.passcode': code }))).toBe('code');
  await usedUp(owner);
  const strange = await beginIdentified({ issuer: node.issuer, agent: reopened(agent, node.issuer) }, 'notes', owner);
  expect(strange.page.messages).toEqual(['send.exceeded']);
});

test('no mailbox is flooded by accounts that each want to set it up, also from browsers that these accounts know', async () => {
  await node.configure(limitedTo({ network: 100_000, address: 3 }));
  const victim = `victim-${randomBytes(6).toString('hex')}@demo.test`;
  const told: (readonly string[])[] = [];
  for (let count = 0; count < 5; count += 1) {
    const user = await userWithPassword(node);
    const { agent } = await visit(node, user);
    const { page } = await visit(node, user, { path: '/account/add/email', agent });
    expect(currentStep(page)).toBe('enroll:email');
    const sent = await answerStep(agent, page, { 'credentials.email': victim });
    told.push(sent.messages);
  }
  expect(told).toEqual([[], [], [], ['send.exceeded'], ['send.exceeded']]);
  await until('three messages', async () => (await codesTo(node, victim)).length === 3);
});

test('one network can have only so much mail sent, for existing and unknown users alike', async () => {
  await node.configure(limitedTo({ network: 3 }));
  const users = [await reader(node), await reader(node)];
  const [unknown = '', another = ''] = unknownAddressesWith('email', 2);
  const pages = [];
  for (const { identifier } of [{ identifier: unknown }, ...users])
    pages.push((await beginIdentified(node, 'notes', { identifier })).page);
  // Other tests of this file have used up some of it already.
  for (let count = 0; count < 3; count += 1)
    pages.push((await beginIdentified(node, 'notes', await reader(node))).page);
  expect(pages.at(-1)?.messages).toEqual(['send.exceeded']);
  expect(node.audit.findLast(({ event }) => event === 'message.limited')).toMatchObject({ reason: 'network' });
  const late = await reader(node);
  expect((await beginIdentified(node, 'notes', late)).page.messages).toEqual(['send.exceeded']);
  expect((await beginIdentified(node, 'notes', { identifier: another })).page.messages).toEqual(['send.exceeded']);
  expect(await codesTo(node, late.address)).toHaveLength(0);
  // What the network may no longer have sent consumes nothing of the user’s budget.
  await node.configure(limitedTo({ network: 100_000 }));
  expect((await beginIdentified(node, 'notes', late)).page.messages).toEqual([]);
});

test('a page does not say that mail was sent when none was, but what still works', async () => {
  const owner = await reader(node);
  await usedUp(owner);
  const { agent, page } = await beginIdentified(node, 'notes', owner);
  expect(shown(page)).not.toContain('Check your email');
  expect(shown(page)).not.toMatch(/We sent/);
  expect(shown(page)).toContain('use a browser you’ve signed in with before');
  const again = await agent.open(page.url);
  expect(shown(again)).not.toContain('Check your email');
  expect(formOf(again, 'resend')).toBeDefined();
});

test('and offers the other authenticators of the user', async () => {
  await node.configure(signOnPolicy('notes', { then: { allow: { factors: 1, possession: {} } } }));
  const owner = await holder(node, 'email', 'passkey');
  await usedUp(owner).catch(() => undefined);
  const { agent, page } = await beginIdentified({ issuer: node.issuer, agent: new UserAgent() }, 'notes', owner);
  const mailed = await chooseAuthenticator(agent, page, 'email');
  expect(shown(mailed)).toContain('You can use another method now');
  await node.configure(passwordless);
});

test('signatures that do not match lock no key for good', async () => {
  await node.configure(signOnPolicy('notes', { then: { allow: { factors: 1, possession: {} } } }));
  const owner = await holder(node, 'passkey');
  for (let count = 0; count < 200; count += 1)
    await node.store.reserve(attemptCounter(owner.id, 'webauthn'), [{ limit: 1000, window: 0 }]);
  const { agent, page } = await beginIdentified(node, 'notes', owner);
  expect(currentStep(page)).toBe('challenge:webauthn');
  expect(currentStep(await answerStep(agent, page, await owner.answer('passkey', page, agent)))).toBe('code');
  await node.configure(passwordless);
});
