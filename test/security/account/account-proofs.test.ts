/**
 * What was proved for a change at `/account`: it is not asked for again while it is fresh, and serves nothing that it
 * must not.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestUser } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  eventsOf,
  formOf,
  passcode,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { reach, visit } from '../../support/users/account-visits.ts';

let node: TestNode;
let ahead = 0;
beforeAll(async () => {
  const now = () => Math.floor(Date.now() / 1000) + ahead;
  node = await startNode({ now, mail: true, authenticators: ['password', 'totp', 'email', 'recovery_code'] });
});
afterAll(() => node.stop());

type StoredUser = TestUser & { readonly id: string };

/** At the account, signed in by password alone. */
async function atHome(): Promise<{ readonly user: StoredUser; readonly agent: UserAgent }> {
  const user = await userWithTotp(node);
  const { agent, page } = await visit(node, user);
  expect(page.url).toBe(`${node.issuer}/account`);
  return { user, agent };
}

const adding = (agent: UserAgent, key: string): Promise<Page> => agent.open(`${node.issuer}/account/add/${key}`);

const codesOn = ({ html }: Page): readonly string[] => html.match(/\b[0-9A-Z]{4}(-[0-9A-Z]{4}){3}\b/g) ?? [];

/** Proves what it takes to add something, up to the offer. */
async function offered(agent: UserAgent, user: StoredUser, key: string): Promise<Page> {
  const asked = await adding(agent, key);
  expect(currentStep(asked)).toBe('challenge:totp');
  const page = await answerStep(agent, asked, await passcode(user));
  expect(currentStep(page)).toBe(`enroll:${key}`);
  return page;
}

describe('the same proof is not asked for twice within five minutes', () => {
  test('after an offer that was left by its address', async () => {
    const { agent, user } = await atHome();
    await offered(agent, user, 'recovery_code');
    expect(currentStep(await adding(agent, 'email'))).toBe('enroll:email');
    expect(currentStep(await adding(agent, 'recovery_code'))).toBe('enroll:recovery_code');
  });

  test('after an offer that was cancelled, and for other changes, too', async () => {
    const { agent, user } = await atHome();
    const page = await offered(agent, user, 'recovery_code');
    const back = await agent.submit(page, formOf(page, 'cancel'));
    expect(back.url).toBe(`${node.issuer}/account`);
    expect(currentStep(await adding(agent, 'email'))).toBe('enroll:email');
    expect((await agent.open(`${node.issuer}/account/addresses/add`)).url).toBe(`${node.issuer}/account/addresses/add`);
  });

  test('after an offer that was taken', async () => {
    const { agent, user } = await atHome();
    const page = await offered(agent, user, 'recovery_code');
    const added = await agent.submit(page, mainForm(page), { 'credentials.saved': 'yes' });
    expect(added.messages).toEqual(['account.done.added']);
    expect(currentStep(await adding(agent, 'email'))).toBe('enroll:email');
  });

  test('after them it is asked for again', async () => {
    const { agent, user } = await atHome();
    await offered(agent, user, 'recovery_code');
    ahead += 301;
    try {
      expect(currentStep(await adding(agent, 'email'))).toMatch(/^challenge:/);
    } finally {
      ahead = 0;
    }
  });

  test('an offer that waits longer is not confirmed by it: it waits until all is proved again', async () => {
    const user = await userWithPassword(node);
    const { agent } = await visit(node, user);
    const page = await adding(agent, 'recovery_code');
    expect(codesOn(page)).toHaveLength(10);
    ahead += 301;
    try {
      const late = await agent.submit(page, mainForm(page), { 'credentials.saved': 'yes' });
      expect([late.status, currentStep(late), codesOn(late)]).toEqual([409, 'challenge:password', []]);
      const unproved = await agent.submit(late, mainForm(page), { 'credentials.saved': 'yes' });
      expect([unproved.status, currentStep(unproved)]).toEqual([409, 'challenge:password']);
      expect((await node.app.directory.get(user.id))?.credentials).toHaveLength(1);
      const again = await answerStep(agent, late, { 'credentials.passcode': user.password });
      expect(codesOn(again)).toEqual(codesOn(page));
      const added = await answerStep(agent, again, { 'credentials.saved': 'yes' });
      expect(added.messages).toEqual(['account.done.added']);
    } finally {
      ahead = 0;
    }
  });
});

describe('it serves', () => {
  test('no copy of the cookie that was made before: the session has another one from then on', async () => {
    const { agent, user } = await atHome();
    const stolen = agent.cookies(node.issuer).find(({ name }) => name === 'stepgate-session');
    const cookie = agent
      .cookies(node.issuer)
      .filter(({ name }) => name.startsWith('stepgate-session'))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const before = await fetch(`${node.issuer}/account`, { headers: { cookie }, redirect: 'manual' });
    expect(before.status).toBe(200);
    await offered(agent, user, 'recovery_code');
    expect(agent.cookies(node.issuer).find(({ name }) => name === 'stepgate-session')?.value).not.toBe(stolen?.value);
    const after = await fetch(`${node.issuer}/account`, { headers: { cookie }, redirect: 'manual' });
    expect([after.status, after.headers.get('location')]).toEqual([303, expect.stringContaining('/authorize?')]);
  });

  test('no other browser of the user', async () => {
    const { agent, user } = await atHome();
    const other = await visit(node, user);
    await offered(agent, user, 'recovery_code');
    expect(currentStep(await adding(other.agent, 'email'))).toBe('challenge:totp');
  });

  test('neither prompt=login nor a max_age that is younger than it', async () => {
    const { agent, user } = await atHome();
    await offered(agent, user, 'recovery_code');
    expect(currentStep((await beginSignIn(node, 'notes', agent)).page)).toBe('code');
    expect(currentStep((await beginSignIn(node, { client_id: 'notes', prompt: 'login' }, agent)).page)).toMatch(
      /^challenge:/,
    );
    ahead += 120;
    try {
      const young = await beginSignIn(node, { client_id: 'notes', max_age: '60', prompt: 'none' }, agent);
      expect(currentStep(young.page)).toBe('login_required');
    } finally {
      ahead = 0;
    }
  });
});

test('a proof from an abandoned sign-in is not kept: the user was never signed in', async () => {
  const { agent, user } = await atHome();
  ahead += 301;
  try {
    const asked = await adding(agent, 'email');
    const first = currentStep(asked);
    expect(first).toMatch(/^challenge:/);
    const answer = first === 'challenge:totp' ? await passcode(user) : { 'credentials.passcode': user.password };
    const half = await answerStep(agent, asked, answer);
    expect([currentStep(half), first].sort()).toEqual(['challenge:password', 'challenge:totp']);
    expect(currentStep(await adding(agent, 'email'))).toBe(first);
    const silent = await beginSignIn(node, { client_id: 'notes', max_age: '60', prompt: 'none' }, agent);
    expect(currentStep(silent.page)).toBe('login_required');
    const completed = eventsOf(node, user.id).filter((event) => event === 'sign_in.completed');
    expect(completed).toHaveLength(1);
  } finally {
    ahead = 0;
  }
});

test('a user without a session signs in, gets the offer, and returns', async () => {
  const user = await userWithTotp(node);
  const agent = new UserAgent();
  const page = await reach(agent, await adding(agent, 'recovery_code'), user);
  expect(currentStep(page)).toBe('enroll:recovery_code');
  const added = await agent.submit(page, mainForm(page), { 'credentials.saved': 'yes' });
  expect([added.url, added.messages]).toEqual([`${node.issuer}/account/methods?done=added`, ['account.done.added']]);
});
