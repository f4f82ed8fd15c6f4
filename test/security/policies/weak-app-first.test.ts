/**
 * A stolen password is not worth more after a sign-in at an app that asks for nothing else: it makes no browser known,
 * and is no last sign-in (Law 7, decision 139). Nor does the secret of such a browser become worth more in the browser
 * of its owner, or when the owner adds a second factor.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generate } from 'otplib';
import { oneDay } from '../../../src/core/model/durations.ts';
import { appFile } from '../../support/clients/authorize.ts';
import { redirectUri, type TestUser } from '../../support/clients/relying-party.ts';
import { cookieOf } from '../../support/clients/returning-browser.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  identify,
  signOnPolicy,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

const one = { allow: { factors: 1 } };
const two = { allow: { factors: 2 } };
const deviceCookie = 'stepgate-device';
const remembered = { ...two, remember: { device: 'P30D' } };
const paused = { primary: 'any', idle: 'PT2H', absolute: 'P1D' };

let node: TestNode;
let time = Math.floor(Date.now() / 1000);
beforeAll(async () => {
  node = await startNode({ authenticators: ['password', 'totp'], now: () => time });
});
afterAll(() => node.stop());

/** The step after identification, or the first page where a session answers for it. */
async function stepAt(app: string, agent: UserAgent, user: TestUser): Promise<string> {
  const { page } = await beginSignIn(node, app, agent);
  return currentStep(currentStep(page).startsWith('identify') ? await identify(agent, page, user) : page);
}

async function withBothFactors(
  app: string,
  agent: UserAgent,
  user: TestUser & { readonly totp: string },
): Promise<string> {
  const { page } = await beginSignIn(node, app, agent);
  const asked = await identify(agent, page, user);
  const code = await generate({ secret: user.totp, epoch: time });
  return currentStep(await answerStep(agent, asked, { 'credentials.passcode': code }));
}

/** A browser that has only the secret that an earlier sign-in left. */
function browserWith(secret: string): UserAgent {
  const agent = new UserAgent();
  agent.setCookie(node.issuer, `${deviceCookie}=${secret}; path=/`);
  return agent;
}

const secretOf = (agent: UserAgent) => cookieOf(agent, node.issuer, deviceCookie);

/** Posts the main form of the page, with all its boxes ticked. Redirects are not followed. */
function post(agent: UserAgent, page: Page, fields: Readonly<Record<string, string>>) {
  const form = mainForm(page);
  const ticked = Object.fromEntries((form?.boxes ?? []).map((name) => [name, 'yes']));
  const body = new URLSearchParams({ ...form?.fields, ...ticked, ...fields });
  const headers = { origin: new URL(page.url).origin };
  return agent.send(new URL(form?.action ?? '', page.url).href, { method: 'POST', body, headers });
}

type Order = 'first' | 'between' | 'after';

/**
 * The user completes a sign-in at `vault` with both factors and one at `notes` by password, in two tabs whose answers
 * leave with the same secret. `order`: the answer of `notes` arrives first, or between the answer and the redirect of
 * `vault`, or after both, and is then followed as well.
 */
async function inTwoTabs(agent: UserAgent, user: TestUser & { readonly totp: string }, order: Order): Promise<void> {
  const vault = await identify(agent, (await beginSignIn(node, 'vault', agent)).page, user);
  const notes = (await beginSignIn(node, 'notes', agent)).page;
  const password = { identifier: user.identifier, 'credentials.passcode': user.password };
  const kept = await post(agent.copy(), notes, password);
  const code = await generate({ secret: user.totp, epoch: time });
  const proved = await post(agent, vault, { 'credentials.passcode': code });
  const arrive = () => {
    for (const line of kept.headers.getSetCookie()) agent.setCookie(notes.url, line);
  };
  const follow = async (answer: typeof kept, from: Page) => {
    const resume = new URL(answer.headers.get('location') ?? '', from.url);
    expect(currentStep(await agent.open(resume.href, {}, new URL(redirectUri).origin))).toBe('code');
  };
  if (order === 'between') arrive();
  await follow(proved, vault);
  if (order !== 'after') return;
  arrive();
  await follow(kept, notes);
}

/** Signs in to an app that asks for two factors, and adds the authenticator app that the account lacks. */
async function withNewTotp(
  app: string,
  agent: UserAgent,
  user: TestUser,
): Promise<TestUser & { readonly totp: string }> {
  const { page } = await beginSignIn(node, app, agent);
  const offered = await identify(agent, page, user);
  const totp = offered.secret ?? '';
  const code = await generate({ secret: totp, epoch: time });
  expect(currentStep(await answerStep(agent, offered, { 'credentials.passcode': code }))).toBe('code');
  return { ...user, totp };
}

type Rule = Parameters<typeof signOnPolicy>[1];
const rules = (...payroll: readonly Rule[]) => ({
  ...signOnPolicy('notes', { then: one }),
  ...appFile('vault', { signOnPolicy: 'vault' }),
  ...signOnPolicy('vault', { then: two }),
  ...signOnPolicy('payroll', ...payroll),
});
const session = (...sessionRules: readonly unknown[]) => ({
  'policies/session.yaml': JSON.stringify({ rules: sessionRules }),
});

