/** The demo as it ships: its three apps, its users, its policies, with a real OpenID Connect client. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { demoUsers } from '../../../src/demo/demo-users.ts';
import { prepareDemo } from '../../../src/demo/prepare.ts';
import {
  authorizationRequest,
  discover,
  type RelyingParty,
  type Request,
  redeem,
  redirectUri,
  signIn,
  type TestUser,
} from '../../support/clients/relying-party.ts';
import { answerStep, currentStep, eventsOf, formOf, identify, passcode } from '../../support/clients/sign-in-flow.ts';
import { codeIn, codesTo, linkIn, mailTo, maySendAgain, reader } from '../../support/messages/mail.ts';
import { caller, codeFor } from '../../support/messages/phone.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { assertion, attestation, flag, newKey, type SoftKey, whereOf } from '../../support/pages/webauthn.ts';
import { freePort } from '../../support/servers/free-port.ts';
import { password, startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { expectSince, moment } from '../../support/values/epoch-seconds.ts';

const acr = { two: 'urn:okta:loa:2fa:any', one: 'urn:okta:loa:1fa:any', password: 'urn:okta:loa:1fa:pwd' };
const synced = flag.up | flag.uv | flag.be | flag.bs;

let node: TestNode;
let apps: Record<'notes' | 'payroll' | 'shop', RelyingParty>;
let number = 0;
let later = 0;

beforeAll(async () => {
  node = await startNode({
    demo: true,
    authenticators: 'demo',
    now: () => Math.floor(Date.now() / 1000) + later,
  });
  const [notes, payroll, shop] = await Promise.all(
    ['notes', 'payroll', 'shop'].map((app) => discover(node.issuer, app)),
  );
  apps = { notes, payroll, shop } as typeof apps;
});
afterAll(() => node.stop());

type App = keyof typeof apps;
type StoredUser = TestUser & { readonly id: string };

/** Like Alice, but new. */
async function createUser(...groups: string[]): Promise<StoredUser> {
  number += 1;
  const identifier = `demo-${number}@demo.test`;
  const credentials = [testPassword(node.app), emailCredential(identifier)];
  const created = await node.app.directory.create({ identifiers: [identifier], groups, credentials });
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, identifier, password };
}

interface StartedChallenge {
  readonly agent: UserAgent;
  readonly request: Request;
  readonly page: Page;
}

async function begin(
  app: App,
  agent = new UserAgent(),
  parameters: Record<string, string> = {},
): Promise<StartedChallenge> {
  const request = await authorizationRequest(apps[app], parameters);
  return { agent, request, page: await agent.open(request.url, {}, redirectUri) };
}

async function claims(app: App, request: Request, page: Page) {
  expect(currentStep(page)).toBe('code');
  return (await redeem(apps[app], request, page.url)).claims();
}

const pick = (agent: UserAgent, page: Page, id: string) => answerStep(agent, page, { 'authenticator.id': id });
const skip = (agent: UserAgent, page: Page) => agent.submit(page, formOf(page, 'skip'));

/** Enters the newest code that was mailed. */
async function enterCode(agent: UserAgent, page: Page, user: TestUser, count = 1): Promise<Page> {
  const message = await mailTo(node, user.identifier, count);
  return answerStep(agent, page, { 'credentials.passcode': codeIn(message) });
}

/** Signs in to the shop by mail, as far as the page after the code. */
async function byMail(user: TestUser, agent = new UserAgent()): Promise<StartedChallenge> {
  const begun = await begin('shop', agent);
  const asked = currentStep(begun.page) === 'identify' ? await identify(agent, begun.page, user) : begun.page;
  expect(currentStep(asked)).toBe('challenge:email');
  return { ...begun, page: await enterCode(agent, asked, user) };
}

function where(page: Page) {
  const text = /data-webauthn="([^"]*)"/.exec(page.html)?.[1] ?? '';
  return whereOf({ public: JSON.parse(text.replaceAll('&#34;', '"').replaceAll('&amp;', '&')) }, node.issuer);
}

function keyOf(user: StoredUser): SoftKey {
  return newKey(Buffer.from(user.id).toString('base64url'));
}

async function setUp(agent: UserAgent, page: Page, key: SoftKey): Promise<Page> {
  expect(currentStep(page)).toBe('enroll:webauthn');
  const made = attestation(key, where(page), { flags: synced });
  return answerStep(agent, page, withPrefix(made));
}

function withPrefix(input: object): Record<string, string> {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [`credentials.${name}`, value]));
}

