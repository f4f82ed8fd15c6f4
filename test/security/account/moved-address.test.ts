/** A proof of a mailbox that the account has given up since counts for nothing, however far its sign-in had come. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import type { TestUser } from '../../support/clients/relying-party.ts';
import { answerStep, beginSignIn, currentStep, formOf } from '../../support/clients/sign-in-flow.ts';
import { codeIn, codesTo, mailTo, maySendAgain } from '../../support/messages/mail.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { password, startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { reach } from '../../support/users/account-visits.ts';
import { randomName } from '../../support/values/random-name.ts';

const recovery = 'rules: [{ name: All, then: { allow: { possession: { authenticators: [email] } } } }]\n';
const passcode = (text: string) => ({ 'credentials.passcode': text });
let node: TestNode;
const start = Math.floor(Date.now() / 1000);
let ahead = 0;

beforeAll(async () => {
  node = await startNode({
    demo: true,
    authenticators: ['password', 'email'],
    users: false,
    files: { 'policies/recovery.yaml': recovery },
    now: () => start + ahead,
  });
});
afterAll(() => node.stop());
/** Each test has a second of its own, in which all of it happens: an address that was moved is none a second later. */
beforeEach(() => {
  ahead += 60;
});

type Owner = TestUser & { readonly id: string };

async function owner(): Promise<Owner> {
  const identifier = `${randomName()}@old.test`.toLowerCase();
  const credentials = [testPassword(node.app), emailCredential(identifier)];
  const profile = { email: identifier, emailVerified: true };
  const created = await node.app.directory.create({
    identifiers: [identifier],
    profile,
    groups: ['staff'],
    credentials,
  });
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, identifier, password };
}

/** The page behind the code that this page waits for. */
async function answerCode(agent: UserAgent, page: Page, to: string): Promise<Page> {
  const code = codeIn((await codesTo(node, to))[0] ?? { text: '' });
  return agent.submit(page, formOf(page, 'challenge'), passcode(code));
}

/** As far as the new password, with a proof of the mailbox `to`. */
async function proveRecovery(agent: UserAgent, user: Owner, to: string): Promise<Page> {
  await maySendAgain(node, user.id);
  const { page } = await beginSignIn(node, 'notes', agent);
  const first = await agent.submit(page, formOf(page, 'recover'));
  const proved = await answerCode(agent, await answerStep(agent, first, { identifier: user.identifier }), to);
  expect(currentStep(proved)).toBe('enroll:password');
  return proved;
}

/** The owner gives up the mailbox for this one. */
async function move(user: Owner, email: string): Promise<void> {
  const agent = new UserAgent();
  await maySendAgain(node, user.id);
  let page = await reach(agent, await agent.open(`${node.issuer}/account/profile/email`), user);
  page = await reach(agent, await answerCode(agent, page, user.identifier), user);
  const asked = await agent.submit(page, formOf(page, 'change-email'), { 'userProfile.email': email });
  const done = await agent.submit(asked, formOf(asked, 'confirm-identifier'), {
    passcode: codeIn(await mailTo(node, email)),
  });
  expect(done.messages).toEqual(['account.done.email_changed']);
}

async function undo(user: Owner): Promise<void> {
  const texts = (await codesTo(node, user.identifier)).length;
  const { text } = await mailTo(node, user.identifier, texts + 1);
  const link = /^https?:\S+\/account\/undo\?t=\S+$/m.exec(text)?.[0] ?? '';
  const agent = new UserAgent();
  const page = await agent.open(link);
  expect((await agent.submit(page, formOf(page, 'undo'))).messages).toEqual(['link.undo.done']);
}

async function passwordOf({ id }: Owner): Promise<unknown> {
  const account = await node.app.directory.get(id);
  return account?.credentials.find(({ authenticator }) => authenticator === 'password')?.secret.hash;
}

describe('a recovery that was proved before', () => {
  test('sets no password once the owner has moved to another mailbox', async () => {
    const user = await owner();
    const stranger = new UserAgent();
    const proved = await proveRecovery(stranger, user, user.identifier);
    const before = await passwordOf(user);
    await move(user, `${randomName()}@new.test`.toLowerCase());
    const answered = await answerStep(stranger, proved, passcode('seven green umbrellas'));
    expect(currentStep(answered)).not.toBe('code');
    expect(await passwordOf(user)).toBe(before);
  });

  test('sets no password once the former address has undone the change', async () => {
    const user = await owner();
    const other = `${randomName()}@thief.test`.toLowerCase();
    await move(user, other);
    const thief = new UserAgent();
    const proved = await proveRecovery(thief, { ...user, identifier: other }, other);
    const before = await passwordOf(user);
    await undo(user);
    const answered = await answerStep(thief, proved, passcode('seven green umbrellas'));
    expect(currentStep(answered)).not.toBe('code');
    expect(await passwordOf(user)).toBe(before);
  });

  test('counts where the new mailbox proves it, also in the second of the change', async () => {
    const user = await owner();
    const email = `${randomName()}@new.test`.toLowerCase();
    await move(user, email);
    const before = await passwordOf(user);
    const agent = new UserAgent();
    const proved = await proveRecovery(agent, { ...user, identifier: email }, email);
    await answerStep(agent, proved, passcode('seven green umbrellas'));
    expect(await passwordOf(user)).not.toBe(before);
  });
});
