/** Users download all that is kept about them, where the settings allow it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { phoneCredential } from '../../../src/authenticators/phone/phone.ts';
import type { LightResponse } from '../../support/clients/light-fetch.ts';
import { currentStep, formOf, userWithPassword, userWithTotp } from '../../support/clients/sign-in-flow.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { notifiedEvents } from '../../support/users/account-notifications.ts';
import { visit } from '../../support/users/account-visits.ts';

let node: TestNode;
const settings = (download: boolean) => ({
  'stepgate.yaml': JSON.stringify({
    brand: { name: 'Acme' },
    zones: { office: { cidrs: ['192.0.2.0/24'] } },
    authenticators: { password: { enabled: true }, totp: { enabled: true } },
    mail: { from: 'id@acme.test', smtp: { host: 'mail.acme.test' } },
    attributes: { department: {}, creditLimit: { type: 'number', read: 'admin' } },
    account: { download },
  }),
});
beforeAll(async () => {
  node = await startNode({ files: settings(true) });
});
afterAll(() => node.stop());

type TestUser = Awaited<ReturnType<typeof userWithPassword>>;

/** The answer to the form of the page. */
async function downloadAs(user: TestUser, agent = new UserAgent()): Promise<LightResponse> {
  const { page } = await visit(node, user, { path: '/account/data', agent });
  const { fields = {} } = formOf(page, 'download') ?? {};
  return agent.send(`${node.issuer}/account/data`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { origin: node.issuer },
  });
}

test('the file contains the account and its history, but no secret; every address is notified', async () => {
  const user = await userWithPassword(node);
  const email = `data-${user.identifier}`;
  await node.app.directory.amend(user.id, () => ({
    profile: { email, emailVerified: true, displayName: 'Alice', department: 'Sales', creditLimit: 471_147_114_711 },
    credentials: [
      emailCredential(email),
      // Kept although the authenticator is not enabled any more.
      phoneCredential('+4930901820'),
    ],
  }));
  const other = await userWithPassword(node);
  await visit(node, other);
  const answer = await downloadAs(user);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="account-data.json"');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const text = await answer.text();
  const data = JSON.parse(text);
  expect(data.account).toMatchObject({ id: user.id, profile: { displayName: 'Alice', department: 'Sales' } });
  expect(data.withheldAttributes).toEqual(['creditLimit']);
  expect(data.signInMethods.map(({ authenticator }: { authenticator: string }) => authenticator)).toEqual([
    'password',
    'email',
    'phone',
  ]);
  expect(data.signInMethods.at(-1)).toMatchObject({ number: '+4930901820' });
  expect(data.signInHistory).toEqual([]);
  expect(data.sessions).toHaveLength(1);
  expect(data.signIns).toHaveLength(1);
  expect(data.auditLog.map(({ event }: { event: string }) => event)).toContain('sign_in.completed');
  const account = await node.app.directory.get(user.id);
  const hash = account?.credentials.find(({ authenticator }) => authenticator === 'password')?.secret;
  for (const secret of ['471147114711', 'argon2', '"secret"', JSON.stringify(hash), other.id, other.identifier])
    expect(text).not.toContain(secret);
  expect(await notifiedEvents(node, email)).toEqual(['data_downloaded']);
  expect(node.audit.some(({ event, subject }) => event === 'account.data_downloaded' && subject === user.id)).toBe(
    true,
  );
});

test('it takes all that the account can prove, a form of this account, and this site', async () => {
  const user = await userWithTotp(node);
  const agent = new UserAgent();
  await visit(node, user, { agent });
  expect(currentStep(await agent.open(`${node.issuer}/account/data`))).toBe('challenge:totp');
  const [own, foreign] = [new UserAgent(), new UserAgent()];
  const stranger = await userWithPassword(node);
  await visit(node, await userWithPassword(node), { path: '/account/data', agent: own });
  const { page } = await visit(node, stranger, { path: '/account/data', agent: foreign });
  const { fields = {} } = formOf(page, 'download') ?? {};
  const send = (browser: UserAgent, origin: string) =>
    browser.send(`${node.issuer}/account/data`, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { origin },
    });
  expect((await send(own, node.issuer)).status).toBe(409);
  expect((await send(foreign, 'https://evil.test')).status).toBe(403);
  expect((await send(new UserAgent(), node.issuer)).headers.get('location')).toContain('/oauth2/v1/authorize');
});

test('where the settings do not allow it, there is no such page and no link to it', async () => {
  const user = await userWithPassword(node);
  const { agent, page } = await visit(node, user, { path: '/account/data' });
  const { fields = {} } = formOf(page, 'download') ?? {};
  expect((await agent.open(`${node.issuer}/account/profile`)).html).toContain('href="/account/data"');
  await node.configure(settings(false));
  try {
    const headers = { origin: node.issuer };
    const body = new URLSearchParams(fields);
    expect((await agent.send(`${node.issuer}/account/data`, { method: 'POST', body, headers })).status).toBe(404);
    expect((await agent.open(`${node.issuer}/account/data`)).status).toBe(404);
    expect((await agent.open(`${node.issuer}/account/profile`)).html).not.toContain('href="/account/data"');
  } finally {
    await node.configure(settings(true));
  }
});