describe('shop', () => {
  test('by a code: no password is asked for, and the tokens say so', async () => {
    const user = await createUser('staff');
    const began = moment() + later;
    const { agent, request, page } = await begin('shop');
    expect(mainForm(page)?.fields['credentials.passcode']).toBeUndefined();
    const asked = await identify(agent, page, user);
    expect([currentStep(asked), formOf(asked, 'select')]).toEqual(['challenge:email', undefined]);
    const offered = await enterCode(agent, asked, user);
    expect([currentStep(offered), offered.html.includes('type="password"')]).toEqual(['select', false]);
    const token = await claims('shop', request, await skip(agent, offered));
    expect(token).toMatchObject({ acr: acr.one, amr: ['email'] });
    expectSince(began, token?.auth_time, moment() + later);
    expect(eventsOf(node, user.id)).toContain('enrollment.skipped:webauthn');
  });

  test('the promotion that was skipped does not come back at once', async () => {
    const user = await createUser('staff');
    const first = await byMail(user);
    expect(currentStep(await skip(first.agent, first.page))).toBe('code');
    await maySendAgain(node, user.id);
    const { agent, page } = await begin('shop');
    expect(currentStep(await enterCode(agent, await identify(agent, page, user), user, 2))).toBe('code');
  });

  test('a user without password sets up the passkey at once', async () => {
    const user = { ...(await reader(node)), password: '' };
    const { agent, request, page } = await byMail(user);
    expect([currentStep(page), formOf(page, 'skip') === undefined]).toEqual(['enroll:webauthn', false]);
    const token = await claims('shop', request, await setUp(agent, page, keyOf(user)));
    expect(token?.amr).toEqual(expect.arrayContaining(['email', 'swk', 'user']));
  });

  test('a user with a password proves it before the passkey is set up (Law 7), and then signs in by the passkey alone', async () => {
    const user = await createUser('staff');
    const { agent, page } = await byMail(user);
    const proofPage = await pick(agent, page, 'webauthn');
    expect([currentStep(proofPage), proofPage.messages, formOf(proofPage, 'skip') === undefined]).toEqual([
      'challenge:password',
      ['enroll.prove_first'],
      false,
    ]);
    const key = keyOf(user);
    const offer = await answerStep(agent, proofPage, { 'credentials.passcode': password });
    expect(currentStep(await setUp(agent, offer, key))).toBe('code');

    const again = await begin('shop');
    const challenge = await identify(again.agent, again.page, user);
    expect(currentStep(challenge)).toBe('challenge:webauthn');
    const end = await answerStep(
      again.agent,
      challenge,
      withPrefix(assertion(key, where(challenge), { flags: synced })),
    );
    const token = await claims('shop', again.request, end);
    expect([...((token?.amr as string[]) ?? [])].sort()).toEqual(['mfa', 'pop', 'swk', 'user']);
    expect(currentStep((await begin('payroll', again.agent)).page)).toBe('code');
    expect(await codesTo(node, user.identifier)).toHaveLength(1);
  });

  test('a wrong password sets up nothing, and does not keep the user from the shop', async () => {
    const user = await createUser('staff');
    const { agent, page } = await byMail(user);
    const proofPage = await pick(agent, page, 'webauthn');
    const wrong = await answerStep(agent, proofPage, { 'credentials.passcode': 'not it' });
    expect([currentStep(wrong), wrong.messages]).toEqual([
      'challenge:password',
      ['credentials.invalid', 'enroll.prove_first'],
    ]);
    expect(currentStep(await skip(agent, wrong))).toBe('code');
    expect((await node.app.directory.get(user.id))?.credentials.map(({ authenticator }) => authenticator)).toEqual([
      'password',
      'email',
    ]);
  });

  test('the link, in the browser that asked', async () => {
    const user = await createUser('staff');
    const { agent, page } = await begin('shop');
    await identify(agent, page, user);
    const link = linkIn(await mailTo(node, user.identifier));
    const elsewhere = await new UserAgent().open(link);
    expect([elsewhere.status, elsewhere.forms]).toEqual([200, []]);
    const question = await agent.open(link);
    const after = await agent.submit(question, mainForm(question));
    expect(currentStep(await skip(agent, after))).toBe('code');
  });

  test('a password from elsewhere does not help, and does not hurt', async () => {
    const user = await createUser('staff');
    const agent = new UserAgent();
    const notes = await begin('notes', agent);
    expect(currentStep(await identify(agent, notes.page, user))).toBe('code');
    expect((await silent('shop', agent)).error).toBe('interaction_required');
    const { request, page } = await byMail(user, agent);
    // The password was proved a moment ago, so nothing more stands before the passkey.
    expect(currentStep(page)).toBe('enroll:webauthn');
    const token = await claims('shop', request, await skip(agent, page));
    expect(token?.amr).toEqual(expect.arrayContaining(['email']));
  });
});

