/**
 * What a first proof is worth after a restart or on an older page, at /account, and in a refresh when the policy asks
 * for more.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { appFile, type OpenNode, openNode } from '../../support/clients/authorize.ts';
import { confirmDevice, deviceGrant, pollTokens, waitingDevice } from '../../support/clients/device-grant.ts';
import { claimsOf, redeemCode, refresh, type TokenAnswer } from '../../support/clients/raw-client.ts';
import { redirectUri } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  formOf,
  type SignIn,
  signOnPolicy,
} from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import type { TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { linkTo } from '../../support/users/account-visits.ts';
import { type CapabilityName, type Holder, settingsWithAllAuthenticators } from '../../support/users/enrolled-users.ts';
import {
  demands,
  type FirstFactor,
  firstFactors,
  ownerOf,
  sessionBy,
  truthOf,
} from '../../support/users/first-factors.ts';
import { appsThatAsk, name, prove, truth } from '../../support/users/prove-capabilities.ts';

let opened: OpenNode;
let node: TestNode;
let ahead = 0;
const now = () => Math.floor(Date.now() / 1000) + ahead;

beforeAll(async () => {
  const grants = { client: { grant_types: ['authorization_code', 'refresh_token', deviceGrant] } };
  const apps = Object.keys(demands).map((app) => appFile(app, { signOnPolicy: app, ...grants }));
  const files = Object.assign({}, settingsWithAllAuthenticators, appsThatAsk(demands), ...apps);
  const [embedded] = storesUnderTest;
  if (!embedded) throw new Error('no store');
  opened = await openNode(embedded, { demo: true, users: false, now, files });
  node = opened.node;
});
beforeEach(() => {
  ahead = 0;
});
afterAll(() => opened.stop());

const decide = (allow: unknown) => node.configure(signOnPolicy('one', { then: { allow } }));

async function redeemed({ request }: Pick<SignIn, 'request'>, { url }: Page) {
  return (await redeemCode(node.origin, request, url)).tokens;
}

const several = Object.entries(firstFactors).filter(([, { rest }]) => rest.length > 0);

/** The type that the first factor is not comes first: it is what the first proof lacks. */
const anew = ({ rest }: FirstFactor): readonly CapabilityName[] =>
  rest[0] === 'totp' ? ['totp', 'password'] : ['password', 'totp'];

