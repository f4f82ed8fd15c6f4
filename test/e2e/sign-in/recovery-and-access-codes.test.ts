/** What recovery codes, access codes and named apps are worth, and how often. */

import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { generateSecret } from 'otplib';
import { issueAccessCode } from '../../../src/authenticators/access-code/access-code.ts';
import type { NewCredential } from '../../../src/authenticators/authenticator.ts';
import { outboxKey, outboxMessageKey } from '../../../src/stores/keys.ts';
import { appFile } from '../../support/clients/authorize.ts';
import {
  authorizationRequest,
  discover,
  nextCode,
  redeem,
  redirectUri,
  type TestUser,
} from '../../support/clients/relying-party.ts';
import {
  answerStep,
  currentStep,
  eventsOf,
  formOf,
  signOnPolicy,
  wrongCode,
} from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { password, startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { recoveryCodes } from '../../support/users/enrolled-users.ts';
import { randomName } from '../../support/values/random-name.ts';

type Key = 'password' | 'totp' | 'recovery_code' | 'access_code';

/** A user, and what they would answer for each authenticator that they have. */
interface EquippedUser extends TestUser {
  readonly id: string;
  readonly answers: Partial<Record<Key, () => Promise<string>>>;
}

const settings = {
  brand: { name: 'Factors' },
  mail: { from: 'id@x.test', smtp: { host: 'mail.x.test' } },
  zones: { office: { cidrs: ['192.0.2.0/24'] } },
  authenticators: { totp: { enabled: true }, recovery_code: { enabled: true }, access_code: { enabled: true } },
};
const chains = [[{ authenticators: ['totp'] }, { authenticators: ['recovery_code'] }]];

let node: TestNode;
let ahead = 0;

beforeAll(async () => {
  const policies: Readonly<Record<string, unknown>> = {
    one: { factors: 1 },
    two: { factors: 2 },
    codes: { factors: 2, possession: { authenticators: ['recovery_code', 'access_code'] } },
    chain: { chains },
  };
  const files = Object.entries(policies).map(([name, allow]) => ({
    ...signOnPolicy(name, { then: { allow } }),
    ...appFile(name, { signOnPolicy: name }),
  }));
  node = await startNode({
    files: Object.assign({ 'stepgate.yaml': JSON.stringify(settings) }, ...files),
    now: () => Math.floor(Date.now() / 1000) + ahead,
    users: false,
  });
});
beforeEach(() => {
  ahead = 0;
});
afterAll(() => node.stop());

/** Creates a user with exactly these, ready to be used. */
async function createUser(...keys: readonly Key[]): Promise<EquippedUser> {
  const answers: EquippedUser['answers'] = {};
  const user: EquippedUser = { id: '', identifier: `${randomName()}@x.test`, password, answers };
  const credentials: NewCredential[] = [];
  for (const key of keys) credentials.push(await equip(key, user));
  const created = await node.app.directory.create({
    identifiers: [user.identifier],
    profile: { email: user.identifier, emailVerified: true },
    credentials,
  });
  if (!created.ok) throw new Error(created.code);
  return Object.assign(user, { id: created.user.id });
}

async function equip(key: Key, user: EquippedUser): Promise<NewCredential> {
  const { hashing } = node.app;
  switch (key) {
    case 'password':
      user.answers.password = async () => password;
      return testPassword(node.app);
    case 'totp': {
      const secret = generateSecret({ length: 20 });
      user.totp = secret;
      user.answers.totp = () => nextCode(user);
      const characteristics = ['userPresence', 'deviceBound'] as const;
      return { authenticator: key, factors: ['possession'], characteristics, secret: { key: secret, step: 0 } };
    }
    case 'recovery_code': {
      const { codes, credential } = await recoveryCodes(node, 2);
      user.answers.recovery_code = async () => codes.shift() ?? '';
      return credential;
    }
    case 'access_code': {
      const terms = { length: 12, uses: 1, expiresAt: Math.floor(Date.now() / 1000) + 3600 };
      const { code, credential } = await issueAccessCode(hashing, terms);
      user.answers.access_code = async () => code;
      return credential;
    }
  }
}

/** Answers everything that is asked as long as the user can. */
async function go(app: string, user: EquippedUser, agent = new UserAgent()) {
  const config = await discover(node.issuer, app);
  const request = await authorizationRequest(config);
  let page: Page = await agent.open(request.url, {}, redirectUri);
  const asked: string[] = [];
  for (let steps = 0; steps < 8; steps += 1) {
    const at = currentStep(page);
    asked.push(at);
    const fields = await answerTo(at, page, user);
    if (!fields) break;
    page = await answerStep(agent, page, fields);
  }
  const claims = asked.at(-1) === 'code' ? (await redeem(config, request, page.url)).claims() : undefined;
  return { page, asked, claims, agent };
}

async function answerTo(at: string, page: Page, user: EquippedUser): Promise<Record<string, string> | undefined> {
  if (page.messages.length > 0) return undefined;
  if (at === 'identify') {
    const both = formOf(page, 'identify')?.fields['credentials.passcode'] !== undefined && user.answers.password;
    return { identifier: user.identifier, ...(both ? { 'credentials.passcode': user.password } : {}) };
  }
  const [kind, key] = at.split(':');
  const answer = kind === 'challenge' ? user.answers[key as Key] : undefined;
  return answer && { 'credentials.passcode': await answer() };
}

test('two of one type that a chain asks for on purpose are not called mfa', async () => {
  const user = await createUser('totp', 'recovery_code');
  const { asked, claims } = await go('chain', user);
  expect(asked).toEqual(['identify', 'challenge:totp', 'challenge:recovery_code', 'code']);
  expect(claims?.amr).toEqual(['otp']);
});

test('recovery codes are enrolled once they are saved, and shown only then', async () => {
  const user = await createUser('password');
  const { page, agent } = await go('codes', user);
  expect(currentStep(page)).toBe('enroll:recovery_code');
  const codesOn = ({ html }: Page) => [...html.matchAll(/<li><code>([^<]+)<\/code>/g)].map(([, code = '']) => code);
  const codes = codesOn(page);
  expect(codes).toHaveLength(10);
  const unsaved = await answerStep(agent, page, { 'credentials.saved': '' });
  expect(unsaved.messages).toEqual(['recovery_codes.unsaved']);
  expect(codesOn(unsaved)).toEqual(codes);
  expect(currentStep(await answerStep(agent, unsaved, { 'credentials.saved': 'yes' }))).toBe('code');
  user.answers.recovery_code = async () => codes[0] ?? '';
  const again = await go('codes', user);
  expect(again.asked).toEqual(['identify', 'challenge:recovery_code', 'code']);
  expect(again.page.html).not.toContain(codes[1]);
  const used = await go('codes', user);
  expect(used.page.messages).toEqual(['credentials.invalid']);
  expect(eventsOf(node, user.id)).toContain('authenticator.enrolled:recovery_code');
  expect(JSON.stringify(node.audit)).not.toContain(codes[0]);
});

test('the use of a recovery code is notified by mail; after the last one new codes can be enrolled', async () => {
  const user = await createUser('password', 'recovery_code');
  expect((await go('codes', user)).asked.at(-1)).toBe('code');
  expect((await go('codes', user)).asked.at(-1)).toBe('code');
  expect(await notified(user)).toEqual([0, 1]);
  expect(currentStep((await go('codes', user)).page)).toBe('enroll:recovery_code');
});

async function notified(user: EquippedUser): Promise<unknown[]> {
  const remaining: unknown[] = [];
  for await (const ids of node.store.members(outboxKey)) {
    const { entries } = await node.store.load(ids.map(outboxMessageKey));
    for (const entry of entries.values()) {
      const { delivery } = JSON.parse(entry?.value ?? '{}');
      // Each sign-in comes from a browser of its own, which is notified, too.
      if (delivery.to !== user.identifier || delivery.template === 'new-browser') continue;
      expect(delivery).toMatchObject({ channel: 'email', template: 'recovery-used' });
      remaining.push(delivery.params.remaining);
    }
  }
  return remaining.sort();
}

test('an access code counts as often as it was issued for, and then it is not offered any more', async () => {
  const user = await createUser('password', 'access_code');
  const first = await go('codes', user);
  expect(first.asked).toEqual(['identify', 'challenge:access_code', 'code']);
  expect((await go('codes', user, first.agent)).asked).toEqual(['code']);
  expect(currentStep((await go('codes', user)).page)).toBe('enroll:recovery_code');
});

test('an expired access code is no longer offered, and proofs by it still count', async () => {
  const user = await createUser('password', 'access_code');
  const { page, agent } = await go('codes', { ...user, answers: {} });
  const asked = await answerStep(agent, page, { 'credentials.passcode': password });
  expect(currentStep(asked)).toBe('challenge:access_code');
  const code = (await user.answers.access_code?.()) ?? '';
  ahead = 3601;
  const late = await go('codes', user);
  expect(currentStep(late.page)).toBe('enroll:recovery_code');
  ahead = 0;
  expect(currentStep(await answerStep(agent, asked, { 'credentials.passcode': code }))).toBe('code');
  ahead = 3601;
  expect((await go('codes', user, agent)).asked).toEqual(['code']);
});

test('an access code opens the account while another authenticator is throttled', async () => {
  const user = await createUser('password', 'totp', 'access_code');
  const { page, agent } = await go('two', { ...user, answers: { password: async () => password } });
  let at = page;
  if (currentStep(at) !== 'challenge:totp')
    at = await agent.submit(at, formOf(at, 'select'), { 'authenticator.id': 'totp' });
  const wrong = { 'credentials.passcode': await wrongCode(user) };
  for (let guess = 0; guess < 6; guess += 1) at = await answerStep(agent, at, wrong);
  expect(at.messages).toEqual(['attempts.exceeded']);
  const list = await agent.submit(at, formOf(at, 'select'));
  const next = await agent.submit(list, formOf(list, 'select'), { 'authenticator.id': 'access_code' });
  const code = (await user.answers.access_code?.()) ?? '';
  expect(currentStep(await answerStep(agent, next, { 'credentials.passcode': code }))).toBe('code');
});
