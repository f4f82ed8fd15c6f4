/**
 * Reload, Back, two tabs, an idle page, a restart: a page of a sign-in that is over leads on, to the app or to the same
 * request from its beginning (decision 41).
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { StoreUnavailable } from '../../../src/errors.ts';
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import { appFile, post } from '../../support/clients/authorize.ts';
import { confirmDevice, deviceGrant, waitingDevice } from '../../support/clients/device-grant.ts';
import { authorization } from '../../support/clients/raw-client.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  formOf,
  identify,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

let seconds = 0;
let key: Awaited<ReturnType<typeof generateKeyPair>>;
const home = 'https://portal.example/';
let node: TestNode;
beforeAll(async () => {
  key = await generateKeyPair('ES256', { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(key.publicKey)), kid: 'one', alg: 'ES256' }] };
  node = await startNode({
    now: () => Math.floor(Date.now() / 1000) + seconds,
    files: {
      ...appFile('plain', { client: { grant_types: ['authorization_code', deviceGrant] } }),
      ...appFile('portal', { name: 'Portal', client: { client_uri: home } }),
      ...appFile('signing', { client: { jwks, token_endpoint_auth_method: 'none', client_uri: home } }),
      ...appFile('intranet', { client: { initiate_login_uri: 'https://intranet.example/login?from=idp' } }),
    },
  });
});
afterAll(() => node.stop());

/** The links of the page that lead on, by their kind. */
function nextLinks({ html }: Page): Readonly<Record<string, string>> {
  const links = [...html.matchAll(/<a [^>]*data-next="(\w+)" href="([^"]*)"/g)];
  return Object.fromEntries(links.map(([, kind = '', href = '']) => [kind, href.replaceAll('&amp;', '&')]));
}

async function follow(agent: UserAgent, page: Page): Promise<Page> {
  const { restart = '' } = nextLinks(page);
  return agent.open(new URL(restart, node.issuer).href);
}

async function started(app = 'plain', parameters: Readonly<Record<string, string>> = {}) {
  const user = await userWithPassword(node);
  return { user, ...(await beginSignIn(node, { client_id: app, ...parameters })) };
}

/** The user comes back when the sign-in has expired. */
async function later<T>(act: () => Promise<T>): Promise<T> {
  seconds = 3600;
  return act().finally(() => {
    seconds = 0;
  });
}

describe('a sign-in that took too long', () => {
  test.each(['reload', 'submit'] as const)('%s: one click starts the same request again', async (way) => {
    const { agent, page, request, user } = await started('plain', { login_hint: 'a@b.test', ui_locales: 'de' });
    const over = await later(() => (way === 'reload' ? agent.open(page.url) : identify(agent, page, user)));
    expect([over.status, over.messages]).toEqual([410, ['error.sign_in_expired']]);
    const again = await follow(agent, over);
    expect(currentStep(again)).toBe('identify');
    expect(again.url).not.toBe(page.url);
    expect(again.html).toContain('a@b.test');
    const done = await identify(agent, again, user);
    expect(currentStep(done)).toBe('code');
    expect(new URL(done.url).searchParams.get('state')).toBe(new URL(request.url).searchParams.get('state'));
  });

  test('only the cookie of this browser holds the request: another browser learns nothing of it', async () => {
    const { page } = await started();
    const other = await beginSignIn(node, 'plain');
    const told = await later(() => other.agent.open(page.url));
    expect(nextLinks(told)).toEqual({ account: '/account' });
  });

  test('a request that was changed in the cookie is not taken', async () => {
    const { agent, page } = await started();
    const kept = agent.cookies(node.issuer).find(({ name }) => name === 'stepgate-request');
    agent.setCookie(node.issuer, `stepgate-request=${kept?.value}A; path=${kept?.path}`);
    expect(nextLinks(await later(() => agent.open(page.url)))).toEqual({ account: '/account' });
  });

  /** The link of the page that was left open. */
  const afterEnd = ({ html }: Page): string =>
    /data-says="ending\.over">.*?<a href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';

  test('a page that was left open says so, and one click starts the same request again', async () => {
    const { agent, page, request, user } = await started('plain', { login_hint: 'a@b.test' });
    const again = await later(() => agent.open(new URL(afterEnd(page), node.issuer).href));
    expect([again.status, currentStep(again)]).toEqual([200, 'identify']);
    expect(again.url).not.toContain(new URL(page.url).pathname);
    const done = await identify(agent, again, user);
    expect(new URL(done.url).searchParams.get('state')).toBe(new URL(request.url).searchParams.get('state'));
    // Finished in another tab meanwhile: the session leads to the app.
    expect(currentStep(await agent.open(new URL(afterEnd(page), node.issuer).href))).toBe('code');
  });

  test('another browser that follows that link learns nothing of the request', async () => {
    const { page } = await started();
    const other = await beginSignIn(node, 'plain');
    expect(nextLinks(await other.agent.open(new URL(afterEnd(page), node.issuer).href))).toEqual({
      account: '/account',
    });
  });

  test('the app that has an address is offered as well', async () => {
    const { agent, page } = await started('portal');
    expect(nextLinks(await later(() => agent.open(page.url)))).toMatchObject({ app: home });
  });
});

