/** The language of pages: who is heard first, the switch that every page has, and what it remembers. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestUser } from '../support/clients/relying-party.ts';
import { beginSignIn, currentStep, identify } from '../support/clients/sign-in-flow.ts';
import { UserAgent } from '../support/pages/user-agent.ts';
import { newTestUser, startNode, type TestNode } from '../support/servers/node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.stop());

const languageOf = (html: string): string => /<html lang="([\w-]+)"/.exec(html)?.[1] ?? '';
const switchIn = (html: string) => ({
  back: /name="back" value="([^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '',
  offered: [...html.matchAll(/<button name="language" value="([\w-]+)"/g)].map(([, tag]) => tag),
});

async function choose(agent: UserAgent, html: string, language: string) {
  const { back } = switchIn(html);
  const form = { step: '', authenticator: '', action: '/language', fields: { back, language }, boxes: [] };
  return agent.submit(
    { url: `${node.issuer}/`, status: 200, headers: new Headers(), html, forms: [], messages: [] },
    form,
  );
}

async function firstPage(agent: UserAgent, parameters: Readonly<Record<string, string>> = {}) {
  return (await beginSignIn(node, { client_id: 'notes', ...parameters }, agent)).page;
}

describe('a page is in the language', () => {
  test.each([
    ['that the browser asks for', { 'accept-language': 'de-AT, en;q=0.5' }, {}, 'de'],
    ['that the app asks for, before that of the browser', { 'accept-language': 'en' }, { ui_locales: 'xx de' }, 'de'],
    [
      'that there is always, where the browser asks for rubbish',
      { 'accept-language': '*;q=x, ;;,\u00e9, 1-2-3' },
      {},
      'en',
    ],
    ['that there is always, where the app asks for rubbish', {}, { ui_locales: '<b> %00 -- ../de' }, 'en'],
    [
      'that there is always, where both ask without end',
      { 'accept-language': 'xx,'.repeat(2000) },
      { ui_locales: 'y '.repeat(500) },
      'en',
    ],
  ])('%s', async (_, headers, parameters, expected) => {
    const page = await firstPage(
      new UserAgent({ headers: headers as Record<string, string> }),
      parameters as Record<string, string>,
    );
    expect(languageOf(page.html)).toBe(expected);
  });
});

describe('the switch', () => {
  test('offers every other language by its own name, and brings the browser back to the same page', async () => {
    const agent = new UserAgent();
    const page = await firstPage(agent);
    expect(switchIn(page.html).offered).toContain('de');
    expect(page.html).toContain('lang="de" dir="ltr">Deutsch</button>');
    const after = await choose(agent, page.html, 'de');
    expect(after.url).toBe(page.url);
    expect(languageOf(after.html)).toBe('de');
  });

  test('is remembered in this browser, before what app and browser ask for, in a cookie that no script reads', async () => {
    const agent = new UserAgent({ headers: { 'accept-language': 'en' } });
    await choose(agent, (await firstPage(agent)).html, 'de');
    expect(languageOf((await firstPage(agent, { ui_locales: 'en' })).html)).toBe('de');
    const cookie = agent.cookies(node.issuer).find(({ name }) => name === 'stepgate-language');
    expect(cookie?.attributes.toLowerCase()).toMatch(/httponly/);
    expect(cookie?.attributes.toLowerCase()).toMatch(/samesite=lax/);
  });

  test('works after a form that was refused: the page of its step comes back', async () => {
    const agent = new UserAgent();
    const page = await firstPage(agent);
    const refused = await agent.submit(page, page.forms[0], { identifier: '' });
    expect(refused.status).toBe(422);
    const after = await choose(agent, refused.html, 'de');
    expect([after.status, after.url, currentStep(after)]).toEqual([200, page.url, currentStep(page)]);
  });

  test.each([
    ['an error', '/no/such/page?a=b', 404],
    ['a request that was refused', '/oauth2/v1/authorize?client_id=nobody', 400],
    ['the page of a device', '/device', 200],
  ])('stands on %s, which comes back', async (_, path, status) => {
    const agent = new UserAgent({ headers: { accept: 'text/html' } });
    const page = await agent.open(node.issuer + path);
    expect(page.status).toBe(status);
    const after = await choose(agent, page.html, 'de');
    expect([after.status, after.url, languageOf(after.html)]).toEqual([status, node.issuer + path, 'de']);
  });

  test.each(['https://evil.test/', '//evil.test/', '/\\evil.test', 'javascript:alert(1)', '', 'account'])(
    'leads to no other place: %j',
    async (back) => {
      const answer = await fetch(`${node.origin}/language`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: node.issuer },
        body: new URLSearchParams({ back, language: 'de' }).toString(),
        redirect: 'manual',
      });
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/account']);
    },
  );

  test('accepts no form of another site, and no unknown language', async () => {
    const post = (origin: string, language: string) =>
      fetch(`${node.origin}/language`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin },
        body: new URLSearchParams({ back: '/account', language }).toString(),
        redirect: 'manual',
      });
    const foreign = await post('https://evil.test', 'de');
    expect([foreign.status, foreign.headers.get('set-cookie')]).toEqual([403, null]);
    const unknown = await post(node.issuer, 'xx"; Domain=evil.test');
    expect([unknown.status, unknown.headers.get('set-cookie')]).toEqual([303, null]);
  });
});

describe('the language of the profile', () => {
  let user: TestUser;
  beforeAll(async () => {
    const { id, ...rest } = await newTestUser(node);
    user = rest;
    await node.app.directory.update(id, () => ({ profile: { locale: 'de' } }));
  });

  test('is that of the account pages; before a proof it reveals nothing of the account', async () => {
    const agent = new UserAgent({ headers: { 'accept-language': 'en' } });
    const start = await agent.open(`${node.issuer}/account`);
    expect(languageOf(start.html)).toBe('en');
    const account = await identify(agent, start, user);
    expect(account.url).toContain('/account');
    expect(languageOf(account.html)).toBe('de');
    const english = await choose(agent, account.html, 'en');
    expect(languageOf(english.html)).toBe('en');
  });
});
