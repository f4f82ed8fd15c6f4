/** Refresh tokens: what replaces one, how long the former may be presented again, and what ends the family. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { signInStory } from '../../../src/cli/explain/sign-in-story.ts';
import { appFile, authorize, type OpenNode, openNode, post } from '../../support/clients/authorize.ts';
import { refresh } from '../../support/clients/raw-client.ts';
import { discover } from '../../support/clients/relying-party.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

const settings = {
  brand: { name: 'Stepgate' },
  zones: { office: { cidrs: ['192.0.2.0/24'] } },
  tokens: { refreshToken: { idle: 'PT50S', absolute: 'PT1M' } },
};

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let node: TestNode;
  let second: TestNode;
  let offset = 0;

  beforeAll(async () => {
    opened = await openNode(storeUnderTest, {
      files: {
        'stepgate.yaml': JSON.stringify(settings),
        ...appFile('patient', { refreshTokenGrace: 'PT1M' }),
        ...appFile('strict', { refreshTokenGrace: 'PT0S' }),
      },
      now: () => Math.floor(Date.now() / 1000) + offset,
    });
    node = opened.node;
    second = await opened.second();
  });
  afterAll(() => opened.stop());
  beforeEach(() => {
    offset = 0;
  });

  async function signedIn(app: string) {
    const user = await newTestUser(node);
    const { tokens } = await authorize(
      {
        config: await discover(node.issuer, app),
        parameters: {
          scope: 'openid offline_access',
        },
      },
      new UserAgent(),
      user,
    );
    return { access: tokens.access_token, refresh: tokens.refresh_token ?? '' };
  }

  /** The next pair of tokens; `error` where there is none. */
  async function renew(app: string, token: string, at = node) {
    const { tokens, error } = await refresh(at.origin, app, token);
    return { access: tokens?.access_token ?? '', refresh: tokens?.refresh_token ?? '', error };
  }

  async function userinfo(token: string): Promise<number> {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${node.origin}/oauth2/v1/userinfo`, { headers })).status;
  }

  test('a refresh whose answer was lost gets the same successor again, at each node, and another access token', async () => {
    const first = await signedIn('notes');
    const lost = await renew('notes', first.refresh);
    const again = await renew('notes', first.refresh, second);
    expect(again.refresh).toBe(lost.refresh);
    expect(again.refresh).not.toBe(first.refresh);
    expect(again.access).not.toBe(lost.access);
    expect([await userinfo(lost.access), await userinfo(again.access)]).toEqual([200, 200]);
    const next = await renew('notes', again.refresh);
    expect(next.error).toBeUndefined();
  });

  test('after the grace it was reuse: the family ends, on every node', async () => {
    const first = await signedIn('notes');
    const next = await renew('notes', first.refresh);
    offset += 11;
    expect(await renew('notes', first.refresh, second)).toMatchObject({ error: 'invalid_grant' });
    expect(await renew('notes', next.refresh)).toMatchObject({ error: 'invalid_grant' });
    expect(await userinfo(next.access)).toBe(401);
  });

  test('reuse leaves an audit line, and a refresh that is repeated leaves none', async () => {
    const reused = () => node.audit.filter(({ event }) => event === 'token.reused');
    const first = await signedIn('notes');
    await renew('notes', first.refresh);
    await renew('notes', first.refresh);
    const before = reused().length;
    offset += 11;
    await renew('notes', first.refresh);
    expect(reused().length - before).toBe(1);
    expect(reused().at(-1)).toMatchObject({ outcome: 'failure', client: 'notes', subject: expect.any(String) });
  });

  test('without a grace it is reuse at once', async () => {
    const first = await signedIn('strict');
    const next = await renew('strict', first.refresh);
    expect(await renew('strict', first.refresh)).toMatchObject({ error: 'invalid_grant' });
    expect(await renew('strict', next.refresh, second)).toMatchObject({ error: 'invalid_grant' });
  });

  test('once the successor was used the former token is reuse, also within the grace', async () => {
    const first = await signedIn('patient');
    const next = await renew('patient', first.refresh);
    const last = await renew('patient', next.refresh);
    expect(await renew('patient', first.refresh)).toMatchObject({ error: 'invalid_grant' });
    expect(await renew('patient', last.refresh)).toMatchObject({ error: 'invalid_grant' });
  });

  test('an invented token ends its family if that exists, and nothing otherwise', async () => {
    const first = await signedIn('notes');
    expect(await renew('notes', `${first.refresh.startsWith('x') ? 'y' : 'x'}${first.refresh.slice(1)}`)).toMatchObject(
      { error: 'invalid_grant' },
    );
    const next = await renew('notes', first.refresh);
    expect(next.error).toBeUndefined();
    expect(await renew('notes', `${next.refresh.slice(0, -1)}${next.refresh.endsWith('_') ? '-' : '_'}`)).toMatchObject(
      { error: 'invalid_grant' },
    );
    expect(await renew('notes', next.refresh)).toMatchObject({ error: 'invalid_grant' });
  });

  test('of another app ends nothing', async () => {
    const first = await signedIn('notes');
    const next = await renew('notes', first.refresh);
    offset += 11;
    expect(await renew('strict', first.refresh)).toMatchObject({ error: 'invalid_grant' });
    expect((await renew('notes', next.refresh)).error).toBeUndefined();
  });

  test('the grace does not lengthen the life of the family', async () => {
    const first = await signedIn('patient');
    offset += 40;
    const next = await renew('patient', first.refresh);
    offset += 25;
    expect(await renew('patient', first.refresh)).toMatchObject({ error: 'invalid_grant' });
    expect(await renew('patient', next.refresh)).toMatchObject({ error: 'invalid_grant' });
  });

  test.each(['the newest', 'the former'])(
    '%s token can be revoked within the grace, and ends the family',
    async (which) => {
      const first = await signedIn('patient');
      const next = await renew('patient', first.refresh);
      const token = which === 'the newest' ? next.refresh : first.refresh;
      const answer = await post(`${node.issuer}/oauth2/v1/revoke`, { client_id: 'patient', token });
      expect(answer.status).toBe(200);
      for (const { refresh: one } of [first, next])
        expect(await renew('patient', one)).toMatchObject({ error: 'invalid_grant' });
      expect(await userinfo(next.access)).toBe(401);
    },
  );

  test('introspection calls a token active for as long as it can be used', async () => {
    const first = await signedIn('notes');
    const next = await renew('notes', first.refresh);
    const isActive = async (token: string) =>
      (await post(`${node.issuer}/oauth2/v1/introspect`, { client_id: 'notes', token })).body.active;
    expect([await isActive(first.refresh), await isActive(next.refresh)]).toEqual([true, true]);
    offset += 11;
    expect([await isActive(first.refresh), await isActive(next.refresh)]).toEqual([false, true]);
    // Looking ends nothing.
    expect((await renew('notes', next.refresh)).error).toBeUndefined();
  });

  test('nothing unexpected was logged', () => {
    expect([...node.errors, ...second.errors]).toEqual([]);
  });

  test('a refresh keeps the result of each layer, and the story of the sign-in shows the last one', async () => {
    const first = await signedIn('patient');
    const next = await renew('patient', first.refresh);
    await renew('patient', next.refresh);
    const lines = node.audit.filter(({ event }) => event === 'token.refreshed').slice(-2);
    const signIn = node.audit.findLast(({ event }) => event === 'sign_in.completed');
    expect(lines.map(({ transaction }) => transaction)).toEqual([signIn?.transaction, signIn?.transaction]);
    const layer = (name: string) => expect.objectContaining({ layer: name, outcome: 'allow', met: true });
    expect(lines[0]).toMatchObject({
      trace: {
        layers: expect.arrayContaining([layer('session'), layer('app')]),
        proved: [{ authenticator: 'password' }],
      },
    });
    const at = { authenticators: authenticatorKinds, now: Math.floor(Date.now() / 1000) };
    const story = await signInStory(node.store, String(signIn?.transaction), at);
    expect(story.events.filter(({ event }) => event === 'token.refreshed')).toHaveLength(1);
    expect(story.decisions.map(({ line: told }) => told.event)).toEqual(['sign_in.completed', 'token.refreshed']);
  });
});