describe('a rule about the last sign-in', () => {
  const files = rules({ when: { lastSignIn: { notWithin: 'P30D' } }, then: two }, { then: one });

  test('does not count a sign-in by password alone', async () => {
    await node.configure(files);
    time += 40 * oneDay;
    const user = await userWithTotp(node);
    expect(await stepAt('payroll', new UserAgent(), user)).toBe('challenge:totp');
    const agent = new UserAgent();
    expect(await stepAt('notes', agent, user)).toBe('code');
    expect(await stepAt('payroll', agent, user)).toBe('challenge:totp');
    expect(await stepAt('payroll', new UserAgent(), user)).toBe('challenge:totp');
    expect(await withBothFactors('payroll', new UserAgent(), user)).toBe('code');
    time += oneDay;
    expect(await stepAt('payroll', new UserAgent(), user)).toBe('code');
  });
});

describe.each<[string, Readonly<Record<string, string>>, string]>([
  ['known', rules({ when: { device: { known: true } }, then: one }, { then: two }), 'challenge:totp'],
  ['not known', rules({ when: { device: { known: false } }, then: two }, { then: one }), 'challenge:totp'],
  ['not known: denied', rules({ when: { device: { known: false } }, then: 'deny' }, { then: one }), 'denied.rule'],
  ['an expression', rules({ when: { expression: '!device.known' }, then: two }, { then: one }), 'challenge:totp'],
  ['risk', rules({ when: { risk: { any: ['newDevice'] } }, then: two }, { then: one }), 'challenge:totp'],
  [
    'session policy',
    {
      ...rules({ then: one }),
      ...session(
        { name: 'Notes', when: { apps: { any: ['notes'] } }, then: { allow: { ...paused, secondFactor: 'never' } } },
        { name: 'All', then: { allow: { ...paused, secondFactor: 'newDevice' } } },
      ),
    },
    'challenge:totp',
  ],
])('a rule about new browsers (%s)', (_, files, asked) => {
  test('holds after a sign-in by password alone, in the same session and in later ones', async () => {
    await node.configure(files);
    const user = await userWithTotp(node);
    expect(await stepAt('payroll', new UserAgent(), user)).toBe(asked);
    const agent = new UserAgent();
    expect(await stepAt('notes', agent, user)).toBe('code');
    expect(await stepAt('payroll', agent, user)).toBe(asked);
    time += 2 * oneDay;
    expect(await stepAt('payroll', agent, user)).toBe(asked);
  });

  test('does not apply to a browser with which both factors were proved, from the next session on', async () => {
    await node.configure(files);
    const user = await userWithTotp(node);
    const agent = new UserAgent();
    expect(await withBothFactors('vault', agent, user)).toBe('code');
    time += 2 * oneDay;
    expect(await stepAt('payroll', agent, user)).toBe('code');
  });
});

describe.each<[string, string, Readonly<Record<string, string>>]>([
  ['known', 'payroll', rules({ when: { device: { known: false } }, then: two }, { then: one })],
  ['remembering', 'vault', { ...rules({ then: one }), ...signOnPolicy('vault', { then: remembered }) }],
])('a secret that an attacker planted is not made %s', (_, app, files) => {
  test.each<Order>(['first', 'between', 'after'])(
    'by a sign-in with both factors (the other one: %s)',
    async (order) => {
      await node.configure(files);
      const user = await userWithTotp(node);
      const attacker = new UserAgent();
      expect(await stepAt('notes', attacker, user)).toBe('code');
      const planted = secretOf(attacker);
      const owner = browserWith(planted);
      await inTwoTabs(owner, user, order);
      const isOverwritten = order !== 'first';
      expect(secretOf(owner) === planted).toBe(isOverwritten);
      time += 2 * oneDay;
      expect(await stepAt(app, browserWith(planted), user)).toBe('challenge:totp');
      expect(await stepAt(app, browserWith(secretOf(owner)), user)).toBe(isOverwritten ? 'challenge:totp' : 'code');
    },
  );
});

describe.each<[string, Readonly<Record<string, string>>]>([
  ['known', rules({ when: { device: { known: false } }, then: two }, { then: one })],
  ['risk', rules({ when: { risk: { any: ['newDevice'] } }, then: two }, { then: one })],
  [
    'session policy',
    {
      ...rules({ then: one }),
      ...session(
        { name: 'Notes', when: { apps: { any: ['notes'] } }, then: { allow: { ...paused, secondFactor: 'never' } } },
        { name: 'All', then: { allow: { ...paused, secondFactor: 'newDevice' } } },
      ),
    },
  ],
])('a browser that was known before the account had a second factor (%s)', (_, files) => {
  test('is new until both factors were proved with it', async () => {
    await node.configure(files);
    const account = await userWithPassword(node);
    const attacker = new UserAgent();
    expect(await stepAt('notes', attacker, account)).toBe('code');
    const planted = secretOf(attacker);
    time += oneDay;
    // The owner's browser has the secret of the attacker's, which is a known one until now.
    const owner = browserWith(planted);
    const user = await withNewTotp('vault', owner, account);
    time += 2 * oneDay;
    for (const browser of [attacker.copy(), browserWith(planted)])
      expect(await stepAt('payroll', browser, user)).toBe('challenge:totp');
    expect(await stepAt('payroll', browserWith(secretOf(owner)), user)).toBe('code');
    const other = browserWith(planted);
    expect(await withBothFactors('payroll', other, user)).toBe('code');
    time += oneDay;
    expect(await stepAt('payroll', browserWith(secretOf(other)), user)).toBe('code');
    expect(await stepAt('payroll', browserWith(planted), user)).toBe('challenge:totp');
  });
});
