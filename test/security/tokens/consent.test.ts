/**
 * Attacks on consent: nothing is granted that the user did not see, no other browser answers for the user, and what an
 * app had before it had to ask ends.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as client from 'openid-client';
import { appFile, authorize, authorizeSilently, type OpenNode, openNode } from '../../support/clients/authorize.ts';
import { redeemCode, refresh } from '../../support/clients/raw-client.ts';
import { discover, redirectUri } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  formOf,
  identify,
  type SignIn,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let node: TestNode;
  let second: TestNode;
  const partner = { firstParty: false } as const;
  const files = {
    ...appFile('partner', partner),
    ...appFile('changing', partner),
    ...appFile('turned'),
  };
  beforeAll(async () => {
    opened = await openNode(storeUnderTest, { files });
    node = opened.node;
    second = await opened.second();
  });
  afterAll(() => opened?.stop());

  const access = async (id: string, app = 'partner') => (await node.app.directory.get(id))?.user.apps?.[app];

  /** A new user at the page of consent. */
  async function asked(agent = new UserAgent(), app = 'partner') {
    const user = await newTestUser(node);
    const begun = await beginSignIn(node, { client_id: app, scope: 'openid email phone' }, agent);
    const page = await identify(agent, begun.page, user);
    expect(currentStep(page)).toBe('consent');
    return { ...begun, user, page };
  }

  async function scopeOf({ request }: Pick<SignIn, 'request'>, url: string): Promise<unknown> {
    const { tokens } = await redeemCode(node.origin, request, url);
    return (tokens as { readonly scope?: string } | undefined)?.scope;
  }

  test('a form cannot grant what its page did not ask for', async () => {
    const { agent, page, user, ...begun } = await asked();
    const more = { 'scopes.address': 'yes', 'scopes.offline_access': 'yes', 'scopes.__proto__': 'yes' };
    const done = await answerStep(agent, page, more);
    expect(await scopeOf(begun, done.url)).toBe('openid email phone');
    expect((await access(user.id))?.consent?.granted).toEqual(['openid', 'email', 'phone']);
  });

  test('a page that asked for something else than the app does by now is shown again, and records nothing', async () => {
    const { agent, page, user, ...begun } = await asked(new UserAgent(), 'changing');
    await node.configure(appFile('changing', { ...partner, requiredScopes: ['email'] }));
    const form = mainForm(page);
    const again = await agent.submit(page, form && { ...form, fields: { stateHandle: form.fields.stateHandle ?? '' } });
    expect([again.status, currentStep(again), again.messages]).toEqual([422, 'consent', ['consent.changed']]);
    expect(await access(user.id, 'changing')).toBeUndefined();
    expect(mainForm(again)?.boxes).toEqual(['scopes.phone']);
    const done = await answerStep(agent, again, {});
    expect(await scopeOf(begun, done.url)).toBe('openid email phone');
  });

  test('a scope that became required is asked about, also where it was rejected before', async () => {
    const first = await asked();
    const form = mainForm(first.page);
    await first.agent.submit(first.page, form && { ...form, fields: { stateHandle: form.fields.stateHandle ?? '' } });
    expect((await access(first.user.id))?.consent?.rejected).toEqual(['email', 'phone']);
    await node.configure(appFile('partner', { ...partner, requiredScopes: ['phone'] }));
    const config = await discover(node.issuer, 'partner');
    const silent = await authorizeSilently(config, first.agent, { scope: 'openid email phone' });
    await node.configure(appFile('partner', partner));
    expect(silent).toEqual({ error: 'consent_required' });
  });

  test('a form of another step, of another sign-in, or of none is no answer', async () => {
    const mine = await asked();
    const theirs = await asked();
    const handles = [
      '',
      'x',
      mainForm(theirs.page)?.fields.stateHandle ?? '',
      `${mainForm(mine.page)?.fields.stateHandle}x`,
    ];
    for (const stateHandle of handles) {
      const page = await answerStep(mine.agent, mine.page, { stateHandle });
      expect([page.status, currentStep(page)]).toEqual([409, 'consent']);
    }
    expect(await access(mine.user.id)).toBeUndefined();
  });

  test('of two tabs one wins, and the other is led on', async () => {
    const { agent, page, ...begun } = await asked();
    const done = await answerStep(agent, page, {});
    expect(await scopeOf(begun, done.url)).toBe('openid email phone');
    const late = await answerStep(agent, page, {});
    expect(currentStep(late)).not.toBe('code');
  });

  test('an attacker who planted the sign-in cannot answer for the user who proved', async () => {
    const attacker = new UserAgent();
    const user = await newTestUser(node);
    const begun = await beginSignIn(node, { client_id: 'partner', scope: 'openid email' }, attacker);
    const victim = attacker.copy().via({ [node.issuer]: second.origin });
    const page = await identify(victim, begun.page, user);
    expect(currentStep(page)).toBe('consent');
    const stolen = await answerStep(attacker, page, {});
    expect([stolen.status, stolen.messages]).toEqual([409, ['sign_in.lost']]);
    expect(await access(user.id)).toBeUndefined();
    expect(currentStep(await answerStep(victim, page, {}))).toBe('code');
  });

  test('a refusal leaves the user signed out of the app, and the next request asks again', async () => {
    const { agent, page } = await asked();
    const back = await agent.submit(page, formOf(page, 'cancel'));
    expect(new URL(back.url).searchParams.get('error')).toBe('access_denied');
    expect(back.url.startsWith(redirectUri)).toBe(true);
  });

  test('what an app had before it became a third-party one ends on every node, and it asks', async () => {
    const user = await newTestUser(node);
    const agent = new UserAgent();
    const turned = await discover(node.issuer, 'turned');
    const parameters = { scope: 'openid email offline_access' };
    const { tokens } = await authorize({ config: turned, parameters }, agent, user);
    await node.configure(appFile('turned', partner));
    await second.app.activeRevision.refresh();
    for (const { origin } of [node, second])
      expect((await refresh(origin, 'turned', tokens.refresh_token ?? '')).error).toBe('invalid_grant');
    await expect(client.fetchUserInfo(turned, tokens.access_token, user.id)).rejects.toThrow();
    const begun = await beginSignIn(node, { client_id: 'turned', scope: 'openid email' }, agent);
    expect(currentStep(begun.page)).toBe('consent');
    const done = await answerStep(agent, begun.page, {});
    expect(await scopeOf(begun, done.url)).toBe('openid email');
    await expect(client.fetchUserInfo(turned, tokens.access_token, user.id)).rejects.toThrow();
  });
});
