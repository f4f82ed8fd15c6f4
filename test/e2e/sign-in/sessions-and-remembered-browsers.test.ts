/**
 * Comfort that weakens nothing: sessions that outlive the browser, browsers for which the second factor is waived, the
 * authenticator used last first.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { generate } from 'otplib';
import { oneDay, oneHour } from '../../../src/core/model/durations.ts';
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import { credentialsKey } from '../../../src/stores/keys.ts';
import type { Store } from '../../../src/stores/store.ts';
import { parseCredentials } from '../../../src/users/record/user.ts';
import { appFile } from '../../support/clients/authorize.ts';
import {
  authorizationRequest,
  discover,
  redeem,
  redirectUri,
  type TestUser,
} from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  identify,
  signOnPolicy,
  userWithPassword,
  userWithTotp,
  wrongCode,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { notifiedEvents } from '../../support/users/account-notifications.ts';
import { linkTo, withEmail } from '../../support/users/account-visits.ts';
import { expectSince } from '../../support/values/epoch-seconds.ts';

const two = {
  factors: 2,
  knowledge: { authenticators: ['password'] },
  possession: { exclude: ['email'], maxAge: 'PT1H' },
};
const remember = { device: 'P30D' };
const session = {
  rules: [
    {
      name: 'Visitors',
      when: { groups: { any: ['visitors'] } },
      then: { allow: { primary: 'any', secondFactor: 'never', idle: 'PT2H', absolute: 'P1D' } },
    },
    {
      name: 'Everybody',
      then: {
        allow: {
          primary: 'any',
          secondFactor: 'never',
          idle: 'PT2H',
          absolute: 'P1D',
          keepSignedIn: { idle: 'P14D', absolute: 'P30D' },
        },
      },
    },
  ],
};

/** As configured; `more` for the policy of the app `vault`. */
function files(vault: Readonly<Record<string, unknown>> = { allow: two, remember }): Record<string, string> {
  return {
    'policies/session.yaml': JSON.stringify(session),
    ...appFile('vault', { signOnPolicy: 'vault' }),
    ...signOnPolicy('vault', { then: vault }),
    ...appFile('strict', { signOnPolicy: 'strict' }),
    ...signOnPolicy('strict', { then: { allow: two } }),
    ...appFile('always', { signOnPolicy: 'always' }),
    ...signOnPolicy('always', { then: { allow: { factors: 1, reauthenticate: 'always' } } }),
  };
}

let node: TestNode;
let ahead = 0;
/** Holds the next commit that writes a session, and tells when it is there. */
let waiting: { readonly until: Promise<void>; readonly reached: () => void } | undefined;
const clock = () => Math.floor(Date.now() / 1000) + ahead;

beforeAll(async () => {
  const embedded = openEmbedded({ file: ':memory:' });
  const commit: Store['commit'] = async (ops) => {
    const holds = ops.some((op) => 'key' in op && op.key.startsWith('sso-session:')) ? waiting : undefined;
    if (holds) waiting = undefined;
    holds?.reached();
    await holds?.until;
    return embedded.commit(ops);
  };
  node = await startNode({ files: files(), now: clock, mail: true, store: { ...embedded, commit } });
});
beforeEach(async () => {
  ahead = 0;
  await node.configure(files());
});
afterAll(() => node.stop());

/** A code that was not used yet, by the clock of the node. */
async function passcode(user: TestUser): Promise<Record<string, string>> {
  const step = Math.max(Math.floor(clock() / 30), (user.step ?? 0) + 1);
  user.step = step;
  return { 'credentials.passcode': await generate({ secret: user.totp ?? '', epoch: step * 30 }) };
}

const sessionCookie = (agent: UserAgent) => agent.cookies(node.issuer).find(({ name }) => name === 'stepgate-session');

/** The browser is closed and opened again: what has no end of its own is gone. */
function reopened(agent: UserAgent): UserAgent {
  const again = new UserAgent();
  for (const { name, value, attributes } of agent.cookies(node.issuer)) {
    if (/expires=/i.test(attributes)) again.setCookie(node.issuer, `${name}=${value}; ${attributes}`);
  }
  return again;
}

