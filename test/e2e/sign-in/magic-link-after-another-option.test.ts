/**
 * The magic link of a challenge that the user left for another option works as its code does: as long as that counts.
 */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import {
  answerStep,
  attemptsOf,
  currentStep,
  eventsOf,
  formOf,
  signOnPolicy,
} from '../../support/clients/sign-in-flow.ts';
import { codeIn, linkIn, mailTo, maySendAgain } from '../../support/messages/mail.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { password, startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { type Holder, holder } from '../../support/users/enrolled-users.ts';
import { beginIdentified, chooseAuthenticator } from '../../support/users/prove-capabilities.ts';
import { randomName } from '../../support/values/random-name.ts';

const either = signOnPolicy('notes', {
  then: {
    allow: {
      anyOf: [
        { factors: 1, possession: {} },
        { factors: 1, knowledge: {} },
      ],
    },
  },
});
const passwordOnly = signOnPolicy('notes', { then: { allow: { factors: 1, knowledge: {} } } });

let node: TestNode;
beforeAll(async () => {
  node = await startNode({
    demo: true,
    authenticators: ['password', 'email'],
    files: either,
  });
});
afterAll(() => node.stop());

/** Was sent a message, and then went on to the page of the password. */
async function wentOn(who: Pick<Holder, 'identifier'>) {
  const { agent, page } = await beginIdentified(node, 'notes', who);
  const asked = await chooseAuthenticator(agent, page, 'email');
  expect(currentStep(asked)).toBe('challenge:email');
  const mail = await mailTo(node, who.identifier);
  const left = await chooseAuthenticator(agent, asked, 'password');
  expect(currentStep(left)).toBe('challenge:password');
  return { agent, mail, page: left };
}

test('in the browser that asked it signs in, by its form and not by being opened', async () => {
  const who = await holder(node, 'password', 'email');
  const { agent, mail } = await wentOn(who);
  const opened = await agent.open(linkIn(mail));
  expect([opened.status, currentStep(opened)]).toEqual([200, 'challenge:email']);
  expect(eventsOf(node, who.id)).not.toContain('authenticator.verified:email');
  expect(currentStep(await answerStep(agent, opened, {}))).toBe('code');
  expect(eventsOf(node, who.id)).toContain('authenticator.verified:email');
  expect((await agent.open(linkIn(mail))).messages).toEqual(['magic_link.over']);
});

test('in another browser it shows the code, which counts where it was asked for', async () => {
  const who = await holder(node, 'password', 'email');
  const { agent, mail, page } = await wentOn(who);
  const elsewhere = await new UserAgent().open(linkIn(mail));
  expect([elsewhere.status, elsewhere.messages, elsewhere.forms]).toEqual([200, ['magic_link.elsewhere'], []]);
  expect(elsewhere.html).toContain(codeIn(mail));
  const back = await chooseAuthenticator(agent, page, 'email');
  expect(currentStep(await answerStep(agent, back, { 'credentials.passcode': codeIn(mail) }))).toBe('code');
});

test('a page of the link that is out of date shows the step of now, and costs no attempt', async () => {
  const who = await holder(node, 'password', 'email');
  const { agent, mail, page } = await wentOn(who);
  const opened = await agent.open(linkIn(mail));
  const back = await chooseAuthenticator(agent, page, 'email');
  await chooseAuthenticator(agent, back, 'password');
  const stale = await answerStep(agent, opened, {});
  expect([stale.status, currentStep(stale), stale.messages]).toEqual([409, 'challenge:password', ['form.stale']]);
  expect(await attemptsOf(node, who.id, { authenticator: 'email', window: 600 })).toBe(0);
  expect(currentStep(await answerStep(agent, await agent.open(linkIn(mail)), {}))).toBe('code');
});

test('a form of another page takes nothing up: neither with the token, nor with its code', async () => {
  const who = await holder(node, 'password', 'email');
  const { agent, mail, page } = await wentOn(who);
  const opened = await agent.open(linkIn(mail));
  const { 'link.token': token = '' } = mainForm(opened)?.fields ?? {};
  expect(token).not.toBe('');
  const foreign: Page[] = [
    await answerStep(agent, page, { 'credentials.passcode': codeIn(mail), 'link.token': token }),
    await answerStep(agent, opened, { 'link.token': token.toUpperCase() }),
  ];
  expect(foreign.map((answer) => answer.messages)).toEqual([['form.stale'], ['form.stale']]);
  expect(eventsOf(node, who.id)).not.toContain('authenticator.verified:email');
});

test('a challenge that the rule no longer asks for is not resumed', async () => {
  const who = await holder(node, 'password', 'email');
  const { agent, mail } = await wentOn(who);
  const opened = await agent.open(linkIn(mail));
  await node.configure(passwordOnly);
  try {
    const refused = await answerStep(agent, opened, {});
    expect([currentStep(refused), refused.messages]).toEqual(['challenge:password', ['form.stale']]);
  } finally {
    await node.configure(either);
  }
});

test('with two mailboxes, the link proves the one that it was sent to', async () => {
  const address = `${randomName()}@demo.test`;
  const credentials = [testPassword(node.app), emailCredential(address), emailCredential(`2-${address}`)];
  const created = await node.app.directory.create({ identifiers: [address], groups: ['staff'], credentials });
  const id = created.ok ? created.user.id : '';
  const [, , other] = (await node.app.directory.get(id))?.credentials ?? [];
  await node.configure(signOnPolicy('notes', { then: { allow: { factors: 2 } } }));
  const { agent, page: first } = await beginIdentified(node, 'notes', { identifier: address });
  // Which mailboxes there are is shown only after a proof.
  const asked = await chooseAuthenticator(agent, first, 'password');
  const page = await answerStep(agent, asked, { 'credentials.passcode': password });
  expect(currentStep(page)).toBe('challenge:email');
  const mail = await mailTo(node, address);
  await maySendAgain(node, id);
  const list = await agent.submit(page, formOf(page, 'select'));
  const body = { 'authenticator.id': `email:${other?.id}` };
  const atOther = await agent.submit(list, mainForm(list), body);
  expect(currentStep(atOther)).toBe('challenge:email');
  await mailTo(node, `2-${address}`);
  const opened = await agent.open(linkIn(mail));
  expect(opened.status).toBe(200);
  expect(currentStep(await answerStep(agent, opened, {}))).toBe('code');
  await node.configure(either);
});
