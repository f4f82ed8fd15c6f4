/**
 * Remembered browsers and kept sessions under attack: what is waived for one user is waived for no other, and no token
 * states more than was proved.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { oneDay, oneHour } from '../../../src/core/model/durations.ts';
import { credentialsKey } from '../../../src/stores/keys.ts';
import { parseCredentials, serializeCredentials } from '../../../src/users/record/user.ts';
import { appFile, post } from '../../support/clients/authorize.ts';
import { authorization, claimsOf, refresh } from '../../support/clients/raw-client.ts';
import { redirectUri, type TestUser } from '../../support/clients/relying-party.ts';
import { cookieOf, finish, reopened, signInTo as signIn } from '../../support/clients/returning-browser.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  signOnPolicy,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { startTwoNodes, type TwoNodes } from '../../support/servers/two-nodes.ts';
import { linkTo } from '../../support/users/account-visits.ts';

const deviceCookie = 'stepgate-device';
const bothAsked = ['identify', 'challenge:totp'];
const twoFactors = 'urn:okta:loa:2fa:any';
const two = { factors: 2, knowledge: { authenticators: ['password'] }, possession: { maxAge: 'PT1H' } };
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const kept = { idle: 'P14D', absolute: 'P30D' };
const allowed = { primary: 'any', secondFactor: 'never', idle: 'PT2H', absolute: 'P1D' };
const grantTypes = ['authorization_code', 'refresh_token', deviceGrant];

const files = {
  'policies/session.yaml': JSON.stringify({
    rules: [
      { name: 'Visitors', when: { groups: { any: ['visitors'] } }, then: { allow: allowed } },
      { name: 'Everybody', then: { allow: { ...allowed, keepSignedIn: kept } } },
    ],
  }),
  ...appFile('vault', { signOnPolicy: 'vault', client: { grant_types: grantTypes } }),
  ...signOnPolicy('vault', { then: { allow: two, remember: { device: 'P30D' } } }),
  ...appFile('strict', { signOnPolicy: 'strict' }),
  ...signOnPolicy('strict', { then: { allow: two } }),
  ...appFile('treasury', { signOnPolicy: 'treasury' }),
  ...signOnPolicy('treasury', { then: { allow: { factors: 1 }, session: { keepSignedIn: false } } }),
};

let node: TestNode;
let ahead = 0;
const clock = () => Math.floor(Date.now() / 1000) + ahead;

beforeAll(async () => {
  node = await startNode({
    now: clock,
    mail: true,
    users: false,
    files,
  });
});
beforeEach(() => {
  ahead = 0;
});
afterAll(() => node.stop());

type StoredUser = Awaited<ReturnType<typeof userWithTotp>>;

function signInTo(
  app: string,
  agent: UserAgent,
  user: TestUser,
  ticked: readonly string[] = [],
  parameters: Readonly<Record<string, string>> = {},
) {
  return signIn({ node, clock }, app, { agent, user, ticked, parameters });
}

const secretOf = (agent: UserAgent) => cookieOf(agent, node.issuer, deviceCookie);

/** A browser that sends these values as its secret, one cookie for each. */
function browserWith(...secrets: readonly string[]): UserAgent {
  const [only] = secrets;
  if (secrets.length < 2) {
    const agent = new UserAgent();
    agent.setCookie(node.issuer, `${deviceCookie}=${only}; Path=/; expires=Fri, 01 Jan 2100 00:00:00 GMT`);
    return agent;
  }
  // A jar contains one cookie of a name and path; a browser that was tampered with sends more.
  return new UserAgent({ headers: { cookie: secrets.map((secret) => `${deviceCookie}=${secret}`).join('; ') } });
}

/** Proves both factors at `vault` and has the browser remembered; what is left of it when it was closed. */
async function remembering(user: TestUser, agent = new UserAgent()): Promise<UserAgent> {
  const first = await signInTo('vault', agent, user, ['rememberDevice']);
  expect([first.asked, first.where]).toEqual([bothAsked, 'code']);
  ahead += 60;
  return reopened(agent, node.issuer);
}

async function remembered(user: StoredUser) {
  const key = credentialsKey(user.id);
  const value = (await node.store.load([key])).entries.get(key)?.value ?? '[]';
  return parseCredentials(value).flatMap(({ remembered: devices = [] }) => devices);
}