/** Ticks boxes and answers until the browser leaves; says what was asked. */
async function finish(agent: UserAgent, start: Page, user: TestUser, ticked: readonly string[] = []) {
  let page = start;
  const asked: string[] = [];
  for (let steps = 0; steps < 6 && !page.url.startsWith(redirectUri); steps += 1) {
    const form = mainForm(page);
    if (!form) break;
    asked.push(currentStep(page));
    const boxes = Object.fromEntries(form.boxes.filter((box) => ticked.includes(box)).map((box) => [box, 'yes']));
    const answer =
      form.step === 'identify'
        ? { identifier: user.identifier, 'credentials.passcode': user.password }
        : form.authenticator === 'password'
          ? { 'credentials.passcode': user.password }
          : await passcode(user);
    page = await answerStep(agent, page, { ...answer, ...boxes });
  }
  return { page, asked, where: currentStep(page) };
}

async function signInTo(
  clientId: string,
  agent: UserAgent,
  user: TestUser,
  ticked: readonly string[] = [],
  parameters = {},
) {
  const config = await discover(node.issuer, clientId);
  const request = await authorizationRequest(config, parameters);
  const start = await agent.open(request.url, {}, redirectUri);
  const done = await finish(agent, start, user, ticked);
  const claims = async () => decodeJwt((await redeem(config, request, done.page.url)).id_token ?? '');
  return { ...done, claims };
}

describe('keep me signed in', () => {
  test('a session ends with the browser unless the user asks for more', async () => {
    const [agent, user] = [new UserAgent(), await userWithPassword(node)];
    expect((await signInTo('notes', agent, user)).where).toBe('code');
    expect(sessionCookie(agent)?.attributes).not.toMatch(/expires|max-age/i);
    const again = reopened(agent);
    expect((await signInTo('notes', again, user)).asked).toEqual(['identify']);
  });

  test('a kept session is still there when the browser comes back, and after the limits of a plain one', async () => {
    const [agent, user] = [new UserAgent(), await userWithPassword(node)];
    const began = clock();
    expect((await signInTo('notes', agent, user, ['rememberMe'])).where).toBe('code');
    const end = /expires=([^;]+)/i.exec(sessionCookie(agent)?.attributes ?? '')?.[1] ?? '';
    expectSince(began + 14 * oneDay, Date.parse(end) / 1000, clock() + 14 * oneDay);
    const again = reopened(agent);
    ahead = 5 * oneDay;
    const silent = await signInTo('notes', again, user, [], { prompt: 'none' });
    expect(silent.where).toBe('code');
    const { auth_time } = await silent.claims();
    expect(clock() - Number(auth_time)).toBeGreaterThanOrEqual(5 * oneDay);
  });

  test('a silent answer that comes after a page leaves the end of the cookie to it', async () => {
    const [agent, user] = [new UserAgent(), await userWithPassword(node)];
    await signInTo('notes', agent, user, ['rememberMe']);
    ahead = 13 * oneDay;
    const [release, reached] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    waiting = { until: release.promise, reached: reached.resolve };
    const silent = signInTo('notes', agent, user, [], { prompt: 'none' });
    await reached.promise;
    await signInTo('notes', agent, user);
    const prolonged = sessionCookie(agent)?.attributes;
    release.resolve();
    expect((await silent).where).toBe('code');
    expect(sessionCookie(agent)?.attributes).toBe(prolonged);
    ahead = 20 * oneDay;
    expect((await signInTo('notes', agent, user, [], { prompt: 'none' })).where).toBe('code');
  });

  test('a plain session does not live that long', async () => {
    const [agent, user] = [new UserAgent(), await userWithPassword(node)];
    await signInTo('notes', agent, user);
    ahead = 5 * oneDay;
    expect((await signInTo('notes', agent, user, [], { prompt: 'none' })).where).toBe('login_required');
  });

  test('a fresh proof that an app requests is asked for all the same', async () => {
    const [agent, user] = [new UserAgent(), await userWithPassword(node)];
    await signInTo('notes', agent, user, ['rememberMe']);
    expect((await signInTo('always', agent, user)).asked).toEqual(['challenge:password']);
    ahead = oneHour;
    expect((await signInTo('notes', agent, user, [], { max_age: '60', prompt: 'none' })).where).toBe('login_required');
  });

  test('a user who is not offered it does not get it, and a forged box changes nothing', async () => {
    const [agent, user] = [new UserAgent(), await userWithPassword(node, ['visitors'])];
    await signInTo('notes', agent, user, ['rememberMe']);
    expect(sessionCookie(agent)?.attributes).not.toMatch(/expires/i);
  });

  test('a policy that takes it back takes it back from the sessions that have it', async () => {
    const [agent, user] = [new UserAgent(), await userWithPassword(node)];
    await signInTo('notes', agent, user, ['rememberMe']);
    const plain = structuredClone(session) as { rules: { then: { allow: Record<string, unknown> } }[] };
    for (const { then } of plain.rules) delete then.allow.keepSignedIn;
    await node.configure({ 'policies/session.yaml': JSON.stringify(plain) });
    const soon = await signInTo('notes', agent, user, [], { prompt: 'none' });
    expect(soon.where).toBe('code');
    expect(sessionCookie(agent)?.attributes).not.toMatch(/expires/i);
    const { page } = await beginSignIn(node, 'notes');
    expect(mainForm(page)?.boxes).toEqual([]);
  });

  test('the box stays ticked while the form comes back, and is cleared by the next user who does not tick it', async () => {
    const user = await userWithPassword(node);
    const { agent, page } = await beginSignIn(node, 'notes');
    expect(mainForm(page)?.boxes).toEqual(['rememberMe']);
    const wrong = { identifier: user.identifier, 'credentials.passcode': 'not it, not it', rememberMe: 'yes' };
    const again = await answerStep(agent, page, wrong);
    expect(mainForm(again)?.fields.rememberMe).toBe('yes');
    const form = mainForm(again);
    if (!form) throw new Error('no form');
    const { rememberMe: _, ...unticked } = form.fields;
    const right = { identifier: user.identifier, 'credentials.passcode': user.password };
    await agent.submit(again, { ...form, fields: unticked }, right);
    expect(sessionCookie(agent)?.attributes).not.toMatch(/expires/i);
  });
});

