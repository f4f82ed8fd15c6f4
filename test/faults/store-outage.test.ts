/**
 * Redis away, hanging, empty: every answer within 5 seconds and none of them a login; ready again by itself (Law 13).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { StoreUnavailable } from '../../src/errors.ts';
import { openEmbedded } from '../../src/stores/embedded/embedded.ts';
import { storedDocumentKey } from '../../src/stores/keys.ts';
import { openRedis } from '../../src/stores/redis/redis.ts';
import type { Store } from '../../src/stores/store.ts';
import type { LightResponse } from '../support/clients/light-fetch.ts';
import { authorization, redeemCode, refresh } from '../support/clients/raw-client.ts';
import { redirectUri } from '../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  identify,
  passcode,
  userWithPassword,
  userWithTotp,
} from '../support/clients/sign-in-flow.ts';
import { mainForm } from '../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';
import { type RedisServer, startRedis } from '../support/stores/redis.ts';
import { removeDirectory } from '../support/values/remove-directory.ts';

/**
 * Law 13 promises 5 seconds; three times that, for here client and server share a machine that may be busy
 * (milliseconds).
 */
const bound = 15_000;
const stops: (() => Promise<unknown>)[] = [];
const logged: string[] = [];
const write = (line: string) => void logged.push((JSON.parse(line) as { msg: string }).msg);
/** Strangers learn nothing about the store. */
const unready = { status: 'not_ready', reason: 'store_unavailable' };
afterEach(async () => {
  logged.length = 0;
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** A node on a Redis that keeps its data on disk when it is killed. */
async function start(): Promise<{ node: TestNode; redis: RedisServer; again: (empty?: boolean) => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-outage-'));
  stops.push(() => removeDirectory(dir));
  const settings = { appendonly: 'yes', appendfsync: 'always' };
  const redis = await startRedis({ settings, dir });
  stops.push(redis.stop);
  const store = openRedis({ url: redis.url });
  stops.push(store.close);
  const node = await startNode({ store, write });
  stops.push(node.stop);
  return {
    node,
    redis,
    async again(empty = false) {
      await redis.stop();
      if (empty) await rm(join(dir, 'appendonlydir'), { recursive: true, force: true });
      stops.push((await startRedis({ settings, dir, port: redis.port })).stop);
    },
  };
}

/** Looks again until the node says so; the test's own timeout ends it. */
async function until(node: TestNode, ready: boolean): Promise<Record<string, unknown>> {
  for (;;) {
    const answer = await fetch(`${node.origin}/readyz`, { signal: AbortSignal.timeout(bound) });
    const body = (await answer.json()) as Record<string, unknown>;
    if (answer.ok === ready) return body;
    await pause(50);
  }
}

/** One user in the middle of a sign-in, one at its end, and one with tokens. */
async function underWay(node: TestNode) {
  const user = await userWithTotp(node);
  const middle = await beginSignIn(node, 'payroll');
  const atTotp = await identify(middle.agent, middle.page, user);
  const other = await userWithPassword(node);
  const last = await beginSignIn(node, 'notes');
  const answered = await last.agent.send(last.page.url, {
    method: 'POST',
    body: new URLSearchParams({
      ...mainForm(last.page)?.fields,
      identifier: other.identifier,
      'credentials.passcode': other.password,
    }),
  });
  const resume = new URL(answered.headers.get('location') ?? '', node.issuer).href;
  const done = await beginSignIn(node, 'notes');
  const end = await identify(done.agent, done.page, other);
  const unredeemed = await beginSignIn(node, 'notes');
  const out = await identify(unredeemed.agent, unredeemed.page, other);
  const { tokens } = await redeemCode(node.origin, done.request, end.url);
  if (!tokens) throw new Error('no tokens');
  const code = await passcode(user);
  const form = (fields: Readonly<Record<string, string>>): RequestInit => ({
    method: 'POST',
    body: new URLSearchParams(fields),
  });
  const right = { ...mainForm(atTotp)?.fields, ...code };
  const oauth = `${node.issuer}/oauth2/v1`;
  const bearer = { authorization: `Bearer ${tokens.access_token}` };
  const send = (url: string, init: RequestInit = {}) => done.agent.send(url, init);
  const requests: Readonly<Record<string, (signal: AbortSignal) => Promise<LightResponse>>> = {
    'a new authorization': (signal) => send(authorization(node.issuer, 'notes', { prompt: 'login' }).url, { signal }),
    'a silent authorization': (signal) => send(authorization(node.issuer, 'notes', { prompt: 'none' }).url, { signal }),
    'an authorization by form_post': (signal) =>
      send(authorization(node.issuer, 'notes', { response_mode: 'form_post' }).url, { signal }),
    'the step page': (signal) => middle.agent.send(atTotp.url, { signal }),
    'the right answer': (signal) => middle.agent.send(atTotp.url, { ...form(right), signal }),
    'another way': (signal) => middle.agent.send(`${atTotp.url}/select`, { ...form(right), signal }),
    'a restart': (signal) => middle.agent.send(`${atTotp.url}/restart`, { ...form(right), signal }),
    'a cancel': (signal) => middle.agent.send(`${atTotp.url}/cancel`, { ...form(right), signal }),
    'the end': (signal) => last.agent.send(resume, { signal }),
    userinfo: (signal) => send(`${oauth}/userinfo`, { headers: bearer, signal }),
    logout: (signal) => send(`${oauth}/logout`, { signal }),
    'the page of devices': (signal) => send(`${node.issuer}/device?user_code=BCDF-GHJK`, { signal }),
  };
  const api: typeof requests = {
    'a code': (signal) =>
      send(`${oauth}/token`, {
        ...form({
          grant_type: 'authorization_code',
          client_id: 'notes',
          redirect_uri: redirectUri,
          code: new URL(out.url).searchParams.get('code') ?? '',
          code_verifier: unredeemed.request.verifier,
        }),
        signal,
      }),
    'a refresh token': (signal) =>
      send(`${oauth}/token`, {
        ...form({ grant_type: 'refresh_token', client_id: 'notes', refresh_token: tokens.refresh_token ?? '' }),
        signal,
      }),
    revocation: (signal) =>
      send(`${oauth}/revoke`, { ...form({ client_id: 'notes', token: tokens.refresh_token ?? '' }), signal }),
    introspection: (signal) =>
      send(`${oauth}/introspect`, { ...form({ client_id: 'notes', token: tokens.access_token }), signal }),
    'a pushed request': (signal) =>
      send(`${oauth}/par`, {
        ...form({
          client_id: 'notes',
          response_type: 'code',
          redirect_uri: redirectUri,
          code_challenge: 'x'.repeat(43),
          code_challenge_method: 'S256',
        }),
        signal,
      }),
    'a device': (signal) => send(`${oauth}/device`, { ...form({ client_id: 'notes', scope: 'openid' }), signal }),
  };
  return { requests: { ...requests, ...api }, middle, atTotp, right, user, tokens, unredeemed, out };
}

/** What each request got: its status, and what must never be there. */
async function answersTo(requests: Readonly<Record<string, (signal: AbortSignal) => Promise<LightResponse>>>) {
  const answers = Object.entries(requests).map(async ([name, send]) => {
    const answer = await send(AbortSignal.timeout(bound));
    const body = await answer.text();
    const location = answer.headers.get('location') ?? '';
    return [
      name,
      {
        status: answer.status,
        retry: answer.headers.has('retry-after'),
        cookies: answer.headers.getSetCookie().length,
        location: location.replace(/\?.*error=(\w+).*|\/[\w-]{20,}/, ' $1'),
        grants: /[?&]code=|name="code"|access_token/.test(`${location}${body}`),
      },
    ] as const;
  });
  return Object.fromEntries(await Promise.all(answers));
}

const refused = { status: 503, retry: true, cookies: 0, location: '', grants: false };

async function expectRefusals(requests: Parameters<typeof answersTo>[0]): Promise<void> {
  const answers = await answersTo(requests);
  expect(answers).toEqual(Object.fromEntries(Object.keys(requests).map((name) => [name, refused])));
}

describe.each([
  { fault: 'killed', cause: 'SIGKILL' },
  { fault: 'hanging', cause: 'SIGSTOP' },
] as const)('Redis $fault', ({ cause }) => {
  test('503 and Retry-After everywhere, alive, not ready, and then on as if nothing had been', async () => {
    const { node, redis, again } = await start();
    const { requests, middle, atTotp, right, tokens, unredeemed, out } = await underWay(node);
    redis.kill(cause);
    await expectRefusals(requests);
    expect((await fetch(`${node.origin}/livez`)).status).toBe(200);
    expect(await until(node, false)).toEqual(unready);
    if (cause === 'SIGSTOP') redis.kill('SIGCONT');
    else await again();
    await until(node, true);
    const end = await answerStep(middle.agent, atTotp, right);
    // What was sent into the hanging Redis may have been carried out: then the code counts as used.
    expect(cause === 'SIGSTOP' ? ['code', 'challenge:totp'] : ['code']).toContain(currentStep(end));
    const redeemed = await redeemCode(node.origin, unredeemed.request, out.url);
    const refreshed = await refresh(node.origin, 'notes', tokens.refresh_token ?? '');
    for (const { tokens: got, error } of [redeemed, refreshed])
      expect(got !== undefined || (cause === 'SIGSTOP' && error === 'invalid_grant')).toBe(true);
    const fresh = await beginSignIn(node, 'notes');
    expect(currentStep(await identify(fresh.agent, fresh.page, await userWithPassword(node)))).toBe('code');
  });
});

test('Redis comes back empty: not ready, and no user gets in, gets on or stays in', async () => {
  const { node, redis, again } = await start();
  const { requests, user, middle } = await underWay(node);
  redis.kill('SIGKILL');
  await again(true);
  expect(await until(node, false)).toEqual(unready);
  expect(logged).toContainEqual(expect.stringMatching(/^not ready: store_unavailable: .*keys/));
  const answers = await answersTo(requests);
  expect(Object.entries(answers).filter(([, { grants }]) => grants)).toEqual([]);
  const gone = ['the step page', 'the right answer', 'the end', 'userinfo', 'a code', 'a refresh token'];
  for (const name of gone) expect([name, (answers[name]?.status ?? 0) >= 400]).toEqual([name, true]);
  const silent = await middle.agent.open(authorization(node.issuer, 'notes', { prompt: 'none' }).url, {}, redirectUri);
  expect(currentStep(silent)).not.toBe('code');
  const fresh = await beginSignIn(node, 'notes');
  if (mainForm(fresh.page)) expect(currentStep(await identify(fresh.agent, fresh.page, user))).not.toBe('code');
});

describe('a store that answers but accepts no writes', () => {
  test('Redis out of memory: not ready, with an alarm, and ready again by itself', async () => {
    const { node, redis } = await start();
    const admin = new Redis(redis.port);
    stops.push(() => Promise.resolve(admin.disconnect()));
    await admin.config('SET', 'maxmemory', '1');
    expect(await until(node, false)).toEqual(unready);
    expect(String(node.errors.at(-1))).toContain('OOM');
    await admin.config('SET', 'maxmemory', '0');
    await until(node, true);
  });

  test('a database file that was deleted: not ready, and no sign-in is acknowledged', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'stepgate-deleted-'));
    stops.push(() => removeDirectory(dir));
    const store = openEmbedded({ file: join(dir, 'stepgate.db') });
    stops.push(store.close);
    const node = await startNode({ store, write });
    stops.push(node.stop);
    const user = await userWithPassword(node);
    const { agent, page } = await beginSignIn(node, 'notes');
    await rm(join(dir, 'stepgate.db'));
    expect((await identify(agent, page, user)).status).toBe(503);
    expect(await until(node, false)).toEqual(unready);
    expect(logged).toContainEqual(expect.stringMatching(/^not ready: store_unavailable: .*deleted/));
  });
});

test('a lost reply while a document is read: 503 to all who wait for it, and the next try succeeds', async () => {
  const embedded = openEmbedded({ file: ':memory:' });
  stops.push(embedded.close);
  const [documents = ''] = storedDocumentKey('_').split('_');
  let losing = false;
  const load: Store['load'] = async (keys, options) => {
    if (losing && keys.some((key) => key.startsWith(documents))) {
      await pause(50);
      throw new StoreUnavailable('a reply was lost');
    }
    return embedded.load(keys, options);
  };
  const node = await startNode({ store: { ...embedded, load } });
  stops.push(node.stop);
  const { url } = authorization(node.issuer, 'notes');
  const open = async () => (await fetch(url, { redirect: 'manual' })).status;
  losing = true;
  expect(await Promise.all([open(), open(), open()])).toEqual([503, 503, 503]);
  losing = false;
  expect(await open()).toBe(303);
});