describe('the secret of a browser', () => {
  test('of another user, forged, cut, with more behind it, or as the store has it, waives nothing', async () => {
    const [user, other] = [await userWithTotp(node), await userWithTotp(node)];
    const own = secretOf(await remembering(user));
    const foreign = secretOf(await remembering(other));
    const [stored] = await remembered(user);
    expect(stored).toBeDefined();
    const flipped = `${own.startsWith('A') ? 'B' : 'A'}${own.slice(1)}`;
    const values = [foreign, flipped, own.slice(0, -1), `${own}A`, own.toLowerCase(), ''];
    for (const value of [...values, stored?.browser ?? '', stored?.id ?? '', user.id]) {
      ahead += 60;
      const { asked, claims } = await signInTo('vault', browserWith(value), user);
      expect([value, asked]).toEqual([value, bothAsked]);
      expect(await claims()).toMatchObject({ acr: twoFactors });
    }
    ahead += 60;
    expect((await signInTo('vault', browserWith(own), user)).asked).toEqual(['identify']);
  });

  test('sent twice counts as one browser, and never as both', async () => {
    const [user, other] = [await userWithTotp(node), await userWithTotp(node)];
    const own = secretOf(await remembering(user));
    const foreign = secretOf(await remembering(other));
    const waived: string[] = [];
    for (const who of [user, other]) {
      const begun = await beginSignIn(node, 'vault');
      const form = mainForm(begun.page);
      const jar = begun.agent.cookies(node.issuer).map(({ name, value }) => `${name}=${value}`);
      const cookie = [`${deviceCookie}=${own}`, `${deviceCookie}=${foreign}`, ...jar].join('; ');
      const body = new URLSearchParams({
        ...form?.fields,
        identifier: who.identifier,
        'credentials.passcode': who.password,
      });
      const answer = await fetch(begun.page.url, { method: 'POST', body, headers: { cookie }, redirect: 'manual' });
      if (answer.headers.get('location')?.includes('/oauth2/v1/authorize/')) waived.push(who.id);
    }
    expect(waived).toEqual([user.id]);
  });

  test('planted before the user signs in for the first time, it has no effect afterwards', async () => {
    const [attacker, victim] = [await userWithTotp(node), await userWithTotp(node)];
    const made = secretOf(await remembering(attacker));
    for (const planted of [made, Buffer.alloc(32, 7).toString('base64url')]) {
      ahead += 60;
      const own = await remembering(victim, browserWith(planted));
      expect(secretOf(own)).not.toBe(planted);
      expect((await signInTo('vault', browserWith(planted), victim)).asked).toEqual(bothAsked);
      ahead += 60;
      expect((await signInTo('vault', own, victim)).asked).toEqual(['identify']);
    }
  });

  test('planted by an attacker who has the password and made it known, it has no effect either', async () => {
    const victim = await userWithTotp(node);
    const thief = new UserAgent();
    expect((await signInTo('notes', thief, victim)).where).toBe('code');
    const planted = secretOf(thief);
    ahead += 60;
    const own = await remembering(victim, browserWith(planted));
    expect((await signInTo('vault', reopened(thief, node.issuer), victim)).asked).toEqual(bothAsked);
    ahead += 60;
    expect((await signInTo('vault', own, victim)).asked).toEqual(['identify']);
  });
});

