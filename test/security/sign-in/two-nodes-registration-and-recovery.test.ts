/** Resets and registrations on two nodes at once: one wins, the other is told, and nothing is there twice. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { checkPassword } from '../../../src/authenticators/password/hash.ts';
import { identifierKey, usersKey } from '../../../src/stores/keys.ts';
import { counterOf } from '../../../src/stores/store.ts';
import { appFile } from '../../support/clients/authorize.ts';
import { answerStep, beginSignIn, currentStep, formOf } from '../../support/clients/sign-in-flow.ts';
import { codeIn, inboxOf, linkIn, mailTo, maySendAgain } from '../../support/messages/mail.ts';
import type { Page, UserAgent } from '../../support/pages/user-agent.ts';
import { cheapQueue } from '../../support/servers/cheap-hashing.ts';
import { testPassword } from '../../support/servers/node.ts';
import { startTwoNodes, type TwoNodes } from '../../support/servers/two-nodes.ts';
import { randomName } from '../../support/values/random-name.ts';

let two: TwoNodes;
beforeAll(async () => {
  two = await startTwoNodes({
    demo: true,
    authenticators: ['password', 'totp', 'email'],
    files: {
      'policies/recovery.yaml': JSON.stringify({
        rules: [{ name: 'All', then: { allow: { possession: { authenticators: ['email'] } } } }],
      }),
      'policies/profile/open.yaml': JSON.stringify({
        name: 'open',
        rules: [{ name: 'New users', then: { register: { password: true } } }],
      }),
      ...appFile('open', { profilePolicy: 'open' }),
    },
  });
});
afterAll(() => two.stop());

const passwords = ['seven green umbrellas', 'nine yellow umbrellas'] as const;
const passcode = (text: string) => ({ 'credentials.passcode': text });
/** The same browser on one node or the other. */
const on = (agent: UserAgent, index: number): UserAgent =>
  agent.via({ [two.issuer]: two.nodes[index % 2]?.origin ?? '' });

/** Lets both start at the same time. */
async function together<T>(act: (index: 0 | 1) => Promise<T>): Promise<readonly [T, T]> {
  return Promise.all([act(0), act(1)]);
}

interface Tab {
  readonly agent: UserAgent;
  readonly page: Page;
}

async function withMailbox() {
  const identifier = `${randomName()}@demo.test`;
  const [{ app }] = two.nodes;
  const credentials = [testPassword(app), emailCredential(identifier)];
  const created = await app.directory.create({ identifiers: [identifier], groups: [], credentials });
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, identifier };
}

type User = Awaited<ReturnType<typeof withMailbox>>;

/** As far as the page that waits for the code of the mailbox. */
async function forgotten({ id, identifier }: User): Promise<Tab> {
  const { agent, page } = await beginSignIn(two, 'notes');
  const recovering = await agent.submit(page, formOf(page, 'recover'));
  await maySendAgain(two.nodes[0], id);
  return { agent, page: await answerStep(agent, recovering, { identifier }) };
}

/** As far as the page that takes the new password. `count`: messages that went to the user until now. */
async function proved(user: User, count: number): Promise<Tab> {
  const { agent, page } = await forgotten(user);
  const next = await answerStep(agent, page, passcode(codeIn(await mailTo(two.nodes[0], user.identifier, count))));
  expect(currentStep(next)).toBe('enroll:password');
  return { agent, page: next };
}

/** Which of the passwords the account has. */
async function passwordOf({ id }: User): Promise<readonly boolean[]> {
  const account = await two.nodes[0].app.directory.get(id);
  const [own, ...others] = account?.credentials.filter(({ authenticator }) => authenticator === 'password') ?? [];
  expect(others).toEqual([]);
  return Promise.all(passwords.map((password) => checkPassword(cheapQueue(), own?.secret.hash, Buffer.from(password))));
}

const events = (user: User, event: string) =>
  two.audit().filter((line) => line.subject === user.id && line.event === event).length;

