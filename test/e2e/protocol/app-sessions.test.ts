/** Session length and pauses by the rule of an app, in real sign-ins. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { oneMinute } from '../../../src/core/model/durations.ts';
import { post } from '../../support/clients/authorize.ts';
import { redeemCode } from '../../support/clients/raw-client.ts';
import {
  beginSignIn,
  currentStep,
  identify,
  signOnPolicy,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

let node: TestNode;
let later = 0;
beforeAll(async () => {
  node = await startNode({
    demo: true,
    authenticators: ['password'],
    now: () => Math.floor(Date.now() / 1000) + later,
    files: {
      'policies/session.yaml': JSON.stringify({
        rules: [
          { name: 'All', then: { allow: { primary: 'any', secondFactor: 'never', idle: 'PT8H', absolute: 'P1D' } } },
        ],
      }),
      ...signOnPolicy('notes', { then: { allow: { factors: 1 } } }),
      ...signOnPolicy('payroll', { then: { allow: { factors: 1, any: { maxIdle: 'PT15M' } } } }),
      ...signOnPolicy('shop', { then: { allow: { factors: 1 }, session: { absolute: 'PT1H' } } }),
      'policies/profile/default.yaml': JSON.stringify({ name: 'default', rules: [{ name: 'All', then: {} }] }),
      'apps/shop.yaml': JSON.stringify({
        clientId: 'shop',
        name: 'Shop',
        signOnPolicy: 'shop',
        client: {
          application_type: 'native',
          redirect_uris: ['http://127.0.0.1/cb'],
          grant_types: ['authorization_code', 'refresh_token'],
        },
      }),
    },
  });
});
afterAll(() => node.stop());

async function signedIn(app: string) {
  const agent = new UserAgent();
  const user = await userWithPassword(node);
  const begun = await beginSignIn(node, app, agent);
  const page = await identify(agent, begun.page, user);
  expect(currentStep(page)).toBe('code');
  return { agent, request: begun.request, callback: page.url };
}
const stepAt = async (agent: UserAgent, app: string, more: Readonly<Record<string, string>> = {}) =>
  currentStep((await beginSignIn(node, { client_id: app, ...more }, agent)).page);

test('a pause that was too long stays too long, whatever comes after it', async () => {
  const { agent } = await signedIn('notes');
  later += 10 * oneMinute;
  expect(await stepAt(agent, 'notes')).toBe('code');
  later += 10 * oneMinute;
  expect(await stepAt(agent, 'payroll')).toBe('code');
  later += 16 * oneMinute;
  expect(await stepAt(agent, 'notes')).toBe('code');
  expect(await stepAt(agent, 'payroll')).toBe('challenge:password');
});

test('an app that looks silently whether the user is there is no activity', async () => {
  const { agent } = await signedIn('notes');
  later += 10 * oneMinute;
  expect(await stepAt(agent, 'notes', { prompt: 'none' })).toBe('code');
  later += 10 * oneMinute;
  expect(await stepAt(agent, 'payroll')).toBe('challenge:password');
});

test('a session length ends the session at this app only, and its refresh tokens', async () => {
  const { agent, request, callback } = await signedIn('shop');
  const { tokens } = await redeemCode(node.origin, request, callback);
  const refresh = async (token: unknown) => {
    const fields = { client_id: 'shop', grant_type: 'refresh_token', refresh_token: String(token) };
    return (await post(`${node.origin}/oauth2/v1/token`, fields)).body;
  };
  later += 30 * oneMinute;
  const refreshed = await refresh(tokens?.refresh_token);
  expect(refreshed.error).toBeUndefined();
  later += 31 * oneMinute;
  expect(await refresh(refreshed.refresh_token)).toMatchObject({
    error: 'invalid_grant',
    error_description: 'the session of this app has expired: the user has to sign in again',
  });
  expect(node.audit.findLast(({ event }) => event === 'token.refresh_denied')).toMatchObject({
    reason: 'session_over',
  });
  expect(await stepAt(agent, 'notes')).toBe('code');
  expect(await stepAt(agent, 'shop')).toBe('challenge:password');
});
