/** Attacks on `/account`. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { beginSignIn, currentStep, formOf, identify, userWithPassword } from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode({ mail: true });
});
afterAll(async () => node.stop());

async function manage(): Promise<{ agent: UserAgent; page: Page; id: string }> {
  const user = await userWithPassword(node);
  const agent = new UserAgent();
  const own = await identify(agent, await agent.open(`${node.issuer}/account/methods`), user);
  const path = /\/account\/authenticators\/[\w-]+/.exec(own.html)?.[0];
  return { agent, page: await agent.open(`${node.issuer}${path}`), id: user.id };
}

async function labelOf(id: string): Promise<string | undefined> {
  return (await node.app.directory.get(id))?.credentials[0]?.label;
}

test('a form of another site, without a handle, or with the handle of another action changes nothing', async () => {
  const { agent, page, id } = await manage();
  const form = formOf(page, 'rename');
  const url = `${node.issuer}${form?.action}`;
  const body = new URLSearchParams({ ...form?.fields, label: 'Mine' });
  const foreign = await agent.send(url, { method: 'POST', body, headers: { origin: 'https://evil.example' } });
  expect(foreign.status).toBe(403);
  expect((await agent.submit(page, form, { label: 'Mine', stateHandle: '' })).status).toBe(409);
  const other = formOf(page, 'remove')?.fields.stateHandle ?? '';
  expect((await agent.submit(page, form, { label: 'Mine', stateHandle: other })).status).toBe(409);
  expect(await labelOf(id)).toBeUndefined();
  expect((await agent.submit(page, form, { label: 'Mine' })).messages).toEqual(['account.done.renamed']);
  expect(await labelOf(id)).toBe('Mine');
});

test('the form of one user has no effect for another', async () => {
  const victim = await manage();
  const attacker = await manage();
  const form = formOf(victim.page, 'rename');
  const tried = await attacker.agent.submit(victim.page, form, { label: 'Theirs' });
  expect(tried.status).not.toBe(500);
  expect(await labelOf(victim.id)).toBeUndefined();
  expect(await labelOf(attacker.id)).toBeUndefined();
});

test('without a session every page leads to sign-in, and the return address is always the account', async () => {
  for (const path of ['', '/add/totp', '/authenticators/x', '/sessions/others']) {
    expect(currentStep(await new UserAgent().open(`${node.issuer}/account${path}`))).toBe('identify');
  }
  for (const state of ['//evil.example', 'https://evil.example', '../signin/x', 'sessions/../../x']) {
    const query = new URLSearchParams({ state, code: 'x' });
    const answer = await new UserAgent().send(`${node.issuer}/account/callback?${query}`);
    expect(answer.headers.get('location')).toBe('/account');
  }
});

test('another app that asks for what only the account pages may gets nothing by it', async () => {
  const user = await userWithPassword(node);
  const { agent, page } = await beginSignIn(
    node,
    { client_id: 'notes', scope: 'openid account:enroll:totp', account_purpose: 'account:enroll:totp' },
    new UserAgent(),
  );
  expect(currentStep(await identify(agent, page, user))).toBe('code');
});

/**
 * Every change, and the page that holds its form; `{id}`: an authenticator, `{session}`: another session, `{address}`:
 * an added address.
 */
const changes = [
  ['rename', '/account/authenticators/{id}', { label: 'Mine' }],
  ['remove', '/account/authenticators/{id}', {}],
  ['end', '/account/sessions/{session}', {}],
  ['end-others', '/account/sessions/others', {}],
  ['add-address', '/account/addresses/add', { email: 'evil@x.test' }],
  ['confirm-address', '/account/addresses/confirm', { passcode: '000000' }],
  ['resend-address', '/account/addresses/confirm', {}],
  ['remove-address', '/account/addresses/{address}', {}],
] as const;

