/** How long sessions and refresh tokens live, and when session ids change. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as client from 'openid-client';
import { appFile, authorize, authorizeSilently, type OpenNode, openNode } from '../../support/clients/authorize.ts';
import {
  authorizationRequest,
  discover,
  type RelyingParty,
  redeem,
  redirectUri,
  signIn,
  type TestUser,
} from '../../support/clients/relying-party.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

const settings = {
  brand: { name: 'Stepgate' },
  zones: { office: { cidrs: ['192.0.2.0/24'] } },
  tokens: { refreshToken: { idle: 'PT3M', absolute: 'PT6M' } },
};

const rule = (idle: string, absolute: string) => ({
  allow: { primary: 'any', secondFactor: 'never', idle, absolute },
});

/** `absolute` is for every user but those whose session is brief. */
const sessionPolicy = (absolute: string, idle = absolute) =>
  JSON.stringify({
    rules: [
      {
        name: 'Briefer there',
        when: { groups: { any: ['brief'] }, apps: { any: ['other'] } },
        then: rule('PT1M', 'PT6M'),
      },
      { name: 'Brief', when: { groups: { any: ['brief'] } }, then: rule('PT3M', 'PT6M') },
      { name: 'Everybody', then: rule(idle, absolute) },
    ],
  });

const sessionCookie = (agent: UserAgent, issuer: string): string =>
  agent.cookies(issuer).find(({ name }) => name === 'stepgate-session')?.value ?? '';

