/**
 * What ends the sessions of an account ends what is under way in other browsers, too: a stranger with the mailbox who
 * has proved it, or has read a code, and waits, gets nothing once the owner has recovered the account or said "This
 * wasn't me". The clock stands still: nothing of it may rest on what comes in another second.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { nextCode, type TestUser } from '../../support/clients/relying-party.ts';
import { answerStep, beginSignIn, currentStep, formOf, signOnPolicy } from '../../support/clients/sign-in-flow.ts';
import { codeIn, codesTo, linkIn, maySendAgain, passwordless } from '../../support/messages/mail.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { password, startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { randomName } from '../../support/values/random-name.ts';

const good = 'seven green umbrellas';
const thiefs = 'nine yellow bicycles';
const passcode = (text: string) => ({ 'credentials.passcode': text });
let node: TestNode;

beforeAll(async () => {
  const now = Math.floor(Date.now() / 1000);
  node = await startNode({
    demo: true,
    authenticators: ['password', 'totp', 'email'],
    users: false,
    files: {
      ...passwordless,
      ...signOnPolicy('payroll', { then: { allow: { factors: 2 } } }),
      'policies/recovery.yaml':
        'rules: [{ name: All, then: { allow: { possession: { authenticators: [email] } } } }]\n',
      'policies/enrollment.yaml': 'rules: [{ name: All, then: { optional: [totp] } }]\n',
    },
    now: () => now,
  });
});
afterAll(() => node.stop());

type Owner = TestUser & { readonly id: string };

/** With a password and a mailbox, or a mailbox alone. */
async function owner({ withPassword }: { readonly withPassword: boolean }): Promise<Owner> {
  const identifier = `${randomName()}@own.test`.toLowerCase();
  const created = await node.app.directory.create({
    identifiers: [identifier],
    profile: { email: identifier, emailVerified: true },
    groups: ['staff'],
    credentials: [emailCredential(identifier), ...(withPassword ? [testPassword(node.app)] : [])],
  });
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, identifier, password };
}

async function newestCode({ identifier }: Owner): Promise<string> {
  return codeIn((await codesTo(node, identifier))[0] ?? { text: '' });
}

/** A recovery that waits for its code. */
async function askRecovery(user: Owner) {
  await maySendAgain(node, user.id);
  const { agent, page } = await beginSignIn(node, 'payroll');
  const first = await agent.submit(page, formOf(page, 'recover'));
  const asked = await answerStep(agent, first, { identifier: user.identifier });
  expect(currentStep(asked)).toBe('challenge:email');
  return { agent, page: asked, code: await newestCode(user) };
}

async function proveRecovery(user: Owner) {
  const { agent, page, code } = await askRecovery(user);
  const proved = await answerStep(agent, page, passcode(code));
  expect(currentStep(proved)).toBe('enroll:password');
  return { agent, page: proved };
}

async function recover(user: Owner, newPassword = good): Promise<void> {
  const { agent, page } = await proveRecovery(user);
  const before = await passwordOf(user);
  await answerStep(agent, page, passcode(newPassword));
  expect(await passwordOf(user)).not.toBe(before);
}

async function signOutElsewhere(user: Owner): Promise<void> {
  const { agent, page } = await proveMailbox(user, `${node.issuer}/account/devices`);
  await agent.submit(page, formOf(page, 'skip'));
  const asked = await agent.open(`${node.issuer}/account/sessions/others`);
  const done = await agent.submit(asked, formOf(asked, 'end-others'));
  expect(done.messages).toEqual(['account.done.ended_others']);
}

/** As far as a sign-in comes with the mailbox alone. */
async function proveMailbox(user: Owner, address?: string) {
  await maySendAgain(node, user.id);
  const { agent, page } = address === undefined ? await beginSignIn(node, 'notes') : await open(address);
  const asked = await answerStep(agent, page, { identifier: user.identifier });
  return { agent, page: await answerStep(agent, asked, passcode(await newestCode(user))) };
}

async function open(address: string) {
  const agent = new UserAgent();
  return { agent, page: await agent.open(address) };
}

async function passwordOf({ id }: Owner): Promise<unknown> {
  const account = await node.app.directory.get(id);
  return account?.credentials.find(({ authenticator }) => authenticator === 'password')?.secret.hash;
}