test('cancelled, and then Back: the page starts the request again', async () => {
  const { agent, page } = await started();
  expect(currentStep(await agent.submit(page, formOf(page, 'cancel')))).toBe('access_denied');
  expect(currentStep(await follow(agent, await agent.open(page.url)))).toBe('identify');
});

test('finished, and then Back: to the app that has an address, else through the request to the app', async () => {
  for (const [app, expected] of [
    ['portal', 'app'],
    ['plain', 'restart'],
  ] as const) {
    const { agent, page, user } = await started(app);
    expect(currentStep(await identify(agent, page, user))).toBe('code');
    const over = await agent.open(page.url);
    expect(over.messages).toEqual(['error.sign_in_finished']);
    expect(Object.keys(nextLinks(over))).toEqual([expected]);
    if (app === 'plain') expect(currentStep(await follow(agent, over))).toBe('code');
  }
});

test('the session is gone from the browser when a step-up is done: nothing loops, and the sign-in starts again', async () => {
  const { agent, page, user } = await started();
  expect(currentStep(await identify(agent, page, user))).toBe('code');
  const pending = await beginSignIn(node, { client_id: 'plain', prompt: 'login' }, agent);
  agent.setCookie(node.issuer, 'stepgate-session=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT');
  agent.setCookie(node.issuer, 'stepgate-session.sig=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT');
  const after = await answerStep(agent, pending.page, { 'credentials.passcode': user.password });
  expect(after.messages).toEqual(['error.sign_in_expired']);
  expect(currentStep(await follow(agent, after))).toBe('identify');
});

test('the address of a resume that is over leads to the page of the sign-in', async () => {
  const { agent, page, user, uid } = await started();
  expect(currentStep(await identify(agent, page, user))).toBe('code');
  const resumed = await agent.open(`${node.issuer}/oauth2/v1/authorize/${uid}`);
  expect(resumed.messages).toEqual(['error.sign_in_finished']);
  expect(Object.keys(nextLinks(resumed))).toEqual(['restart']);
});

describe('a request that can be used once', () => {
  async function pushed(app: string) {
    const query = new URL(authorization(node.issuer, app).url).searchParams;
    const answer = await post(`${node.issuer}/oauth2/v1/par`, query);
    const reference = new URLSearchParams({ client_id: app, request_uri: String(answer.body.request_uri) });
    const agent = new UserAgent();
    const url = `${node.issuer}/oauth2/v1/authorize?${reference}`;
    return { agent, url, page: await agent.open(url) };
  }

  test('leads back to the app, where that has an address, and to the account where not', async () => {
    const portal = await pushed('portal');
    expect(nextLinks(await later(() => portal.agent.open(portal.page.url)))).toEqual({ app: home });
    const notes = await pushed('plain');
    expect(nextLinks(await later(() => notes.agent.open(notes.page.url)))).toEqual({ account: '/account' });
  });

  test('a page that was left open leads to the app as well, and says that the sign-in starts there', async () => {
    for (const [app, href] of [
      ['portal', home],
      ['plain', '/account'],
    ] as const) {
      const { html } = (await pushed(app)).page;
      const [, says, link] = /data-says="ending\.over">(.*?) <a href="([^"]+)"/.exec(html) ?? [];
      expect([says, link]).toEqual([expect.stringContaining('Go back to the app and sign in from there.'), href]);
    }
  });

  test('opened again: the error page leads back to the app', async () => {
    const { agent, page, url } = await pushed('portal');
    const user = await userWithPassword(node);
    expect(currentStep(await identify(agent, page, user))).toBe('code');
    const again = await agent.open(url);
    expect(again.status).toBe(400);
    expect(nextLinks(again)).toEqual({ app: home });
  });

  test('an app that starts sign-ins itself gets the issuer (OpenID Connect Core section 4)', async () => {
    const { agent, page } = await pushed('intranet');
    const { app = '' } = nextLinks(await later(() => agent.open(page.url)));
    expect(app).toBe(`https://intranet.example/login?from=idp&iss=${encodeURIComponent(node.issuer)}`);
  });
});