/** Another browser with the same cookies: what an attacker has who copied them. */
function copyOf(agent: UserAgent, issuer: string): UserAgent {
  const copy = new UserAgent();
  for (const { name, value, path } of agent.cookies(issuer)) copy.setCookie(issuer, `${name}=${value}; path=${path}`);
  return copy;
}

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let node: TestNode;
  let offset = 0;
  let notes: RelyingParty;
  let payroll: RelyingParty;

  beforeAll(async () => {
    opened = await openNode(storeUnderTest, {
      files: {
        'stepgate.yaml': JSON.stringify(settings),
        'policies/session.yaml': sessionPolicy('P1D'),
        ...appFile('other'),
      },
      now: () => Math.floor(Date.now() / 1000) + offset,
    });
    node = opened.node;
    notes = await discover(node.issuer, 'notes');
    payroll = await discover(node.issuer, 'payroll');
  });
  beforeEach(() => {
    offset = 0;
  });
  afterAll(() => opened?.stop());
  /** So many minutes go by, for the node and for the store. */
  const pass = async (minutes: number) => {
    offset += minutes * 60;
    await opened.pass(minutes * 60);
  };

  /** Leaves the code: it may end with the session at this very moment. */
  const getsCode = async (agent: UserAgent, parameters: Readonly<Record<string, string>>) => {
    const { url } = await authorizationRequest(notes, parameters);
    return (await agent.open(url, {}, redirectUri)).url.includes('code=');
  };
  const isSignedIn = (agent: UserAgent) => getsCode(agent, { prompt: 'none' });
  /** The user opens an app, which is an activity. */
  const opensApp = (agent: UserAgent) => getsCode(agent, {});
  const refresh = (token: string | undefined) => client.refreshTokenGrant(notes, token ?? '');
  const offline = { scope: 'openid offline_access', prompt: 'consent' };

  describe('a session', () => {
    test('lives on with every use, and ends so long after the last one; the rule of others does not matter', async () => {
      const agent = new UserAgent();
      const other = new UserAgent();
      await authorize(notes, other, await newTestUser(node));
      await authorize(notes, agent, await newTestUser(node, ['brief']));
      await pass(2);
      expect(await opensApp(agent)).toBe(true);
      await pass(2);
      expect(await opensApp(agent)).toBe(true);
      await pass(3);
      expect([await isSignedIn(agent), await isSignedIn(other)]).toEqual([false, true]);
    });

    test('is not prolonged by an app that asks silently', async () => {
      const agent = new UserAgent();
      await authorize(notes, agent, await newTestUser(node, ['brief']));
      await pass(1);
      expect(await isSignedIn(agent)).toBe(true);
      await pass(1);
      expect(await isSignedIn(agent)).toBe(true);
      await pass(1);
      expect(await isSignedIn(agent)).toBe(false);
    });

    test('does not end sooner because an app with a shorter one asks silently', async () => {
      const agent = new UserAgent();
      await authorize(notes, agent, await newTestUser(node, ['brief']));
      await pass(2);
      const { url } = await authorizationRequest(await discover(node.issuer, 'other'), { prompt: 'none' });
      await agent.open(url, {}, redirectUri);
      expect(await isSignedIn(agent)).toBe(true);
      await pass(1);
      expect(await isSignedIn(agent)).toBe(false);
    });

    test('lives on with a sign-in that is under way', async () => {
      const agent = new UserAgent();
      const user = await newTestUser(node, ['brief']);
      await authorize(notes, agent, user);
      await pass(2);
      const request = await authorizationRequest(notes, { prompt: 'login' });
      const page = await agent.open(request.url);
      await pass(2);
      expect(await isSignedIn(agent)).toBe(true);
      const { page: last } = await signIn(agent, page, user);
      expect(last.url).toContain('code=');
    });

    test('ends at its absolute age however much it is used, with the tokens that belong to it', async () => {
      const agent = new UserAgent();
      const { tokens } = await authorize(notes, agent, await newTestUser(node, ['brief']));
      const sub = tokens.claims()?.sub ?? '';
      await expect(client.fetchUserInfo(notes, tokens.access_token, sub)).resolves.toBeDefined();
      for (let minute = 1; minute < 6; minute += 1) {
        await pass(1);
        expect(await opensApp(agent)).toBe(true);
      }
      await pass(1);
      expect(await isSignedIn(agent)).toBe(false);
      await expect(client.fetchUserInfo(notes, tokens.access_token, sub)).rejects.toThrow();
      await expect(refresh(tokens.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
    });

    test('ends when the policy shortens how long it may be without activity', async () => {
      const agent = new UserAgent();
      await authorize(notes, agent, await newTestUser(node));
      await pass(2);
      await node.configure({ 'policies/session.yaml': sessionPolicy('P1D', 'PT1M') });
      const isLeftOut = !(await opensApp(agent));
      await node.configure({ 'policies/session.yaml': sessionPolicy('P1D') });
      expect(isLeftOut).toBe(true);
      expect(await isSignedIn(agent)).toBe(true);
    });

    test('ends when the policy shortens it, and by the clock of the node', async () => {
      const agent = new UserAgent();
      await authorize(notes, agent, await newTestUser(node));
      await pass(2);
      await node.configure({ 'policies/session.yaml': sessionPolicy('PT1M') });
      expect(await isSignedIn(agent)).toBe(false);
      await node.configure({ 'policies/session.yaml': sessionPolicy('P1D') });
      const late = new UserAgent();
      await authorize(notes, late, await newTestUser(node));
      offset += 86_401;
      expect(await isSignedIn(late)).toBe(false);
    });
  });

  describe('the id of a session', () => {
    test('changes at each sign-in and at a step-up; the old one is dead', async () => {
      const user: TestUser = await newTestUser(node);
      await authorize(payroll, new UserAgent(), user);
      const agent = new UserAgent();
      await authorize(notes, agent, user);
      const first = sessionCookie(agent, node.issuer);
      const stolen = copyOf(agent, node.issuer);
      expect(await isSignedIn(stolen)).toBe(true);

      const raised = await authorize(payroll, agent, user);
      expect(raised.asked).toEqual(['challenge:totp']);
      const second = sessionCookie(agent, node.issuer);
      expect(second).not.toBe(first);
      expect(await isSignedIn(stolen)).toBe(false);
      expect((await authorizeSilently(payroll, stolen)).error).toBe('login_required');

      const again = copyOf(agent, node.issuer);
      expect((await authorize({ config: notes, parameters: { prompt: 'login' } }, agent, user)).asked).toEqual([
        'challenge:password',
      ]);
      expect(sessionCookie(agent, node.issuer)).not.toBe(second);
      expect(await isSignedIn(again)).toBe(false);
      expect(await isSignedIn(agent)).toBe(true);
    });

    test('that an attacker planted before the sign-in has no effect after it', async () => {
      const attacker = new UserAgent();
      await attacker.open(`${node.issuer}/device`);
      expect(sessionCookie(attacker, node.issuer)).not.toBe('');
      const victim = copyOf(attacker, node.issuer);
      await authorize(notes, victim, await newTestUser(node));
      expect(sessionCookie(victim, node.issuer)).not.toBe(sessionCookie(attacker, node.issuer));
      expect(await isSignedIn(attacker)).toBe(false);
      expect(await isSignedIn(victim)).toBe(true);
    });

    test('that the server never issued is ignored', async () => {
      const agent = new UserAgent();
      await authorize(notes, agent, await newTestUser(node));
      const unsigned = new UserAgent();
      unsigned.setCookie(node.issuer, `stepgate-session=${sessionCookie(agent, node.issuer)}; path=/`);
      expect(await isSignedIn(unsigned)).toBe(false);
    });
  });

  describe('tabs', () => {
    test('of one browser end well side by side, and share one session', async () => {
      const user: TestUser = await newTestUser(node);
      const agent = new UserAgent();
      const requests = [await authorizationRequest(notes), await authorizationRequest(payroll)] as const;
      const pages = [await agent.open(requests[0].url), await agent.open(requests[1].url)] as const;
      const one = await signIn(agent, pages[0], user);
      const two = await signIn(agent, pages[1], user);
      const tokens = [
        await redeem(notes, requests[0], one.page.url),
        await redeem(payroll, requests[1], two.page.url),
      ] as const;
      expect(tokens[0].claims()?.sub).toBe(tokens[1].claims()?.sub);
      expect(await isSignedIn(agent)).toBe(true);
      expect((await authorizeSilently(payroll, agent)).error).toBeUndefined();
      for (const { access_token, claims } of tokens)
        await expect(client.fetchUserInfo(notes, access_token, claims()?.sub ?? '')).resolves.toBeDefined();
    });

    test('that open an app for the first time at the same moment all get tokens that work', async () => {
      const other = await discover(node.issuer, 'other');
      for (let round = 0; round < 5; round += 1) {
        const agent = new UserAgent();
        await authorize(notes, agent, await newTestUser(node));
        const results = await Promise.all(
          ['openid', 'openid email', 'openid profile', 'openid groups'].map((scope) =>
            authorizeSilently(other, agent, { scope }),
          ),
        );
        for (const { tokens } of results) {
          const sub = tokens?.claims()?.sub ?? '';
          await expect(client.fetchUserInfo(other, tokens?.access_token ?? '', sub)).resolves.toBeDefined();
        }
      }
    });

    test('of two users: the last one to sign in has the browser', async () => {
      const users = [await newTestUser(node), await newTestUser(node)] as const;
      const agent = new UserAgent();
      const requests = [await authorizationRequest(notes), await authorizationRequest(notes)] as const;
      const pages = [await agent.open(requests[0].url), await agent.open(requests[1].url)] as const;
      const one = await signIn(agent, pages[0], users[0]);
      const first = await redeem(notes, requests[0], one.page.url);
      const two = await signIn(agent, pages[1], users[1]);
      const bySecond = two.page.url.includes('code=') ? await redeem(notes, requests[1], two.page.url) : undefined;
      const now = (await authorizeSilently(notes, agent)).tokens?.claims()?.sub;
      expect(first.claims()?.sub).toBe(users[0].id);
      expect([users[0].id, users[1].id]).toContain(now);
      if (bySecond) expect([bySecond.claims()?.sub, now]).toEqual([users[1].id, users[1].id]);
    });
  });

  describe('a refresh token', () => {
    test('lives on with every use, and ends so long after the last one', async () => {
      const { tokens } = await authorize(
        { config: notes, parameters: offline },
        new UserAgent(),
        await newTestUser(node),
      );
      await pass(2);
      const second = await refresh(tokens.refresh_token);
      await pass(2);
      const third = await refresh(second.refresh_token);
      await pass(3);
      await expect(refresh(third.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
    });

    test('ends at its absolute age however often it is renewed', async () => {
      const { tokens } = await authorize(
        { config: notes, parameters: offline },
        new UserAgent(),
        await newTestUser(node),
      );
      let newest = tokens.refresh_token;
      for (let minute = 1; minute < 6; minute += 1) {
        await pass(1);
        newest = (await refresh(newest)).refresh_token;
      }
      await pass(1);
      await expect(refresh(newest)).rejects.toMatchObject({ error: 'invalid_grant' });
    });

    test('that is bound to a key, and so is not replaced, lives on with every use and ends so long after the last', async () => {
      const DPoP = client.getDPoPHandle(notes, await client.randomDPoPKeyPair('ES256'));
      const request = await authorizationRequest(notes, { ...offline, dpop_jkt: await DPoP.calculateThumbprint() });
      const { page } = await signIn(new UserAgent(), request.url, await newTestUser(node));
      const checks = { pkceCodeVerifier: request.verifier, expectedState: request.state, expectedNonce: request.nonce };
      const tokens = await client.authorizationCodeGrant(notes, new URL(page.url), checks, undefined, { DPoP });
      const use = () => client.refreshTokenGrant(notes, tokens.refresh_token ?? '', undefined, { DPoP });
      await pass(2);
      expect((await use()).refresh_token).toBe(tokens.refresh_token);
      await pass(2);
      await expect(use()).resolves.toHaveProperty('access_token');
      await pass(3);
      await expect(use()).rejects.toMatchObject({ error: 'invalid_grant' });
    });

    test('ends by the clock of the node too', async () => {
      const { tokens } = await authorize(
        { config: notes, parameters: offline },
        new UserAgent(),
        await newTestUser(node),
      );
      offset += 361;
      await expect(refresh(tokens.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
    });
  });

  test('nothing unexpected was logged', () => {
    const unexpected = node.errors.filter(
      (error) => !((error as { status?: number }).status && (error as { status: number }).status < 500),
    );
    expect(unexpected).toEqual([]);
  });
});
