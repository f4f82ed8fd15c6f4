/** Users delete their own account: after a waiting time, once on all nodes, and not unseen. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { oneDay } from '../../../src/core/model/durations.ts';
import { parseOutboxMessage } from '../../../src/delivery/outbox.ts';
import {
  credentialsKey,
  deletionsKey,
  identifierKey,
  offlineAccessLogKey,
  outboxKey,
  outboxMessageKey,
  signInLogKey,
  userKey,
} from '../../../src/stores/keys.ts';
import { appFile, authorize, type OpenNode, openNode } from '../../support/clients/authorize.ts';
import { type NotifiedParty, startNotifiedParty } from '../../support/clients/notified-party.ts';
import { discover, type RelyingParty } from '../../support/clients/relying-party.ts';
import { currentStep, formOf, userWithPassword, userWithTotp } from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import type { TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { notificationsFor, notifiedEvents } from '../../support/users/account-notifications.ts';
import { visit, withEmail } from '../../support/users/account-visits.ts';
import { until } from '../../support/values/until.ts';

const path = '/account/deletion';
const settings = (allowed: boolean) => ({
  'stepgate.yaml': JSON.stringify({
    brand: { name: 'Acme' },
    zones: { office: { cidrs: ['192.0.2.0/24'] } },
    authenticators: { password: { enabled: true }, totp: { enabled: true } },
    mail: { from: 'id@acme.test', smtp: { host: 'mail.acme.test' } },
    account: { deletion: { allowed, after: 'P14D' } },
  }),
});

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let node: TestNode;
  let other: TestNode;
  let heard: RelyingParty;
  /** Seconds that the clocks of the nodes are ahead. */
  let ahead = 0;
  const now = () => Math.floor(Date.now() / 1000) + ahead;
  let party: NotifiedParty;
  beforeAll(async () => {
    party = await startNotifiedParty();
    const told = { backchannel_logout_uri: `${party.origin}/heard` };
    const files = { ...settings(true), ...appFile('heard', { name: 'Heard', client: told }) };
    opened = await openNode(storeUnderTest, { now, files });
    node = opened.node;
    other = await opened.second();
    heard = await discover(node.issuer, 'heard');
  });
  afterAll(async () => {
    await opened?.stop();
    await party?.stop();
  });

  type Known = Awaited<ReturnType<typeof userWithPassword>>;

  async function ask(user: Known, agent = new UserAgent()): Promise<Page> {
    const { page } = await visit(node, user, { path, agent });
    return agent.submit(page, formOf(page, 'delete-account'), { confirm: 'yes' });
  }

  const send = (agent: UserAgent, to: string, { fields, origin = node.issuer }: Sent) =>
    agent.send(`${node.issuer}${to}`, { method: 'POST', body: new URLSearchParams(fields), headers: { origin } });

  interface Sent {
    readonly fields: Readonly<Record<string, string>>;
    readonly origin?: string;
  }

  /** What all nodes do, at the same time, after so many seconds. */
  async function workersAfter(seconds: number): Promise<void> {
    ahead += seconds;
    try {
      await Promise.all([node, other, node, other].map(({ app }) => app.deletions.deleteDue()));
    } finally {
      ahead -= seconds;
    }
  }

  const eventsOf = (id: string) =>
    [...node.audit, ...other.audit].filter(({ subject }) => subject === id).map(({ event }) => event);

  async function waitingMembers(id: string): Promise<readonly string[]> {
    const all: string[] = [];
    for await (const members of node.store.members(deletionsKey)) all.push(...members);
    return all.filter((member) => member.endsWith(id));
  }

  test('one node deletes the account when it is due; apps and addresses are notified, and nothing is left', async () => {
    const user = await userWithPassword(node);
    const email = await withEmail(node, user);
    const agent = new UserAgent();
    await authorize(heard, agent, user);
    const asking = (await visit(node, user, { path, agent })).page;
    expect(asking.html).toContain('Heard');
    const page = await ask(user, agent);
    expect([page.url, page.status]).toEqual([`${node.issuer}${path}`, 200]);
    expect(formOf(page, 'keep-account')).toBeDefined();
    await workersAfter(13 * oneDay);
    expect(eventsOf(user.id)).not.toContain('user.deleted');
    await workersAfter(14 * oneDay + 60);
    expect(eventsOf(user.id).filter((event) => event === 'user.deleted')).toHaveLength(1);
    const line = [...node.audit, ...other.audit].find(
      ({ event, subject }) => event === 'user.deleted' && subject === user.id,
    );
    expect(line).toMatchObject({ by: 'self', outcome: 'success' });
    const keys = [userKey(user.id), credentialsKey(user.id), identifierKey(user.identifier)];
    const { entries } = await node.store.load(keys);
    expect(keys.map((key) => entries.get(key))).toEqual([undefined, undefined, undefined]);
    for (const log of [signInLogKey(user.id), offlineAccessLogKey(user.id)])
      expect(await node.store.tail(log, undefined, 10)).toEqual([]);
    expect(await waitingMembers(user.id)).toEqual([]);
    expect(await logoutsFor(user.id)).toEqual(['heard']);
    expect(await notifiedEvents(node, email)).toEqual(['deleted', 'deletion_requested']);
    expect((await agent.open(`${node.issuer}/account`)).url).toContain('/signin/');
    ahead = 14 * oneDay + 120;
    const sender = await opened.second({ sendOutbox: true });
    try {
      await until('the app hears of it', () => party.notices.length > 0);
    } finally {
      await sender.app.outbox.stop();
      ahead = 0;
    }
    const claims = decodeJwt(party.notices[0]?.logoutToken ?? '');
    expect(claims).toMatchObject({ sub: user.id, aud: 'heard' });
    expect(claims).not.toHaveProperty('sid');
  });

  /** Apps that hear that a session of this user ended. */
  async function logoutsFor(id: string): Promise<readonly string[]> {
    const clients: string[] = [];
    for await (const ids of node.store.members(outboxKey)) {
      const { entries } = await node.store.load(ids.map(outboxMessageKey));
      for (const entry of entries.values()) {
        const { logout } = parseOutboxMessage(entry?.value ?? '{}');
        if (logout?.subject === id) clients.push(logout.clientId);
      }
    }
    return clients;
  }

  test('one click at the account keeps it, without more than a sign-in; the mail says until when', async () => {
    const user = await userWithTotp(node);
    const email = await withEmail(node, user);
    await ask(user);
    const [mail] = await notificationsFor(node, email);
    const account = await node.app.directory.get(user.id);
    expect(mail?.delivery.params.due).toBe(account?.user.deletion?.dueAt);
    const { agent, page } = await visit(node, user);
    expect(page.html).toContain('data-deletion');
    const kept = await agent.submit(page, formOf(page, 'keep-account'));
    expect(kept.messages).toEqual(['account.done.deletion_cancelled']);
    expect(kept.html).not.toContain('data-deletion');
    expect(eventsOf(user.id)).toContain('account.deletion_cancelled');
    expect(await waitingMembers(user.id)).toEqual([]);
    await workersAfter(15 * oneDay);
    expect(await node.app.directory.get(user.id)).toBeDefined();
    expect(await notifiedEvents(node, email)).toEqual(['deletion_cancelled', 'deletion_requested']);
  });

  test('a request that was withdrawn and made again counts from the new one', async () => {
    const user = await userWithPassword(node);
    const agent = new UserAgent();
    const page = await ask(user, agent);
    await agent.submit(page, formOf(page, 'keep-account'));
    ahead = 60;
    try {
      await ask(user, agent);
    } finally {
      ahead = 0;
    }
    await workersAfter(14 * oneDay + 30);
    expect(await node.app.directory.get(user.id)).toBeDefined();
    await workersAfter(14 * oneDay + 90);
    expect(await node.app.directory.get(user.id)).toBeUndefined();
  });

  test('it takes all that the account can prove, the tick, a form of this state, and this site', async () => {
    const strong = await userWithTotp(node);
    const weak = new UserAgent();
    await visit(node, strong, { agent: weak });
    expect(currentStep(await weak.open(`${node.issuer}${path}`))).toBe('challenge:totp');

    const user = await userWithPassword(node);
    const { agent, page } = await visit(node, user, { path });
    const stranger = await visit(node, await userWithPassword(node), { path });
    const { confirm: _, ...fields } = formOf(page, 'delete-account')?.fields ?? {};
    const confirmed = { ...fields, confirm: 'yes' };
    expect((await send(agent, path, { fields })).status).toBe(422);
    expect((await send(stranger.agent, path, { fields: confirmed })).status).toBe(409);
    expect((await send(agent, path, { fields: confirmed, origin: 'https://evil.test' })).status).toBe(403);
    expect((await send(new UserAgent(), path, { fields: confirmed })).headers.get('location')).toContain('/authorize');
    expect((await node.app.directory.get(user.id))?.user.deletion).toBeUndefined();
    expect((await send(agent, path, { fields: confirmed })).status).toBe(303);
    expect((await send(agent, path, { fields: confirmed })).status).toBe(409);
    const cancel = `${path}/cancel`;
    expect((await send(agent, cancel, { fields: confirmed })).status).toBe(409);
    expect((await send(agent, cancel, { fields: confirmed, origin: 'https://evil.test' })).status).toBe(403);
    expect((await node.app.directory.get(user.id))?.user.deletion).toBeDefined();
    expect(eventsOf(user.id).filter((event) => event === 'account.deletion_requested')).toHaveLength(1);
  });

  test('a suspended user, and every user while deletion is not allowed, waits until that ends', async () => {
    const user = await userWithPassword(node);
    await ask(user);
    await node.app.directory.setStatus(user.id, 'suspended');
    await workersAfter(15 * oneDay);
    expect(await node.app.directory.get(user.id)).toBeDefined();
    await node.app.directory.setStatus(user.id, 'active');
    const { agent, page } = await visit(node, await userWithPassword(node), { path });
    const { fields = {} } = formOf(page, 'delete-account') ?? {};
    await node.configure(settings(false));
    await other.app.activeRevision.refresh();
    try {
      await workersAfter(15 * oneDay);
      expect(await node.app.directory.get(user.id)).toBeDefined();
      expect((await agent.open(`${node.issuer}${path}`)).status).toBe(404);
      expect((await send(agent, path, { fields: { ...fields, confirm: 'yes' } })).status).toBe(404);
      expect((await agent.open(`${node.issuer}/account/profile`)).html).not.toContain(`href="${path}"`);
      expect(formOf((await visit(node, user, { path })).page, 'keep-account')).toBeDefined();
    } finally {
      await node.configure(settings(true));
      await other.app.activeRevision.refresh();
    }
    await workersAfter(15 * oneDay);
    expect(await node.app.directory.get(user.id)).toBeUndefined();
  });
});
