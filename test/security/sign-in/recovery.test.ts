/**
 * "Forgot password?" as an attack: to find out who has an account, to get a code for another mailbox, to enroll, to end
 * above what a mailbox proves.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import type { TestUser } from '../../support/clients/relying-party.ts';
import { answerStep, beginSignIn, currentStep, formOf, userWithPassword } from '../../support/clients/sign-in-flow.ts';
import { allMailTo, codeIn, codesTo, mailTo, otherThan, reader } from '../../support/messages/mail.ts';
import type { Page, UserAgent } from '../../support/pages/user-agent.ts';
import { skeleton, WatchingAgent } from '../../support/pages/watching-agent.ts';
import { startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { countingStore } from '../../support/stores/counting-store.ts';
import { unknownAddressesWith } from '../../support/users/unknown-users.ts';
import { randomName } from '../../support/values/random-name.ts';

const recovery = `rules:
  - { name: Guests, when: { groups: { any: [guests] } }, then: deny }
  - { name: Rest, then: { allow: { possession: { authenticators: [email] } } } }
`;
const good = 'seven green umbrellas';
const counting = countingStore();
let node: TestNode;

beforeAll(async () => {
  node = await startNode({
    store: counting.store,
    demo: true,
    authenticators: ['password', 'totp', 'email'],
    users: false,
    files: { 'policies/recovery.yaml': recovery },
  });
});
afterAll(async () => {
  await node.stop();
  await counting.store.close();
});

const passcode = (text: string) => ({ 'credentials.passcode': text });

async function begin(agent: UserAgent): Promise<Page> {
  const { page } = await beginSignIn(node, 'notes', agent);
  return agent.submit(page, formOf(page, 'recover'));
}

async function withMailbox(groups: readonly string[] = ['staff']): Promise<TestUser & { readonly id: string }> {
  const identifier = `${randomName()}@demo.test`;
  const credentials = [testPassword(node.app), emailCredential(identifier)];
  const created = await node.app.directory.create({ identifiers: [identifier], groups, credentials });
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, identifier, password: '' };
}

/** All that a stranger sees who recovers this account, guesses a code, asks for another message and looks again. */
async function observe(identifier: string) {
  const agent = new WatchingAgent();
  const first = await begin(agent);
  const { started } = node.app.hashing.stats;
  const before = counting.trips();
  const named = await answerStep(agent, first, { identifier });
  const uncounted = counting.trips();
  const wrong = otherThan(...(await codesTo(node, identifier)).map(codeIn));
  const ours = counting.trips() - uncounted;
  const guessed = await answerStep(agent, named, passcode(wrong));
  const again = await agent.submit(guessed, formOf(guessed, 'resend'));
  const looked = await agent.open(named.url);
  const trips = counting.trips() - before - ours;
  const pages = [first, named, guessed, again, looked].map(
    (page) => `${page.status} ${currentStep(page)} ${page.messages.join()}\n${withoutMask(skeleton(page, identifier))}`,
  );
  return { seen: agent.seen, pages, hashes: node.app.hashing.stats.started - started, trips };
}

/** Without the mask of the address that was typed, and without times to wait. */
function withoutMask(html: string): string {
  return html.replace(/<bdi[^>]*>[^<]*<\/bdi>/g, '<bdi/>');
}

describe('users in every state look like one who does not exist', () => {
  const states: Readonly<Record<string, () => Promise<string>>> = {
    active: async () => (await withMailbox()).identifier,
    suspended: async () => {
      const { id, identifier } = await withMailbox();
      await node.app.directory.setStatus(id, 'suspended');
      return identifier;
    },
    'denied by a rule': async () => (await withMailbox(['guests'])).identifier,
    'without a password': async () => (await reader(node)).identifier,
    'out of attempts': async () => {
      const { identifier } = await withMailbox();
      let { agent, page } = await beginSignIn(node, 'notes');
      for (let count = 0; count < 11; count += 1)
        page = await answerStep(agent, page, { identifier, ...passcode('wrong one') });
      expect(page.messages).toEqual(['attempts.exceeded']);
      return identifier;
    },
  };
  const unknown = unknownAddressesWith('email', Object.keys(states).length, 'forgot');

  test.each(Object.entries(states))('%s', async (state, make) => {
    const known = await observe(await make());
    const other = unknown[Object.keys(states).indexOf(state)] ?? '';
    expect(await observe(other)).toEqual(known);
    expect(known.hashes).toBe(0);
    expect(await allMailTo(node, other)).toEqual([]);
  });

  test('also without a mailbox: the page and the work are the same, and nothing is sent', async () => {
    const { identifier } = await userWithPassword(node);
    const known = await observe(identifier);
    const without = await observe((await withMailbox()).identifier);
    expect([known.hashes, known.trips]).toEqual([without.hashes, without.trips]);
    expect(known.seen).toEqual(without.seen);
    expect(await allMailTo(node, identifier)).toEqual([]);
  });
});

