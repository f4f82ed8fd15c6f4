/**
 * An app takes a passkey, and the account policy asks for an authenticator app before one is added (decision 169): the
 * user is led through both, and nothing leads around the first.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { appFile } from '../../support/clients/authorize.ts';
import { claimsOf, redeemCode } from '../../support/clients/raw-client.ts';
import { redirectUri } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  eventsOf,
  formOf,
  identify,
  passcode,
  type SignIn,
  signOnPolicy,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { attestation, optionsOf, whereOf } from '../../support/pages/webauthn.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { fieldsOf, softKeyOf } from '../../support/users/enrolled-users.ts';

const rest = { name: 'Rest', then: { allow: { factors: 1 } } };
const byApp = { factors: 2, possession: { authenticators: ['totp'] } };
const files = {
  ...appFile('strong', { signOnPolicy: 'strong' }),
  ...signOnPolicy('strong', { then: { allow: { possession: { phishingResistant: true } } } }),
  ...appFile('plain', { signOnPolicy: 'plain' }),
  ...signOnPolicy('plain', { then: { allow: { factors: 1 } } }),
  'policies/account.yaml': JSON.stringify({
    rules: [{ name: 'Passkeys', change: { add: ['webauthn'] }, then: { allow: byApp } }, rest],
  }),
  'policies/enrollment.yaml': JSON.stringify({ rules: [{ name: 'All', then: {} }] }),
};

let node: TestNode;
beforeAll(async () => {
  node = await startNode({ authenticators: ['password', 'totp', 'webauthn'], files });
});
beforeEach(() => node.configure(files));
afterAll(() => node.stop());

type User = Awaited<ReturnType<typeof userWithPassword>>;

/** A user with nothing but a password, who has signed in at an app that takes a passkey. */
async function begun(agent = new UserAgent(), known?: User): Promise<SignIn & { readonly user: User }> {
  const user = known ?? (await userWithPassword(node));
  const signIn = await beginSignIn(node, 'strong', agent);
  const asked = await identify(agent, signIn.page, user);
  expect(currentStep(asked)).toBe('challenge:password');
  return { ...signIn, user, page: await answerStep(agent, asked, { 'credentials.passcode': user.password }) };
}

async function setUpTotp(agent: UserAgent, page: Page): Promise<Page> {
  const { secret: totp = '' } = page;
  return answerStep(agent, page, await passcode({ identifier: '', password: '', totp }));
}

function setUpPasskey(agent: UserAgent, page: Page, { id }: Pick<User, 'id'>): Promise<Page> {
  const where = whereOf({ public: optionsOf(page) }, node.issuer);
  return answerStep(agent, page, { ...fieldsOf(attestation(softKeyOf(id), where)) } as Record<string, string>);
}

async function keysOf({ id }: Pick<User, 'id'>): Promise<readonly string[] | undefined> {
  return (await node.app.directory.get(id))?.credentials.map(({ authenticator }) => authenticator);
}

