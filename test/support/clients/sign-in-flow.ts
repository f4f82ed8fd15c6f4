/** Pieces of a sign-in that hostile tests put together in their own order. */

import { generate, generateSecret } from 'otplib';
import { issueAccessCode } from '../../../src/authenticators/access-code/access-code.ts';
import type { NewCredential } from '../../../src/authenticators/authenticator.ts';
import type { Skips } from '../../../src/core/model/facts.ts';
import { attemptCounter, credentialsKey, transactionKey, userKey } from '../../../src/stores/keys.ts';
import type { Entry } from '../../../src/stores/store.ts';
import { type Profile, parseUser, serializeUser } from '../../../src/users/record/user.ts';
import { type Form, mainForm, type Page, UserAgent } from '../pages/user-agent.ts';
import { password, type TestNode, testPassword } from '../servers/node.ts';
import { randomName } from '../values/random-name.ts';
import { type Authorization, authorization } from './raw-client.ts';
import { nextCode, redirectUri, type TestUser } from './relying-party.ts';

export interface SignIn {
  readonly agent: UserAgent;
  readonly request: Authorization;
  readonly page: Page;
  /** The id of the transaction. */
  readonly uid: string;
}

/** The first page of a new sign-in. `asked`: the app, or its parameters, which replace the usual ones. */
export async function beginSignIn(
  node: Pick<TestNode, 'issuer'>,
  asked: string | ({ readonly client_id: string } & Readonly<Record<string, string>>),
  agent: UserAgent = new UserAgent(),
): Promise<SignIn> {
  const { client_id: clientId, ...parameters } = typeof asked === 'string' ? { client_id: asked } : asked;
  const request = authorization(node.issuer, clientId, parameters);
  const page = await agent.open(request.url, {}, redirectUri);
  return { agent, request, page, uid: /\/signin\/([\w-]+)/.exec(page.url)?.[1] ?? '' };
}

/** Answers the main form of the page. */
export function answerStep(agent: UserAgent, page: Page, fields: Readonly<Record<string, string>>): Promise<Page> {
  return agent.submit(page, mainForm(page), fields);
}

/** Identifier, and the password with it when the page asks for both. */
export function identify(agent: UserAgent, page: Page, user: TestUser): Promise<Page> {
  const both = mainForm(page)?.fields['credentials.passcode'] !== undefined;
  return answerStep(agent, page, {
    identifier: user.identifier,
    ...(both ? { 'credentials.passcode': user.password } : {}),
  });
}

export function formOf(page: Page, step: string): Form | undefined {
  return page.forms.find((form) => form.step === step);
}

/** `identify`, `challenge:totp` and so on; `code` when the browser was sent back with one. */
export function currentStep(page: Page): string {
  if (page.url.startsWith(redirectUri)) {
    const query = new URL(page.url).searchParams;
    return query.has('code') ? 'code' : (query.get('error') ?? 'back');
  }
  const form = mainForm(page);
  if (!form) return page.messages[0] ?? `status ${page.status}`;
  return form.authenticator ? `${form.step}:${form.authenticator}` : form.step;
}

/** A new user who has a password only. */
export async function userWithPassword(
  { app }: TestNode,
  groups: readonly string[] = ['staff'],
  profile: Profile = {},
): Promise<TestUser & { readonly id: string }> {
  const identifier = `${randomName()}@demo.test`;
  const credentials = [testPassword(app)];
  const created = await app.directory.create({ identifiers: [identifier], groups, profile, credentials });
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, identifier, password };
}

/** A new user who has an authenticator app already. */
export function userWithTotp(
  node: TestNode,
  groups: readonly string[] = ['staff'],
): ReturnType<typeof userWithTotpAnd> {
  return userWithTotpAnd(node, groups, []);
}