describe('a password that is reset', () => {
  test('by two browsers at once: one sets it, the other gets an error and has to prove the mailbox again', async () => {
    const user = await withMailbox();
    const tabs = [await proved(user, 1), await proved(user, 2)] as const;
    const pages = await together((index) =>
      answerStep(on(tabs[index].agent, index), tabs[index].page, passcode(passwords[index])),
    );
    const winners = pages.map((page) => currentStep(page) === 'code');
    expect(winners.filter(Boolean).length).toBe(1);
    expect(await passwordOf(user)).toEqual(winners);
    expect(events(user, 'recovery.completed')).toBe(1);
    const loser = pages[winners[0] ? 1 : 0];
    expect(currentStep(loser)).toBe('challenge:email');
    expect(loser.messages).toContain('proofs.ended');
  });

  test('by a form that is sent twice: one sets it, and the browser continues once', async () => {
    const user = await withMailbox();
    const { agent, page } = await proved(user, 1);
    const pages = await together((index) => answerStep(on(agent, index), page, passcode(passwords[index])));
    expect(pages.map(currentStep)).toContain('code');
    expect((await passwordOf(user)).filter(Boolean)).toHaveLength(1);
    expect(events(user, 'recovery.completed')).toBe(1);
    expect(events(user, 'authenticator.enrolled')).toBe(1);
  });

  test('with a link that is used twice: it proves the mailbox once', async () => {
    const user = await withMailbox();
    const { agent } = await forgotten(user);
    const landed = await agent.open(linkIn(await mailTo(two.nodes[0], user.identifier)));
    const pages = await together((index) =>
      agent.via({ [two.issuer]: two.nodes[index].origin }).submit(landed, formOf(landed, 'challenge') as never),
    );
    expect(pages.map(currentStep)).toContain('enroll:password');
    expect(events(user, 'authenticator.verified')).toBe(1);
    const again = await agent.open(linkIn(await mailTo(two.nodes[0], user.identifier)));
    expect(again.messages).toEqual(['magic_link.replaced']);
  });
});

describe('one address that registers', () => {
  /** As far as the page that waits for the code. */
  async function registering(address: string): Promise<Tab> {
    const { agent, page } = await beginSignIn(two, 'open');
    const form = await agent.submit(page, formOf(page, 'register') as never);
    await two.nodes[0].store.commit([{ op: 'reset', counter: counterOf(identifierKey(address), 'email.send') }]);
    const sent = await answerStep(agent, form, { 'userProfile.email': address, ...passcode(passwords[0]) });
    expect(currentStep(sent)).toBe('challenge:email');
    return { agent, page: sent };
  }

  async function usersWith(address: string): Promise<readonly string[]> {
    const [{ app, store }] = two.nodes;
    const ids: string[] = [];
    for await (const some of store.members(usersKey)) ids.push(...some);
    const accounts = await Promise.all(ids.map((id) => app.directory.get(id)));
    return accounts.flatMap((account) => (account?.user.identifiers.includes(address) ? [account.user.id] : []));
  }

  test('in two browsers at once: one creates the account, the other is asked to sign in', async () => {
    const address = `${randomName()}@new.test`;
    const first = await registering(address);
    // Arrives before the second is sent: two that wait may arrive in any order.
    await mailTo(two.nodes[0], address);
    const tabs = [first, await registering(address)] as const;
    await mailTo(two.nodes[0], address, 2);
    // The newest comes first.
    const codes = (await inboxOf(two.nodes[0], address)).map(codeIn).reverse();
    const pages = await together((index) =>
      answerStep(on(tabs[index].agent, index), tabs[index].page, passcode(codes[index] ?? '')),
    );
    const winners = pages.map((page) => currentStep(page) === 'code');
    expect(winners.filter(Boolean)).toHaveLength(1);
    expect(await usersWith(address)).toHaveLength(1);
    const slow = winners[0] ? 1 : 0;
    // Where both were read before one was written, the code counts still, and its next try says it.
    const told =
      currentStep(pages[slow]) === 'challenge:email'
        ? await answerStep(tabs[slow].agent, pages[slow], passcode(codes[slow] ?? ''))
        : pages[slow];
    expect([currentStep(told), told.messages]).toEqual([expect.stringMatching(/^identify/), ['register.exists']]);
  });

  test('with a code that is sent twice: one account, and one sign-in', async () => {
    const address = `${randomName()}@new.test`;
    const { agent, page } = await registering(address);
    const code = codeIn(await mailTo(two.nodes[0], address));
    const pages = await together((index) => answerStep(on(agent, index), page, passcode(code)));
    expect(pages.map(currentStep)).toContain('code');
    const [id, ...others] = await usersWith(address);
    expect(others).toEqual([]);
    expect(two.audit().filter((line) => line.subject === id && line.event === 'user.registered')).toHaveLength(1);
  });
});
