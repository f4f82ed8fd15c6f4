/** Attacks on `/account`. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startNode, type TestNode } from '../support/node.ts';
import { beginSignIn, formOf, identify, personWithPassword, whereIs } from '../support/sign-in-flow.ts';
import { type Page, UserAgent } from '../support/user-agent.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(async () => node.stop());

async function manage(): Promise<{ agent: UserAgent; page: Page; id: string }> {
  const person = await personWithPassword(node);
  const agent = new UserAgent();
  const own = await identify(agent, await agent.open(`${node.issuer}/account`), person);
  const path = /\/account\/authenticators\/[\w-]+/.exec(own.html)?.[0];
  return { agent, page: await agent.open(`${node.issuer}${path}`), id: person.id };
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

test('the form of one person is worth nothing to another', async () => {
  const victim = await manage();
  const attacker = await manage();
  const form = formOf(victim.page, 'rename');
  const tried = await attacker.agent.submit(victim.page, form, { label: 'Theirs' });
  expect(tried.status).not.toBe(500);
  expect(await labelOf(victim.id)).toBeUndefined();
  expect(await labelOf(attacker.id)).toBeUndefined();
});

test('without a session every page leads to sign-in, and the way back leads nowhere else', async () => {
  for (const path of ['', '/add/totp', '/authenticators/x', '/sessions/others']) {
    expect(whereIs(await new UserAgent().open(`${node.issuer}/account${path}`))).toBe('identify');
  }
  for (const state of ['//evil.example', 'https://evil.example', '../signin/x', 'sessions/../../x']) {
    const query = new URLSearchParams({ state, code: 'x' });
    const answer = await new UserAgent().send(`${node.issuer}/account/callback?${query}`);
    expect(answer.headers.get('location')).toBe('/account');
  }
});

test('another app that asks for what only the account pages may gets nothing by it', async () => {
  const person = await personWithPassword(node);
  const { agent, page } = await beginSignIn(node, 'notes', new UserAgent(), {
    scope: 'openid account:enroll:totp',
    account_purpose: 'account:enroll:totp',
  });
  expect(whereIs(await identify(agent, page, person))).toBe('code');
});