test('what an app signed leads back to the app, and is not made a plain request', async () => {
  const { url } = authorization(node.issuer, 'signing');
  const claims = { iss: 'signing', aud: node.issuer, ...Object.fromEntries(new URL(url).searchParams) };
  const jwt = new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setIssuedAt()
    .setExpirationTime('5 min');
  const query = new URL(url).searchParams;
  query.set('request', await jwt.sign(key.privateKey));
  const agent = new UserAgent();
  const page = await agent.open(`${node.issuer}/oauth2/v1/authorize?${query}`);
  expect(currentStep(page)).toBe('identify');
  expect(nextLinks(await later(() => agent.open(page.url)))).toEqual({ app: home });
});

test('the sign-in of a device that took too long leads to the page for user codes', async () => {
  const agent = new UserAgent();
  const page = await confirmDevice(node, await waitingDevice(node, 'plain'), agent);
  expect(currentStep(page)).toBe('identify');
  expect(nextLinks(await later(() => agent.open(page.url)))).toEqual({ device: '/device' });
});

test('what the request asks for beyond the usual is asked for again', async () => {
  const { agent, page, user } = await started('plain', { prompt: 'login', scope: 'openid profile', max_age: '600' });
  const over = await later(() => identify(agent, page, user));
  const query = new URL(nextLinks(over).restart ?? '', node.issuer).searchParams;
  expect([query.get('prompt'), query.get('scope'), query.get('max_age')]).toEqual(['login', 'openid profile', '600']);
});

test('a request that is too long for the cookie leads to the app', async () => {
  const { agent, page } = await started('portal', { login_hint: 'x'.repeat(2000) });
  expect(nextLinks(await later(() => agent.open(page.url)))).toEqual({ app: home });
});

test('while the store does not answer: the page can be tried again, and a form leads to its page', async () => {
  const store = openEmbedded({ file: ':memory:' });
  let answers = true;
  const load: typeof store.load = async (...asked) => {
    if (!answers) throw new StoreUnavailable('it was unplugged');
    return store.load(...asked);
  };
  const other = await startNode({ store: { ...store, load } });
  try {
    const { agent, page } = await beginSignIn(other, 'notes');
    answers = false;
    const shown = await agent.open(`${page.url}?a=1`);
    const sent = await answerStep(agent, page, { identifier: 'a@b.test' });
    answers = true;
    expect([shown.status, nextLinks(shown)]).toEqual([503, { retry: `${page.url}?a=1` }]);
    expect([sent.status, nextLinks(sent)]).toEqual([503, { retry: new URL(page.url).pathname }]);
    expect(currentStep(await agent.open(page.url))).toBe('identify');
  } finally {
    await other.stop();
    await store.close();
  }
});

test('a restart of the server: the open page can still be used', async () => {
  const store = openEmbedded({ file: ':memory:' });
  const before = await startNode({ store });
  const user = await userWithPassword(before);
  const { agent, page } = await beginSignIn(before, 'notes');
  const after = await startNode({ store, issuer: before.issuer });
  try {
    const browser = agent.via({ [before.issuer]: after.origin });
    expect(currentStep(await identify(browser, page, user))).toBe('code');
  } finally {
    await after.stop();
    await before.stop();
    await store.close();
  }
});

test('another user signed in meanwhile: nothing loops, and the sign-in continues or starts again', async () => {
  const first = await started();
  const { agent } = first;
  expect(currentStep(await identify(agent, first.page, first.user))).toBe('code');
  const pending = await beginSignIn(node, { client_id: 'plain', prompt: 'login' }, agent);
  const other = await beginSignIn(node, { client_id: 'plain', prompt: 'login' }, agent);
  const fresh = await agent.submit(other.page, formOf(other.page, 'restart'));
  expect(currentStep(await identify(agent, fresh, await userWithPassword(node)))).toBe('code');
  const after = await answerStep(agent, pending.page, { 'credentials.passcode': first.user.password });
  expect(after.messages).toEqual(['error.sign_in_expired']);
  expect(currentStep(await follow(agent, after))).toContain('challenge');
});