describe('the code goes to the stored address of one account or nowhere', () => {
  const attacker = 'attacker@evil.test';
  const spellings: readonly ((victim: string) => string)[] = [
    (victim) => `${victim},${attacker}`,
    (victim) => `${victim} ${attacker}`,
    (victim) => `${victim}\r\nBcc: ${attacker}`,
    (victim) => `"${victim}"<${attacker}>`,
    (victim) => `${victim}\u0000`,
    (victim) => `${victim}.`,
    (victim) => victim.replace('.test', '.te\u017ft'),
    (victim) => `${'x'.repeat(300)}${victim}`,
  ];

  test.each(spellings.map((spell, at) => [at, spell] as const))('spelling %i', async (_at, spell) => {
    const { identifier } = await withMailbox();
    const agent = new WatchingAgent();
    const page = await answerStep(agent, await begin(agent), { identifier: spell(identifier) });
    expect([200, 422]).toContain(page.status);
    expect(await allMailTo(node, attacker)).toEqual([]);
    expect((await codesTo(node, identifier)).length).toBeLessThan(2);
  });

  test('a field that comes twice, or as a list, is no form', async () => {
    const { identifier } = await withMailbox();
    const agent = new WatchingAgent();
    const page = await begin(agent);
    const handle = formOf(page, 'identify')?.fields.stateHandle ?? '';
    for (const fields of [
      `identifier=${identifier}&identifier=${attacker}&stateHandle=${handle}`,
      `identifier[]=${identifier}&identifier[]=${attacker}&stateHandle=${handle}`,
    ]) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: node.issuer };
      const answer = await agent.open(page.url, { method: 'POST', body: fields, headers });
      expect([400, 422]).toContain(answer.status);
    }
    expect(await allMailTo(node, attacker)).toEqual([]);
    expect(await codesTo(node, identifier)).toEqual([]);
  });
});

describe('a recovery is no way to anything else', () => {
  test('the new password comes after the proof, whatever is posted', async () => {
    const user = await withMailbox();
    const agent = new WatchingAgent();
    const page = await answerStep(agent, await begin(agent), { identifier: user.identifier });
    expect(currentStep(page)).toBe('challenge:email');
    const forged = await agent.submit(
      page,
      { ...(formOf(page, 'challenge') ?? formOf(page, 'resend')), step: 'enroll' } as never,
      passcode(good),
    );
    expect(currentStep(forged)).toBe('challenge:email');
    const chosen = await agent.submit(page, formOf(page, 'restart'));
    expect(currentStep(chosen)).toBe('challenge:password');
    const account = await node.app.directory.get(user.id);
    expect(account?.credentials).toHaveLength(2);
  });

  test('the code of a recovery opens no sign-in, and its proof counts for none', async () => {
    const user = await withMailbox();
    const agent = new WatchingAgent();
    const page = await answerStep(agent, await begin(agent), { identifier: user.identifier });
    const code = codeIn(await mailTo(node, user.identifier));
    const proved = await answerStep(agent, page, passcode(code));
    expect(currentStep(proved)).toBe('enroll:password');
    const back = await agent.submit(proved, formOf(proved, 'restart'));
    expect(currentStep(back)).toBe('challenge:password');
    expect(currentStep(await agent.open(back.url))).toBe('challenge:password');
  });

  test('two tabs that reset at once: one wins, the other gets an error', async () => {
    const user = await withMailbox();
    const agent = new WatchingAgent();
    const page = await answerStep(agent, await begin(agent), { identifier: user.identifier });
    const proved = await answerStep(agent, page, passcode(codeIn(await mailTo(node, user.identifier))));
    const both = await Promise.all([
      answerStep(agent, proved, passcode(good)),
      answerStep(agent, proved, passcode('nine yellow umbrellas')),
    ]);
    expect(both.some((each) => currentStep(each) === 'code')).toBe(true);
    const account = await node.app.directory.get(user.id);
    expect(account?.credentials.filter(({ authenticator }) => authenticator === 'password')).toHaveLength(1);
  });
});