describe('remembered devices', () => {
  /** Signs in to `vault` with both factors and asks the browser to remember. */
  async function remembering(user: TestUser, agent = new UserAgent()): Promise<UserAgent> {
    const first = await signInTo('vault', agent, user, ['rememberDevice']);
    expect(first).toMatchObject({ asked: ['identify', 'challenge:totp'], where: 'code' });
    expect(await first.claims()).toMatchObject({ acr: 'urn:okta:loa:2fa:any', amr: ['mfa', 'otp', 'pwd'] });
    return reopened(agent);
  }

  test('waive the second factor, and the tokens say so', async () => {
    const user = await userWithTotp(node);
    const agent = await remembering(user);
    ahead = 2 * oneDay;
    const began = clock();
    const next = await signInTo('vault', agent, user);
    expect(next).toMatchObject({ asked: ['identify'], where: 'code' });
    const claims = await next.claims();
    expect(claims).toMatchObject({ amr: ['pwd'] });
    expect(claims.acr).not.toBe('urn:okta:loa:2fa:any');
    expectSince(began, claims.auth_time, clock());
    const line = node.audit.findLast(({ event, subject }) => event === 'sign_in.completed' && subject === user.id);
    expect(line).toMatchObject({ waived: ['totp'], amr: ['pwd'], factors: ['knowledge'] });
  });

  test('only when the user asked for it', async () => {
    const [agent, user] = [new UserAgent(), await userWithTotp(node)];
    await signInTo('vault', agent, user);
    expect((await signInTo('vault', reopened(agent), user)).asked).toEqual(['identify', 'challenge:totp']);
  });

  test('for as long as the rule says, and only while it says so', async () => {
    const user = await userWithTotp(node);
    const agent = await remembering(user);
    await node.configure(files({ allow: two, remember: { device: 'P1D' } }));
    ahead = 2 * oneDay;
    expect((await signInTo('vault', reopened(agent), user)).asked).toEqual(['identify', 'challenge:totp']);
    await node.configure(files({ allow: two }));
    ahead = 2 * oneDay + 60;
    expect((await signInTo('vault', reopened(agent), user)).asked).toEqual(['identify', 'challenge:totp']);
    await node.configure(files());
    ahead = 31 * oneDay;
    expect((await signInTo('vault', reopened(agent), user)).asked).toEqual(['identify', 'challenge:totp']);
  });

  test('not for another user, another browser, or an app whose rule does not say so', async () => {
    const [user, other] = [await userWithTotp(node), await userWithTotp(node)];
    const agent = await remembering(user);
    expect((await signInTo('vault', reopened(agent), other)).asked).toEqual(['identify', 'challenge:totp']);
    ahead = 60;
    expect((await signInTo('vault', new UserAgent(), user)).asked).toEqual(['identify', 'challenge:totp']);
    ahead = 120;
    expect((await signInTo('strict', reopened(agent), user)).asked).toEqual(['identify', 'challenge:totp']);
  });

  test.each([
    ['max_age', { max_age: '1000000' }],
    ['prompt=login', { prompt: 'login' }],
    [
      'an essential acr',
      { claims: JSON.stringify({ id_token: { acr: { essential: true, value: 'urn:okta:loa:2fa:any' } } }) },
    ],
  ])('not when the request asks for proofs by %s', async (_, parameters) => {
    const user = await userWithTotp(node);
    const agent = await remembering(user);
    ahead = 60;
    const next = await signInTo('vault', agent, user, [], parameters);
    expect(next).toMatchObject({ asked: ['identify', 'challenge:totp'], where: 'code' });
  });

  test('not when the rule asks for every proof again', async () => {
    const user = await userWithTotp(node);
    const agent = await remembering(user);
    await node.configure(files({ allow: { ...two, possession: { maxAge: 'PT0S' } } }));
    ahead = 60;
    expect((await signInTo('vault', agent, user)).asked).toEqual(['identify', 'challenge:totp']);
  });

  test('the secret of the browser is in no store, and is of no use to another browser', async () => {
    const user = await userWithTotp(node);
    const agent = await remembering(user);
    const secret = agent.cookies(node.issuer).find(({ name }) => name.endsWith('device'))?.value ?? '';
    expect(secret.length).toBeGreaterThan(40);
    const key = credentialsKey(user.id);
    const stored = (await node.store.load([key])).entries.get(key)?.value ?? '';
    expect(stored).not.toContain(secret);
    const totp = parseCredentials(stored).find(({ authenticator }) => authenticator === 'totp');
    expect(totp?.remembered).toHaveLength(1);
    const forged = new UserAgent();
    forged.setCookie(node.issuer, `stepgate-device=${totp?.remembered?.[0]?.browser}; Path=/`);
    ahead = 60;
    expect((await signInTo('vault', forged, user)).asked).toEqual(['identify', 'challenge:totp']);
  });

  test('a secret that an attacker planted before the first sign-in has no effect afterwards', async () => {
    const [attacker, user] = [await userWithTotp(node), await userWithTotp(node)];
    const evil = new UserAgent();
    await signInTo('vault', evil, attacker, ['rememberDevice']);
    const planted = evil.cookies(node.issuer).find(({ name }) => name === 'stepgate-device')?.value ?? '';
    const victim = new UserAgent();
    victim.setCookie(node.issuer, `stepgate-device=${planted}; Path=/; expires=Fri, 01 Jan 2100 00:00:00 GMT`);
    await signInTo('vault', victim, user, ['rememberDevice']);
    const own = victim.cookies(node.issuer).find(({ name }) => name === 'stepgate-device')?.value;
    expect(own).not.toBe(planted);
    ahead = 60;
    expect((await signInTo('vault', reopened(evil), user)).asked).toEqual(['identify', 'challenge:totp']);
    expect((await signInTo('vault', reopened(victim), user)).asked).toEqual(['identify']);
    const afterwards = reopened(victim);
    expect((await signInTo('vault', afterwards, user)).asked).toEqual(['identify']);
    expect(afterwards.cookies(node.issuer).find(({ name }) => name === 'stepgate-device')?.value).toBe(own);
  });

  test('a second factor that is gone is no longer remembered', async () => {
    const user = await userWithTotp(node);
    const agent = await remembering(user);
    const key = credentialsKey(user.id);
    const entry = (await node.store.load([key])).entries.get(key);
    const kept = parseCredentials(entry?.value ?? '').filter(({ authenticator }) => authenticator !== 'totp');
    await node.store.commit([{ op: 'put', key, value: JSON.stringify(kept) }]);
    const { page } = await beginSignIn(node, 'vault', agent);
    expect(currentStep(await identify(agent, page, user))).toBe('enroll:totp');
  });

  test('a reset of the account forgets every browser', async () => {
    const user = await userWithTotp(node);
    const agent = await remembering(user);
    await node.app.directory.resetAuthenticators(user.id, 'webauthn');
    ahead = 60;
    expect((await signInTo('vault', agent, user)).asked).toEqual(['identify', 'challenge:totp']);
  });

  test('a box that is not offered is not taken', async () => {
    const user = await userWithTotp(node);
    const agent = new UserAgent();
    const { page } = await beginSignIn(node, 'strict', agent);
    const second = await identify(agent, page, user);
    expect(mainForm(second)?.boxes).toEqual([]);
    await answerStep(agent, second, { ...(await passcode(user)), rememberDevice: 'yes' });
    ahead = 60;
    expect((await signInTo('vault', reopened(agent), user)).asked).toEqual(['identify', 'challenge:totp']);
  });

  test('a wrong code with the box ticked is not remembered', async () => {
    const user = await userWithTotp(node);
    const agent = new UserAgent();
    const { page } = await beginSignIn(node, 'vault', agent);
    const second = await identify(agent, page, user);
    const wrong = { 'credentials.passcode': await wrongCode(user), rememberDevice: 'yes' };
    const refused = await answerStep(agent, second, wrong);
    const done = await answerStep(agent, refused, await passcode(user));
    expect(currentStep(done)).toBe('code');
    ahead = 60;
    expect((await signInTo('vault', reopened(agent), user)).asked).toEqual(['identify', 'challenge:totp']);
  });
});

