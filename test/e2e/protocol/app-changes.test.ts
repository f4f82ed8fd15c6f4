/** Apps come, change and go while every node keeps running: the next request already knows. */
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as client from 'openid-client';
import {
  appFile,
  authorize,
  authorizeSilently,
  type OpenNode,
  openNode,
  post,
  signOut,
} from '../../support/clients/authorize.ts';
import {
  authorizationRequest,
  discover,
  redeem,
  redirectUri,
  signIn,
  type TestUser,
} from '../../support/clients/relying-party.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { until } from '../../support/values/until.ts';

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let node: TestNode;
  let second: TestNode;
  let user: TestUser;

  beforeAll(async () => {
    opened = await openNode(storeUnderTest);
    node = opened.node;
    second = await opened.second();
    user = await newTestUser(node);
  });
  afterAll(() => opened.stop());

  /** A browser whose requests go to the second node, which got no message about the change. */
  const atSecond = (): UserAgent => new UserAgent({ routes: { [node.issuer]: second.origin } });

  /** An app of its own for each test, which both nodes know. */
  async function newApp(app: Parameters<typeof appFile>[1] = {}) {
    const clientId = `app-${randomBytes(6).toString('hex')}`;
    await node.configure(appFile(clientId, app));
    await second.app.activeRevision.refresh();
    return { clientId, config: await discover(node.issuer, clientId), file: `apps/${clientId}.yaml` };
  }

  const refreshAtSecond = (fields: Readonly<Record<string, string>>) =>
    post(`${second.origin}/oauth2/v1/token`, { grant_type: 'refresh_token', ...fields });

  /**
   * As if the second node had just looked for changes: until the end it learns of them only by what its requests read.
   */
  async function whileBehind(run: () => Promise<void>): Promise<void> {
    second.app.activeRevision.stop();
    try {
      await run();
    } finally {
      await second.app.activeRevision.start();
    }
  }

  test('a new app can be used on every node at once', () =>
    whileBehind(async () => {
      await node.configure(appFile('brand-new'));
      const config = await discover(node.issuer, 'brand-new');
      const { tokens } = await authorize(config, atSecond(), user);
      expect(tokens.claims()?.aud).toBe('brand-new');
    }));

  test('a removed app gets nothing more: no page, no code, no token, no refresh, no userinfo', () =>
    whileBehind(async () => {
      const { clientId, config, file } = await newApp();
      const agent = atSecond();
      const { tokens } = await authorize(config, agent, user);
      const pending = await authorizationRequest(config);
      const { page: withCode } = await signIn(agent, pending.url, user);
      const begun = await atSecond().open((await authorizationRequest(config)).url);
      expect(begun.status).toBe(200);
      const other = await discover(node.issuer, 'notes');
      await authorize(other, agent, user);

      await node.configure({ [file]: undefined });

      const page = await agent.open((await authorizationRequest(config)).url);
      expect(page.status).toBe(400);
      expect(page.url.startsWith(redirectUri)).toBe(false);
      expect((await agent.open(begun.url)).url.startsWith(redirectUri)).toBe(false);
      await expect(redeem(config, pending, withCode.url)).rejects.toMatchObject({ error: 'invalid_client' });
      const refused = await refreshAtSecond({ client_id: clientId, refresh_token: tokens.refresh_token ?? '' });
      expect(refused).toMatchObject({ body: { error: 'invalid_client' } });
      await expect(client.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
        error: 'invalid_client',
      });
      const userinfo = await fetch(`${second.origin}/oauth2/v1/userinfo`, {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      });
      expect(userinfo.status).toBe(401);
      const hinted = new URL(`${node.issuer}/oauth2/v1/logout`);
      hinted.searchParams.set('id_token_hint', tokens.id_token ?? '');
      expect((await agent.open(hinted.href)).status).toBe(400);
      await signOut(agent, `${node.issuer}/oauth2/v1/logout`, 'everywhere');
      expect((await authorizeSilently(other, agent)).error).toBe('login_required');
    }));

  test('a token of a removed app is inactive for every app that asks about it', async () => {
    const secret = randomBytes(32).toString('base64url');
    const api = await newApp({
      clientSecretHash: `sha256:${createHash('sha256').update(secret).digest('base64url')}`,
      client: { application_type: 'web', redirect_uris: ['https://api.example/cb'] },
    });
    const { config, file } = await newApp();
    const { tokens } = await authorize(config, atSecond(), user);
    const basic = { authorization: `Basic ${Buffer.from(`${api.clientId}:${secret}`).toString('base64')}` };
    const introspect = (token: string) => post(`${second.origin}/oauth2/v1/introspect`, { token }, basic);
    expect((await introspect(tokens.access_token)).body).toMatchObject({ active: true });
    await node.configure({ [file]: undefined });
    expect(await introspect(tokens.access_token)).toMatchObject({ status: 200, body: { active: false } });
    expect(await introspect(tokens.refresh_token ?? '')).toMatchObject({ status: 200, body: { active: false } });
  });

  test('an app that comes back finds its tokens as it left them', async () => {
    const { clientId, config, file } = await newApp();
    const { tokens } = await authorize(config, atSecond(), user);
    await node.configure({ [file]: undefined });
    await node.configure(appFile(clientId));
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(refreshed.claims()?.sub).toBe(tokens.claims()?.sub);
  });

  test('other redirect URIs apply at once, also for a sign-in that is in progress', async () => {
    const { clientId, config } = await newApp({
      client: { application_type: 'web', redirect_uris: ['http://127.0.0.1/cb', 'http://127.0.0.1:5555/cb'] },
    });
    const agent = atSecond();
    const request = await authorizationRequest(config);
    const page = await agent.open(request.url);
    expect(page.status).toBe(200);
    await node.configure(
      appFile(clientId, { client: { application_type: 'web', redirect_uris: ['http://127.0.0.1:7777/new'] } }),
    );
    const { page: end } = await signIn(agent, page, user);
    expect(end.url.startsWith(redirectUri)).toBe(false);
    expect(end.status).toBe(400);
    const old = await authorizationRequest(config);
    await until('the other node knows', async () => (await atSecond().open(old.url)).status === 400);
    const fresh = await authorizationRequest(config, { redirect_uri: 'http://127.0.0.1:7777/new' });
    expect((await atSecond().open(fresh.url)).status).toBe(200);
  });

  test('a grant type that is taken away is refused at once', () =>
    whileBehind(async () => {
      const { clientId, config } = await newApp();
      const { tokens } = await authorize(config, atSecond(), user);
      await node.configure(appFile(clientId, { client: { grant_types: ['authorization_code'] } }));
      const refused = await refreshAtSecond({ client_id: clientId, refresh_token: tokens.refresh_token ?? '' });
      expect(refused).toMatchObject({ body: { error: 'unauthorized_client' } });
      await expect(client.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
        error: 'unauthorized_client',
      });
      const again = await authorize(config, atSecond(), user);
      expect(again.tokens.refresh_token).toBeUndefined();
    }));

  test('another policy, name or address of an app disturbs none of its token requests', () =>
    whileBehind(async () => {
      const { clientId, config } = await newApp();
      const agent = atSecond();
      const { tokens } = await authorize(config, agent, user);
      const request = await authorizationRequest(config);
      const { page } = await signIn(agent, request.url, user);
      const changes: readonly Parameters<typeof appFile>[1][] = [
        { name: 'Another name' },
        { signOnPolicy: clientId },
        { client: { application_type: 'native', redirect_uris: [redirectUri, 'http://127.0.0.1:7777/new'] } },
      ];
      const policy = { name: clientId, rules: [{ name: 'Everybody', then: { allow: { factors: 1 } } }] };
      await node.configure({ [`policies/sign-on/${clientId}.yaml`]: JSON.stringify(policy) });
      let refreshToken = tokens.refresh_token ?? '';
      for (const change of changes) {
        await node.configure(appFile(clientId, change));
        const { body } = await refreshAtSecond({ client_id: clientId, refresh_token: refreshToken });
        expect(body).toHaveProperty('refresh_token');
        refreshToken = (body as { refresh_token: string }).refresh_token;
      }
      const redeemed = await post(`${second.origin}/oauth2/v1/token`, {
        grant_type: 'authorization_code',
        client_id: clientId,
        redirect_uri: redirectUri,
        code: new URL(page.url).searchParams.get('code') ?? '',
        code_verifier: request.verifier,
      });
      expect(redeemed.body).toHaveProperty('access_token');
    }));

  test('a client secret that is replaced is refused at once, and the new one taken at once, everywhere', () =>
    whileBehind(async () => {
      const secrets = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')] as const;
      const metadata = (secret: string) => ({
        clientSecretHash: `sha256:${createHash('sha256').update(secret).digest('base64url')}`,
        client: { application_type: 'web', redirect_uris: [redirectUri] },
      });
      const { clientId } = await newApp(metadata(secrets[0]));
      const agent = atSecond();
      const config = await discover(node.issuer, clientId, {
        metadata: {},
        auth: client.ClientSecretBasic(secrets[0]),
      });
      const { tokens } = await authorize(config, agent, user);
      await node.configure(appFile(clientId, metadata(secrets[1])));
      const refreshing = { client_id: clientId, refresh_token: tokens.refresh_token ?? '' };
      for (const refused of [
        await refreshAtSecond({ ...refreshing, client_secret: secrets[0] }),
        await post(`${node.origin}/oauth2/v1/token`, {
          grant_type: 'refresh_token',
          ...refreshing,
          client_secret: secrets[0],
        }),
      ]) {
        expect(refused).toMatchObject({ body: { error: 'invalid_client' } });
      }
      const atOnce = await refreshAtSecond({ ...refreshing, client_secret: secrets[1] });
      expect(atOnce.body).toHaveProperty('access_token');
      const { refresh_token: rotated = '' } = atOnce.body as { refresh_token?: string };
      const asked = { client_id: clientId, client_secret: secrets[1], token: rotated };
      expect((await post(`${second.origin}/oauth2/v1/introspect`, asked)).body).toMatchObject({ active: true });
      const next = await discover(node.issuer, clientId, { metadata: {}, auth: client.ClientSecretBasic(secrets[1]) });
      await expect(client.refreshTokenGrant(next, rotated)).resolves.toHaveProperty('access_token');
    }));

  test('a broken file changes nothing', async () => {
    const { clientId, config, file } = await newApp();
    await expect(node.configure({ [file]: 'clientId: [' })).rejects.toThrow('must be sufficiently indented');
    await authorize(config, atSecond(), user);
    await node.configure(appFile(clientId));
  });

  test('more apps than oidc-provider keeps in memory, each of them on every node', async () => {
    const ids = Array.from({ length: 120 }, (_, index) => `many-${index}`);
    await node.configure(Object.assign({}, ...ids.map((id) => appFile(id))));
    const agent = atSecond();
    const first = await discover(node.issuer, 'many-0');
    await authorize(first, agent, user);
    const outcomes: (string | undefined)[] = [];
    for (const id of ids) {
      const config = new client.Configuration(first.serverMetadata(), id, {}, client.None());
      client.allowInsecureRequests(config);
      const { error, tokens } = await authorizeSilently(config, agent);
      outcomes.push(error ?? (tokens?.claims()?.aud as string));
    }
    expect(outcomes).toEqual(ids);
    await node.configure(Object.fromEntries(ids.map((id) => [`apps/${id}.yaml`, undefined])));
    expect((await agent.open((await authorizationRequest(first)).url)).status).toBe(400);
  });

  test('nothing unexpected was logged', () => {
    const unexpected = [...node.errors, ...second.errors].filter(
      (error) => !((error as { status?: number }).status && (error as { status: number }).status < 500),
    );
    expect(unexpected).toEqual([]);
  });
});
