/** Settings of an app beyond its client metadata: PKCE, pop-ups, and what its ID tokens hold. */
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appFile, type OpenNode, openNode, post } from '../../support/clients/authorize.ts';
import type { LightResponse } from '../../support/clients/light-fetch.ts';
import { authorization, claimsOf, redeemCode } from '../../support/clients/raw-client.ts';
import { redirectUri, type TestUser } from '../../support/clients/relying-party.ts';
import { beginSignIn, currentStep, identify } from '../../support/clients/sign-in-flow.ts';
import { mainForm, UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

const secret = randomBytes(32).toString('base64url');
const clientSecretHash = `sha256:${createHash('sha256').update(secret).digest('base64url')}`;
const confidential = { clientSecretHash, client: { token_endpoint_auth_method: 'client_secret_post' } };

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let node: TestNode;
  let user: TestUser;

  beforeAll(async () => {
    opened = await openNode(storeUnderTest, {
      files: {
        ...appFile('strict', confidential),
        ...appFile('lenient', { ...confidential, pkce: 'optional' }),
        ...appFile('popup', { popups: true }),
        ...appFile('sparse', { scopeClaimsInIdToken: false }),
      },
    });
    node = opened.node;
    user = await newTestUser(node);
  });
  afterAll(() => opened.stop());

  /** An authorization request without some of the usual parameters. */
  function without(clientId: string, ...names: readonly string[]): string {
    const url = new URL(authorization(node.issuer, clientId).url);
    for (const name of names) url.searchParams.delete(name);
    return url.href;
  }

  describe('pkce', () => {
    const unprotected = (clientId: string) => without(clientId, 'code_challenge', 'code_challenge_method');
    const exchange = async (clientId: string, callback: string, more = {}) =>
      post(`${node.issuer}/oauth2/v1/token`, {
        grant_type: 'authorization_code',
        client_id: clientId,
        client_secret: secret,
        redirect_uri: redirectUri,
        code: new URL(callback).searchParams.get('code') ?? '',
        ...more,
      });

    test('optional: a code without a challenge needs no verifier', async () => {
      const agent = new UserAgent();
      const page = await agent.open(unprotected('lenient'), {}, redirectUri);
      const end = await identify(agent, page, user);
      expect(currentStep(end)).toBe('code');
      expect((await exchange('lenient', end.url)).status).toBe(200);
    });

    test('optional: a challenge that was sent counts all the same', async () => {
      const { agent, page, request } = await beginSignIn(node, 'lenient');
      const end = await identify(agent, page, user);
      expect((await exchange('lenient', end.url)).body.error).toBe('invalid_grant');
      const again = await beginSignIn(node, 'lenient', agent);
      expect(currentStep(again.page)).toBe('code');
      const wrong = { code_verifier: request.verifier };
      expect((await exchange('lenient', again.page.url, wrong)).body.error).toBe('invalid_grant');
      const third = await beginSignIn(node, 'lenient', agent);
      expect((await exchange('lenient', third.page.url, { code_verifier: third.request.verifier })).status).toBe(200);
    });

    test.each(['strict', 'notes'])('required unless the app says otherwise: %s', async (clientId) => {
      const page = await new UserAgent().open(unprotected(clientId), {}, redirectUri);
      expect(currentStep(page)).toBe('invalid_request');
    });
  });

  describe('popups', () => {
    const policyOf = (response: Pick<LightResponse, 'headers'>) => response.headers.get('cross-origin-opener-policy');

    test.each([
      ['popup', 'unsafe-none'],
      ['notes', 'same-origin'],
    ])('%s: every answer from the request to the code says %s', async (clientId, expected) => {
      const agent = new UserAgent();
      const { url } = authorization(node.issuer, clientId);
      const begun = await agent.send(url);
      const page = await agent.open(new URL(begun.headers.get('location') ?? '', node.issuer).href);
      const refused = await identify(agent, page, { ...user, password: 'wrong' });
      const body = new URLSearchParams({
        ...mainForm(refused)?.fields,
        identifier: user.identifier,
        'credentials.passcode': user.password,
      });
      const answered = await agent.send(refused.url, { method: 'POST', body });
      const resumed = await agent.send(new URL(answered.headers.get('location') ?? '', node.issuer).href);
      expect(resumed.headers.get('location')).toContain('code=');
      const silent = await agent.send(authorization(node.issuer, clientId, { prompt: 'none' }).url);
      const out = await agent.send(`${node.issuer}/oauth2/v1/logout?client_id=${clientId}`);
      const all = [begun, page, refused, answered, resumed, silent, out];
      expect(all.map(policyOf)).toEqual(all.map(() => expected));
      expect(policyOf(await agent.send(`${node.issuer}/account`))).toBe('same-origin');
    });
  });

  describe('scopeClaimsInIdToken', () => {
    const claimsFor = async (clientId: string, parameters = {}) => {
      const { agent, page, request } = await beginSignIn(node, { client_id: clientId, ...parameters }, new UserAgent());
      const end = await identify(agent, page, user);
      const { tokens } = await redeemCode(node.origin, request, end.url);
      const headers = { authorization: `Bearer ${tokens?.access_token}` };
      const userinfo = await (await fetch(`${node.issuer}/oauth2/v1/userinfo`, { headers })).json();
      return { idToken: claimsOf(tokens?.id_token), userinfo };
    };

    test('false: the claims are at userinfo only, but for those that the request names', async () => {
      const { idToken, userinfo } = await claimsFor('sparse');
      expect(userinfo).toMatchObject({ preferred_username: user.identifier, groups: ['staff'] });
      expect(idToken).not.toHaveProperty('preferred_username');
      expect(idToken).not.toHaveProperty('groups');
      expect(idToken).toMatchObject({ amr: ['pwd'], acr: expect.any(String), auth_time: expect.any(Number) });
      const claims = JSON.stringify({ id_token: { preferred_username: null } });
      const named = (await claimsFor('sparse', { claims })).idToken;
      expect(named).toMatchObject({ preferred_username: user.identifier });
      expect(named).not.toHaveProperty('groups');
    });

    test('by default they are in both', async () => {
      const { idToken } = await claimsFor('popup');
      expect(idToken).toMatchObject({ preferred_username: user.identifier, groups: ['staff'] });
    });
  });

  describe('redirect_uri is required (OpenID Connect Core section 3.1.2.1)', () => {
    test('at the authorization endpoint, pushed, and at the token endpoint', async () => {
      const page = await new UserAgent().open(without('strict', 'redirect_uri'));
      expect([page.status, page.url.startsWith(node.issuer)]).toEqual([400, true]);
      const pushed = new URL(without('strict', 'redirect_uri')).searchParams;
      pushed.set('client_secret', secret);
      expect(await post(`${node.issuer}/oauth2/v1/par`, pushed)).toMatchObject({
        status: 400,
        body: { error: 'invalid_request' },
      });
      const { agent, page: first, request } = await beginSignIn(node, 'popup');
      const end = await identify(agent, first, user);
      const answer = await post(`${node.issuer}/oauth2/v1/token`, {
        grant_type: 'authorization_code',
        client_id: 'popup',
        code: new URL(end.url).searchParams.get('code') ?? '',
        code_verifier: request.verifier,
      });
      expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    });
  });
});