describe('remembered devices in /account', () => {
  /** Answers the steps that lead to a page of the account. */
  async function reach(agent: UserAgent, path: string, user: TestUser): Promise<Page> {
    let page = await agent.open(`${node.issuer}${path}`);
    for (let steps = 0; steps < 4 && page.url.includes('/signin/'); steps += 1) {
      const form = mainForm(page);
      const isPassword = form?.step === 'identify' || form?.authenticator === 'password';
      const answer = isPassword
        ? { identifier: user.identifier, 'credentials.passcode': user.password }
        : await passcode(user);
      page = await agent.submit(page, form, answer);
    }
    return page;
  }

  test('are listed, notified once, and can be forgotten by their owner only', async () => {
    const [user, other] = [await userWithTotp(node), await userWithTotp(node)];
    await withEmail(node, user);
    const agent = new UserAgent();
    await signInTo('vault', agent, user, ['rememberDevice']);
    ahead = 60;
    await signInTo('vault', agent, user, ['rememberDevice'], { prompt: 'login' });
    expect(await notifiedEvents(node, user.identifier)).toEqual(['device_remembered']);
    const overview = await reach(agent, '/account/devices', user);
    expect(overview.html).toContain('id="own-devices"');
    const link = linkTo(overview, /^\/account\/devices\//);
    const path = new URL(link).pathname;
    const stranger = await reach(new UserAgent(), path, other);
    expect(stranger.url).toBe(`${node.issuer}/account/devices`);
    expect(stranger.html).not.toContain('id="own-devices"');
    ahead = 120;
    const page = await reach(agent, path, user);
    const form = page.forms.find(({ step }) => step === 'forget-device');
    const foreign = await agent.send(new URL(form?.action ?? '', node.issuer).href, {
      method: 'POST',
      body: new URLSearchParams(form?.fields),
      headers: { origin: 'https://evil.example' },
    });
    expect(foreign.status).toBe(403);
    const stale = await agent.submit(page, form, { stateHandle: 'x' });
    expect(stale.status).toBe(409);
    const after = await agent.submit(page, form);
    expect(after.url).toBe(`${node.issuer}/account/devices?done=device_forgotten`);
    expect(after.html).not.toContain('id="own-devices"');
    expect(await notifiedEvents(node, user.identifier)).toEqual(['device_forgotten', 'device_remembered']);
    ahead = 180;
    expect((await signInTo('vault', reopened(agent), user)).asked).toEqual(['identify', 'challenge:totp']);
  });

  test('signing out everywhere else forgets them', async () => {
    const user = await userWithTotp(node);
    const agent = new UserAgent();
    await signInTo('vault', agent, user, ['rememberDevice']);
    ahead = 60;
    const elsewhere = new UserAgent();
    const confirm = await reach(elsewhere, '/account/sessions/others', user);
    ahead = 120;
    await elsewhere.submit(
      confirm,
      confirm.forms.find(({ step }) => step === 'end-others'),
    );
    expect((await signInTo('vault', reopened(agent), user)).asked).toEqual(['identify', 'challenge:totp']);
  });
});

test('what the user used last with this browser is offered first', async () => {
  const one = { ...signOnPolicy('vault', { then: { allow: { factors: 1 } } }) };
  await node.configure(one);
  const user = await userWithTotp(node);
  const agent = new UserAgent();
  const open = async (browser: UserAgent) => {
    const { page } = await beginSignIn(node, 'vault', browser);
    return answerStep(browser, page, { identifier: user.identifier });
  };
  const before = await open(agent);
  expect(currentStep(before)).toBe('challenge:password');
  const form = before.forms.find(({ step }) => step === 'select');
  const list = await agent.submit(before, form);
  const totp = await agent.submit(list, mainForm(list), { 'authenticator.id': 'totp' });
  expect(currentStep(totp)).toBe('challenge:totp');
  expect(currentStep(await answerStep(agent, totp, await passcode(user)))).toBe('code');
  expect(currentStep(await open(reopened(agent)))).toBe('challenge:totp');
  expect(currentStep(await open(new UserAgent()))).toBe('challenge:password');
});
