/** What may be removed, what must stay, and what it costs: over HTTP. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startNode, type TestNode } from '../support/node.ts';
import { visit } from '../support/own-account.ts';
import { formOf, personWithPassword, personWithTotp, signOnPolicy } from '../support/sign-in-flow.ts';
import type { Page, UserAgent } from '../support/user-agent.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.stop());

type Someone = Awaited<ReturnType<typeof personWithTotp>>;

async function keysOf({ id }: Someone | { id: string }): Promise<readonly string[]> {
  return (await node.app.directory.get(id))?.credentials.map(({ authenticator }) => authenticator) ?? [];
}

async function manage(person: Someone, key: string, agent?: UserAgent) {
  const credentials = (await node.app.directory.get(person.id))?.credentials ?? [];
  const id = credentials.find(({ authenticator }) => authenticator === key)?.id;
  return visit(node, person, `/account/authenticators/${id}`, agent);
}

/** The apps that the page warns of. */
function lostOn(page: Page): readonly string[] {
  const list = /<ul class="lost"[^>]*>([\s\S]*?)<\/ul>/.exec(page.html)?.[1] ?? '';
  return [...list.matchAll(/<li>(?:<bdi>)?([^<]+)/g)].map(([, name = '']) => name);
}

test('what the enrollment policy requires stays, with the reason', async () => {
  const person = await personWithTotp(node);
  const policy = 'policies/enrollment.yaml';
  await node.configure({ [policy]: JSON.stringify({ rules: [{ name: 'All', then: { required: ['totp'] } }] }) });
  try {
    const { agent, page } = await manage(person, 'totp');
    expect(lostOn(page)).toEqual([]);
    const refused = await agent.submit(page, formOf(page, 'remove'));
    expect([refused.status, refused.messages]).toEqual([422, ['account.remove.required']]);
    expect(refused.html).toContain('The rules of your organization require this');
    expect(await keysOf(person)).toEqual(['password', 'totp']);
  } finally {
    await node.configure({ [policy]: undefined });
  }
  const again = await manage(person, 'totp');
  const gone = await again.agent.submit(again.page, formOf(again.page, 'remove'));
  expect(gone.messages).toEqual(['account.done.removed']);
});

test('what the last way into an app needs goes only when the person has read which apps that are', async () => {
  const person = await personWithTotp(node);
  const { agent, page } = await manage(person, 'password');
  expect(lostOn(page)).toEqual(['Payroll']);
  const form = formOf(page, 'remove');
  const unsaid = await agent.submit(page, form, { confirm: '' });
  expect([unsaid.status, unsaid.messages]).toEqual([422, ['account.remove.confirm']]);
  expect((await agent.submit(page, form, { confirm: 'yes' })).messages).toEqual(['account.remove.confirm']);

  // Meanwhile one app more would be lost: that is another question.
  const notes = signOnPolicy('notes', { then: { allow: { factors: 1, knowledge: { authenticators: ['password'] } } } });
  await node.configure(notes);
  const asked = await agent.submit(page, form);
  expect([asked.status, asked.messages, lostOn(asked)]).toEqual([
    422,
    ['account.remove.confirm'],
    ['Notes', 'Payroll'],
  ]);
  expect(await keysOf(person)).toEqual(['password', 'totp']);
  const gone = await agent.submit(asked, formOf(asked, 'remove'));
  expect(gone.messages).toEqual(['account.done.removed']);
  expect(await keysOf(person)).toEqual(['totp']);
  await node.configure(signOnPolicy('notes', { then: { allow: { factors: 1 } } }));
});

test('what can be enrolled again on the way in is no loss', async () => {
  const person = await personWithTotp(node);
  const { page } = await manage(person, 'totp');
  expect(lostOn(page)).toEqual([]);
  expect(formOf(page, 'remove')?.fields.confirm).toBeUndefined();
});

test('apps that the person cannot get into anyway are not named', async () => {
  const contractor = await personWithTotp(node, ['contractors']);
  const { page } = await manage(contractor, 'password');
  expect(lostOn(page)).toEqual([]);
});

test('of many apps the first are named, the others counted', async () => {
  const apps = Object.fromEntries(
    Array.from({ length: 23 }, (_, index) => {
      const name = `Tool ${String(index).padStart(2, '0')}`;
      const client = {
        application_type: 'web',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        redirect_uris: [`https://tool${index}.example.org/cb`],
      };
      const app = { clientId: `tool-${index}`, name, signOnPolicy: 'payroll', client };
      return [`apps/tool-${index}.yaml`, JSON.stringify(app)];
    }),
  );
  await node.configure(apps);
  try {
    const { page } = await manage(await personWithTotp(node), 'password');
    const lost = lostOn(page);
    expect(lost).toHaveLength(11);
    expect(lost.at(-1)).toBe('and 14 more');
  } finally {
    await node.configure(Object.fromEntries(Object.keys(apps).map((file) => [file, undefined])));
  }
});

test('where it would be refused anyway, nothing is asked', async () => {
  const person = await personWithPassword(node);
  const { agent, page } = await visit(
    node,
    person,
    `/account/authenticators/${(await node.app.directory.get(person.id))?.credentials[0]?.id}`,
  );
  expect(lostOn(page)).toEqual([]);
  const refused = await agent.submit(page, formOf(page, 'remove'));
  expect([refused.status, refused.messages]).toEqual([422, ['account.remove.last']]);
});
