/**
 * Every change of an account is notified to all its addresses: from the account pages, from a sign-in, and by an
 * administrator.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import type { TestUser } from '../../support/clients/relying-party.ts';
import {
  beginSignIn,
  currentStep,
  formOf,
  identify,
  passcode,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { notificationsFor, notifiedEvents, outboxOf } from '../../support/users/account-notifications.ts';
import { linkTo, reach, visit, withEmail } from '../../support/users/account-visits.ts';

let node: TestNode;
let now = Math.floor(Date.now() / 1000);
beforeAll(async () => {
  node = await startNode({
    now: () => now,
    mail: true,
    authenticators: ['password', 'totp', 'recovery_code', 'email'],
  });
});
afterAll(() => node.stop());

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

test('an enrollment during a sign-in is notified: what, when, from where, for which app, in the language of the user', async () => {
  const user: TestUser & { id: string } = await userWithPassword(node);
  const address = await withEmail(node, user);
  await node.app.directory.update(user.id, ({ profile }) => ({ profile: { ...profile, locale: 'de' } }));
  const agent = new UserAgent({ headers: { 'user-agent': firefox, 'accept-language': 'en' } });
  let { page } = await beginSignIn(node, 'payroll', agent);
  page = await identify(agent, page, user);
  if (currentStep(page) === 'select') page = await agent.submit(page, mainForm(page), { 'authenticator.id': 'totp' });
  user.totp = page.secret ?? '';
  page = await agent.submit(page, mainForm(page), await passcode(user));
  expect(currentStep(page)).toBe('code');
  const notifications = await notificationsFor(node, address);
  expect(notifications).toHaveLength(1);
  expect(notifications[0]?.delivery.params).toEqual({
    identifier: address,
    event: 'added',
    authenticator: 'totp',
    label: '',
    formerLabel: '',
    address: '',
    ended: 'yes',
    at: now,
    app: 'Payroll',
    ip: '127.0.0.1',
    browser: 'Firefox',
    system: 'Linux',
  });
  expect(notifications[0]?.about).toMatchObject({
    languages: { uiLocales: 'de', acceptLanguage: 'en' },
    subject: user.id,
    client: 'payroll',
  });
});

test('an offer that is not confirmed causes no notification, and an unverified address gets none', async () => {
  const user = await userWithPassword(node);
  await node.app.directory.update(user.id, () => ({ profile: { email: user.identifier } }));
  const { agent, page } = await visit(node, user, { path: '/account/add/recovery_code' });
  expect(currentStep(page)).toBe('enroll:recovery_code');
  const unsaved = await agent.submit(page, mainForm(page), { 'credentials.saved': '' });
  expect(unsaved.status).toBe(422);
  const added = await agent.submit(unsaved, mainForm(unsaved), { 'credentials.saved': 'yes' });
  expect(added.messages).toEqual(['account.done.added']);
  expect((await outboxOf(node)).filter(({ about }) => about.subject === user.id)).toEqual([]);
});

test('removing a mailbox is notified there, too', async () => {
  const user = await userWithTotp(node);
  const address = await withEmail(node, user);
  const mailbox = `box-${user.identifier}`;
  await node.app.directory.replaceCredential(user.id, emailCredential(mailbox));
  const id = (await node.app.directory.get(user.id))?.credentials.find(
    (credential) => credential.authenticator === 'email',
  )?.id;
  const { agent, page } = await visit(node, user, { path: `/account/authenticators/${id}` });
  const gone = await agent.submit(page, formOf(page, 'remove'));
  expect(gone.messages).toEqual(['account.done.removed']);
  expect(await notifiedEvents(node, mailbox)).toEqual(['removed']);
  expect(await notifiedEvents(node, address)).toEqual(['removed']);
  const [notifications] = await notificationsFor(node, address);
  expect(notifications?.delivery.params).toMatchObject({
    authenticator: 'email',
    address: expect.stringMatching(/^b\*\*\*/),
  });
});

test('new recovery codes replace the old ones, and the notification says so; a code that is used is notified, too', async () => {
  const user = await userWithPassword(node);
  const address = await withEmail(node, user);
  const { agent, page } = await visit(node, user, { path: '/account/add/recovery_code' });
  const first = await agent.submit(page, mainForm(page), { 'credentials.saved': 'yes' });
  expect(first.messages).toEqual(['account.done.added']);
  now += 301;
  const asked = await visit(node, user, { path: '/account/add/recovery_code', agent });
  expect(currentStep(asked.page)).toBe('challenge:recovery_code');
  const [code = ''] = page.html.match(/\b[0-9A-Z]{4}(-[0-9A-Z]{4}){3}\b/) ?? [];
  const offer = await reach(
    agent,
    await agent.submit(asked.page, mainForm(asked.page), { 'credentials.passcode': code }),
    user,
  );
  expect(currentStep(offer)).toBe('enroll:recovery_code');
  const second = await agent.submit(offer, mainForm(offer), { 'credentials.saved': 'yes' });
  expect(second.messages).toEqual(['account.done.changed']);
  expect(await notifiedEvents(node, address)).toEqual(['added', 'replaced']);
  const used = (await outboxOf(node)).filter(({ delivery }) => delivery.template === 'recovery-used');
  expect(used.map(({ delivery }) => [delivery.to, delivery.params.remaining])).toEqual([[address, 9]]);
});

test('only so many changes are made, each with a notification: no user is flooded, and no change goes unnoticed', async () => {
  const user = await userWithPassword(node);
  const address = await withEmail(node, user);
  const { agent, page: own } = await visit(node, user, { path: '/account/methods' });
  const manage = linkTo(own, /authenticators/);
  let page = await agent.open(manage);
  for (let count = 1; count <= 30; count += 1) {
    const named = await agent.submit(page, formOf(page, 'rename'), { label: `Name ${count}` });
    expect(named.messages).toEqual(['account.done.renamed']);
    page = await agent.open(manage);
  }
  const refused = await agent.submit(page, formOf(page, 'rename'), { label: 'One too many' });
  expect([refused.status, refused.messages]).toEqual([429, ['account.changes.exceeded']]);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await node.app.directory.get(user.id))?.credentials[0]?.label).toBe('Name 30');
  expect(await notifiedEvents(node, address)).toHaveLength(30);
});
