/**
 * A message that was rejected for good: a user who has proved something is told at the page that waits for its code,
 * and what to do. Before a proof nothing tells it, because only an account has messages that can be rejected.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { outboxKey } from '../../../src/stores/keys.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  formOf,
  identify,
  signOnPolicy,
} from '../../support/clients/sign-in-flow.ts';
import { maySendAgain } from '../../support/messages/mail.ts';
import { testOutbox } from '../../support/messages/outbox.ts';
import { password, startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { randomName } from '../../support/values/random-name.ts';
import { until } from '../../support/values/until.ts';

const byMail = { possession: { authenticators: ['email'] } };
let node: TestNode;
let stop: () => Promise<void>;

beforeAll(async () => {
  node = await startNode({
    mail: true,
    authenticators: ['password', 'email'],
    users: false,
    files: {
      ...signOnPolicy('payroll', { then: { allow: { factors: 2, knowledge: {}, ...byMail } } }),
      ...signOnPolicy('notes', { then: { allow: { factors: 1, ...byMail } } }),
    },
  });
  const { worker } = testOutbox(node.store, {
    now: () => Math.floor(Date.now() / 1000),
    channel: { send: async () => 'failed' },
  });
  worker.start();
  stop = () => worker.stop();
});
afterAll(async () => {
  await stop();
  await node.stop();
});

async function owner() {
  const identifier = `${randomName()}@gone.test`.toLowerCase();
  const credentials = [testPassword(node.app), emailCredential(identifier)];
  const created = await node.app.directory.create({ identifiers: [identifier], groups: ['staff'], credentials });
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, identifier, password };
}

async function allGivenUp(): Promise<void> {
  await until('an empty outbox', async () => {
    for await (const ids of node.store.members(outboxKey)) if (ids.length > 0) return false;
    return true;
  });
}

test('is shown next to the code after a proof, when the page is viewed and when another is sent', async () => {
  const user = await owner();
  const { agent, page } = await beginSignIn(node, 'payroll');
  const asked = await identify(agent, page, user);
  expect([currentStep(asked), asked.messages]).toEqual(['challenge:email', []]);
  await allGivenUp();
  const looked = await agent.open(asked.url);
  expect([looked.status, looked.messages]).toEqual([200, ['send.rejected']]);
  await maySendAgain(node, user.id);
  const again = await agent.submit(looked, formOf(looked, 'resend'));
  expect([again.status, again.messages]).toEqual([200, ['send.rejected']]);
});

test('is not shown before a proof: neither by the page nor by sending again', async () => {
  const user = await owner();
  const { agent, page } = await beginSignIn(node, 'notes');
  const asked = await answerStep(agent, page, { identifier: user.identifier });
  expect(currentStep(asked)).toBe('challenge:email');
  await allGivenUp();
  expect((await agent.open(asked.url)).messages).toEqual([]);
  await maySendAgain(node, user.id);
  expect((await agent.submit(asked, formOf(asked, 'resend'))).messages).toEqual(['sent.again']);
});