describe('a remembered browser and what the request asks for', () => {
  const essential = JSON.stringify({ id_token: { acr: { essential: true, values: [twoFactors] } } });
  const voluntary = JSON.stringify({ id_token: { acr: { values: [twoFactors] } } });

  test.each([
    ['acr_values', { acr_values: twoFactors }],
    ['acr in the claims, voluntary', { claims: voluntary }],
    ['acr in the claims, essential', { claims: essential }],
    ['several acr_values', { acr_values: `phr ${twoFactors}` }],
  ])('%s: what can be proved is proved, and the token is true', async (_, parameters) => {
    const user = await userWithTotp(node);
    const agent = await remembering(user);
    const { asked, claims } = await signInTo('vault', agent, user, [], parameters);
    expect(asked).toEqual(bothAsked);
    expect(await claims()).toMatchObject({ acr: twoFactors, amr: ['mfa', 'otp', 'pwd'] });
  });

  test.each([
    ['acr_values', { acr_values: twoFactors }, 'interaction_required'],
    ['acr in the claims, essential', { claims: essential }, 'interaction_required'],
    ['max_age', { max_age: '86400' }, 'login_required'],
  ])('%s with prompt=none: an error, for nothing is proved by remembering', async (_, parameters, error) => {
    const user = await userWithTotp(node);
    const agent = await remembering(user);
    expect((await signInTo('vault', agent, user)).asked).toEqual(['identify']);
    const silent = await signInTo('vault', agent, user, [], { prompt: 'none', ...parameters });
    expect(silent.where).toBe(error);
  });

  test('prompt=none and refresh continue with the existing proofs: never the second factor, at no app', async () => {
    const user = await userWithTotp(node);
    const agent = await remembering(user);
    const waived = await signInTo('vault', agent, user, [], { scope: 'openid offline_access' });
    const { tokens } = await waived.tokens();
    const first = claimsOf(tokens?.id_token);
    expect([waived.asked, first.amr]).toEqual([['identify'], ['pwd']]);
    const silent = await signInTo('vault', agent, user, [], { prompt: 'none' });
    expect(await silent.claims()).toMatchObject({ amr: ['pwd'], acr: first.acr, auth_time: first.auth_time });
    expect((await signInTo('strict', agent, user, [], { prompt: 'none' })).where).toBe('interaction_required');
    // Then the second factor is proved at another app: what was issued before still says what it did.
    expect((await signInTo('strict', agent, user)).asked).toEqual(['challenge:totp']);
    const refreshed = await refresh(node.origin, 'vault', tokens?.refresh_token ?? '');
    expect(claimsOf(refreshed.tokens?.id_token)).toMatchObject({
      amr: ['pwd'],
      acr: first.acr,
      auth_time: first.auth_time,
    });
    const asking = { token: refreshed.tokens?.access_token ?? '', client_id: 'vault' };
    const { body } = await post(`${node.origin}/oauth2/v1/introspect`, asking);
    expect(body).toMatchObject({ active: true, acr: first.acr, auth_time: first.auth_time });
  });

  test('a pushed request waives exactly as much as a plain one', async () => {
    const user = await userWithTotp(node);
    const agent = await remembering(user);
    const open = async (parameters: Readonly<Record<string, string>>) => {
      const { url } = authorization(node.issuer, 'vault', parameters);
      const { body } = await post(`${node.origin}/oauth2/v1/par`, new URL(url).searchParams);
      const query = new URLSearchParams({ client_id: 'vault', request_uri: String(body.request_uri) });
      return agent.open(`${node.issuer}/oauth2/v1/authorize?${query}`, {}, redirectUri);
    };
    const strict = await finish(agent, await open({ claims: essential }), { user, clock });
    expect(strict.asked).toEqual(bothAsked);
    ahead += 60;
    const again = reopened(agent, node.issuer);
    const plain = await finish(again, await again.open(authorization(node.issuer, 'vault').url), { user, clock });
    expect(plain.asked).toEqual(['identify']);
  });

  test.each([false, true])(
    'a device flow: the browser that confirms counts, remembered: %s; its tokens are true',
    async (isOwn) => {
      const user = await userWithTotp(node);
      const own = await remembering(user);
      const agent = isOwn ? own : new UserAgent();
      const { body } = await post(`${node.origin}/oauth2/v1/device`, { client_id: 'vault', scope: 'openid' });
      const codeForm = (shown: Page) => shown.forms.find(({ fields: inputs }) => 'user_code' in inputs);
      const page = await agent.open(`${node.issuer}/device`);
      const confirm = await agent.submit(page, codeForm(page), { user_code: String(body.user_code) });
      const { abort: _, ...fields } = codeForm(confirm)?.fields ?? {};
      const form = codeForm(confirm);
      if (!form) throw new Error('no form');
      const start = await agent.submit(confirm, { ...form, fields });
      const { asked } = await finish(agent, start, { user, clock });
      expect(asked).toEqual(isOwn ? ['identify'] : bothAsked);
      const polling = { grant_type: deviceGrant, client_id: 'vault', device_code: String(body.device_code) };
      const { body: tokens } = await post(`${node.origin}/oauth2/v1/token`, polling);
      const { amr } = claimsOf(String(tokens.id_token));
      expect(amr).toEqual(isOwn ? ['pwd'] : ['mfa', 'otp', 'pwd']);
    },
  );
});