describe('a recovery under way in another browser', () => {
  test('sets no password once the owner has recovered the account, and gets an error', async () => {
    const user = await owner({ withPassword: true });
    const thief = await proveRecovery(user);
    await recover(user);
    const before = await passwordOf(user);
    await maySendAgain(node, user.id);
    const answered = await answerStep(thief.agent, thief.page, passcode(thiefs));
    expect(answered).toMatchObject({ status: 409, messages: ['proofs.ended'] });
    expect(await passwordOf(user)).toBe(before);
    expect(currentStep(await thief.agent.open(answered.url))).toBe('challenge:email');
  });

  test('is shown once when its page is viewed again', async () => {
    const user = await owner({ withPassword: true });
    const thief = await proveRecovery(user);
    await recover(user);
    await maySendAgain(node, user.id);
    expect(await thief.agent.open(thief.page.url)).toMatchObject({ status: 200, messages: ['proofs.ended'] });
    expect((await thief.agent.open(thief.page.url)).messages).not.toContain('proofs.ended');
  });

  test('accepts no code that was read before, typed or by its link, but a new one', async () => {
    const user = await owner({ withPassword: true });
    const { agent, page, code } = await askRecovery(user);
    const link = linkIn((await codesTo(node, user.identifier))[0] ?? { text: '' });
    await recover(user);
    const opened = await agent.open(link);
    const followed = await agent.submit(opened, formOf(opened, 'challenge'));
    expect(followed).toMatchObject({ status: 422, messages: ['credentials.invalid'] });
    const typed = await answerStep(agent, followed, passcode(code));
    expect(typed).toMatchObject({ status: 422, messages: ['credentials.invalid'] });
    await maySendAgain(node, user.id);
    const again = await agent.submit(await agent.open(page.url), formOf(typed, 'resend'));
    const proved = await answerStep(agent, again, passcode(await newestCode(user)));
    expect(currentStep(proved)).toBe('enroll:password');
  });

  test('accepts no earlier proof of its sign-in', async () => {
    const user = await owner({ withPassword: true });
    const { agent, page } = await beginSignIn(node, 'payroll');
    await maySendAgain(node, user.id);
    const named = await answerStep(agent, page, { identifier: user.identifier });
    const list = await agent.submit(named, formOf(named, 'select'));
    const asked =
      currentStep(list) === 'select' ? await answerStep(agent, list, { 'authenticator.id': 'email' }) : list;
    const proved = await answerStep(agent, asked, passcode(await newestCode(user)));
    expect(currentStep(proved)).toBe('challenge:password');
    await recover(user);
    await maySendAgain(node, user.id);
    const forgot = await agent.submit(proved, formOf(proved, 'recover'));
    expect([currentStep(forgot), forgot.messages]).toEqual(['challenge:email', ['proofs.ended']]);
  });

  test('is not prevented by an earlier recovery', async () => {
    const user = await owner({ withPassword: true });
    await recover(user);
    await recover(user, thiefs);
  });
});

describe('a sign-in under way in another browser', () => {
  test('ends nowhere once the owner has signed out everywhere else, although only an offer was left to skip', async () => {
    const user = await owner({ withPassword: false });
    const thief = await proveMailbox(user);
    expect(currentStep(thief.page)).toBe('enroll:totp');
    await signOutElsewhere(user);
    await maySendAgain(node, user.id);
    const skipped = await thief.agent.submit(thief.page, formOf(thief.page, 'skip'));
    expect(skipped).toMatchObject({ status: 409, messages: ['proofs.ended'] });
    expect(currentStep(skipped)).toBe('challenge:email');
  });

  test('can be left for another account all the same', async () => {
    const user = await owner({ withPassword: false });
    const thief = await proveMailbox(user);
    await signOutElsewhere(user);
    const anew = await thief.agent.submit(thief.page, formOf(thief.page, 'restart'));
    expect(currentStep(anew)).toMatch(/^identify/);
  });

  test('continues where the change itself was made, and asks nothing twice', async () => {
    const user = await owner({ withPassword: false });
    const { agent, page } = await proveMailbox(user);
    user.totp = page.secret ?? '';
    const enrolled = await answerStep(agent, page, passcode(await nextCode(user)));
    expect(currentStep(enrolled)).toBe('code');
  });
});
