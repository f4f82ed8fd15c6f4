/** Scopes that a rule grants: tokens carry no more, and no later request talks them up. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { postToken, redeemCode } from '../../support/clients/raw-client.ts';
import {
  beginSignIn,
  currentStep,
  identify,
  signOnPolicy,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

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

test('scopes that a rule takes away may come back, up to the authorized ones', async () => {
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

const named = {
  userinfo: { email: null, preferred_username: null },
  id_token: { email: { essential: true }, groups: null },
};

async function signedInNaming(claims: unknown, scope = 'openid offline_access') {
  const user = await userWithPassword(node, ['staff'], { email: 'named@demo.test' });
  const { agent, page, request } = await beginSignIn(node, {
    client_id: 'notes',
    scope,
    claims: JSON.stringify(claims),
  });
  if (currentStep(page) !== 'identify') return { step: currentStep(page) };
  const done = await identify(agent, page, user);
  if (currentStep(done) !== 'code') return { step: currentStep(done) };
  const { tokens } = await redeemCode(node.issuer, request, done.url);
  return { step: 'code', tokens };
}

const claimsIn = (idToken: unknown) =>
  Object.keys(JSON.parse(Buffer.from(String(idToken).split('.')[1] ?? '', 'base64url').toString()) as object);

test('a claim that is asked for by name counts with its scope', async () => {
  await node.configure(granting('profile'));
  const { tokens } = await signedInNaming(named);
  expect(claimsIn(tokens?.id_token)).not.toEqual(expect.arrayContaining(['email']));
  expect(claimsIn(tokens?.id_token)).not.toEqual(expect.arrayContaining(['groups']));
  expect(await claimsBy(tokens?.access_token)).toContain('preferred_username');
  expect(await claimsBy(tokens?.access_token)).not.toContain('email');
  const second = await refreshed(tokens?.refresh_token);
  expect(claimsIn(second.id_token)).not.toContain('email');
  expect(await claimsBy(second.access_token)).not.toContain('email');
  // What the authorization did not grant does not come later, and what a rule took back does.
  await node.configure(granting('email'));
  const third = await refreshed(second.refresh_token);
  expect(await claimsBy(third.access_token)).toEqual(['sub']);
  await node.configure(signOnPolicy('notes', { then: { allow: { factors: 1 } } }));
  expect(await claimsBy((await refreshed(third.refresh_token)).access_token)).toContain('preferred_username');
});

test('without a rule that grants scopes, claims are given as they are asked for', async () => {
  await node.configure(signOnPolicy('notes', { then: { allow: { factors: 1 } } }));
  const { tokens } = await signedInNaming(named);
  expect(claimsIn(tokens?.id_token)).toEqual(expect.arrayContaining(['email', 'groups']));
  const { refresh_token: next, access_token: token } = await refreshed(tokens?.refresh_token);
  expect(await claimsBy(token)).toEqual(expect.arrayContaining(['email', 'preferred_username']));
  await node.configure(granting('email'));
  const second = await refreshed(next);
  expect(claimsIn(second.id_token)).toContain('email');
  expect(claimsIn(second.id_token)).not.toContain('groups');
  expect(await claimsBy(second.access_token)).not.toContain('preferred_username');
});

test('a rule about a scope is about its claims', async () => {
  await node.configure(
    signOnPolicy('notes', { when: { scopes: { any: ['email'] } }, then: 'deny' }, { then: { allow: { factors: 1 } } }),
  );
  expect(await signedInNaming({ userinfo: { email: null } })).toEqual({ step: 'denied.rule' });
  expect((await signedInNaming({ userinfo: { name: null } })).step).toBe('code');
});

test('an app gets no claim of a scope that it may not ask for', async () => {
  const text = readFileSync(new URL('../../../config/apps/notes.yaml', import.meta.url), 'utf8');
  await node.configure({
    'apps/notes.yaml': text.replace('\nclient:\n', '\nclient:\n  scope: openid profile offline_access\n'),
    ...signOnPolicy('notes', { then: { allow: { factors: 1 } } }),
  });
  const { tokens } = await signedInNaming(named, 'openid profile offline_access');
  expect(claimsIn(tokens?.id_token)).not.toContain('email');
  expect(await claimsBy(tokens?.access_token)).toContain('preferred_username');
  expect(await claimsBy(tokens?.access_token)).not.toContain('email');
});

test('an app may ask for scopes of an API, whatever its `client.scope` lists', async () => {
  const api = 'https://api.example.test/';
  const settings = readFileSync(new URL('../../../config/stepgate.yaml', import.meta.url), 'utf8');
  const app = readFileSync(new URL('../../../config/apps/notes.yaml', import.meta.url), 'utf8');
  await node.configure({
    'stepgate.yaml': `${settings}\nresources: [{ indicator: ${api}, scopes: [read, write] }]\n`,
    'apps/notes.yaml': app.replace('\nclient:\n', `\nclient:\n  scope: openid\n`),
    ...signOnPolicy('notes', { then: { allow: { factors: 1 } } }),
  });
  const user = await userWithPassword(node);
  const { agent, page, request } = await beginSignIn(node, {
    client_id: 'notes',
    scope: 'openid read',
    resource: api,
  });
  const done = await identify(agent, page, user);
  const { tokens } = await redeemCode(node.issuer, request, done.url);
  expect(tokens?.scope).toBe('read');
});