describe('what is remembered goes with', () => {
  test('the authenticator: one that is enrolled again is not remembered', async () => {
    const user = await userWithTotp(node);
    const agent = await remembering(user);
    const key = credentialsKey(user.id);
    const entry = (await node.store.load([key])).entries.get(key);
    const left = parseCredentials(entry?.value ?? '').filter(({ authenticator }) => authenticator !== 'totp');
    await node.store.commit([{ op: 'put', key, value: serializeCredentials(left) }]);
    expect((await signInTo('vault', agent, user)).asked).toEqual(['identify', 'enroll:totp']);
    ahead += 60;
    expect((await signInTo('vault', reopened(agent, node.issuer), user)).asked).toEqual(bothAsked);
    expect(await remembered(user)).toEqual([]);
  });

  test('a suspension for as long as it lasts; a reactivation brings no session back', async () => {
    const user = await userWithTotp(node);
    const agent = await remembering(user);
    expect((await signInTo('vault', agent, user)).asked).toEqual(['identify']);
    await node.app.directory.setStatus(user.id, 'suspended');
    expect((await signInTo('vault', agent, user, [], { prompt: 'none' })).where).not.toBe('code');
    const denied = await signInTo('vault', reopened(agent, node.issuer), user);
    expect(denied.where).not.toBe('code');
    await node.app.directory.setStatus(user.id, 'active');
    expect((await signInTo('vault', agent, user, [], { prompt: 'none' })).where).not.toBe('code');
  });

  test('a new password: the browser of a thief of the former one proves everything', async () => {
    const user = await userWithTotp(node);
    const agent = await remembering(user);
    const key = credentialsKey(user.id);
    const entry = (await node.store.load([key])).entries.get(key);
    const own = parseCredentials(entry?.value ?? '').find(({ authenticator }) => authenticator === 'password');
    if (!own) throw new Error('no password');
    const { id: _, createdAt: _at, remembered: _devices, ...same } = own;
    await node.app.directory.setPassword(user.id, same);
    expect((await signInTo('vault', agent, user)).asked).toEqual(bothAsked);
  });
});

test('a remembered browser does not meet the requirement for a change of the account (Law 7)', async () => {
  const user = await userWithTotp(node);
  const agent = await remembering(user);
  expect((await signInTo('vault', agent, user)).asked).toEqual(['identify']);
  for (const path of ['/account/sessions/others', '/account/add/totp', '/account/addresses/add']) {
    const page = await agent.open(`${node.issuer}${path}`);
    expect([path, currentStep(page), page.secret]).toEqual([path, 'challenge:totp', undefined]);
  }
});

describe('a kept session', () => {
  const sessionCookie = (agent: UserAgent) =>
    agent.cookies(node.issuer).find(({ name }) => name === 'stepgate-session');

  test('cannot be gained by a forged box where it is not offered, on any page', async () => {
    const visitor = await userWithPassword(node, ['visitors']);
    const agent = new UserAgent();
    const begun = await beginSignIn(node, 'notes', agent);
    const stepped = await answerStep(agent, begun.page, {
      identifier: visitor.identifier,
      'credentials.passcode': '',
      rememberMe: 'yes',
    });
    const done = await answerStep(agent, stepped, {
      'credentials.passcode': visitor.password,
      rememberMe: 'yes',
      rememberDevice: 'yes',
      keepSignedIn: 'yes',
    });
    expect(currentStep(done)).toBe('code');
    expect(sessionCookie(agent)?.attributes).not.toMatch(/expires|max-age/i);
    ahead += 2 * oneDay;
    expect((await signInTo('notes', agent, visitor, [], { prompt: 'none' })).where).toBe('login_required');
  });

  test('cannot be gained by a forged box at an app whose rules say that none is kept', async () => {
    const user = await userWithPassword(node);
    const agent = new UserAgent();
    const begun = await beginSignIn(node, 'treasury', agent);
    expect(mainForm(begun.page)?.boxes).toEqual([]);
    const stepped = await answerStep(agent, begun.page, { identifier: user.identifier, rememberMe: 'yes' });
    const done = await answerStep(agent, stepped, { 'credentials.passcode': user.password });
    expect(currentStep(done)).toBe('code');
    expect(sessionCookie(agent)?.attributes).not.toMatch(/expires|max-age/i);
    ahead += 2 * oneDay;
    expect((await signInTo('notes', agent, user, [], { prompt: 'none' })).where).toBe('login_required');
  });

  test('ends after its pause at an app whose rules say that none is kept, and goes on at others', async () => {
    const user = await userWithPassword(node);
    const agent = new UserAgent();
    await signInTo('notes', agent, user, ['rememberMe']);
    const silentAt = async (app: string) => (await signInTo(app, agent, user, [], { prompt: 'none' })).where;
    ahead += oneHour;
    expect(await silentAt('treasury')).toBe('code');
    ahead += 3 * oneHour;
    expect([await silentAt('treasury'), await silentAt('notes')]).toEqual(['interaction_required', 'code']);
  });

  test('is not kept any longer by the cookie: an attacker who copies it and waits is asked', async () => {
    const user = await userWithPassword(node);
    const agent = new UserAgent();
    await signInTo('notes', agent, user, ['rememberMe']);
    ahead += 31 * oneDay;
    expect((await signInTo('notes', agent, user, [], { prompt: 'none' })).where).toBe('login_required');
  });

  const endings: Readonly<Record<string, (user: StoredUser) => Promise<unknown>>> = {
    'a reset': ({ id }) => node.app.directory.resetAuthenticators(id, 'webauthn'),
    'a suspension': ({ id }) => node.app.directory.setStatus(id, 'suspended'),
    'signing out everywhere else': async (user) => {
      const elsewhere = new UserAgent();
      const start = await elsewhere.open(`${node.issuer}/account/sessions/others`);
      const { page } = await finish(elsewhere, start, { user, clock });
      await elsewhere.submit(
        page,
        page.forms.find(({ step }) => step === 'end-others'),
      );
    },
  };

  test.each(Object.keys(endings))('ends with %s, and so do its refresh tokens', async (ending) => {
    const user = await userWithTotp(node);
    const agent = new UserAgent();
    const first = await signInTo('notes', agent, user, ['rememberMe'], { scope: 'openid offline_access' });
    const { tokens } = await first.tokens();
    expect(tokens?.refresh_token).toBeDefined();
    expect(sessionCookie(agent)?.attributes).toMatch(/expires/i);
    const silent = async () => (await signInTo('notes', agent, user, [], { prompt: 'none' })).where;
    expect(await silent()).toBe('code');
    await endings[ending]?.(user);
    expect(await silent()).toBe('login_required');
    expect((await refresh(node.origin, 'notes', tokens?.refresh_token ?? '')).error).toBe('invalid_grant');
  });
});

