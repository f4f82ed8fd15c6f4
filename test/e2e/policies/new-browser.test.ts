/** A sign-in from a browser that is new to the account is told, and can be reported: "This wasn't me". */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { oneWeek } from '../../../src/core/model/durations.ts';
import { authorizationRequest, discover, redeem, signIn } from '../../support/clients/relying-party.ts';
import { reopened } from '../../support/clients/returning-browser.ts';
import { currentStep, eventsOf, formOf, userWithPassword } from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { notifiedEvents, outboxOf } from '../../support/users/account-notifications.ts';
import { visit } from '../../support/users/account-visits.ts';
import { askForDeletion } from '../../support/users/asked-deletion.ts';
import { randomName } from '../../support/values/random-name.ts';

let node: TestNode;
let other: TestNode;
let now = Math.floor(Date.now() / 1000);

beforeAll(async () => {
  const options = { now: () => now, mail: true, authenticators: ['password', 'totp', 'email'] };
  node = await startNode(options);
  other = await startNode({ now: () => now, store: node.store, issuer: node.issuer });
});
afterAll(async () => {
  await other.stop();
  await node.stop();
});

type TestUser = Awaited<ReturnType<typeof userWithPassword>> & { readonly email: string };

/** A user with a verified address that codes can be sent to. */
async function userWithAddress(): Promise<TestUser> {
  const user = await userWithPassword(node);
  const email = `${randomName()}@own.test`.toLowerCase();
  await node.app.directory.amend(user.id, () => ({
    addIdentifiers: [email],
    profile: { email, emailVerified: true },
    credentials: [emailCredential(email)],
  }));
  return { ...user, email };
}

async function signInTo(user: TestUser, agent = new UserAgent()): Promise<UserAgent> {
  const { page } = await visit(node, user, { agent });
  expect(page.url).toBe(`${node.issuer}/account`);
  return agent;
}

/** What was told of new browsers, oldest first. */
async function told(user: TestUser) {
  const messages = (await outboxOf(node)).filter(({ about }) => about.subject === user.id);
  const notices = messages.filter(({ delivery }) => delivery.template === 'new-browser');
  return notices.map(({ delivery }) => delivery).toSorted((a, b) => a.expires - b.expires);
}

/** A user who was told once, with the browser that was new. */
async function alarmed() {
  const user = await userWithAddress();
  const own = await signInTo(user);
  const stranger = await signInTo(user);
  const [notice] = await told(user);
  return { user, own, stranger, link: String(notice?.params.link) };
}

async function report(link: string, agent = new UserAgent()): Promise<Page> {
  const page = await agent.open(link);
  return agent.submit(page, formOf(page, 'not-me'));
}

describe('a sign-in', () => {
  test('is notified of a new browser, with the time, the place and a link, but not of a known one', async () => {
    const user = await userWithAddress();
    const first = await signInTo(user);
    expect(await told(user)).toEqual([]);
    const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
    await signInTo(user, new UserAgent({ headers: { 'user-agent': firefox } }));
    const [notice, ...more] = await told(user);
    expect(more).toEqual([]);
    expect(notice).toMatchObject({ channel: 'email', to: user.email, params: { browser: 'Firefox', system: 'Linux' } });
    expect(notice?.params).toMatchObject({ at: now, does: 'not_me', until: now + oneWeek });
    expect(eventsOf(node, user.id)).toContain('sign_in.new_browser');
    await signInTo(user, reopened(first, node.issuer));
    expect(await told(user)).toHaveLength(1);
  });

  test('is notified at most ten times a day, and again the next day', async () => {
    const user = await userWithAddress();
    for (let count = 0; count < 12; count += 1) await signInTo(user);
    expect(await told(user)).toHaveLength(10);
    const limited = node.audit.filter(({ event, subject }) => event === 'message.limited' && subject === user.id);
    expect(limited).toMatchObject([{ reason: 'new_browser' }]);
    now += 86_401;
    try {
      await signInTo(user);
      expect(await told(user)).toHaveLength(11);
    } finally {
      now -= 86_401;
    }
  });

  test('is notified in the commit that completes it', async () => {
    const user = await userWithAddress();
    await signInTo(user);
    const batches: string[] = [];
    const { commit } = node.store;
    Object.assign(node.store, {
      commit(ops: Parameters<typeof commit>[0]) {
        batches.push(JSON.stringify(ops));
        return commit.call(node.store, ops);
      },
    });
    try {
      await signInTo(user);
    } finally {
      Object.assign(node.store, { commit });
    }
    const notices = batches.filter((batch) => batch.includes('new-browser') && batch.includes(user.email));
    expect(notices).toHaveLength(1);
    for (const part of ['sign_in.completed', 'newBrowserNotices', 'account-link']) expect(notices[0]).toContain(part);
  });

  test('sends no notification where no mail is sent, or no address is verified', async () => {
    const user = await userWithPassword(node);
    for (let count = 0; count < 2; count += 1) await visit(node, user);
    expect((await outboxOf(node)).filter(({ about }) => about.subject === user.id)).toEqual([]);
    expect(eventsOf(node, user.id)).not.toContain('sign_in.new_browser');
  });
});