/** A user with everything: two authenticators, two sessions, two addresses and one unverified address. */
async function owner() {
  const user = await userWithPassword(node);
  const elsewhere = new UserAgent();
  await identify(elsewhere, await elsewhere.open(`${node.issuer}/account`), user);
  const agent = new UserAgent();
  await identify(agent, await agent.open(`${node.issuer}/account`), user);
  const added = [1, 2].map((count) => ({ address: `${count}-${user.identifier}`, addedAt: 1 }));
  const askedAt = Math.floor(Date.now() / 1000);
  const askedAddress = { address: `3-${user.identifier}`, code: 'x', askedAt, expires: askedAt + 600 };
  await node.app.directory.update(user.id, (stored) => ({ ...stored, notificationAddresses: added, askedAddress }));
  const parts = ['methods', 'devices', 'notifications'];
  const pages = await Promise.all(parts.map((part) => agent.open(`${node.issuer}/account/${part}`)));
  const html = pages.map((page) => page.html).join('\n');
  const first = (pattern: RegExp) => pattern.exec(html)?.[1] ?? '';
  const paths: Readonly<Record<string, string>> = {
    id: first(/\/account\/authenticators\/([\w-]+)/),
    session: first(/\/account\/sessions\/([\w-]{43})/),
    address: first(/\/account\/addresses\/([\w-]{43})/),
  };
  return {
    user,
    agent,
    elsewhere,
    pathOf: (path: string) => path.replace(/\{(\w+)\}/, (_, name) => paths[name] ?? ''),
  };
}

/** What a change would change. */
async function stateOf(id: string): Promise<string> {
  return JSON.stringify(await node.app.directory.get(id));
}

describe.each(changes)('%s', (step, where, fields) => {
  test('from another site, without a handle, or with the handle of another form: nothing is done', async () => {
    const { user, agent, elsewhere, pathOf } = await owner();
    const page = await agent.open(`${node.issuer}${pathOf(where)}`);
    const form = formOf(page, step);
    if (!form) throw new Error(`no form ${step} on ${page.url}`);
    const before = await stateOf(user.id);
    const url = `${node.issuer}${form.action}`;
    const body = new URLSearchParams({ ...form.fields, ...fields });
    const origins: readonly Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of origins) expect((await agent.send(url, { method: 'POST', body, headers })).status).toBe(403);
    const [path, kind] = step === 'end-others' ? ['addresses/add', 'add-address'] : ['sessions/others', 'end-others'];
    const other = formOf(await agent.open(`${node.issuer}/account/${path}`), kind);
    for (const stateHandle of ['', 'x'.repeat(43), other?.fields.stateHandle ?? '']) {
      const refused = await agent.submit(page, form, { ...fields, stateHandle });
      expect([refused.status, refused.messages]).toEqual([409, ['form.stale']]);
    }
    expect((await agent.send(url, { headers: { origin: node.issuer } })).status).not.toBe(303);
    expect(await stateOf(user.id)).toBe(before);
    expect((await elsewhere.open(`${node.issuer}/account`)).url).toBe(`${node.issuer}/account`);
  });

  test('of another user: the page is not shown, and the form does nothing', async () => {
    const victim = await owner();
    const page = await victim.agent.open(`${node.issuer}${victim.pathOf(where)}`);
    const before = await stateOf(victim.user.id);
    const attacker = await owner();
    const theirs = await stateOf(attacker.user.id);
    const seen = await attacker.agent.open(`${node.issuer}${victim.pathOf(where)}`);
    expect(seen.html).not.toContain(victim.user.identifier);
    await attacker.agent.submit(page, formOf(page, step), fields);
    expect(await stateOf(victim.user.id)).toBe(before);
    expect(await stateOf(attacker.user.id)).toBe(theirs);
    expect((await victim.elsewhere.open(`${node.issuer}/account`)).url).toBe(`${node.issuer}/account`);
  });
});

test('the account app cannot be configured or registered', async () => {
  const client = {
    application_type: 'web',
    redirect_uris: ['https://evil.example/cb'],
    grant_types: ['authorization_code'],
  };
  const app = { clientId: 'stepgate-account', name: 'Evil', signOnPolicy: 'notes', client };
  await expect(node.configure({ 'apps/evil.yaml': JSON.stringify(app) })).rejects.toThrow('built-in');
  await node.configure({ 'apps/evil.yaml': undefined });
  const query = new URLSearchParams({
    client_id: 'stepgate-account',
    response_type: 'code',
    redirect_uri: 'https://evil.example/cb',
    scope: 'openid',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  });
  const answer = await new UserAgent().send(`${node.issuer}/oauth2/v1/authorize?${query}`);
  expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
  const metadata = (await (await fetch(`${node.issuer}/.well-known/openid-configuration`)).json()) as object;
  expect(metadata).not.toHaveProperty('registration_endpoint');
});
