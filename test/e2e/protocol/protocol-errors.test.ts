/**
 * Requests that are wrong, on purpose or not: nothing goes to an address that is not registered, everything else is
 * answered as OAuth says.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { UnsecuredJWT } from 'jose';
import * as client from 'openid-client';
import {
  appFile,
  authorize,
  authorizeSilently,
  type OpenNode,
  openNode,
  post,
} from '../../support/clients/authorize.ts';
import type { LightResponse } from '../../support/clients/light-fetch.ts';
import {
  authorizationRequest,
  discover,
  type RelyingParty,
  redirectUri,
  signIn,
  type TestUser,
} from '../../support/clients/relying-party.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

const [embedded] = storesUnderTest;
if (!embedded) throw new Error('no store to test on');

const web = 'https://app.example/cb';
const goodbye = 'https://app.example/bye';

/** Each is near to what is registered, and none is it. `base` is the registered address. */
const hostile: readonly (readonly [string, (base: string) => string])[] = [
  ['another host', () => 'https://evil.example/cb'],
  ['a longer host', (base) => base.replace('.example', '.example.evil.example')],
  ['a longer name', (base) => base.replace('app.', 'evilapp.')],
  ['a subdomain', (base) => base.replace('app.', 'x.app.')],
  ['the parent domain', (base) => base.replace('app.', '')],
  ['a trailing dot', (base) => base.replace('.example', '.example.')],
  ['user info', (base) => base.replace('app.', 'app.example@evil.')],
  ['user and password', (base) => base.replace('https://', 'https://a:b@')],
  ['the host as user info', (base) => base.replace('https://app.example', 'https://app.example@evil.example')],
  ['the host as password', (base) => base.replace('https://app.example', 'https://x:app.example@evil.example')],
  ['an encoded @', (base) => base.replace('https://', 'https://evil.example%40')],
  ['a backslash', (base) => base.replace('https://app.example', 'https://evil.example\\@app.example')],
  ['a backslash for the slash', (base) => base.replace('example/', 'example\\')],
  ['backslashes after the scheme', (base) => base.replace('//', '\\\\')],
  ['an encoded backslash', (base) => base.replace('example/', 'example%5c')],
  ['no scheme', (base) => base.replace('https:', '')],
  ['one slash', (base) => base.replace('//', '/')],
  ['three slashes', (base) => base.replace('//', '///')],
  ['a scheme alone', () => 'https://'],
  ['another scheme', (base) => base.replace('https', 'http')],
  ['javascript', () => 'javascript:alert(1)'],
  ['data', () => 'data:text/html,<script>alert(1)</script>'],
  ['file', () => 'file:///etc/passwd'],
  ['an unknown scheme', (base) => base.replace('https', 'app')],
  ['an upper case scheme', (base) => base.replace('https', 'HTTPS')],
  ['an upper case host', (base) => base.replace('app.example', 'APP.EXAMPLE')],
  ['an upper case path', (base) => base.toUpperCase().replace('HTTPS://APP.EXAMPLE', 'https://app.example')],
  ['a default port', (base) => base.replace('.example', '.example:443')],
  ['another port', (base) => base.replace('.example', '.example:8443')],
  ['an empty port', (base) => base.replace('.example', '.example:')],
  ['a trailing slash', (base) => `${base}/`],
  ['two trailing slashes', (base) => `${base}//`],
  ['no path', () => 'https://app.example'],
  ['the root', () => 'https://app.example/'],
  ['a longer path', (base) => `${base}/x`],
  ['a longer last part', (base) => `${base}x`],
  ['a doubled slash', (base) => base.replace('example/', 'example//')],
  ['a dot part', (base) => base.replace('example/', 'example/./')],
  ['a way up', (base) => base.replace('example/', 'example/x/../')],
  ['an encoded way up', (base) => `${base}/%2e%2e/evil`],
  ['a slash that is encoded', (base) => `${base}%2f..`],
  ['a slash that is encoded twice', (base) => `${base}%252f..`],
  ['an encoded letter', (base) => base.replace('example/', 'example/%63')],
  ['a semicolon', (base) => `${base};x=y`],
  ['a query', (base) => `${base}?x=y`],
  ['an empty query', (base) => `${base}?`],
  ['a query with an address', (base) => `${base}?next=https://evil.example`],
  ['a fragment', (base) => `${base}#x`],
  ['an empty fragment', (base) => `${base}#`],
  ['a tab', (base) => base.replace('app', 'a\tpp')],
  ['a line break', (base) => base.replace('example/', 'example\n/')],
  ['a carriage return and a header', (base) => `${base}\r\nLocation: https://evil.example`],
  ['a zero byte', (base) => `${base}\0`],
  ['a leading space', (base) => ` ${base}`],
  ['a trailing space', (base) => `${base} `],
  ['a letter that looks alike', (base) => base.replace('app', 'аpp')],
  ['a full-width letter', (base) => base.replace('app', 'ａpp')],
  ['a full-width dot', (base) => base.replace('.example', '。example')],
  ['punycode', (base) => base.replace('app', 'xn--pp-7kc')],
  ['a soft hyphen', (base) => base.replace('app', 'ap\u00adp')],
  ['a star', (base) => base.replace('app', '*')],
  ['nothing at all', () => ' '],
  ['a very long one', (base) => `${base}/${'a'.repeat(3000)}`],
];

