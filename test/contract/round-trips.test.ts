/**
 * How often each request of the protocol and of the step loop goes to Redis. Counted where commands are sent, on a
 * real Redis, with a client that was seen before: apps and policies are then in the process.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findRequest } from '../../src/oidc/request-scope.ts';
import type { Verb } from '../../src/stores/redis/link.ts';
import { openRedis } from '../../src/stores/redis/redis.ts';
import {
  authorizationRequest,
  discover,
  type RelyingParty,
  type Request,
  redirectUri,
  type TestUser,
} from '../support/clients/relying-party.ts';
import { formsOf, UserAgent } from '../support/pages/user-agent.ts';
import { newTestUser, startNode, type TestNode } from '../support/servers/node.ts';
import { longPatience, type RedisServer, startRedis } from '../support/stores/redis.ts';

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

let redis: RedisServer;
let node: TestNode;
let app: RelyingParty;
let user: TestUser;
/**
 * Round trips since they were last taken. Those that no request asked for (the node follows the store) are left out.
 */
let trips: Verb[] = [];

function taken(): readonly Verb[] {
  const all = trips;
  trips = [];
  return all;
}

beforeAll(async () => {
  redis = await startRedis();
  const store = openRedis({
    url: redis.url,
    onRoundTrip: (verb) => findRequest() && trips.push(verb),
    patience: longPatience,
  });
  node = await startNode({ store });
  app = await discover(node.issuer, 'notes');
  user = await newTestUser(node);
  await firstLogin(new UserAgent());
});

afterAll(async () => {
  await node.stop();
  await node.store.close();
  await redis.stop();
});

/** One request: where it leads, and what it cost. */
async function step(agent: UserAgent, url: string, init?: RequestInit) {
  taken();
  const response = await agent.send(url, init);
  const body = await response.text();
  const location = response.headers.get('location');
  return { status: response.status, body, next: location ? new URL(location, url).href : '', trips: taken() };
}

async function submission(agent: UserAgent, page: { readonly body: string }, url: string) {
  const [form] = formsOf(page.body);
  const fields = { ...form?.fields, identifier: user.identifier, 'credentials.passcode': user.password };
  return step(agent, url, { method: 'POST', body: new URLSearchParams(fields), headers: { origin: node.issuer } });
}

async function redemption(request: Request, callback: string) {
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: 'notes',
    redirect_uri: redirectUri,
    code: new URL(callback).searchParams.get('code') ?? '',
    code_verifier: request.verifier,
  });
  return step(new UserAgent(), `${node.issuer}/oauth2/v1/token`, { method: 'POST', body });
}

/** The five requests of a user who has no session, and the tokens that come out. */
async function firstLogin(agent: UserAgent) {
  const request = await authorizationRequest(app);
  const authorize = await step(agent, request.url);
  const page = await step(agent, authorize.next);
  const submit = await submission(agent, page, authorize.next);
  const resume = await step(agent, submit.next);
  const token = await redemption(request, resume.next);
  expect({ page: page.status, token: token.status }).toEqual({ page: 200, token: 200 });
  return { authorize, page, submit, resume, token, tokens: JSON.parse(token.body) as Tokens };
}

describe('round trips to Redis', () => {
  test('a first login on one page: five requests, eight round trips', async () => {
    const { authorize, page, submit, resume, token } = await firstLogin(new UserAgent());
    expect(authorize.trips).toEqual(['commit']);
    expect(page.trips).toEqual(['load']);
    expect(submit.trips).toEqual(['load', 'commit']);
    expect(resume.trips).toEqual(['load', 'commit']);
    expect(token.trips).toEqual(['load', 'commit']);
  });

  test('single sign-on, and the token', async () => {
    const agent = new UserAgent();
    await firstLogin(agent);
    const request = await authorizationRequest(app);
    const authorize = await step(agent, request.url);
    expect(authorize.next).toContain(`${redirectUri}?code=`);
    expect(authorize.trips).toEqual(['load', 'commit']);
    expect((await redemption(request, authorize.next)).trips).toEqual(['load', 'commit']);
  });

  test('refresh and userinfo', async () => {
    const { tokens } = await firstLogin(new UserAgent());
    const headers = { authorization: `Bearer ${tokens.access_token}` };
    const userinfo = await step(new UserAgent(), `${node.issuer}/oauth2/v1/userinfo`, { headers });
    expect(userinfo).toMatchObject({ status: 200, trips: ['load'] });
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'notes',
      refresh_token: tokens.refresh_token,
    });
    const refresh = await step(new UserAgent(), `${node.issuer}/oauth2/v1/token`, { method: 'POST', body });
    expect(refresh).toMatchObject({ status: 200, trips: ['load', 'commit'] });
  });

  test('discovery and keys ask for nothing', async () => {
    const discovery = await step(new UserAgent(), `${node.issuer}/.well-known/openid-configuration`);
    const keys = await step(new UserAgent(), `${node.issuer}/oauth2/v1/keys`);
    expect([discovery.status, keys.status, ...discovery.trips, ...keys.trips]).toEqual([200, 200]);
  });
});
