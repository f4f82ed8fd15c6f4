/** After any first proof, by any path, an app that asks for two factor types gives nothing before both were proved. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { appFile, type OpenNode, openNode, post } from '../../support/clients/authorize.ts';
import { confirmDevice, deviceGrant, pollTokens, waitingDevice } from '../../support/clients/device-grant.ts';
import { authorization, claimsOf, redeemCode } from '../../support/clients/raw-client.ts';
import { redirectUri } from '../../support/clients/relying-party.ts';
import { beginSignIn, currentStep } from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import type { TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { type CapabilityName, type Holder, settingsWithAllAuthenticators } from '../../support/users/enrolled-users.ts';
import {
  demands,
  type FirstFactor,
  firstFactors,
  ownerOf,
  sessionBy,
  truthOf,
} from '../../support/users/first-factors.ts';
import { appsThatAsk, beginIdentified, prove } from '../../support/users/prove-capabilities.ts';

const twoFactors = 'urn:okta:loa:2fa:any';
const essential = JSON.stringify({ id_token: { acr: { essential: true, values: [twoFactors] } } });
const grants = { client: { grant_types: ['authorization_code', 'refresh_token', deviceGrant] } };

let opened: OpenNode;
let node: TestNode;
/** Seconds that the clock of the node is ahead: too few for a code of an authenticator app to be too old. */
let ahead = 0;
const now = () => Math.floor(Date.now() / 1000) + ahead;

beforeAll(async () => {
  const [embedded] = storesUnderTest;
  if (!embedded) throw new Error('no store');
  const apps = Object.keys(demands).map((name) => appFile(name, { signOnPolicy: name, ...grants }));
  const files = Object.assign({}, settingsWithAllAuthenticators, appsThatAsk(demands), ...apps);
  opened = await openNode(embedded, { demo: true, users: false, now, files });
  node = opened.node;
});
beforeEach(() => {
  ahead = 0;
});
afterAll(() => opened.stop());

interface Tokens {
  readonly id_token?: string;
  readonly access_token?: string;
}

/** When something was proved: not before, and not after (by the clock of the node). */
type Moment = readonly [number, number];

interface StartedChallenge {
  readonly app: string;
  readonly agent: UserAgent;
  readonly page: Page;
  /** The first proof was already given. */
  readonly proved?: Moment;
  /** Sign-ins to the app that were completed before. */
  readonly before: number;
  /** What has come out, once the browser is at this page. */
  tokens(page: Page): Promise<Tokens | undefined>;
  /** Asks for the same without a page; what it says. */
  silently?(): Promise<string>;
}

interface Entry {
  /** The value that the request names. */
  readonly acr?: string;
  begin(first: FirstFactor, who: Holder): Promise<StartedChallenge>;
}

async function timed<T>(act: () => Promise<T>): Promise<{ readonly result: T; readonly at: Moment }> {
  const from = now();
  const result = await act();
  return { result, at: [from, now()] };
}

function sufficientSets(app: string): number {
  return node.audit.filter(({ event, client }) => event === 'sign_in.completed' && client === app).length;
}

type Parameters = Readonly<Record<string, string>>;

/** `send`: how the request gets there. */
async function ask(app: string, parameters: Parameters = {}, agent = new UserAgent(), send = openAddress) {
  const before = sufficientSets(app);
  const request = authorization(node.issuer, app, parameters);
  const page = await send(agent, new URL(request.url));
  return {
    ...{ app, agent, page, before },
    tokens: async ({ url }: Page) =>
      url.includes('code=') ? (await redeemCode(node.origin, request, url)).tokens : undefined,
    silently: async () => {
      const { prompt: _, ...asked } = parameters;
      return currentStep((await beginSignIn(node, { client_id: app, ...asked, prompt: 'none' }, agent)).page);
    },
  };
}

function openAddress(agent: UserAgent, url: URL): Promise<Page> {
  return agent.open(url.href, {}, redirectUri);
}

function postForm(agent: UserAgent, { origin, pathname, searchParams }: URL): Promise<Page> {
  return agent.open(`${origin}${pathname}`, { method: 'POST', body: searchParams }, redirectUri);
}

async function push(agent: UserAgent, { origin, searchParams }: URL): Promise<Page> {
  const { body } = await post(`${origin}/oauth2/v1/par`, searchParams);
  const clientId = searchParams.get('client_id') ?? '';
  const query = new URLSearchParams({ client_id: clientId, request_uri: String(body.request_uri) });
  return agent.open(`${origin}/oauth2/v1/authorize?${query}`, {}, redirectUri);
}

