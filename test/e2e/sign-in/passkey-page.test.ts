/**
 * The passkey challenge on the page that asks for the identifier counts for minutes, however long the sign-in may take.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  attemptsOf,
  beginSignIn,
  currentStep,
  eventsOf,
  type SignIn,
  signOnPolicy,
} from '../../support/clients/sign-in-flow.ts';
import type { Page } from '../../support/pages/user-agent.ts';
import { optionsOf } from '../../support/pages/webauthn.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { type Holder, holder } from '../../support/users/enrolled-users.ts';

/** The challenge changes at multiples of this (seconds). */
const period = 300;

const start = Math.floor(Date.now() / 1000 / period) * period;
let clock = 0;
let node: TestNode;
beforeAll(async () => {
  node = await startNode({
    authenticators: ['password', 'webauthn'],
    now: () => start + clock,
    files: signOnPolicy('notes', { then: { allow: { factors: 1, possession: {} } } }),
  });
});
afterAll(() => node.stop());

async function answerAt(seconds: number, { agent, page }: Pick<SignIn, 'agent' | 'page'>, who: Holder): Promise<Page> {
  clock = seconds;
  const form = page.forms.find(({ step, authenticator }) => step === 'identify' && authenticator === 'webauthn');
  return agent.submit(page, form, await who.answer('passkey', page, agent));
}

test.each([
  [0, 299],
  [0, 599],
  [299, 599],
])('shown after %d seconds, answered after %d: it counts', async (shown, answered) => {
  const who = await holder(node, 'passkey');
  clock = shown;
  const begun = await beginSignIn(node, 'notes');
  expect(currentStep(await answerAt(answered, begun, who))).toBe('code');
});

test.each([
  [0, 600],
  [299, 600],
  [0, 840],
])('shown after %d seconds, answered after %d: refused, with a new one, at no cost', async (shown, answered) => {
  const who = await holder(node, 'passkey');
  clock = shown;
  const begun = await beginSignIn(node, 'notes');
  const refused = await answerAt(answered, begun, who);
  // By then less than ten minutes of the sign-in are left.
  const messages = ['challenge.expired', 'ending.soon'];
  expect([refused.status, currentStep(refused), refused.messages]).toEqual([422, 'identify', messages]);
  expect(optionsOf(refused).challenge).not.toBe(optionsOf(begun.page).challenge);
  expect(await attemptsOf(node, who.id, { authenticator: 'webauthn', window: 300 })).toBe(0);
  expect(eventsOf(node, who.id)).toEqual([]);
  expect(currentStep(await answerAt(answered, { ...begun, page: refused }, who))).toBe('code');
});

test('a page that is shown again has a fresh challenge', async () => {
  clock = 0;
  const { agent, page } = await beginSignIn(node, 'notes');
  clock = period;
  expect(optionsOf(await agent.open(page.url)).challenge).not.toBe(optionsOf(page).challenge);
});