/** A user with a password, an authenticator app, and a temporary access code from an administrator. */
export async function userWithAccessCode(
  node: TestNode,
  groups: readonly string[] = ['staff'],
): ReturnType<typeof userWithTotpAnd> {
  const terms = { length: 12, uses: 5, expiresAt: Math.floor(Date.now() / 1000) + 3600 };
  const { credential } = await issueAccessCode(node.app.hashing, terms);
  return userWithTotpAnd(node, groups, [credential]);
}

async function userWithTotpAnd(
  { app }: TestNode,
  groups: readonly string[],
  more: readonly NewCredential[],
): Promise<TestUser & { readonly id: string; readonly totp: string }> {
  const identifier = `${randomName()}@demo.test`;
  const totp = generateSecret({ length: 20 });
  const created = await app.directory.create({
    identifiers: [identifier],
    groups,
    credentials: [
      testPassword(app),
      {
        authenticator: 'totp',
        factors: ['possession'],
        characteristics: ['userPresence', 'deviceBound'],
        secret: { key: totp, step: 0 },
      },
      ...more,
    ],
  });
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, identifier, password, totp };
}

export async function passcode(user: TestUser): Promise<Record<string, string>> {
  return { 'credentials.passcode': await nextCode(user) };
}

/** Six digits that are not a code of this user around now. */
export async function wrongCode(user: { readonly totp?: string | undefined }): Promise<string> {
  const now = Math.floor(Date.now() / 30_000);
  const secret = user.totp;
  if (!secret) return '000000';
  const right = await Promise.all([-2, -1, 0, 1, 2].map((offset) => generate({ secret, epoch: (now + offset) * 30 })));
  return ['000000', '111111', '222222', '333333', '444444', '555555', '666666'].find(
    (code) => !right.includes(code),
  ) as string;
}

export async function storedTransaction({ store }: TestNode, uid: string): Promise<Entry | undefined> {
  const key = transactionKey(uid);
  return (await store.load([key])).entries.get(key);
}

/** Attempts that count against a user in a window (seconds). Asking counts as one more afterwards. */
export async function attemptsOf(
  { store }: TestNode,
  userId: string,
  { authenticator, window }: { readonly authenticator: string; readonly window: number },
): Promise<number> {
  const most = 1_000_000;
  const { remaining } = await store.reserve(attemptCounter(userId, authenticator), [{ limit: most, window }]);
  return most - 1 - remaining;
}

/** As if the last skips of this user had been so many days ago. */
export async function skippedAgo({ store }: TestNode, userId: string, days: number): Promise<void> {
  const key = userKey(userId);
  const entry = (await store.load([key])).entries.get(key);
  const user = parseUser(entry?.value ?? '');
  const at = Math.floor(Date.now() / 1000) - days * 86_400;
  const skipped = Object.fromEntries(
    Object.entries(user.skipped ?? {}).map(([name, skips]) => [name, movedTo(at, skips)]),
  );
  const value = serializeUser({ ...user, skipped });
  await store.commit([{ op: 'replace', key, version: entry?.version ?? 0, value, refs: [credentialsKey(userId)] }]);
}

/** Lines of the audit log about one user, as `event:authenticator`. */
export function eventsOf({ audit }: Pick<TestNode, 'audit'>, subject: string): string[] {
  const lines = audit.filter((line) => line.subject === subject);
  return lines.map(({ event, authenticator }) => (authenticator ? `${event}:${authenticator}` : String(event)));
}

/** A sign-on policy file with these rules; `then` as in the file, e.g. `deny` or `{ allow: { factors: 2 } }`. */
export function signOnPolicy(
  name: string,
  ...rules: readonly { readonly when?: unknown; readonly then: unknown; readonly reportOnly?: boolean }[]
) {
  return {
    [`policies/sign-on/${name}.yaml`]: JSON.stringify({
      name,
      rules: rules.map((rule, index) => ({ name: `Rule ${index + 1}`, ...rule })),
    }),
  };
}

function movedTo(at: number, skips: Skips): Skips {
  return Object.fromEntries(Object.entries(skips).map(([reason, { count }]) => [reason, { count, at }]));
}