async function askDevice(app: string, agent = new UserAgent()): Promise<StartedChallenge> {
  const before = sufficientSets(app);
  const device = await waitingDevice(node, app);
  const page = await confirmDevice(node, device, agent);
  const tokens = async (): Promise<Tokens | undefined> => {
    await opened.pass(5);
    const answer = await pollTokens(node, device);
    if (answer.error === undefined) return answer;
    expect(answer.error).toBe('authorization_pending');
    return undefined;
  };
  return { app, agent, page, before, tokens };
}

/** A browser in which both types were proved a while ago. */
async function returning(who: Holder): Promise<UserAgent> {
  const begun = await beginIdentified(node, 'two', who);
  expect(currentStep((await prove(who, begun, ['password', 'totp'])).page)).toBe('code');
  ahead += 20;
  return begun.agent;
}

const entries: Readonly<Record<string, Entry>> = {
  'an authorization request': { begin: ({ app }) => ask(app) },
  'a request that is posted': { begin: ({ app }) => ask(app, {}, new UserAgent(), postForm) },
  'a pushed request': { begin: ({ app }) => ask(app, {}, new UserAgent(), push) },
  acr_values: { acr: twoFactors, begin: ({ app }) => ask(app, { acr_values: twoFactors }) },
  'an essential acr, at an app that asks for less': {
    acr: twoFactors,
    begin: ({ app }) => ask(app === 'two' ? 'one' : app, { claims: essential }),
  },
  'max_age, with older proofs of both in the session': {
    begin: async ({ app }, who) => ask(app, { max_age: '10' }, await returning(who)),
  },
  'prompt=login, with older proofs of both in the session': {
    async begin({ app }, who) {
      // Without a page nothing can be proved: the session is as good as it was, and that says nothing here.
      const { silently: _, ...begun } = await ask(app, { prompt: 'login' }, await returning(who));
      return begun;
    },
  },
  'a session of this one proof at another app': {
    async begin(first, who) {
      const { result, at } = await timed(() => sessionBy(node, first, who));
      return { ...(await ask(first.app, {}, result.agent)), proved: at };
    },
  },
  'a device, in a browser without a session': { begin: ({ app }) => askDevice(app) },
  'a device, in a browser with a session of this one proof': {
    async begin(first, who) {
      const { result, at } = await timed(() => sessionBy(node, first, who));
      return { ...(await askDevice(first.app, result.agent)), proved: at };
    },
  },
};

/** Neither the browser nor the app nor the device has got anything. */
async function givesNothing(begun: StartedChallenge, page: Page): Promise<void> {
  expect(page.url).not.toContain(redirectUri);
  expect(await begun.tokens(page)).toBeUndefined();
  if (begun.silently) expect(await begun.silently()).toMatch(/_required$|^unmet_authentication_requirements$/);
  expect(sufficientSets(begun.app)).toBe(begun.before);
}

const cells = Object.keys(entries).flatMap((entry) =>
  Object.entries(firstFactors)
    // What is no proof starts no session.
    .filter(([, { isNoProof }]) => !(isNoProof && entry.includes('this one proof')))
    .map(([first]) => [entry, first] as const),
);

test.each(cells)('%s: after %s', async (entryName, firstName) => {
  const [entry, first] = [entries[entryName] as Entry, firstFactors[firstName] as FirstFactor];
  const who = await ownerOf(node, first);
  const begun = await entry.begin(first, who);
  const { agent } = begun;
  let { page } = begun;
  const moments: Moment[] = begun.proved ? [begun.proved] : [];
  if (!begun.proved) {
    await givesNothing(begun, page);
    const { result, at } = await timed(() => first.prove(node, who, { agent, page }));
    page = result;
    if (!first.isNoProof) moments.push(at);
  }
  for (const next of first.rest) {
    await givesNothing(begun, page);
    ahead += 3;
    const { result, at } = await timed(() => prove(who, { agent, page }, [next]));
    expect([next, result.proved]).toEqual([next, [next]]);
    page = result.page;
    moments.push(at);
  }
  const tokens = await begun.tokens(page);
  const claims = claimsOf(tokens?.id_token);
  const proved: readonly CapabilityName[] = [...(first.isNoProof ? [] : [first.capabilities]), ...first.rest];
  const { amr, acr } = truthOf(first, proved);
  expect(claims).toMatchObject({ sub: who.id, amr, acr: entry.acr ?? acr });
  const [earliest = [0, 0]] = moments;
  expect(claims.auth_time).toBeGreaterThanOrEqual(earliest[0]);
  expect(claims.auth_time).toBeLessThanOrEqual(earliest[1]);
  const asking = { token: tokens?.access_token ?? '', client_id: begun.app };
  const { body } = await post(`${node.origin}/oauth2/v1/introspect`, asking);
  expect(body).toMatchObject({ active: true, sub: who.id, acr: claims.acr, auth_time: claims.auth_time });
});