async function silent(app: App, agent: UserAgent) {
  const { page, request } = await begin(app, agent, { prompt: 'none' });
  const error = new URL(page.url).searchParams.get('error');
  return { error, claims: error ? undefined : await claims(app, request, page) };
}

test('notes: identifier and password on one page; the shop opens it without a question', async () => {
  const { agent, request, page } = await begin('notes');
  expect(mainForm(page)?.fields['credentials.passcode']).toBe('');
  const end = await identify(agent, page, { identifier: 'alice@demo.test', password });
  expect(await claims('notes', request, end)).toMatchObject({ acr: acr.password, amr: ['pwd'] });
  expect(await codesTo(node, 'alice@demo.test')).toEqual([]);

  const shopper = await createUser('staff');
  const shop = await byMail(shopper);
  await skip(shop.agent, shop.page);
  expect((await silent('notes', shop.agent)).claims).toMatchObject({ acr: acr.one, amr: ['email'] });
});

describe('payroll', () => {
  test.each(['alice@demo.test', 'bob@demo.test'])(
    '%s: after the password the mailbox (Law 7), then a choice, and no mail later',
    async (identifier) => {
      const user: TestUser = { identifier, password };
      const { agent, request, page } = await begin('payroll');
      const proofPage = await identify(agent, page, user);
      expect([currentStep(proofPage), proofPage.messages, formOf(proofPage, 'skip')]).toEqual([
        'challenge:email',
        ['enroll.prove_first'],
        undefined,
      ]);
      const choice = await enterCode(agent, proofPage, user);
      expect(currentStep(choice)).toBe('select');
      expect(choice.html.match(/name="authenticator.id" value="\w+"/g)).toEqual(
        ['totp', 'webauthn'].map((key) => `name="authenticator.id" value="${key}"`),
      );
      expect(formOf(choice, 'skip')).toBeUndefined();
      const { page: end } = await signIn(agent, choice, user);
      // The mailbox was for setting it up: the sign-in does not rest on it.
      expect(await claims('payroll', request, end)).toMatchObject({ acr: acr.two, amr: ['mfa', 'otp', 'pwd'] });
      const again = await begin('payroll');
      const asked = await identify(again.agent, again.page, user);
      expect([currentStep(asked), formOf(asked, 'select')]).toEqual(['challenge:totp', undefined]);
      expect(currentStep(await answerStep(again.agent, asked, await passcode(user)))).toBe('code');
      expect(await codesTo(node, identifier)).toHaveLength(1);
    },
  );

  test('contractors are refused once they have proved who they are', async () => {
    const { agent, page } = await begin('payroll');
    const end = await identify(agent, page, { identifier: 'carol@demo.test', password });
    expect([end.status, end.messages]).toEqual([403, ['denied.rule']]);
  });

  test('a mailbox opens no app here, and before something is set up it is proved', async () => {
    const user = await createUser('staff');
    const agent = new UserAgent();
    const shop = await byMail(user, agent);
    await skip(agent, shop.page);
    const { page } = await begin('payroll', agent);
    expect([currentStep(page), formOf(page, 'select')]).toEqual(['challenge:password', undefined]);
    expect(currentStep(await answerStep(agent, page, { 'credentials.passcode': password }))).toBe('select');
  });

  test('a passkey that verifies its user is enough, and is one of the choices', async () => {
    const user = await createUser('staff');
    const key = keyOf(user);
    const { agent, page } = await begin('payroll');
    const proofPage = await identify(agent, page, user);
    expect(currentStep(proofPage)).toBe('challenge:email');
    const offer = await pick(agent, await enterCode(agent, proofPage, user), 'webauthn');
    expect(currentStep(await setUp(agent, offer, key))).toBe('code');
    const again = await begin('payroll');
    const first = await answerStep(again.agent, again.page, {
      identifier: user.identifier,
      'credentials.passcode': '',
    });
    const asked = currentStep(first) === 'challenge:webauthn' ? first : await pickOther(again.agent, first, 'webauthn');
    const end = await answerStep(again.agent, asked, withPrefix(assertion(key, where(asked), { flags: synced })));
    const token = await claims('payroll', again.request, end);
    expect(token?.amr).toEqual(expect.arrayContaining(['mfa', 'swk', 'user']));
    expect(token?.amr).not.toContain('pwd');
  });
});

