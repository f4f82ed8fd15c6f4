/** `/account` over HTTP: what users see of their own account, and what a change takes. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestUser } from '../../support/clients/relying-party.ts';
import {
  beginSignIn,
  currentStep,
  formOf,
  identify,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { notifiedEvents } from '../../support/users/account-notifications.ts';
import { linkTo, reach, visit, withEmail } from '../../support/users/account-visits.ts';

let node: TestNode;
let now = Math.floor(Date.now() / 1000);

beforeAll(async () => {
  node = await startNode({ now: () => now, mail: true });
});
afterAll(async () => node.stop());

test('a user without a session signs in, comes back, and sees the account', async () => {
  const user = await userWithPassword(node);
  const { agent, page } = await visit(node, user);
  expect(page.url).toBe(`${node.issuer}/account`);
  expect(page.status).toBe(200);
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(page.html).toContain(user.identifier);
  expect((await agent.open(`${node.issuer}/account/devices`)).html).toContain('This browser');
  const { html } = await agent.open(`${node.issuer}/account/methods`);
  expect(html.match(/href="\/account\/authenticators\//g)).toHaveLength(1);
});

test('an authenticator is added once the requirement is met, named, and removed; every address is notified', async () => {
  const user: TestUser & { id: string } = await userWithPassword(node);
  await withEmail(node, user);
  const { agent } = await visit(node, user);
  const added = await visit(node, user, { path: '/account/add/totp', agent });
  expect(added.page.messages).toEqual(['account.done.added']);
  const account = await node.app.directory.get(user.id);
  const totp = account?.credentials.find(({ authenticator }) => authenticator === 'totp');
  expect(totp).toBeDefined();

  const manage = `/account/authenticators/${totp?.id}`;
  const form = (await visit(node, user, { path: manage, agent })).page;
  const bad = await agent.submit(form, formOf(form, 'rename'), { label: 'My\u0007phone' });
  expect([bad.status, bad.messages]).toEqual([422, ['account.name.invalid']]);
  expect(formOf(bad, 'rename')?.fields.label).toBe('My\u0007phone');
  const named = await agent.submit(form, formOf(form, 'rename'), { label: '  My   phone <b> ' });
  expect(named.messages).toEqual(['account.done.renamed']);
  expect(named.html).toContain('My phone &lt;b&gt;');

  const stale = await agent.submit(form, formOf(form, 'remove'));
  expect([stale.status, stale.messages]).toEqual([409, ['form.stale']]);
  const gone = await agent.submit(stale, formOf(stale, 'remove'));
  expect(gone.messages).toEqual(['account.done.removed']);
  expect((await node.app.directory.get(user.id))?.credentials.map(({ authenticator }) => authenticator)).toEqual([
    'password',
  ]);
  expect(await notifiedEvents(node, user.identifier)).toEqual(['added', 'removed', 'renamed']);
});

test('a change takes the strongest level, five minutes old at most, and asks for it', async () => {
  const user = await userWithTotp(node);
  const { agent, page } = await visit(node, user, { path: '/account/methods' });
  expect(page.url).toBe(`${node.issuer}/account/methods`);
  const manage = linkTo(page, /authenticators/);
  const asked = await agent.open(manage);
  expect(currentStep(asked)).toBe('challenge:totp');
  const form = await reach(agent, asked, user);
  expect(form.url).toBe(manage);
  now += 301;
  const late = await agent.submit(form, formOf(form, 'remove'));
  expect(late.url).toContain('/signin/');
  expect((await node.app.directory.get(user.id))?.credentials).toHaveLength(2);
});

test('the last authenticator to sign in with stays', async () => {
  const user = await userWithPassword(node);
  const { agent, page } = await visit(node, user, { path: '/account/methods' });
  const form = await agent.open(linkTo(page, /authenticators/));
  const refused = await agent.submit(form, formOf(form, 'remove'));
  expect([refused.status, refused.messages]).toEqual([422, ['account.remove.last']]);
  expect((await node.app.directory.get(user.id))?.credentials).toHaveLength(1);
});

test('one other session is ended, then all others; this one continues', async () => {
  const user = await userWithPassword(node);
  const second = await visit(node, user);
  const third = await visit(node, user);
  const { agent, page } = await visit(node, user, { path: '/account/devices' });
  expect(page.html.match(/href="\/account\/sessions\/[\w-]{43}"/g)).toHaveLength(2);
  const form = await agent.open(linkTo(page, /sessions\/[\w-]{43}$/));
  const ended = await agent.submit(form, formOf(form, 'end'));
  expect(ended.messages).toEqual(['account.done.ended']);
  expect(ended.html.match(/href="\/account\/sessions\/[\w-]{43}"/g)).toHaveLength(1);
  const all = await agent.open(linkTo(ended, /sessions\/others/));
  const alone = await agent.submit(all, formOf(all, 'end-others'));
  expect(alone.messages).toEqual(['account.done.ended_others']);
  expect(alone.url).toContain('/account/devices?');
  for (const other of [second, third]) {
    expect(currentStep(await other.agent.open(`${node.issuer}/account`))).toBe('identify');
  }
});

test('a sign-in to an app is listed with its proofs', async () => {
  const user = await userWithPassword(node);
  const { agent, page } = await beginSignIn(node, 'notes');
  await identify(agent, page, user);
  const own = await agent.open(`${node.issuer}/account/activity`);
  expect(own.url).toBe(`${node.issuer}/account/activity`);
  expect(own.html).toMatch(/Recent sign-ins[\s\S]*Notes[\s\S]*Password/);
});
