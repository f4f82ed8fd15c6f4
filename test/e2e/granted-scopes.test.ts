/** Scopes that a rule grants: tokens carry no more, and no later request talks them up. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startNode, type TestNode } from '../support/node.ts';
import { postToken, redeemCode } from '../support/raw-client.ts';
import { beginSignIn, currentStep, identify, signOnPolicy, userWithPassword } from '../support/sign-in-flow.ts';

const granting = (...scopes: readonly string[]) => ({
  ...signOnPolicy('notes', { then: { allow: { factors: 1 }, grant: { scopes } } }),
  'policies/profile/default.yaml': JSON.stringify({ name: 'default', rules: [{ name: 'All', then: {} }] }),
});

let node: TestNode;
beforeAll(async () => {
  node = await startNode({ authenticators: ['password'], files: granting('profile') });
});
afterAll(() => node.stop());

const asked = 'openid offline_access profile email';
const sorted = (scope: unknown) => String(scope).split(' ').sort().join(' ');

async function signedIn() {
  const user = await userWithPassword(node);
  const { agent, page, request } = await beginSignIn(node, { client_id: 'notes', scope: asked });
  const done = await identify(agent, page, user);
  expect(currentStep(done)).toBe('code');
  const { tokens } = await redeemCode(node.issuer, request, done.url);
  if (!tokens?.refresh_token) throw new Error('there are no tokens');
  return tokens;
}

async function refreshed(token: unknown, more: Readonly<Record<string, string>> = {}) {
  const grant = { grant_type: 'refresh_token', client_id: 'notes', refresh_token: String(token) };
  const { tokens, ...answer } = await postToken(node.issuer, { ...grant, ...more });
  if (!tokens) throw new Error(JSON.stringify(answer));
  return tokens;
}

async function claimsBy(token: unknown): Promise<readonly string[]> {
  const answer = await fetch(`${node.issuer}/oauth2/v1/userinfo`, { headers: { authorization: `Bearer ${token}` } });
  return Object.keys((await answer.json()) as object);
}

test('a token carries what the rule grants, however it is asked for later', async () => {
  await node.configure(granting('profile'));
  const first = await signedIn();
  expect(sorted(first.scope)).toBe('offline_access openid profile');
  const second = await refreshed(first.refresh_token, { scope: asked });
  expect(sorted(second.scope)).toBe('offline_access openid profile');
  // A rule that grants more comes too late for what was authorized before.
  await node.configure(granting('profile', 'email'));
  const third = await refreshed(second.refresh_token, { scope: asked });
  expect(sorted(third.scope)).toBe('offline_access openid profile');
  expect(sorted((await signedIn()).scope)).toBe('email offline_access openid profile');
});

test('what a rule takes back may come again, up to what was authorized', async () => {
  await node.configure(granting('profile', 'email'));
  const first = await signedIn();
  expect(await claimsBy(first.access_token)).toContain('preferred_username');
  await node.configure(granting('profile'));
  const second = await refreshed(first.refresh_token);
  expect(sorted(second.scope)).toBe('offline_access openid profile');
  await node.configure(granting('email'));
  const third = await refreshed(second.refresh_token);
  expect(sorted(third.scope)).toBe('email offline_access openid');
  expect(await claimsBy(third.access_token)).not.toContain('preferred_username');
  await node.configure(signOnPolicy('notes', { then: { allow: { factors: 1 } } }));
  expect(sorted((await refreshed(third.refresh_token)).scope)).toBe('email offline_access openid profile');
});