describe.each(several)('after %s', (_name, first) => {
  type StartedChallenge = SignIn & { readonly who: Holder; readonly after: Page };

  async function begin(): Promise<StartedChallenge> {
    const who = await ownerOf(node, first);
    const begun = await beginSignIn(node, first.app);
    const after = await first.prove(node, who, begun);
    expect(currentStep(after)).toMatch(/^(challenge|select)/);
    return { ...begun, who, after };
  }

  /**
   * Everything is proved again: what is missing from the first proof does not complete it. Returns where the browser is
   * at the end.
   */
  async function startsOver({ agent, who }: Pick<StartedChallenge, 'agent' | 'who'>, page: Page): Promise<Page> {
    expect(currentStep(page)).toBe('identify');
    const [missing, other] = anew(first);
    const half = await prove(who, { agent, page: await name(agent, page, who) }, [missing as CapabilityName]);
    expect([half.proved, currentStep(half.page)]).toEqual([[missing], expect.stringMatching(/^(challenge|select)/)]);
    return (await prove(who, { agent, page: half.page }, [other as CapabilityName])).page;
  }

  test.each(['the same user', 'another user'])('a restart by %s: it is forgotten', async (by) => {
    const begun = await begin();
    const who = by === 'another user' ? await ownerOf(node, first) : begun.who;
    const page = await begun.agent.submit(begun.after, formOf(begun.after, 'restart'));
    const end = await startsOver({ ...begun, who }, page);
    const claims = claimsOf((await redeemed(begun, end))?.id_token);
    expect(claims).toMatchObject({ sub: who.id, ...truth(anew(first)) });
  });

  /** What the tokens say after a sign-in in which nothing was proved twice. */
  const wholeTruth = () => truthOf(first, first.isNoProof ? first.rest : [first.capabilities, ...first.rest]);

  test('the address that ends a sign-in, opened before the end: the sign-in continues where it was', async () => {
    const begun = await begin();
    const { agent, who, after } = begun;
    const page = await agent.open(`${node.issuer}/oauth2/v1/authorize/${begun.uid}`, {}, redirectUri);
    expect(currentStep(page)).toBe(currentStep(after));
    const end = await prove(who, { agent, page }, first.rest);
    const claims = claimsOf((await redeemed(begun, end.page))?.id_token);
    expect(claims).toMatchObject({ sub: who.id, ...wholeTruth() });
  });

  test('the address that ends a device’s sign-in, opened before the end: the sign-in continues where it was', async () => {
    const who = await ownerOf(node, first);
    const agent = new UserAgent();
    const device = await waitingDevice(node, first.app);
    const page = await confirmDevice(node, device, agent);
    const after = await first.prove(node, who, { agent, page });
    const early = await agent.open(after.url.replace(/^.*\/signin\//, `${node.issuer}/device/`));
    expect((await pollTokens(node, device)).error).toBe('authorization_pending');
    expect(currentStep(early)).toBe(currentStep(after));
    await prove(who, { agent, page: early }, first.rest);
    await opened.pass(5);
    const { id_token } = await pollTokens(node, device);
    expect(claimsOf(String(id_token))).toMatchObject({ sub: who.id, ...wholeTruth() });
  });

  test('back on the first page: its form proves nothing further, and the sign-in continues', async () => {
    const begun = await begin();
    const { agent, who } = begun;
    const right = await who.answer('password', begun.page, agent);
    const other = await ownerOf(node, first);
    for (const { identifier } of [who, other]) {
      const stale = await answerStep(agent, begun.page, { identifier, ...right });
      expect([stale.status, stale.messages, currentStep(stale)]).toEqual([
        409,
        ['form.stale'],
        currentStep(begun.after),
      ]);
    }
    const { page } = await prove(who, { agent, page: await agent.open(begun.after.url) }, first.rest);
    const claims = claimsOf((await redeemed(begun, page))?.id_token);
    expect(claims).toMatchObject({ sub: who.id, ...wholeTruth() });
  });
});

const opening = Object.entries(firstFactors).filter(([, { isNoProof }]) => !isNoProof);

describe.each(opening)('a session of %s alone', (_name, first) => {
  const missing = anew(first)[0] as CapabilityName;

  test('changes nothing at /account (Law 7); with the strongest proof it does', async () => {
    const who = await ownerOf(node, first);
    const { agent } = await sessionBy(node, first, who);
    const overview = await agent.open(`${node.issuer}/account/methods`);
    const changes = {
      'end-others': `${node.issuer}/account/sessions/others`,
      'add-address': `${node.issuer}/account/addresses/add`,
      rename: linkTo(overview, /^\/account\/authenticators\//),
    };
    for (const [step, url] of Object.entries(changes)) {
      const page = await agent.open(url);
      expect([step, currentStep(page)]).toEqual([step, expect.stringMatching(/^(challenge|select)/)]);
      expect(formOf(page, step)).toBeUndefined();
    }
    const asked = await agent.open(changes['end-others']);
    const { page } = await prove(who, { agent, page: asked }, [missing]);
    expect(formOf(page, 'end-others')).toBeDefined();
    for (const [step, url] of Object.entries(changes))
      expect([step, formOf(await agent.open(url), step)?.step]).toEqual([step, step]);
  });

  describe('where the policy asks for more afterwards', () => {
    afterEach(() => decide(demands.one));

    const told = ({ tokens }: TokenAnswer) => {
      const { amr, acr, auth_time } = claimsOf(tokens?.id_token);
      return { amr, acr, auth_time };
    };

    test('its refresh token states the proofs, and counts only while they are enough', async () => {
      const who = await ownerOf(node, first);
      const session = await sessionBy(node, first, who);
      const { agent } = session;
      const issued = await redeemCode(node.origin, session.request, session.page.url);
      expect(told(issued)).toMatchObject(truthOf(first, [first.capabilities]));
      ahead += 3;
      const refreshed = await refresh(node.origin, 'one', issued.tokens?.refresh_token ?? '');
      expect(told(refreshed)).toEqual(told(issued));
      await decide(demands.apart);
      const weak = refreshed.tokens?.refresh_token ?? '';
      expect((await refresh(node.origin, 'one', weak)).error).toBe('invalid_grant');
      const silent = async (browser: UserAgent) =>
        currentStep((await beginSignIn(node, { client_id: 'one', prompt: 'none' }, browser)).page);
      expect(await silent(agent)).toBe('interaction_required');
      const more = await beginSignIn(node, 'one', agent);
      const { page } = await prove(who, more, [missing]);
      const strong = await redeemed(more, page);
      const raised = {
        ...truthOf(first, [first.capabilities, missing]),
        auth_time: told(issued).auth_time,
      };
      expect(claimsOf(strong?.id_token)).toMatchObject(raised);
      expect((await refresh(node.origin, 'one', weak)).error).toBe('invalid_grant');
      expect(told(await refresh(node.origin, 'one', strong?.refresh_token ?? ''))).toMatchObject(raised);
    });
  });
});