/** Sends a form that the page does not have. */
function forge(
  agent: UserAgent,
  page: Page,
  way: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<Page> {
  const { stateHandle = '' } = mainForm(page)?.fields ?? {};
  const body = new URLSearchParams({ stateHandle, ...fields });
  return agent.open(`${page.url}${way}`, { method: 'POST', body }, redirectUri);
}

test('the user sets up the authenticator app, then the passkey, and gets in by both', async () => {
  const { agent, page, request, user } = await begun();
  expect(currentStep(page)).toBe('enroll:totp');
  const next = await setUpTotp(agent, page);
  expect(currentStep(next)).toBe('enroll:webauthn');
  const done = await setUpPasskey(agent, next, user);
  expect(currentStep(done)).toBe('code');
  expect(await keysOf(user)).toEqual(['password', 'totp', 'webauthn']);
  const { status, tokens } = await redeemCode(node.origin, request, done.url);
  expect(status).toBe(200);
  expect(claimsOf(tokens?.id_token)).toMatchObject({ acr: 'phr', amr: expect.arrayContaining(['mfa', 'otp', 'pwd']) });
  expect(eventsOf(node, user.id).filter((event) => event.startsWith('authenticator.enrolled'))).toEqual([
    'authenticator.enrolled:totp',
    'authenticator.enrolled:webauthn',
  ]);
});

test('the passkey cannot be chosen before, and nothing can be skipped', async () => {
  const { agent, page, user } = await begun();
  const skipped = await forge(agent, page, '/skip');
  expect([skipped.status, currentStep(skipped)]).toEqual([409, 'enroll:totp']);
  const chosen = await forge(agent, page, '/select', { 'authenticator.id': 'webauthn', purpose: 'enroll' });
  expect(currentStep(chosen)).toBe('enroll:totp');
  expect(await keysOf(user)).toEqual(['password']);
  const next = await setUpTotp(agent, page);
  expect(currentStep(await forge(agent, next, '/skip'))).toBe('enroll:webauthn');
  expect(await keysOf(user)).toEqual(['password', 'totp']);
});

test('the page before, sent again after going back, sets up nothing more', async () => {
  const { agent, page, user } = await begun();
  await setUpTotp(agent, page);
  const again = await setUpTotp(agent, page);
  expect([again.status, currentStep(again)]).toEqual([409, 'enroll:webauthn']);
  expect(await keysOf(user)).toEqual(['password', 'totp']);
  expect(currentStep(await setUpPasskey(agent, again, user))).toBe('code');
});

test('a user who gives up keeps what was set up, is signed in nowhere, and goes on from there', async () => {
  const { agent, page, user } = await begun();
  const next = await setUpTotp(agent, page);
  expect(currentStep(await agent.submit(next, formOf(next, 'cancel')))).toBe('access_denied');
  expect(await keysOf(user)).toEqual(['password', 'totp']);
  expect(currentStep((await beginSignIn(node, 'plain', agent)).page)).toBe('identify');
  const again = await begun(agent, user);
  expect(currentStep(again.page)).toBe('challenge:totp');
});

test('in a second tab the user proves everything anew, with what the first one set up', async () => {
  const first = await begun();
  const second = await begun(first.agent, first.user);
  expect([first, second].map(({ page }) => currentStep(page))).toEqual(['enroll:totp', 'enroll:totp']);
  const next = await setUpTotp(first.agent, first.page);
  const late = await setUpTotp(second.agent, second.page);
  expect([late.status, currentStep(late)]).toEqual([409, 'challenge:password']);
  expect(await keysOf(first.user)).toEqual(['password', 'totp']);
  const asked = await answerStep(second.agent, late, { 'credentials.passcode': first.user.password });
  expect(currentStep(asked)).toBe('challenge:totp');
  const chosen = await forge(second.agent, asked, '/select', { 'authenticator.id': 'webauthn', purpose: 'enroll' });
  expect(currentStep(chosen)).toBe('challenge:totp');
  expect(currentStep(await setUpPasskey(first.agent, next, first.user))).toBe('code');
});

test('another browser cannot go on with it', async () => {
  const { agent, page, user } = await begun();
  const next = await setUpTotp(agent, page);
  const foreign = await setUpPasskey(new UserAgent(), next, user);
  expect(foreign.status).toBe(410);
  expect(await keysOf(user)).toEqual(['password', 'totp']);
});

test('a passkey is not kept once the policy forbids it', async () => {
  const { agent, page, user } = await begun();
  const next = await setUpTotp(agent, page);
  const forbidding = [{ name: 'No passkeys', change: { add: ['webauthn'] }, then: 'deny' }, rest];
  await node.configure({ ...files, 'policies/account.yaml': JSON.stringify({ rules: forbidding }) });
  const refused = await setUpPasskey(agent, next, user);
  expect(refused.status).toBe(409);
  expect(await keysOf(user)).toEqual(['password', 'totp']);
});
