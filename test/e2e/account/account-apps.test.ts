/** `/account/apps`: consents and access that outlives the session are shown, and ended at once. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as client from 'openid-client';
import {
  appFile,
  authorize,
  authorizeSilently,
  type OpenNode,
  openNode,
  signOut,
} from '../../support/clients/authorize.ts';
import { type NotifiedParty, startNotifiedParty } from '../../support/clients/notified-party.ts';
import { claimsOf, refresh } from '../../support/clients/raw-client.ts';
import {
  authorizationRequest,
  discover,
  type RelyingParty,
  redeem,
  signIn,
  type TestUser,
} from '../../support/clients/relying-party.ts';
import { answerStep, currentStep, formOf } from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent, withoutDraws } from '../../support/pages/user-agent.ts';
import { newTestUser, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { linkTo, visit } from '../../support/users/account-visits.ts';
import { until } from '../../support/values/until.ts';

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let other: TestNode;
  let heard: NotifiedParty;
  let partner: RelyingParty;
  let own: RelyingParty;
  beforeAll(async () => {
    heard = await startNotifiedParty();
    const told = { backchannel_logout_uri: `${heard.origin}/partner` };
    opened = await openNode(storeUnderTest, {
      sendOutbox: true,
      files: {
        ...appFile('partner', { name: 'Partner', firstParty: false, client: told }),
        ...appFile('own', { name: 'Own' }),
      },
    });
    other = await opened.second();
    partner = await discover(opened.node.issuer, 'partner');
    own = await discover(opened.node.issuer, 'own');
  });
  afterAll(async () => {
    await opened?.stop();
    await heard?.stop();
  });

  type Known = TestUser & { readonly id: string };
  const offline = { scope: 'openid email offline_access', prompt: 'consent' };

  async function consented(user: Known, agent: UserAgent, parameters: Readonly<Record<string, string>> = offline) {
    const request = await authorizationRequest(partner, parameters);
    const { page } = await signIn(agent, request.url, user);
    const done = currentStep(page) === 'consent' ? await answerStep(agent, page, {}) : page;
    return redeem(partner, request, done.url);
  }

  /** The page that asks whether the access of the app shall end. */
  async function asking(agent: UserAgent, user: Known, name: string): Promise<Page> {
    const { page } = await visit(opened.node, user, { path: '/account/apps', agent });
    expect(page.html).toContain(name);
    return (await visit(opened.node, user, { path: new URL(linkTo(page, /\/account\/apps\/[\w-]+$/)).pathname, agent }))
      .page;
  }

  const end = (agent: UserAgent, page: Page) => agent.submit(page, formOf(page, 'end-app-access'));
  const isRefused = async (node: TestNode, token: string | undefined) =>
    (await refresh(node.origin, 'partner', token ?? '')).error === 'invalid_grant';

  test('shows the grants in words, and ends them on every node', async () => {
    const user = await newTestUser(opened.node);
    const agent = new UserAgent();
    const tokens = await consented(user, agent);
    const sid = claimsOf(tokens.id_token).sid;
    const page = await asking(agent, user, 'Partner');
    expect(page.html).toContain('See your email address');
    expect(page.html).toContain('Keeps access after you sign out');
    const done = await end(agent, page);
    expect(done.messages).toEqual(['account.done.app_ended']);
    expect(done.html).not.toContain('Partner');
    expect([await isRefused(other, tokens.refresh_token), await isRefused(opened.node, tokens.refresh_token)]).toEqual([
      true,
      true,
    ]);
    await expect(client.fetchUserInfo(partner, tokens.access_token, user.id)).rejects.toThrow();
    expect(await authorizeSilently(partner, agent, { scope: 'openid email' })).toEqual({ error: 'consent_required' });
    await until('the app hears of it', () =>
      heard.notices.some(({ logoutToken }) => claimsOf(logoutToken).sid === sid),
    );
    const events = opened.node.audit.filter(({ subject }) => subject === user.id).map(({ event }) => event);
    expect(events).toContain('account.app_access_ended');
  });

  test('a code that was not redeemed yet ends with it, and a new consent gives new tokens', async () => {
    const user = await newTestUser(opened.node);
    const agent = new UserAgent();
    await consented(user, agent);
    const request = await authorizationRequest(partner, { scope: 'openid email' });
    const { page: waiting } = await signIn(agent, request.url, user);
    await end(agent, await asking(agent, user, 'Partner'));
    await expect(redeem(partner, request, waiting.url)).rejects.toMatchObject({ error: 'invalid_grant' });
    const again = await consented(user, agent, { scope: 'openid email' });
    expect(again.scope).toBe('openid email');
    expect(await isRefused(other, again.refresh_token)).toBe(false);
  });

  test('shows access of the own apps that outlives the session, after signing out, until it is ended', async () => {
    const user = await newTestUser(opened.node);
    const agent = new UserAgent();
    const { tokens } = await authorize({ config: own, parameters: { scope: 'openid offline_access' } }, agent, user);
    const hint = `id_token_hint=${tokens.id_token}&post_logout_redirect_uri=${encodeURIComponent('http://127.0.0.1/')}`;
    await signOut(agent, `${opened.node.issuer}/oauth2/v1/logout?${hint}`, 'everywhere');
    const refreshed = await client.refreshTokenGrant(own, tokens.refresh_token ?? '');
    await end(agent, await asking(agent, user, 'Own'));
    await expect(client.refreshTokenGrant(own, refreshed.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    const { page } = await visit(opened.node, user, { path: '/account/apps', agent });
    expect(withoutDraws(page)).not.toContain('Own');
  });

  test('does not show access that the app gave back, or that never outlived the session', async () => {
    const user = await newTestUser(opened.node);
    const agent = new UserAgent();
    const { tokens } = await authorize({ config: own, parameters: { scope: 'openid offline_access' } }, agent, user);
    await client.tokenRevocation(own, tokens.refresh_token ?? '');
    await authorize({ config: own, parameters: { scope: 'openid' } }, agent, user);
    const { page } = await visit(opened.node, user, { path: '/account/apps', agent });
    expect(page.html).toContain('No apps have access to your account');
  });

  test('a form of another app, of another user or of before a change ends nothing', async () => {
    const [one, two] = [await newTestUser(opened.node), await newTestUser(opened.node)];
    const [first, second] = [new UserAgent(), new UserAgent()];
    const [mine, theirs] = [await consented(one, first), await consented(two, second)];
    const pages = [await asking(first, one, 'Partner'), await asking(second, two, 'Partner')] as const;
    const { stateHandle = '' } = formOf(pages[0], 'end-app-access')?.fields ?? {};
    const foreign = await second.submit(pages[1], formOf(pages[1], 'end-app-access'), { stateHandle });
    expect([foreign.status, foreign.messages]).toEqual([409, ['form.stale']]);
    await authorize(own, first, one);
    await opened.node.app.directory.update(one.id, () => ({ userType: 'other' }));
    expect((await end(first, pages[0])).messages).toEqual(['form.stale']);
    expect([await isRefused(other, mine.refresh_token), await isRefused(other, theirs.refresh_token)]).toEqual([
      false,
      false,
    ]);
  });

  test('needs the proof that a change takes, and a form of this site', async () => {
    const user = await newTestUser(opened.node);
    const agent = new UserAgent();
    await consented(user, agent);
    const page = await asking(agent, user, 'Partner');
    const form = formOf(page, 'end-app-access');
    const action = new URL(form?.action ?? '', page.url).href;
    const body = new URLSearchParams(form?.fields);
    const crossSite = await agent.open(action, { method: 'POST', body, headers: { origin: 'https://evil.test' } });
    expect(crossSite.status).toBe(403);
    const stranger = await new UserAgent().open(action, {
      method: 'POST',
      body,
      headers: { origin: opened.node.issuer },
    });
    expect(currentStep(stranger)).toBe('identify');
  });
});
