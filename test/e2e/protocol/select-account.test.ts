/** `prompt=select_account`: the user sees who is signed in, and says with which account to go on. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appFile, authorize, type OpenNode, openNode } from '../../support/clients/authorize.ts';
import {
  authorizationRequest,
  discover,
  type RelyingParty,
  redeem,
  redirectUri,
} from '../../support/clients/relying-party.ts';
import { answerStep, currentStep, formOf, identify } from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

let opened: OpenNode;
let notes: RelyingParty;
beforeAll(async () => {
  const [storeUnderTest] = storesUnderTest;
  if (!storeUnderTest) throw new Error('no store to test');
  opened = await openNode(storeUnderTest, { files: appFile('partner', { firstParty: false }) });
  notes = await discover(opened.node.issuer, 'notes');
});
afterAll(() => opened?.stop());

async function selecting(
  agent: UserAgent,
  parameters: Readonly<Record<string, string>> = {},
): Promise<{ page: Page; subjectOf: (page: Page) => Promise<unknown> }> {
  const request = await authorizationRequest(notes, { prompt: 'select_account', ...parameters });
  const page = await agent.open(request.url, {}, redirectUri);
  return { page, subjectOf: async ({ url }) => (await redeem(notes, request, url)).claims()?.sub };
}

/** A browser in which this user is signed in. */
async function signedIn() {
  const user = await newTestUser(opened.node);
  const agent = new UserAgent();
  await authorize(notes, agent, user);
  return { user, agent };
}

test('a user with a session continues with it, and is asked for nothing else', async () => {
  const { user, agent } = await signedIn();
  const { page, subjectOf } = await selecting(agent);
  expect(currentStep(page)).toBe('select-account');
  expect(page.html).toContain(user.identifier);
  expect(await subjectOf(await answerStep(agent, page, {}))).toBe(user.id);
});

test('or signs in as another user, whose session takes the place of the former one', async () => {
  const { user, agent } = await signedIn();
  const other = await newTestUser(opened.node);
  const { page, subjectOf } = await selecting(agent);
  const first = await agent.submit(page, formOf(page, 'restart'));
  expect(currentStep(first)).toBe('identify');
  expect(await subjectOf(await identify(agent, first, other))).toBe(other.id);
  expect(other.id).not.toBe(user.id);
  expect((await authorize(notes, agent, other)).asked).toEqual([]);
});

test('without a session the user identifies, and is not asked a second time', async () => {
  const user = await newTestUser(opened.node);
  const agent = new UserAgent();
  const { page, subjectOf } = await selecting(agent);
  expect(currentStep(page)).toBe('identify');
  expect(await subjectOf(await identify(agent, page, user))).toBe(user.id);
});

test('an app that names the user gets that user or none', async () => {
  const { user, agent } = await signedIn();
  const claims = JSON.stringify({ id_token: { sub: { value: user.id } } });
  const { page } = await selecting(agent, { claims });
  expect(currentStep(page)).toBe('select-account');
  expect(formOf(page, 'restart')).toBeUndefined();
});

test('the choice comes before a step-up, and is not asked again after it', async () => {
  const { user, agent } = await signedIn();
  const { page } = await selecting(agent, { prompt: 'select_account login' });
  const next = await answerStep(agent, page, {});
  expect(currentStep(next)).toBe('challenge:password');
  const done = await answerStep(agent, next, { 'credentials.passcode': user.password });
  expect(currentStep(done)).toBe('code');
});

test('`select_account consent` asks for both, in one round', async () => {
  const { user, agent } = await signedIn();
  const partner = await discover(opened.node.issuer, 'partner');
  const request = await authorizationRequest(partner, { scope: 'openid email', prompt: 'select_account consent' });
  const page = await agent.open(request.url, {}, redirectUri);
  expect(currentStep(page)).toBe('select-account');
  const consent = await answerStep(agent, page, {});
  expect(currentStep(consent)).toBe('consent');
  const done = await answerStep(agent, consent, {});
  const tokens = await redeem(partner, request, done.url);
  expect([tokens.scope, tokens.claims()?.sub]).toEqual(['openid email', user.id]);
});

test('ending at the page returns `access_denied` to the app', async () => {
  const { agent } = await signedIn();
  const { page } = await selecting(agent);
  expect(currentStep(await agent.submit(page, formOf(page, 'cancel')))).toBe('access_denied');
});