describe('errors', () => {
  let opened: OpenNode;
  let node: TestNode;
  let notes: RelyingParty;
  let user: TestUser;

  beforeAll(async () => {
    opened = await openNode(embedded, {
      files: {
        ...appFile('web', {
          client: { application_type: 'web', redirect_uris: [web], post_logout_redirect_uris: [goodbye] },
        }),
        ...appFile('two', { client: { redirect_uris: ['http://127.0.0.1/cb', 'http://[::1]/cb'] } }),
      },
    });
    node = opened.node;
    notes = await discover(node.issuer, 'notes');
    user = await newTestUser(node);
  });
  afterAll(() => opened?.stop());

  const authorizeUrl = (fields: Readonly<Record<string, string>> | readonly (readonly [string, string])[]) =>
    `${node.issuer}/oauth2/v1/authorize?${new URLSearchParams(fields as Record<string, string>)}`;

  const good = (fields: Readonly<Record<string, string>> = {}) => ({
    client_id: 'notes',
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid',
    state: 'kept',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...fields,
  });

  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(good()).filter(([name]) => !names.includes(name)));

  /** The error that the app hears. */
  async function errorAt(url: string): Promise<URLSearchParams> {
    const response = await new UserAgent().send(url);
    expect(response.status).toBe(303);
    const location = new URL(response.headers.get('location') ?? '');
    expect(location.href.startsWith(redirectUri)).toBe(true);
    return location.searchParams;
  }

  /** A page that offers nothing but the return. */
  async function isPage(response: LightResponse, ...secrets: string[]): Promise<void> {
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
    expect(response.headers.get('content-type')).toContain('text/html');
    const html = await response.text();
    for (const secret of secrets) expect(html).not.toContain(secret);
    expect(html).not.toMatch(/<meta[^>]+refresh|<script|href="https?:\/\/(?!localhost)/);
  }

  describe('an address that is not registered gets nothing', () => {
    test.each(hostile)('redirect_uri: %s', async (_, make) => {
      const uri = make(web);
      expect(uri).not.toBe(web);
      const fields = good({ client_id: 'web', redirect_uri: uri });
      await isPage(await new UserAgent().send(authorizeUrl(fields)));
      await isPage(await new UserAgent().send(authorizeUrl({ ...fields, prompt: 'none' })));
      await isPage(await new UserAgent().send(authorizeUrl({ ...fields, response_mode: 'form_post', scope: 'é' })));
    });

    test.each(hostile)('post_logout_redirect_uri: %s', async (_, make) => {
      const uri = make(goodbye);
      const query = new URLSearchParams({ client_id: 'web', post_logout_redirect_uri: uri });
      await isPage(await new UserAgent().send(`${node.issuer}/oauth2/v1/logout?${query}`));
    });

    test('the registered address itself is fine', async () => {
      const started = await new UserAgent().send(authorizeUrl(good({ client_id: 'web', redirect_uri: web })));
      expect(started.headers.get('location')).toContain('/signin/');
      const query = new URLSearchParams({ client_id: 'web', post_logout_redirect_uri: goodbye });
      expect((await new UserAgent().send(`${node.issuer}/oauth2/v1/logout?${query}`)).status).toBe(200);
    });

    test.each([
      ['http://127.0.0.1:1/cb', true],
      ['http://127.0.0.1:65535/cb', true],
      ['http://[::1]:8080/cb', true],
      ['http://localhost:8080/cb', false],
      ['http://127.0.0.2:8080/cb', false],
      ['http://127.1:8080/cb', false],
      ['http://0.0.0.0:8080/cb', false],
      ['http://[::ffff:127.0.0.1]:8080/cb', false],
      ['http://2130706433:8080/cb', false],
      ['https://127.0.0.1:8080/cb', false],
      ['http://127.0.0.1:8080/cb/', false],
      ['http://127.0.0.1:8080/CB', false],
      ['http://127.0.0.1:8080/cb?x', false],
      ['http://127.0.0.1.evil.example:8080/cb', false],
      ['http://x@127.0.0.1:8080/cb', false],
      ['http://127.0.0.1:99999/cb', false],
    ])('of a native app only the port of a loopback address is free: %s', async (uri, fine) => {
      const response = await new UserAgent().send(authorizeUrl(good({ client_id: 'two', redirect_uri: uri })));
      expect(response.status).toBe(fine ? 303 : 400);
      if (fine) expect(new URL(response.headers.get('location') ?? '', node.issuer).pathname).toMatch(/^\/signin\//);
    });

    test('the code is bound to the address that asked for it', async () => {
      const request = await authorizationRequest(notes);
      const { page } = await signIn(new UserAgent(), request.url, user);
      for (const uri of ['http://127.0.0.1:6666/cb', 'http://localhost:3001/notes/callback', '']) {
        const answer = await post(`${node.issuer}/oauth2/v1/token`, {
          grant_type: 'authorization_code',
          client_id: 'notes',
          code: new URL(page.url).searchParams.get('code') ?? '',
          code_verifier: request.verifier,
          redirect_uri: uri,
        });
        expect(answer.body).not.toHaveProperty('access_token');
      }
    });
  });

  describe('an app that is not known, or not named, gets a page', () => {
    test.each([
      ['unknown', good({ client_id: 'nobody' })],
      ['not named', without('client_id')],
      ['with a path for a name', good({ client_id: '../notes' })],
      ['with a prototype for a name', good({ client_id: '__proto__' })],
      ['with markup for a name', good({ client_id: '<script>alert(1)</script>' })],
    ])('%s', async (_, fields) => {
      await isPage(await new UserAgent().send(authorizeUrl(fields as Record<string, string>)), '<script>alert(1)');
    });
  });

  describe('every other error goes to the app, with its state and our name', () => {
    test.each<[string, Readonly<Record<string, string>>, string]>([
      ['no PKCE', without('code_challenge', 'code_challenge_method'), 'invalid_request'],
      ['plain PKCE', good({ code_challenge_method: 'plain' }), 'invalid_request'],
      ['PKCE without a method', without('code_challenge_method'), 'invalid_request'],
      ['a short challenge', good({ code_challenge: 'short' }), 'invalid_request'],
      ['no response_type', without('response_type'), 'invalid_request'],
      ['prompt=none with login', good({ prompt: 'none login' }), 'invalid_request'],
      ['an unknown prompt', good({ prompt: 'dance' }), 'invalid_request'],
      [
        'a request object',
        good({ request: new UnsecuredJWT({ client_id: 'notes' }).encode() }),
        'request_not_supported',
      ],
      ['a request object elsewhere', good({ request_uri: 'https://evil.example/x' }), 'request_uri_not_supported'],
      ['a registration', good({ registration: '{}' }), 'registration_not_supported'],
      ['max_age below zero', good({ max_age: '-1' }), 'invalid_request'],
      ['max_age in words', good({ max_age: 'soon' }), 'invalid_request'],
      ['claims that are no JSON', good({ claims: '{' }), 'invalid_request'],
      ['claims that are a list', good({ claims: '[]' }), 'invalid_request'],
      ['an unknown response mode', good({ response_mode: 'pigeon' }), 'unsupported_response_mode'],
      ['a hint that is no token', good({ id_token_hint: 'x' }), 'invalid_request'],
      [
        'acr values that are no list',
        good({ claims: '{"id_token":{"acr":{"essential":true,"values":"x"}}}' }),
        'invalid_request',
      ],
    ])('%s', async (_, fields, error) => {
      const answer = await errorAt(authorizeUrl(fields));
      expect(answer.get('error')).toBe(error);
      expect(answer.get('state')).toBe('kept');
      expect(answer.get('iss')).toBe(node.issuer);
      expect(answer.has('code')).toBe(false);
    });

    test.each(['token', 'id_token', 'id_token token', 'code id_token', 'code token', 'none'])(
      'response_type %s is refused, and nothing is issued',
      async (response_type) => {
        const response = await new UserAgent().send(authorizeUrl(good({ response_type, nonce: 'n' })));
        const location = new URL(response.headers.get('location') ?? '');
        const answer = new URLSearchParams(location.hash.slice(1) || location.search);
        expect(answer.get('error')).toBe('unsupported_response_type');
        for (const name of ['code', 'access_token', 'id_token']) expect(answer.has(name)).toBe(false);
      },
    );

    test.each(['redirect_uri', 'client_id', 'state', 'scope', 'prompt', 'code_challenge', 'response_type'])(
      'a parameter that is there twice is an error: %s',
      async (name) => {
        const fields = good({ prompt: 'login' }) as Record<string, string>;
        const twice = [...Object.entries(fields), [name, name === 'redirect_uri' ? 'https://evil.example' : 'other']];
        const response = await new UserAgent().send(authorizeUrl(twice as [string, string][]));
        const location = response.headers.get('location');
        if (location === null) expect(response.status).toBe(400);
        else {
          expect(location.startsWith(redirectUri)).toBe(true);
          expect(new URL(location).searchParams.get('error')).toBe('invalid_request');
        }
      },
    );

    test('unknown parameters are ignored (RFC 6749 section 3.1)', async () => {
      const response = await new UserAgent().send(authorizeUrl(good({ unknown: 'x', scope: 'openid unknown' })));
      expect(response.headers.get('location')).toContain('/signin/');
    });

    test('nothing that we cannot reach is asked of a user who may not see a page', async () => {
      const answer = await errorAt(authorizeUrl(good({ prompt: 'none' })));
      expect(answer.get('error')).toBe('login_required');
    });
  });

  describe('forms of request and response', () => {
    test('a request may come as a form of another site: the session counts', async () => {
      const agent = new UserAgent();
      await authorize(notes, agent, user);
      const request = await authorizationRequest(notes, { prompt: 'none' });
      const form = await agent.send(`${node.issuer}/oauth2/v1/authorize`, {
        method: 'POST',
        body: new URL(request.url).searchParams,
        headers: { origin: 'https://app.example', 'sec-fetch-site': 'cross-site' },
      });
      expect(form.status).toBe(303);
      const page = await agent.open(new URL(form.headers.get('location') ?? '', node.issuer).href, {}, redirectUri);
      expect(new URL(page.url).searchParams.get('code')).toBeTruthy();
    });

    test.each<[string, RequestInit]>([
      ['JSON', { body: '{}', headers: { 'content-type': 'application/json' } }],
      ['too long', { body: new URLSearchParams({ state: 'x'.repeat(9000) }) }],
      ['the same field twice', { body: new URLSearchParams('state=a&state=b') }],
    ])('a form that is %s is refused on a page', async (_, init) => {
      const response = await new UserAgent().send(`${node.issuer}/oauth2/v1/authorize`, { method: 'POST', ...init });
      expect([400, 413, 415]).toContain(response.status);
      expect(response.headers.get('location')).toBeNull();
    });

    test('the answer may be a form, which our own policy lets go to the app and nowhere else', async () => {
      const agent = new UserAgent();
      await authorize(notes, agent, user);
      const request = await authorizationRequest(notes, { response_mode: 'form_post', prompt: 'none' });
      const response = await agent.send(request.url);
      expect(response.status).toBe(200);
      const html = await response.text();
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/form-action 'self' http:\/\/127\.0\.0\.1:5555(;|$)/);
      expect(policy).toMatch(/script-src 'self' 'sha256-[A-Za-z0-9+/=]+'(;|$)/);
      expect(policy).not.toContain('unsafe-inline');
      const fields = Object.fromEntries(
        [...html.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]),
      );
      expect(/<form method="post" action="([^"]*)"/.exec(html)?.[1]).toBe(redirectUri);
      const callback = new Request(redirectUri, { method: 'POST', body: new URLSearchParams(fields) });
      const tokens = await client.authorizationCodeGrant(notes, callback, {
        pkceCodeVerifier: request.verifier,
        expectedState: request.state,
        expectedNonce: request.nonce,
      });
      expect(tokens.claims()?.sub).toBeDefined();
    });

    test('an error may be a form too', async () => {
      const request = await authorizationRequest(notes, { response_mode: 'form_post', prompt: 'none' });
      const response = await new UserAgent().send(request.url);
      expect(response.headers.get('content-security-policy')).toContain("form-action 'self' http://127.0.0.1:5555");
      expect(await response.text()).toContain('value="login_required"');
    });

    test('values in a form cannot break out of it', async () => {
      const state = '"><script>alert(1)</script>';
      const request = await authorizationRequest(notes, { response_mode: 'form_post', prompt: 'none', state });
      expect(await (await new UserAgent().send(request.url)).text()).not.toContain('<script>alert(1)');
    });

    test('the answer names the issuer (RFC 9207), and never lies in a cache', async () => {
      const agent = new UserAgent();
      const { callback } = await authorize(notes, agent, user);
      expect(new URL(callback).searchParams.get('iss')).toBe(node.issuer);
      const { url } = await authorizationRequest(notes, { prompt: 'none' });
      expect((await agent.send(url)).headers.get('cache-control')).toContain('no-store');
    });

    test('state comes back as it was', async () => {
      const agent = new UserAgent();
      await authorize(notes, agent, user);
      for (const state of ['', 'a b+c&d=e#f', 'ü😀', 'x'.repeat(1000), '"><b>']) {
        const request = await authorizationRequest(notes, { prompt: 'none', state });
        const page = await agent.open(request.url, {}, redirectUri);
        expect(new URL(page.url).searchParams.get('state') ?? '').toBe(state);
      }
    });
  });

  describe('the token endpoint', () => {
    const token = (fields: Readonly<Record<string, string>> | URLSearchParams, headers = {}) =>
      post(`${node.issuer}/oauth2/v1/token`, fields, headers);

    test.each<[string, Readonly<Record<string, string>>, string]>([
      ['no grant type', { client_id: 'notes' }, 'invalid_request'],
      ['the password grant', { client_id: 'notes', grant_type: 'password' }, 'unsupported_grant_type'],
      [
        'client credentials of an app for users',
        { client_id: 'notes', grant_type: 'client_credentials' },
        'unauthorized_client',
      ],
      ['the implicit grant', { client_id: 'notes', grant_type: 'implicit' }, 'unsupported_grant_type'],
      [
        'token exchange',
        { client_id: 'notes', grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange' },
        'unsupported_grant_type',
      ],
      ['no client', { grant_type: 'refresh_token', refresh_token: 'x' }, 'invalid_request'],
      ['an unknown client', { client_id: 'nobody', grant_type: 'refresh_token', refresh_token: 'x' }, 'invalid_client'],
      [
        'an unknown code',
        { client_id: 'notes', grant_type: 'authorization_code', code: 'x', redirect_uri: redirectUri },
        'invalid_grant',
      ],
      [
        'no code',
        { client_id: 'notes', grant_type: 'authorization_code', redirect_uri: redirectUri },
        'invalid_request',
      ],
      [
        'a prototype for a token',
        { client_id: 'notes', grant_type: 'refresh_token', refresh_token: '__proto__' },
        'invalid_grant',
      ],
    ])('%s', async (_, fields, error) => {
      const answer = await token(fields);
      expect(answer.body.error).toBe(error);
      expect(answer.headers.get('cache-control')).toContain('no-store');
      expect([400, 401]).toContain(answer.status);
    });

    test('a parameter that is there twice is an error', async () => {
      const answer = await token(
        new URLSearchParams('client_id=notes&grant_type=refresh_token&refresh_token=a&refresh_token=b'),
      );
      expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    });

    test('no verifier, a wrong one, and the verifier of another request', async () => {
      for (const code_verifier of ['', 'x'.repeat(43), client.randomPKCECodeVerifier()]) {
        const request = await authorizationRequest(notes);
        const { page } = await signIn(new UserAgent(), request.url, user);
        const answer = await token({
          client_id: 'notes',
          grant_type: 'authorization_code',
          code: new URL(page.url).searchParams.get('code') ?? '',
          redirect_uri: redirectUri,
          code_verifier,
        });
        expect(['invalid_grant', 'invalid_request']).toContain(answer.body.error);
      }
    });

    test('the code of one app is nothing to another', async () => {
      const request = await authorizationRequest(notes);
      const { page } = await signIn(new UserAgent(), request.url, user);
      const answer = await token({
        client_id: 'two',
        grant_type: 'authorization_code',
        code: new URL(page.url).searchParams.get('code') ?? '',
        redirect_uri: redirectUri,
        code_verifier: request.verifier,
      });
      expect(answer.body.error).toBe('invalid_grant');
    });

    test('nothing but a form is read', async () => {
      const json = await fetch(`${node.issuer}/oauth2/v1/token`, {
        method: 'POST',
        body: JSON.stringify({ client_id: 'notes', grant_type: 'refresh_token', refresh_token: 'x' }),
        headers: { 'content-type': 'application/json' },
      });
      expect(json.status).toBe(400);
      expect((await fetch(`${node.issuer}/oauth2/v1/token?grant_type=refresh_token`)).status).toBe(404);
    });
  });

  test('a consent that an app asks for needs no page of its own', async () => {
    const agent = new UserAgent();
    await authorize(notes, agent, user);
    expect((await authorizeSilently(notes, agent, { prompt: 'none' })).error).toBeUndefined();
    const { asked } = await authorize({ config: notes, parameters: { prompt: 'consent' } }, agent, user);
    expect(asked).toEqual([]);
  });

  test('no request of all these was an accident', () => {
    const unexpected = node.errors.filter(
      (error) => !((error as { status?: number }).status && (error as { status: number }).status < 500),
    );
    expect(unexpected).toEqual([]);
  });
});
