/**
 * The policies decide again whenever a code, a device code or a refresh token is exchanged (Law 5): rules and user as
 * they are now, network and ages as they were at the authorization.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type OpenNode, openNode, post } from '../../support/clients/authorize.ts';
import { confirmDevice, deviceGrant, waitingDevice } from '../../support/clients/device-grant.ts';
import { redeemCode } from '../../support/clients/raw-client.ts';
import { redirectUri, type TestUser } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  identify,
  passcode,
  signOnPolicy,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import type { TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

const office = '192.0.2.7';
const street = '198.51.100.9';
const one = { allow: { factors: 1 } };
const both = { allow: { factors: 2 } };

const settings = (more: object = {}) => ({
  'stepgate.yaml': JSON.stringify({
    brand: { name: 'Test' },
    trustedProxies: 1,
    zones: { office: { cidrs: ['192.0.2.0/24'] } },
    authenticators: { password: { enabled: true }, totp: { enabled: true } },
    ...more,
  }),
});

const from = (ip: string) => new UserAgent({ headers: { 'x-forwarded-for': ip } });

/** What is exchanged for tokens, and the answer of the token endpoint. */
type Exchange = () => Promise<{ readonly error?: unknown; readonly description?: unknown }>;

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let node: TestNode;
  let second: TestNode;

  beforeAll(async () => {
    opened = await openNode(storeUnderTest, { files: settings() });
    node = opened.node;
    second = await opened.second();
  });
  afterAll(() => opened.stop());
  afterEach(() => decide({ then: one }));

  /** The rules of notes, written by one node; exchanges go to the other. */
  const decide = (...rules: Parameters<typeof signOnPolicy>[1][]) => node.configure(signOnPolicy('notes', ...rules));

  const exchange = async (fields: Readonly<Record<string, string>>): Promise<Awaited<ReturnType<Exchange>>> => {
    const { body } = await post(`${second.origin}/oauth2/v1/token`, { client_id: 'notes', ...fields });
    return { error: body.error, description: body.error_description };
  };

  async function signedIn(user: TestUser, agent: UserAgent) {
    const begun = await beginSignIn(node, 'notes', agent);
    let page = await identify(agent, begun.page, user);
    if (currentStep(page) === 'challenge:totp') page = await answerStep(agent, page, await passcode(user));
    expect(currentStep(page)).toBe('code');
    return { request: begun.request, callback: page.url };
  }

  const exchanges: Readonly<Record<string, (user: TestUser, agent: UserAgent) => Promise<Exchange>>> = {
    async 'a code'(user, agent) {
      const { request, callback } = await signedIn(user, agent);
      return () =>
        exchange({
          grant_type: 'authorization_code',
          redirect_uri: redirectUri,
          code: new URL(callback).searchParams.get('code') ?? '',
          code_verifier: request.verifier,
        });
    },
    async 'a device code'(user, agent) {
      const device = await waitingDevice(node, 'notes');
      let page = await identify(agent, await confirmDevice(node, device, agent), user);
      if (currentStep(page) === 'challenge:totp') page = await answerStep(agent, page, await passcode(user));
      expect(page.status).toBe(200);
      return () => exchange({ grant_type: deviceGrant, device_code: device.deviceCode });
    },
    async 'a refresh token'(user, agent) {
      const { request, callback } = await signedIn(user, agent);
      const { tokens } = await redeemCode(second.origin, request, callback);
      return () => exchange({ grant_type: 'refresh_token', refresh_token: tokens?.refresh_token ?? '' });
    },
  };

  describe.each(Object.keys(exchanges))('%s', (kind) => {
    const ready = async (user: TestUser, ip = street): Promise<Exchange> => {
      const prepared = await exchanges[kind]?.(user, from(ip));
      if (!prepared) throw new Error(`there is no ${kind}`);
      return prepared;
    };
    const lastDenial = (subject: string) =>
      node.audit.concat(second.audit).findLast((line) => line.subject === subject && line.outcome === 'deny');
    const event = kind === 'a refresh token' ? 'token.refresh_denied' : 'token.denied';

    test('a rule that denies now, by the groups that the user has now', async () => {
      const user = await userWithPassword(node);
      const redeem = await ready(user);
      await node.app.directory.setGroups(user.id, { add: ['contractors'] });
      await decide({ when: { groups: { any: ['contractors'] } }, then: 'deny' }, { then: one });
      expect(await redeem()).toEqual({ error: 'invalid_grant', description: 'the policies deny this sign-in' });
      expect(lastDenial(user.id)).toMatchObject({
        event,
        client: 'notes',
        reason: 'rule',
        rule: expect.stringContaining('Rule 1'),
      });
    });

    test('a requirement that became stricter, and that these proofs do not meet', async () => {
      const [weak, strong] = [await userWithTotp(node), await userWithTotp(node)];
      const redeem = await ready(weak);
      await decide({ then: both });
      const redeemStrong = await ready(strong);
      expect(await redeem()).toMatchObject({
        error: 'invalid_grant',
        description: expect.stringContaining('sign in again'),
      });
      expect(lastDenial(weak.id)).toMatchObject({ event, reason: 'requirement_unmet' });
      expect(await redeemStrong()).toEqual({});
    });

    test('the network of the user at the authorization, not that of the server of the app', async () => {
      const [there, here] = [await userWithPassword(node), await userWithPassword(node)];
      await decide({ when: { network: { any: ['office'] } }, then: one }, { then: 'deny' });
      const redeem = await ready(here, office);
      expect(await redeem()).toEqual({});
      await decide({ then: one });
      const redeemThere = await ready(there, street);
      await decide({ when: { network: { any: ['office'] } }, then: one }, { then: 'deny' });
      expect((await redeemThere()).error).toBe('invalid_grant');
    });

    test('a proof that was fresh enough then', async () => {
      await decide({ then: { allow: { factors: 1, reauthenticate: 'always' } } });
      const redeem = await ready(await userWithPassword(node));
      expect(await redeem()).toEqual({});
    });
  });
});
