/**
 * The main job on both stores, with a real OpenID Connect client: policies decide, the step loop asks, true tokens come
 * back.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as client from 'openid-client';
import {
  authorizationRequest,
  discover,
  type RelyingParty,
  redeem,
  redirectUri,
  signIn,
  type TestUser,
  type Tokens,
} from '../../support/clients/relying-party.ts';
import { mainForm, UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, password, startNode, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { expectSince, moment } from '../../support/values/epoch-seconds.ts';

const acr = { two: 'urn:okta:loa:2fa:any', one: 'urn:okta:loa:1fa:any', password: 'urn:okta:loa:1fa:pwd' };

describe.each(storesUnderTest)('on the $name store', ({ open }) => {
  let node: TestNode;
  let stop: () => Promise<void>;
  /** Seconds that the clock of the node is ahead. */
  let ahead = 0;
  let notes: RelyingParty;
  let payroll: RelyingParty;
  const aliceOfDemo: TestUser = { identifier: 'alice@demo.test', password };

  beforeAll(async () => {
    const opened = await open();
    node = await startNode({
      store: opened.store,
      now: () => Math.floor(Date.now() / 1000) + ahead,
      productionHashing: true,
    });
    stop = async () => {
      await node.stop();
      await opened.stop();
    };
    notes = await discover(node.issuer, 'notes');
    payroll = await discover(node.issuer, 'payroll');
  });
  beforeEach(() => {
    ahead = 0;
  });
  afterAll(() => stop());

  /** A whole sign-in; what was asked and what came back. */
  async function go(config: RelyingParty, agent: UserAgent, user: TestUser, parameters: Record<string, string> = {}) {
    const request = await authorizationRequest(config, parameters);
    const { page, asked } = await signIn(agent, request.url, user);
    if (!page.url.startsWith(redirectUri))
      throw new Error(`stuck at ${page.url} ${page.status} ${page.messages}\n${page.html}`);
    const error = new URL(page.url).searchParams.get('error');
    const tokens: Tokens | undefined = error ? undefined : await redeem(config, request, page.url);
    return { asked, error, tokens, claims: tokens?.claims() };
  }

  /** Straight to the redirect: no page may come. */
  async function silent(config: RelyingParty, agent: UserAgent, parameters: Record<string, string> = {}) {
    const request = await authorizationRequest(config, { prompt: 'none', ...parameters });
    const page = await agent.open(request.url, {}, redirectUri);
    const url = new URL(page.url);
    expect(page.url).toContain(redirectUri);
    const error = url.searchParams.get('error');
    return { error, tokens: error ? undefined : await redeem(config, request, page.url) };
  }

  test('one factor: identifier and password on one page, true assurance, userinfo', async () => {
    const began = moment();
    const { asked, claims, tokens } = await go(notes, new UserAgent(), aliceOfDemo);
    expect(asked).toEqual(['identify']);
    expect(claims).toMatchObject({ acr: acr.password, amr: ['pwd'] });
    expectSince(began, claims?.auth_time);
    const userinfo = await client.fetchUserInfo(notes, tokens?.access_token ?? '', claims?.sub ?? '');
    expect(userinfo).toMatchObject({ email: 'alice@demo.test', email_verified: true, groups: ['staff'] });
  });

  test('two factors: the second is enrolled during the sign-in, and asked for the next time', async () => {
    const alice: TestUser = await newTestUser(node);
    const first = await go(payroll, new UserAgent(), alice);
    expect(first.asked).toEqual(['identify', 'enroll:totp']);
    expect(first.claims).toMatchObject({ acr: acr.two, amr: ['mfa', 'otp', 'pwd'] });
    const again = await go(payroll, new UserAgent(), alice);
    expect(again.asked).toEqual(['identify', 'challenge:totp']);
    expect(again.claims?.sub).toBe(first.claims?.sub);
  });

  test('a group that the policy denies gets no token, and the app gets the error', async () => {
    const request = await authorizationRequest(payroll);
    const agent = new UserAgent();
    const { page } = await signIn(agent, request.url, { identifier: 'carol@demo.test', password });
    expect(page.status).toBe(403);
    expect(page.messages).toContain('denied.rule');
    const back = await agent.submit(
      page,
      page.forms.find(({ step }) => step === 'cancel'),
    );
    expect(new URL(back.url).searchParams.get('error')).toBe('access_denied');
    expect(node.audit.at(-2)).toMatchObject({
      event: 'sign_in.denied',
      rule: 'session: Everybody; app: No contractors',
      policyRevision: 1,
    });
  });

  test('a wrong password says nothing about the account; unknown users look the same', async () => {
    const messages = async (
      identifier: string,
    ): Promise<{ messages: readonly string[]; status: number; forms: readonly string[] }> => {
      const agent = new UserAgent();
      const page = await agent.open((await authorizationRequest(notes)).url);
      const next = await agent.submit(page, mainForm(page), { identifier, 'credentials.passcode': 'wrong' });
      return { messages: next.messages, status: next.status, forms: next.forms.map(({ step }) => step) };
    };
    const known = await messages('bob@demo.test');
    expect(known.messages).toEqual(['credentials.invalid']);
    expect(await messages('nobody@demo.test')).toEqual(known);
  });

  test('single sign-on and step-up: a stronger app asks only for the missing proofs', async () => {
    const alice: TestUser = await newTestUser(node);
    await go(payroll, new UserAgent(), alice);
    const agent = new UserAgent();
    const one = await go(notes, agent, alice);
    expect(one.asked).toEqual(['identify']);
    expect((await silent(payroll, agent)).error).toBe('interaction_required');
    const two = await go(payroll, agent, alice);
    expect(two.asked).toEqual(['challenge:totp']);
    expect(two.claims).toMatchObject({
      acr: acr.two,
      amr: ['mfa', 'otp', 'pwd'],
      auth_time: one.claims?.auth_time,
      sub: one.claims?.sub,
    });
    expect((await go(notes, agent, alice)).asked).toEqual([]);
    expect((await silent(payroll, agent)).tokens?.claims()).toMatchObject({ acr: acr.two });
  });

  test('prompt=none without a session is login_required; prompt=login always asks again', async () => {
    const agent = new UserAgent();
    expect((await silent(notes, agent)).error).toBe('login_required');
    const before = await go(notes, agent, aliceOfDemo);
    ahead = 1;
    const again = await go(notes, agent, aliceOfDemo, { prompt: 'login' });
    expect(again.asked).toEqual(['challenge:password']);
    expect(Number(again.claims?.auth_time)).toBeGreaterThan(Number(before.claims?.auth_time));
    expect((await silent(notes, agent, { max_age: '600' })).tokens?.claims()?.auth_time).toBe(again.claims?.auth_time);
  });

  test('max_age: fresh enough is silent and leaves auth_time, too old is asked again', async () => {
    const agent = new UserAgent();
    const first = await go(notes, agent, aliceOfDemo);
    expect((await go(notes, agent, aliceOfDemo, { max_age: '600' })).claims?.auth_time).toBe(first.claims?.auth_time);
    ahead = 10;
    expect((await silent(notes, agent, { max_age: '5' })).error).toBe('login_required');
    const again = await go(notes, agent, aliceOfDemo, { max_age: '5' });
    expect(again.asked).toEqual(['challenge:password']);
    expect(Number(again.claims?.auth_time)).toBeGreaterThan(Number(first.claims?.auth_time));
  });

  test('max_age is the reason of an answer to prompt=none only if a proof is older', async () => {
    const alice: TestUser = await newTestUser(node);
    await go(payroll, new UserAgent(), alice);
    const agent = new UserAgent();
    await go(notes, agent, alice);
    ahead = 10;
    const errorOf = async (params?: Readonly<Record<string, string>>) => (await silent(payroll, agent, params)).error;
    expect(await errorOf()).toBe('interaction_required');
    expect(await errorOf({ max_age: '600' })).toBe('interaction_required');
    expect(await errorOf({ max_age: '5' })).toBe('login_required');
  });

  test('acr_values raises, essential that cannot be reached is refused', async () => {
    const alice: TestUser = await newTestUser(node);
    await go(payroll, new UserAgent(), alice);
    const agent = new UserAgent();
    await go(notes, agent, alice);
    expect((await silent(notes, agent, { acr_values: acr.two })).error).toBe('unmet_authentication_requirements');
    const raised = await go(notes, agent, alice, { acr_values: acr.two });
    expect(raised.asked).toEqual(['challenge:totp']);
    expect(raised.claims?.acr).toBe(acr.two);
    const lower = await go(notes, agent, alice, { acr_values: acr.one });
    expect(lower).toMatchObject({ asked: [], claims: { acr: acr.one } });
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: ['phr'] } } });
    expect((await go(notes, agent, alice, { claims })).error).toBe('unmet_authentication_requirements');
    expect((await go(notes, agent, alice, { acr_values: 'phr' })).asked).toEqual([]);
  });

  test('an essential acr that this user cannot reach is an error for the app, once it is known who they are', async () => {
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: ['phrh'] } } });
    const { error, asked } = await go(notes, new UserAgent(), await newTestUser(node), { claims });
    expect(error).toBe('unmet_authentication_requirements');
    expect(asked.every((step) => !step.startsWith('enroll'))).toBe(true);
  });

  test('login_hint is filled in; id_token_hint of another user asks for that user', async () => {
    const request = await authorizationRequest(notes, { login_hint: 'bob@demo.test' });
    const page = await new UserAgent().open(request.url);
    expect(mainForm(page)?.fields.identifier).toBe('bob@demo.test');
    const agent = new UserAgent();
    const hint = (await go(notes, new UserAgent(), { identifier: 'bob@demo.test', password })).tokens?.id_token ?? '';
    await go(notes, agent, aliceOfDemo);
    expect((await silent(notes, agent, { id_token_hint: hint })).error).toBe('login_required');
    const wrong = await signIn(agent, (await authorizationRequest(notes, { id_token_hint: hint })).url, aliceOfDemo);
    expect(wrong.page.messages).toContain('subject.mismatch');
    const right = await go(notes, agent, { identifier: 'bob@demo.test', password }, { id_token_hint: hint });
    expect(right.asked).toEqual(['identify']);
  });

  test('another account: the former session ends, the new user signs in', async () => {
    const agent = new UserAgent();
    const first = await go(notes, agent, aliceOfDemo);
    const page = await agent.open((await authorizationRequest(notes, { prompt: 'login' })).url);
    const fresh = await agent.submit(
      page,
      page.forms.find(({ step }) => step === 'restart'),
    );
    const { page: end } = await signIn(agent, fresh, { identifier: 'bob@demo.test', password });
    expect(end.url).toContain(`${redirectUri}?code=`);
    const bob = (await silent(notes, agent)).tokens;
    expect(bob?.claims()?.sub).not.toBe(first.claims?.sub);
    await expect(
      client.fetchUserInfo(notes, first.tokens?.access_token ?? '', first.claims?.sub ?? ''),
    ).rejects.toThrow();
  });

  test('refresh rotates, keeps acr, amr and auth_time; a token of two refreshes ago revokes the family', async () => {
    const agent = new UserAgent();
    const { tokens, claims } = await go(notes, agent, aliceOfDemo);
    const next = await client.refreshTokenGrant(notes, tokens?.refresh_token ?? '');
    expect(next.refresh_token).not.toBe(tokens?.refresh_token);
    expect(next.claims()).toMatchObject({ acr: claims?.acr, amr: claims?.amr, auth_time: claims?.auth_time });
    const last = await client.refreshTokenGrant(notes, next.refresh_token ?? '');
    await expect(client.refreshTokenGrant(notes, tokens?.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    await expect(client.refreshTokenGrant(notes, last.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  test('a code works once; its second use revokes what the first brought', async () => {
    const request = await authorizationRequest(notes);
    const { page } = await signIn(new UserAgent(), request.url, aliceOfDemo);
    const tokens = await redeem(notes, request, page.url);
    await expect(redeem(notes, request, page.url)).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(client.fetchUserInfo(notes, tokens.access_token, tokens.claims()?.sub ?? '')).rejects.toThrow();
  });

  test('a code is bound to its verifier', async () => {
    const request = await authorizationRequest(notes);
    const { page } = await signIn(new UserAgent(), request.url, aliceOfDemo);
    const other = { ...request, verifier: client.randomPKCECodeVerifier() };
    await expect(redeem(notes, other, page.url)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('parallel authorizations on one session lose no client', async () => {
    const agent = new UserAgent();
    await go(payroll, agent, await newTestUser(node));
    const results = await Promise.all(
      [notes, payroll, notes, payroll, notes, payroll].map((config) => silent(config, agent)),
    );
    for (const { tokens, error } of results) {
      expect(error).toBeNull();
      const sub = tokens?.claims()?.sub ?? '';
      await expect(client.fetchUserInfo(notes, tokens?.access_token ?? '', sub)).resolves.toMatchObject({ sub });
    }
  });

  test('a suspended user gets nothing more: no refresh, no userinfo, no silent sign-on', async () => {
    const agent = new UserAgent();
    const { tokens, claims } = await go(notes, agent, { identifier: 'bob@demo.test', password });
    await node.app.directory.setStatus(claims?.sub ?? '', 'suspended');
    await expect(client.refreshTokenGrant(notes, tokens?.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    await expect(client.fetchUserInfo(notes, tokens?.access_token ?? '', claims?.sub ?? '')).rejects.toThrow();
    expect((await silent(notes, agent)).error).toBe('login_required');
    await node.app.directory.setStatus(claims?.sub ?? '', 'active');
  });

  test('logout ends the session and its tokens', async () => {
    const agent = new UserAgent();
    const { tokens, claims } = await go(notes, agent, aliceOfDemo);
    const url = client.buildEndSessionUrl(notes, {
      id_token_hint: tokens?.id_token ?? '',
      post_logout_redirect_uri: 'http://127.0.0.1/',
    });
    const after = await agent.open(url.href, {}, 'http://127.0.0.1/');
    expect(after.url).toBe('http://127.0.0.1/');
    expect((await silent(notes, agent)).error).toBe('login_required');
    await expect(client.fetchUserInfo(notes, tokens?.access_token ?? '', claims?.sub ?? '')).rejects.toThrow();
    await expect(client.refreshTokenGrant(notes, tokens?.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  test('nothing unexpected was logged', () => {
    expect(
      node.errors.filter(
        (error) => (error as { status?: number }).status === undefined || (error as { status: number }).status >= 500,
      ),
    ).toEqual([]);
  });
});