describe("This wasn't me", () => {
  test('asks first: opening the link ends nothing, however often', async () => {
    const { stranger, link } = await alarmed();
    for (const method of ['GET', 'HEAD', 'GET']) {
      const answer = await new UserAgent().send(link, { method });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
    expect((await stranger.open(`${node.issuer}/account`)).url).toBe(`${node.issuer}/account`);
  });

  test('ends every session and token, is notified and logged, and the browser is new again', async () => {
    const user = await userWithAddress();
    await signInTo(user);
    const rp = await discover(node.issuer, 'notes');
    const request = await authorizationRequest(rp, { scope: 'openid offline_access' });
    const stranger = new UserAgent();
    const { page } = await signIn(stranger, request.url, user);
    const tokens = await redeem(rp, request, page.url);
    const [notice] = await told(user);
    const done = await report(String(notice?.params.link));
    expect([done.status, done.messages]).toEqual([200, ['link.not_me.done']]);
    expect((await stranger.open(`${node.issuer}/account`)).url).toContain('/signin/');
    const refreshed = await fetch(`${node.issuer}/oauth2/v1/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'notes',
        refresh_token: tokens.refresh_token ?? '',
      }),
    });
    expect(refreshed.status).toBe(400);
    const events = (await outboxOf(node))
      .filter(({ about, delivery }) => about.subject === user.id && delivery.template === 'account-changed')
      .map(({ delivery }) => [delivery.to, delivery.params.event]);
    expect(events).toEqual([[user.email, 'sign_in_rejected']]);
    expect(eventsOf(node, user.id)).toContain('account.sign_in_rejected');
    await signInTo(user, reopened(stranger, node.issuer));
    expect(await told(user)).toHaveLength(2);
  });

  test('keeps the account whose deletion was asked for', async () => {
    const { user, link } = await alarmed();
    await askForDeletion(node.store, user.id, now + oneWeek);
    await report(link);
    expect((await node.app.directory.get(user.id))?.user.deletion).toBeUndefined();
    expect(await notifiedEvents(node, user.email)).toEqual(['deletion_cancelled', 'sign_in_rejected']);
  });

  test('leads to a recovery of the password', async () => {
    const { user, link } = await alarmed();
    const agent = new UserAgent();
    const done = await report(link, agent);
    const [, href = ''] = /href="([^"]*\/account\/recover[^"]*)"/.exec(done.html) ?? [];
    const page = await agent.open(new URL(href.replaceAll('&amp;', '&'), node.issuer).href);
    expect(currentStep(page)).toBe('identify');
    expect(mainForm(page)?.fields.identifier).toBe(user.identifier);
    const asked = await agent.submit(page, mainForm(page), { identifier: user.email });
    expect(currentStep(asked)).toBe('challenge:email');
    expect(asked.html).toContain('Reset your password');
  });

  test('counts once, on however many nodes, and from no other site', async () => {
    const { user, link } = await alarmed();
    const token = new URL(link).searchParams.get('t') ?? '';
    const send = (origin: string, from: string) =>
      new UserAgent().send(`${origin}/account/not-me`, {
        method: 'POST',
        body: new URLSearchParams({ 'link.token': token }),
        headers: { origin: from },
      });
    expect((await send(node.issuer, 'https://evil.test')).status).toBe(403);
    const answers = await Promise.all([send(node.issuer, node.issuer), send(other.origin, node.issuer)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const again = await new UserAgent().open(link);
    expect([again.status, again.messages]).toEqual([410, ['link.not_me.over']]);
    expect(
      [...node.audit, ...other.audit].filter(
        (line) => line.event === 'account.sign_in_rejected' && line.subject === user.id,
      ),
    ).toHaveLength(1);
  });

  test('has a week, and is no link of another kind', async () => {
    const { link } = await alarmed();
    const undo = await new UserAgent().open(link.replace('/not-me', '/undo'));
    expect([undo.status, undo.messages]).toEqual([410, ['link.undo.over']]);
    for (const token of ['', 'x', 'A'.repeat(43)]) {
      const page = await new UserAgent().open(`${node.issuer}/account/not-me?t=${token}`);
      expect([page.status, page.messages]).toEqual([410, ['link.not_me.over']]);
    }
  });
});