describe('two nodes on one Redis', () => {
  let both: TwoNodes;
  beforeAll(async () => {
    both = await startTwoNodes({ files });
  });
  afterAll(() => both.stop());

  const on = (agent: UserAgent, index: 0 | 1) => agent.via({ [both.issuer]: both.nodes[index].origin });
  const returning = () => ({ node: both.nodes[0], clock: () => Math.floor(Date.now() / 1000) });

  test.each([0, 1] as const)(
    'ticked on one, waived on the other, forgotten on one, asked on both: %i',
    async (first) => {
      const other = first === 0 ? 1 : 0;
      const user = await userWithTotp(both.nodes[first]);
      const agent = on(new UserAgent(), first);
      const ticked = await signIn(returning(), 'vault', { agent, user, ticked: ['rememberDevice'] });
      expect([ticked.asked, ticked.where]).toEqual([bothAsked, 'code']);
      const later = reopened(agent, both.issuer);
      expect((await signIn(returning(), 'vault', { agent: on(later, other), user })).asked).toEqual(['identify']);
      const forgetting = on(agent, other);
      const overview = await forgetting.open(`${both.issuer}/account/devices`);
      const page = await forgetting.open(linkTo(overview, /^\/account\/devices\//));
      const forget = page.forms.find(({ step }) => step === 'forget-device');
      const during = reopened(later, both.issuer);
      const [forgotten, raced] = await Promise.all([
        forgetting.submit(page, forget),
        signIn(returning(), 'vault', { agent: on(during, first), user: { ...user } }),
      ]);
      expect(forgotten.url).toContain('done=device_forgotten');
      if (raced.where === 'code' && raced.asked.length === 1) expect((await raced.claims()).amr).toEqual(['pwd']);
      for (const index of [first, other] as const) {
        const begun = await beginSignIn(both, 'vault', on(reopened(later, both.issuer), index));
        const next = await answerStep(begun.agent, begun.page, {
          identifier: user.identifier,
          'credentials.passcode': user.password,
        });
        expect(currentStep(next)).toBe('challenge:totp');
      }
    },
  );

  test('nothing went wrong inside', () => {
    const errors = both.nodes.flatMap((each) => each.errors);
    expect(errors.filter((error) => ((error as { status?: number }).status ?? 500) >= 500)).toEqual([]);
  });
});

test('nothing went wrong inside', () => {
  expect(node.errors.filter((error) => ((error as { status?: number }).status ?? 500) >= 500)).toEqual([]);
});
