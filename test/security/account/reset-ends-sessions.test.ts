/** A reset ends every session, token and remembered browser of the account, for every kind of reset. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appFile, post } from '../../support/clients/authorize.ts';
import { confirmDevice, deviceGrant, pollTokens, waitingDevice } from '../../support/clients/device-grant.ts';
import { redeemCode, refresh } from '../../support/clients/raw-client.ts';
import { reopened } from '../../support/clients/returning-browser.ts';
import { answerStep, beginSignIn, currentStep, signOnPolicy } from '../../support/clients/sign-in-flow.ts';
import type { UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { type Holder, holder, settingsWithAllAuthenticators } from '../../support/users/enrolled-users.ts';
import { demands } from '../../support/users/first-factors.ts';
import { appsThatAsk, beginIdentified, chooseAuthenticator, prove } from '../../support/users/prove-capabilities.ts';

let node: TestNode;
beforeAll(async () => {
  const grants = { client: { grant_types: ['authorization_code', 'refresh_token', deviceGrant] } };
  const remembering = { then: { allow: demands.apart, remember: { device: 'P30D' } } };
  node = await startNode({
    users: false,
    files: {
      ...settingsWithAllAuthenticators,
      ...appsThatAsk(demands),
      ...appFile('two', { signOnPolicy: 'two', ...grants }),
      ...signOnPolicy('vault', remembering),
      ...appFile('vault', { signOnPolicy: 'vault' }),
    },
  });
});
afterAll(() => node.stop());

const silently = async (app: string, agent: UserAgent) =>
  currentStep((await beginSignIn(node, { client_id: app, prompt: 'none' }, agent)).page);

/** A browser in which both are proved and remembered, another one, a device, and what the apps and the device got. */
async function everywhere() {
  const who = await holder(node, 'password', 'totp', 'recovery code');
  const own = await beginIdentified(node, 'vault', who);
  const { agent } = own;
  const half = await prove(who, own, ['password']);
  const asks = await chooseAuthenticator(agent, half.page, 'totp');
  const ticked = { ...(await who.answer('totp', asks, agent)), rememberDevice: 'yes' };
  const end = await answerStep(agent, asks, ticked);
  const other = await beginIdentified(node, 'one', who);
  const otherEnd = (await prove(who, other, ['password'])).page;
  const device = await waitingDevice(node, 'two');
  await confirmDevice(node, device, agent);
  const polled = await pollTokens(node, device);
  const issued = [
    { app: 'vault', ...(await redeemCode(node.origin, own.request, end.url)).tokens },
    { app: 'one', ...(await redeemCode(node.origin, other.request, otherEnd.url)).tokens },
    { app: 'two', refresh_token: String(polled.refresh_token), access_token: String(polled.access_token) },
  ];
  return { who, agents: [agent, other.agent] as const, issued };
}

/** The steps after the password, in a browser that was closed. */
async function askedBack(agent: UserAgent, who: Holder): Promise<string> {
  const begun = await beginIdentified({ issuer: node.issuer, agent: reopened(agent, node.issuer) }, 'vault', who);
  return currentStep((await prove(who, begun, ['password'])).page);
}

const activeOf = async (app: string, token = '') => {
  const { body } = await post(`${node.origin}/oauth2/v1/introspect`, { token, client_id: app });
  return body.active;
};

test.each(['recovery_code', 'totp', 'all'])('of %s ends all sessions, tokens and remembered browsers', async (key) => {
  const { who, agents, issued } = await everywhere();
  const renewed = [];
  for (const { app, access_token, refresh_token = '' } of issued) {
    expect([app, await activeOf(app, access_token)]).toEqual([app, true]);
    const { tokens } = await refresh(node.origin, app, refresh_token);
    renewed.push({ app, ...tokens });
  }
  for (const agent of agents) expect(await silently('one', agent)).toBe('code');
  expect(await askedBack(agents[0], who)).toBe('code');
  await node.app.directory.resetAuthenticators(who.id, key);
  for (const { app, access_token, refresh_token = '' } of renewed) {
    expect([app, await activeOf(app, access_token)]).toEqual([app, false]);
    const { error } = await refresh(node.origin, app, refresh_token);
    expect([app, error]).toEqual([app, 'invalid_grant']);
  }
  for (const agent of agents) expect(await silently('one', agent)).toBe('login_required');
  expect(await askedBack(agents[0], who)).not.toBe('code');
});

test('a reset ends issued codes and tokens of a device that were not fetched yet', async () => {
  const who = await holder(node, 'password', 'totp');
  const begun = await beginIdentified(node, 'two', who);
  const { page } = await prove(who, begun, ['password', 'totp']);
  const device = await waitingDevice(node, 'two');
  expect((await confirmDevice(node, device, begun.agent)).status).toBe(200);
  await node.app.directory.resetAuthenticators(who.id, 'webauthn');
  expect((await redeemCode(node.origin, begun.request, page.url)).error).toBe('invalid_grant');
  expect((await pollTokens(node, device)).error).toBe('invalid_grant');
});
