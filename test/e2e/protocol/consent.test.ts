/** Consent to apps of others: asked once, in words, remembered with the user, and told truthfully in the tokens. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as client from 'openid-client';
import { appFile, authorize, authorizeSilently, type OpenNode, openNode } from '../../support/clients/authorize.ts';
import {
  authorizationRequest,
  discover,
  type RelyingParty,
  redeem,
  signIn,
  type TestUser,
} from '../../support/clients/relying-party.ts';
import { answerStep, currentStep, formOf } from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

const settings = {
  brand: { name: 'Stepgate' },
  zones: { office: { cidrs: ['192.0.2.0/24'] } },
  scopes: {
    orders: {
      claims: ['orders'],
      label: { en: 'See your orders', de: 'Ihre Bestellungen sehen' },
      help: 'All of them.',
    },
  },
  resources: [
    { indicator: 'https://api.example/', scopes: ['read', { scope: 'write', label: 'Change your documents' }] },
  ],
};

const files = {
  'stepgate.yaml': JSON.stringify(settings),
  ...appFile('partner', { firstParty: false, requiredScopes: ['profile'] }),
  ...appFile('own'),
};

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let partner: RelyingParty;
  let own: RelyingParty;
  beforeAll(async () => {
    opened = await openNode(storeUnderTest, { files });
    partner = await discover(opened.node.issuer, 'partner');
    own = await discover(opened.node.issuer, 'own');
  });
  afterAll(() => opened?.stop());

  const asked = 'openid profile email phone';
  const stored = async (id: string) => (await opened.node.app.directory.get(id))?.user.apps?.partner;

  interface Consenting {
    readonly agent: UserAgent;
    readonly user: TestUser & { readonly id: string };
    readonly page: Page;
    readonly finish: (page: Page) => ReturnType<typeof redeem>;
  }

  /** As far as the page of consent. */
  async function consenting(
    parameters: Readonly<Record<string, string>> = { scope: asked },
    { user, agent = new UserAgent() }: Partial<Pick<Consenting, 'user' | 'agent'>> = {},
  ): Promise<Consenting> {
    const known = user ?? (await newTestUser(opened.node));
    const request = await authorizationRequest(partner, parameters);
    const { page } = await signIn(agent, request.url, known);
    return { agent, user: known, page, finish: ({ url }) => redeem(partner, request, url) };
  }

  /** Ticks these of the optional scopes, and no others. */
  function answer(agent: UserAgent, page: Page, ...ticked: readonly string[]): Promise<Page> {
    const form = mainForm(page);
    if (!form) throw new Error(`no page of consent: ${page.url}`);
    const { stateHandle = '' } = form.fields;
    const boxes = Object.fromEntries(ticked.map((scope) => [`scopes.${scope}`, 'yes']));
    return agent.submit(page, { ...form, fields: { stateHandle } }, boxes);
  }

  test('describes in words what the app gets, with boxes for optional scopes', async () => {
    const { page } = await consenting({ scope: `${asked} orders` });
    expect(currentStep(page)).toBe('consent');
    expect(mainForm(page)?.boxes).toEqual(['scopes.email', 'scopes.phone', 'scopes.orders']);
    expect(mainForm(page)?.fields).toMatchObject({ 'scopes.email': 'yes', 'scopes.orders': 'yes' });
    expect(page.html).toContain('See your orders');
    expect(page.html).toContain('All of them.');
    expect(page.html).not.toContain('name="scopes.profile"');
  });

  test('grants the ticked scopes, rejects the rest, and does not ask again', async () => {
    const { agent, user, page, finish } = await consenting();
    const tokens = await finish(await answer(agent, page, 'phone'));
    expect(tokens.scope).toBe('openid profile phone');
    expect(await client.fetchUserInfo(partner, tokens.access_token, user.id)).not.toHaveProperty('email');
    expect(await stored(user.id)).toMatchObject({
      consent: { granted: ['openid', 'profile', 'phone'], rejected: ['email'] },
    });
    const again = await authorize({ config: partner, parameters: { scope: asked } }, new UserAgent(), user);
    expect(again.asked).toEqual(['identify']);
    expect(again.tokens.scope).toBe('openid profile phone');
    expect((await authorizeSilently(partner, agent, { scope: asked })).tokens?.scope).toBe('openid profile phone');
    expect(opened.node.audit.filter(({ event, subject }) => event === 'consent.given' && subject === user.id)).toEqual([
      expect.objectContaining({ scopes: ['openid', 'profile', 'phone'], rejectedScopes: ['email'] }),
    ]);
  });

  test('asks again only for a scope that was never answered, and shows the others as they were', async () => {
    const { agent, user, page } = await consenting();
    await answer(agent, page, 'phone');
    expect(await authorizeSilently(partner, agent, { scope: `${asked} orders` })).toEqual({
      error: 'consent_required',
    });
    const more = await consenting({ scope: `${asked} orders` }, { user, agent });
    expect(currentStep(more.page)).toBe('consent');
    expect(mainForm(more.page)?.fields).not.toHaveProperty('scopes.email');
    expect(mainForm(more.page)?.fields).toMatchObject({ 'scopes.phone': 'yes', 'scopes.orders': 'yes' });
    expect((await more.finish(await answer(agent, more.page, 'phone', 'orders'))).scope).toBe(
      'openid profile phone orders',
    );
  });

  test('`prompt=consent` asks again, and withdrawn scopes end the tokens of the app', async () => {
    const { agent, user, page, finish } = await consenting();
    const before = await finish(await answer(agent, page, 'phone', 'email'));
    const again = await consenting({ scope: asked, prompt: 'consent' }, { user, agent });
    expect(currentStep(again.page)).toBe('consent');
    const after = await again.finish(await answer(agent, again.page, 'email'));
    expect(after.scope).toBe('openid profile email');
    await expect(client.fetchUserInfo(partner, before.access_token, user.id)).rejects.toThrow();
    await expect(client.refreshTokenGrant(partner, before.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    expect(await client.fetchUserInfo(partner, after.access_token, user.id)).toMatchObject({ sub: user.id });
  });

  test('`prompt=consent` with a new sign-in takes one round', async () => {
    const { agent, page, finish } = await consenting({ scope: asked, prompt: 'login consent' });
    expect(currentStep(page)).toBe('consent');
    expect((await finish(await answer(agent, page, 'email'))).scope).toBe('openid profile email');
  });

  test('a refusal returns `access_denied` to the app, and grants nothing', async () => {
    const { agent, user, page } = await consenting();
    const back = await agent.submit(page, formOf(page, 'cancel'));
    const query = new URL(back.url).searchParams;
    expect([query.get('error'), query.get('error_description')]).toEqual([
      'access_denied',
      'the user did not grant the app access',
    ]);
    expect(await stored(user.id)).toBeUndefined();
    expect(opened.node.audit.some(({ event, subject }) => event === 'consent.refused' && subject === user.id)).toBe(
      true,
    );
  });

  test('apps of the operator ask nothing, also with `prompt=consent`', async () => {
    const user = await newTestUser(opened.node);
    const done = await authorize(
      { config: own, parameters: { scope: asked, prompt: 'consent' } },
      new UserAgent(),
      user,
    );
    expect(done.asked).toEqual(['identify']);
    expect(done.tokens.scope).toBe(asked);
  });

  test('a claim that is asked for by name takes the consent to its scope', async () => {
    const claims = JSON.stringify({ userinfo: { email: null, secret: null } });
    const { agent, user, page, finish } = await consenting({ scope: 'openid', claims });
    expect(mainForm(page)?.boxes).toEqual(['scopes.email']);
    await opened.node.app.directory.update(user.id, () => ({ profile: { email: 'a@x.test', secret: 'hidden' } }));
    const refused = await finish(await answer(agent, page));
    expect(await client.fetchUserInfo(partner, refused.access_token, user.id)).toEqual({ sub: user.id });
    const again = await consenting({ scope: 'openid', claims, prompt: 'consent' }, { user, agent });
    const granted = await again.finish(await answer(agent, again.page, 'email'));
    expect(await client.fetchUserInfo(partner, granted.access_token, user.id)).toEqual({
      sub: user.id,
      email: 'a@x.test',
    });
  });

  test('scopes of an API are asked for, too', async () => {
    const { agent, page, finish } = await consenting({ scope: 'openid read write', resource: 'https://api.example/' });
    expect(page.html).toContain('Change your documents');
    const tokens = await finish(await answer(agent, page, 'read'));
    const [, payload = ''] = tokens.access_token.split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ scope: 'read' });
  });

  test('`offline_access` is asked for with `prompt=consent` only, and counts once it is granted', async () => {
    const scope = 'openid profile offline_access';
    const { agent, user, page, finish } = await consenting({ scope });
    expect(mainForm(page)?.boxes).toEqual([]);
    expect((await finish(await answer(agent, page))).scope).toBe('openid profile');
    const asking = await consenting({ scope, prompt: 'consent' }, { user, agent });
    expect(mainForm(asking.page)?.boxes).toEqual(['scopes.offline_access']);
    expect((await asking.finish(await answer(agent, asking.page, 'offline_access'))).scope).toBe(scope);
    const remembered = await authorize({ config: partner, parameters: { scope } }, agent, user);
    expect(remembered.asked).toEqual([]);
    expect(remembered.tokens.scope).toBe(scope);
  });

  test('the page is the same after a reload, with every box ticked', async () => {
    const { agent, page, finish } = await consenting();
    const reloaded = await agent.open(page.url);
    expect(currentStep(reloaded)).toBe('consent');
    expect((await finish(await answerStep(agent, reloaded, {}))).scope).toBe(asked);
  });
});