async function pickOther(agent: UserAgent, page: Page, id: string): Promise<Page> {
  return pick(agent, await agent.submit(page, formOf(page, 'select')), id);
}

test('the inbox shows text messages and calls, too; a phone opens notes, and does not help at payroll', async () => {
  const user = await caller(node);
  const { agent, request, page } = await begin('notes');
  const first = await answerStep(agent, page, { identifier: user.identifier, 'credentials.passcode': '' });
  expect(currentStep(first)).toBe('challenge:phone');
  expect((await mailTo(node, user.number)).channel).toBe('sms');
  await maySendAgain(node, user.id, 'phone');
  const call = first.forms.find(({ fields }) => fields['authenticator.methodType'] === 'voice');
  const called = await agent.submit(first, call);
  const message = await mailTo(node, user.number, 2);
  expect(message.channel).toBe('voice');
  const end = await answerStep(agent, called, { 'credentials.passcode': codeFor(message) });
  expect((await claims('notes', request, end))?.amr).toEqual(['tel']);
  // It is what the account has: it is good for setting up something that payroll takes.
  expect((await silent('payroll', agent)).error).toBe('interaction_required');
  // A password, and then a second factor; or a passkey, which is both.
  const next = await begin('payroll', agent);
  expect(currentStep(next.page)).toBe('select');
  expect(currentStep(await pick(agent, next.page, 'webauthn'))).toBe('enroll:webauthn');
});

test('auditors may skip the passkey three times; recovery codes are offered once', async () => {
  const user = await createUser('staff', 'auditors');
  const { agent, page } = await begin('notes');
  const grace = await identify(agent, page, user);
  expect(currentStep(grace)).toBe('select');
  expect(grace.html).toContain('Skip for now (3 skips left)');
  const optional = await skip(agent, grace);
  expect(currentStep(optional)).toBe('select');
  expect(optional.html).toContain('value="recovery_code"');
  expect(currentStep(await skip(agent, optional))).toBe('code');
  expect(await codesTo(node, user.identifier)).toEqual([]);
});

test('a promotion that was skipped consumes no grace', async () => {
  const user = await createUser('staff');
  const shop = await byMail(user);
  expect(currentStep(await skip(shop.agent, shop.page))).toBe('code');
  await node.app.directory.update(user.id, () => ({ groups: ['staff', 'auditors'] }));
  const { agent, page } = await begin('notes');
  const grace = await identify(agent, page, user);
  expect(grace.html).toContain('Skip for now (3 skips left)');
});

test('an offer that needed a proof is refused once the proofs are five minutes old', async () => {
  const user = await createUser('staff');
  const notes = await begin('notes');
  await identify(notes.agent, notes.page, user);
  const { agent, page } = await byMail(user, notes.agent);
  later = 301;
  const refused = await setUp(agent, page, keyOf(user));
  expect([currentStep(refused), refused.messages]).toEqual(['select', ['form.stale', 'ending.soon']]);
  expect((await node.app.directory.get(user.id))?.credentials).toHaveLength(2);
  expect(currentStep(await skip(agent, refused))).toBe('code');
});

test('a demo on data of a version without email gets along', async () => {
  const old = await startNode({ demo: true, authenticators: ['password', 'totp'] });
  try {
    const before = await old.app.directory.findByIdentifier('alice@demo.test');
    const lines: string[] = [];
    const port = await freePort();
    const { app, store, issuer } = old;
    const options = {
      app,
      store,
      issuer,
      port,
      host: '127.0.0.1',
      password,
      print: (text: string) => lines.push(text),
    };
    for (const round of [1, 2]) {
      const stop = await prepareDemo(options);
      await stop();
      for (const { identifier } of demoUsers) {
        const account = await app.directory.findByIdentifier(identifier);
        const keys = account?.credentials.map(({ authenticator }) => authenticator);
        expect([round, keys]).toEqual([round, ['password', 'email']]);
      }
    }
    const after = await app.directory.findByIdentifier('alice@demo.test');
    expect(after?.user.validAfter).toBe(before?.user.validAfter);
    expect(lines[0]).toContain(`${issuer}/demo/inbox`);
  } finally {
    await old.stop();
  }
});

test('nothing unexpected was logged', () => {
  expect(node.errors).toEqual([]);
});
