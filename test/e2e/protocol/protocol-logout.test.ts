/**
 * Sign-out: at the request of an app (RP-Initiated Logout 1.0), notified to every app of the session (Back-Channel
 * Logout 1.0).
 */

import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, decodeJwt, jwtVerify, UnsecuredJWT } from 'jose';
import * as client from 'openid-client';
import { authenticatorContext } from '../../../src/cli/authenticator-context.ts';
import { usersCommand } from '../../../src/cli/users/users.ts';
import { enqueueLogout } from '../../../src/delivery/outbox.ts';
import { UnitOfWork } from '../../../src/stores/unit-of-work.ts';
import { readSignIns } from '../../../src/users/history/sign-in-log.ts';
import {
  appFile,
  authorize,
  authorizeSilently,
  type OpenNode,
  openNode,
  signOut,
} from '../../support/clients/authorize.ts';
import { type NotifiedParty, startNotifiedParty } from '../../support/clients/notified-party.ts';
import {
  discover,
  type RelyingParty,
  redirectUri,
  signIn,
  type TestUser,
} from '../../support/clients/relying-party.ts';
import { waiting } from '../../support/messages/outbox.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { freePort } from '../../support/servers/free-port.ts';
import { newTestUser, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { expectSince, moment } from '../../support/values/epoch-seconds.ts';
import { until } from '../../support/values/until.ts';

const back = 'http://127.0.0.1/';
const event = 'http://schemas.openid.net/event/backchannel-logout';
const told = ['told-0', 'told-1', 'told-2', 'told-3'];

/** For a command on the store of this node, which stays open. */
function commandContext({ store }: TestNode): Parameters<typeof usersCommand>[0] {
  return {
    ...authenticatorContext,
    openStore: async () => ({ ...store, close: async () => undefined }),
    stdout: () => undefined,
    stderr: () => undefined,
    stdin: Readable.from([]),
    now: () => Math.floor(Date.now() / 1000),
    setExitCode: () => undefined,
  };
}

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let node: TestNode;
  let user: TestUser & { readonly id: string };
  let party: NotifiedParty;
  let notes: RelyingParty;

  beforeAll(async () => {
    party = await startNotifiedParty();
    const dead = `http://127.0.0.1:${await freePort()}/dead`;
    const notified = (id: string, uri = `${party.origin}/${id}`, withSid = true) =>
      appFile(id, { client: { backchannel_logout_uri: uri, backchannel_logout_session_required: withSid } });
    opened = await openNode(storeUnderTest, {
      sendOutbox: true,
      files: {
        ...Object.assign({}, ...told.map((id) => notified(id))),
        ...notified('no-sid', undefined, false),
        ...notified('slow'),
        ...notified('broken'),
        ...notified('dead', dead),
        ...appFile('no-refresh', { client: { grant_types: ['authorization_code'] } }),
        ...appFile('no-offline', { client: { scope: 'openid' } }),
      },
    });
    node = opened.node;
    notes = await discover(node.issuer, 'notes');
  });
  beforeEach(async () => {
    user = await newTestUser(node);
  });
  afterAll(async () => {
    await opened?.stop();
    await party?.stop();
  });

  const logoutUrl = (fields: Readonly<Record<string, string>> = {}) =>
    `${node.issuer}/oauth2/v1/logout?${new URLSearchParams(fields)}`;

  /** What the party has received about this user, once it is that much. */
  async function noticesFor(subject: string, count: number) {
    const mine = () =>
      party.notices.filter(({ logoutToken }) => {
        const [, payload = ''] = logoutToken.split('.');
        return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub?: string }).sub === subject;
      });
    await until(`${count} notices`, () => mine().length >= count);
    return mine();
  }

  async function verified(logoutToken: string, audience: string) {
    const jwks = createLocalJWKSet(await (await fetch(`${node.issuer}/oauth2/v1/keys`)).json());
    return jwtVerify(logoutToken, jwks, { issuer: node.issuer, audience, typ: 'logout+jwt' });
  }

  test('every app is notified, each with its own token, even when all signed in at once', async () => {
    const agent = new UserAgent();
    await authorize(notes, agent, user);
    const configs = await Promise.all(told.map((id) => discover(node.issuer, id)));
    const signedIn = await Promise.all(configs.map((config) => authorizeSilently(config, agent)));
    const sids = Object.fromEntries(signedIn.map(({ tokens }, index) => [told[index], tokens?.claims()?.sid]));
    expect(Object.values(sids).every((sid) => typeof sid === 'string')).toBe(true);
    expect(new Set(Object.values(sids)).size).toBe(told.length);

    const began = moment();
    await signOut(agent, logoutUrl(), 'everywhere');
    const notices = await noticesFor(user.id, told.length);
    expect(notices.map(({ client: id }) => id).sort()).toEqual(told);
    const ids = new Set<unknown>();
    for (const { client: id, contentType, logoutToken } of notices) {
      expect(contentType).toContain('application/x-www-form-urlencoded');
      const { payload } = await verified(logoutToken, id);
      expect(payload).toMatchObject({ sub: user.id, sid: sids[id], events: { [event]: {} } });
      expect(payload).not.toHaveProperty('nonce');
      expectSince(began, payload.iat);
      ids.add(payload.jti);
    }
    expect(ids.size).toBe(told.length);
    for (const { tokens } of signedIn)
      await expect(client.fetchUserInfo(notes, tokens?.access_token ?? '', user.id)).rejects.toThrow();
  });

  test('an app that does not ask for the session is notified of it anyway: a late notification must not end a newer session', async () => {
    const agent = new UserAgent();
    const { tokens } = await authorize(await discover(node.issuer, 'no-sid'), agent, user);
    await signOut(agent, logoutUrl(), 'everywhere');
    const [notice] = await noticesFor(user.id, 1);
    const { payload } = await verified(notice?.logoutToken ?? '', 'no-sid');
    expect(payload).toMatchObject({ sub: user.id, sid: tokens.claims()?.sid });
  });

  test('no app is notified of a logout that was announced and has not happened', async () => {
    const agent = new UserAgent();
    const { tokens } = await authorize(await discover(node.issuer, 'told-0'), agent, user);
    const sid = tokens.claims()?.sid as string;
    const [{ session } = { session: '' }] = await readSignIns(node.store, user.id);
    const now = Math.floor(Date.now() / 1000);
    const unit = new UnitOfWork(node.store);
    enqueueLogout(unit, { clientId: 'told-0', subject: user.id, sid, session, expires: now + 3600 }, now);
    await unit.commit();
    const tries = async () => (await waiting(node.store)).map(({ attempts, notBefore }) => attempts > 0 && notBefore);
    await until('a look at the session', async () => (await tries()).some((time) => time && time < now + 30));
    expect(party.notices.filter(({ logoutToken }) => decodeJwt(logoutToken).sub === user.id)).toEqual([]);
    await signOut(agent, logoutUrl(), 'everywhere');
    const notices = await noticesFor(user.id, 2);
    expect(notices.map(({ logoutToken }) => decodeJwt(logoutToken).sid)).toEqual([sid, sid]);
  });

  test('a dead, a broken and a slow app delay no user, and keep no other app from being notified', async () => {
    const agent = new UserAgent();
    for (const id of ['slow', 'dead', 'broken', 'told-0'])
      await authorize(await discover(node.issuer, id), agent, user);
    const before = party.givenUp();
    const page = await signOut(agent, logoutUrl(), 'everywhere');
    expect(page.status).toBe(200);
    expect(party.givenUp()).toBe(before);
    expect((await authorizeSilently(notes, agent)).error).toBe('login_required');
    const notices = await noticesFor(user.id, 3);
    expect(notices.map(({ client: id }) => id).sort()).toEqual(['broken', 'slow', 'told-0']);
    expect(party.waiting() + party.givenUp()).toBeGreaterThan(before);
    expect(node.errors).toEqual([]);
  });

  test('an ID token of this very session signs out without a question; one of another user or browser does not', async () => {
    const [agent, other, elsewhere] = [new UserAgent(), new UserAgent(), new UserAgent()];
    const own = (await authorize(notes, agent, user)).tokens.id_token ?? '';
    const foreign = (await authorize(notes, other, await newTestUser(node))).tokens.id_token ?? '';
    const former = (await authorize(notes, elsewhere, user)).tokens.id_token ?? '';
    for (const hint of [foreign, former]) {
      const asked = await agent.open(logoutUrl({ id_token_hint: hint }));
      expect(asked.forms.some(({ fields }) => 'xsrf' in fields)).toBe(true);
      expect((await authorizeSilently(notes, agent)).error).toBeUndefined();
    }
    const page = await agent.open(
      logoutUrl({ id_token_hint: own, post_logout_redirect_uri: back, state: 's' }),
      {},
      back,
    );
    expect(page.url).toBe(`${back}?state=s`);
    expect((await authorizeSilently(notes, agent)).error).toBe('login_required');
    expect((await authorizeSilently(notes, other)).error).toBeUndefined();
    const forged = await other.send(`${node.issuer}/oauth2/v1/logout/confirm?xsrf=x`);
    expect(forged.status).toBe(400);
    expect((await authorizeSilently(notes, other)).error).toBeUndefined();
  });

  test('a request that is not valid speaks of signing out, not of signing in', async () => {
    const agent = new UserAgent();
    await authorize(notes, agent, user);
    for (const fields of [{ id_token_hint: 'x' }, { client_id: 'nobody' }]) {
      const page = await agent.open(logoutUrl(fields));
      expect(page.status).toBe(400);
      expect(page.html).toContain('We couldn’t sign you out');
      expect(page.html).not.toMatch(/start this sign-in|sent you here/);
    }
  });

  test('back to the app, with its state, when it says who it is', async () => {
    const agent = new UserAgent();
    const { tokens } = await authorize(notes, agent, user);
    const asked = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: back, state: 'a b&c' };
    const page = await signOut(agent, logoutUrl(asked), 'everywhere');
    expect(new URL(page.url).searchParams.get('state')).toBe('a b&c');
    await authorize(notes, agent, user);
    const byId = await signOut(agent, logoutUrl({ client_id: 'notes', post_logout_redirect_uri: back }), 'everywhere');
    expect(byId.url).toBe(back);
  });

  test('without a hint the user is asked, and stays here', async () => {
    const agent = new UserAgent();
    await authorize(notes, agent, user);
    const page = await signOut(agent, logoutUrl({ post_logout_redirect_uri: back }), 'everywhere');
    expect(page.url).toBe(`${node.issuer}/oauth2/v1/logout/success`);
    expect(page.status).toBe(200);
    expect((await authorizeSilently(notes, agent)).error).toBe('login_required');
  });

  test.each<[string, (idToken: string) => Record<string, string>]>([
    [
      'an address that is not registered',
      (hint) => ({ id_token_hint: hint, post_logout_redirect_uri: 'https://evil.example/' }),
    ],
    ['a forged hint', () => ({ id_token_hint: new UnsecuredJWT({ aud: 'notes', sub: 'x' }).encode() })],
    ['a broken hint', () => ({ id_token_hint: 'x.y.z' })],
    ['the hint of another app', (hint) => ({ id_token_hint: hint, client_id: 'payroll' })],
    ['an unknown app', () => ({ client_id: 'nobody', post_logout_redirect_uri: back })],
  ])('%s is an error on a page, and ends nothing', async (_, fields) => {
    const agent = new UserAgent();
    const { tokens } = await authorize(notes, agent, user);
    const page = await agent.open(logoutUrl(fields(tokens.id_token ?? '')), {}, back);
    expect(page.status).toBe(400);
    expect(page.url.startsWith(node.issuer)).toBe(true);
    expect((await authorizeSilently(notes, agent)).error).toBeUndefined();
  });

  test('a user who stays signed in leaves only the app that asked', async () => {
    const agent = new UserAgent();
    const asking = await discover(node.issuer, 'told-1');
    const other = await discover(node.issuer, 'told-2');
    const left = await authorize(asking, agent, user);
    const kept = await authorize(other, agent, user);
    const cookie = agent.cookies(node.issuer).find(({ name }) => name === 'stepgate-session')?.value;
    const fields = { client_id: 'told-1', post_logout_redirect_uri: back };
    const page = await signOut(agent, logoutUrl(fields), 'stay');
    expect(page.url).toBe(back);
    const notices = await noticesFor(user.id, 1);
    expect(notices.map(({ client: id }) => id)).toEqual(['told-1']);
    await expect(client.refreshTokenGrant(asking, left.tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    await expect(client.fetchUserInfo(other, kept.tokens.access_token, user.id)).resolves.toBeDefined();
    await expect(client.refreshTokenGrant(other, kept.tokens.refresh_token ?? '')).resolves.toBeDefined();
    expect((await authorizeSilently(other, agent)).error).toBeUndefined();
    expect(agent.cookies(node.issuer).find(({ name }) => name === 'stepgate-session')?.value).not.toBe(cookie);
  });

  test('no user is signed out by a form of another site', async () => {
    const agent = new UserAgent();
    await authorize(notes, agent, user);
    await agent.open(logoutUrl());
    for (const xsrf of ['', 'guessed']) {
      const answer = await agent.open(`${node.issuer}/oauth2/v1/logout/confirm`, {
        method: 'POST',
        body: new URLSearchParams({ logout: 'yes', xsrf }),
      });
      expect(answer.status).toBe(400);
    }
    expect((await authorizeSilently(notes, agent)).error).toBeUndefined();
  });

  test('a user who is not signed in goes straight back, and the page lets the form go there', async () => {
    const agent = new UserAgent();
    const url = logoutUrl({ client_id: 'notes', post_logout_redirect_uri: back, state: 's' });
    const page = await agent.open(url);
    expect(page.headers.get('content-security-policy')).toMatch(/form-action 'self' http:\/\/127\.0\.0\.1(;|$)/);
    const end = await agent.submit(page, page.forms[0]);
    expect(end.url).toBe(`${back}?state=s`);
  });

  test('when another user signs in, the apps of the former user are notified that this session is over', async () => {
    const agent = new UserAgent();
    const config = await discover(node.issuer, 'told-3');
    const first = await authorize(config, agent, user);
    const next: TestUser = await newTestUser(node);
    const page = await agent.open((await signInUrl(config)).href);
    const fresh = await agent.submit(
      page,
      page.forms.find(({ step }) => step === 'restart'),
    );
    const { page: end } = await signIn(agent, fresh, next);
    expect(end.url).toContain('code=');
    const [notice] = await noticesFor(user.id, 1);
    const { payload } = await verified(notice?.logoutToken ?? '', 'told-3');
    expect(payload.sid).toBe(first.tokens.claims()?.sid);
  });

  async function signInUrl(config: RelyingParty): Promise<URL> {
    return client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid',
      prompt: 'login',
      code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
    });
  }

  describe('offline access', () => {
    const offline = { scope: 'openid offline_access', prompt: 'consent' };

    test('outlives the sign-out, but neither revocation nor suspension', async () => {
      const agent = new UserAgent();
      const { tokens, asked } = await authorize({ config: notes, parameters: offline }, agent, user);
      expect(asked).toEqual(['identify']);
      expect(tokens.scope).toContain('offline_access');
      await signOut(agent, logoutUrl(), 'everywhere');
      const next = await client.refreshTokenGrant(notes, tokens.refresh_token ?? '');
      expect(next.claims()).toMatchObject({ sub: user.id, amr: ['pwd'], auth_time: tokens.claims()?.auth_time });
      await node.app.directory.setStatus(user.id, 'suspended');
      await expect(client.refreshTokenGrant(notes, next.refresh_token ?? '')).rejects.toMatchObject({
        error: 'invalid_grant',
      });
    });

    const ways: Readonly<Record<string, (agent: UserAgent) => Promise<client.TokenEndpointResponse>>> = {
      'as parameters': async (agent) =>
        (await authorize({ config: notes, parameters: { scope: 'openid offline_access' } }, agent, user)).tokens,
      async 'in a pushed request'(agent) {
        const code_verifier = client.randomPKCECodeVerifier();
        const asked = await client.buildAuthorizationUrlWithPAR(notes, {
          redirect_uri: redirectUri,
          scope: 'openid offline_access',
          code_challenge: await client.calculatePKCECodeChallenge(code_verifier),
          code_challenge_method: 'S256',
        });
        const { page } = await signIn(agent, asked.href, user);
        return client.authorizationCodeGrant(notes, new URL(page.url), { pkceCodeVerifier: code_verifier });
      },
      async 'with a live session'(agent) {
        await authorize(notes, agent, user);
        const { tokens } = await authorizeSilently(notes, agent, { scope: 'openid offline_access' });
        return tokens as client.TokenEndpointResponse;
      },
    };

    test.each(Object.keys(ways))('is given as asked for, without a prompt: %s', async (way) => {
      const agent = new UserAgent();
      const tokens = (await ways[way]?.(agent)) as client.TokenEndpointResponse;
      expect(tokens.scope).toBe('openid offline_access');
      await signOut(agent, logoutUrl(), 'everywhere');
      const next = await client.refreshTokenGrant(notes, tokens.refresh_token ?? '', {
        scope: 'openid offline_access',
      });
      expect(next.scope).toBe('openid offline_access');
      await node.app.directory.resetAuthenticators(user.id, 'password');
      await expect(client.refreshTokenGrant(notes, next.refresh_token ?? '')).rejects.toMatchObject({
        error: 'invalid_grant',
      });
    });

    test('is given to no app that has no refresh tokens, or that may not ask for it', async () => {
      for (const id of ['no-refresh', 'no-offline']) {
        const { tokens } = await authorize(
          {
            config: await discover(node.issuer, id),
            parameters: {
              scope: 'openid offline_access',
            },
          },
          new UserAgent(),
          user,
        );
        expect([id, tokens.scope]).toEqual([id, 'openid']);
      }
    });
  });

  test.each([
    ['suspend', []],
    ['reset', ['--authenticator', 'totp']],
  ])('apps hear of the sessions that `users %s` ends, each by its name', async (command, options) => {
    const other = await newTestUser(node);
    const [first, second] = [new UserAgent(), new UserAgent()];
    const one = await authorize(await discover(node.issuer, 'told-0'), first, user);
    const two = await authorize(await discover(node.issuer, 'told-1'), second, user);
    await authorize(await discover(node.issuer, 'told-0'), new UserAgent(), other);
    await usersCommand(commandContext(node))
      .exitOverride()
      .parseAsync([command, ...options, user.identifier], { from: 'user' });
    const payloads = (await noticesFor(user.id, 2)).map(({ logoutToken }) => decodeJwt(logoutToken));
    expect(new Set(payloads.map(({ aud, sid }) => `${aud} ${sid}`))).toEqual(
      new Set([`told-0 ${one.tokens.claims()?.sid}`, `told-1 ${two.tokens.claims()?.sid}`]),
    );
    expect((await authorizeSilently(notes, first)).error).toBe('login_required');
    expect(party.notices.filter(({ logoutToken }) => decodeJwt(logoutToken).sub === other.id)).toEqual([]);
  });

  test('a sign-out may also come as a form of the app, and needs no other answer', async () => {
    const agent = new UserAgent();
    await authorize(notes, agent, user);
    const body = new URLSearchParams({ client_id: 'notes', post_logout_redirect_uri: back, state: 's' });
    const form = await agent.send(`${node.issuer}/oauth2/v1/logout`, { method: 'POST', body });
    expect(form.status).toBe(303);
    const page = await signOut(agent, new URL(form.headers.get('location') ?? '', node.issuer).href, 'everywhere');
    expect(page.url).toBe(`${back}?state=s`);
  });
});

test.each(storesUnderTest)(
  'on the $name store: what a node leaves behind when it dies, another one sends',
  async (storeUnderTest) => {
    const party = await startNotifiedParty();
    const settings = { backchannel_logout_uri: `${party.origin}/told` };
    // This node sends nothing, like one that dies just after its answer.
    const opened = await openNode(storeUnderTest, { files: appFile('told', { client: settings }) });
    try {
      const agent = new UserAgent();
      const { tokens } = await authorize(
        await discover(opened.node.issuer, 'told'),
        agent,
        await newTestUser(opened.node),
      );
      await signOut(agent, `${opened.node.issuer}/oauth2/v1/logout`, 'everywhere');
      expect(party.notices).toEqual([]);
      await opened.second({ sendOutbox: true });
      await until('the notice', () => party.notices.length === 1);
      const [, payload = ''] = (party.notices[0]?.logoutToken ?? '').split('.');
      const { sub, sid } = JSON.parse(Buffer.from(payload, 'base64url').toString());
      expect({ sub, sid }).toEqual({ sub: tokens.claims()?.sub, sid: tokens.claims()?.sid });
    } finally {
      await opened.stop();
      await party.stop();
    }
  },
);
