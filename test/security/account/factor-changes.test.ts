/**
 * After a change of factors (OpenProject CVE-2023-31140, OWASP ASVS 7.4.3): what was signed in before an account got
 * stronger, or lost an authenticator, ends on every node; the browser that changed it goes on.
 */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { omitUndefined } from '../../../src/core/model/omit-undefined.ts';
import { signInLogKey } from '../../../src/stores/keys.ts';
import { readSignIns } from '../../../src/users/history/sign-in-log.ts';
import { appFile } from '../../support/clients/authorize.ts';
import { confirmDevice, pollTokens, waitingDevice } from '../../support/clients/device-grant.ts';
import { startNotifiedParty } from '../../support/clients/notified-party.ts';
import { redeemCode, refresh, type TokenAnswer } from '../../support/clients/raw-client.ts';
import { nextCode, signIn, type TestUser } from '../../support/clients/relying-party.ts';
import { reopened } from '../../support/clients/returning-browser.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  formOf,
  identify,
  type SignIn,
  signOnPolicy,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { startTwoNodes } from '../../support/servers/two-nodes.ts';
import { notificationsFor } from '../../support/users/account-notifications.ts';
import { visit, withEmail } from '../../support/users/account-visits.ts';
import { until } from '../../support/values/until.ts';

interface World {
  /** Where users, and lines of the audit log, are looked up. */
  readonly node: TestNode;
  readonly issuer: string;
  /** Where each token is tried. */
  readonly origins: readonly string[];
  browser(): UserAgent;
  audit(): readonly Readonly<Record<string, unknown>>[];
  stop(): Promise<void>;
}

const options = {
  authenticators: ['password', 'totp', 'recovery_code'],
  mail: true,
  files: {
    ...signOnPolicy('payroll', { then: { allow: { factors: 2, possession: { authenticators: ['totp'] } } } }),
    ...signOnPolicy('shop', {
      then: { allow: { factors: 2, possession: { maxAge: 'PT1H' } }, remember: { device: 'P30D' } },
    }),
  },
} as const;

async function oneNode(): Promise<World> {
  const node = await startNode(options);
  const { issuer, origin, audit, stop } = node;
  return { node, issuer, origins: [origin], browser: () => new UserAgent(), audit: () => audit, stop };
}

async function twoNodes(): Promise<World> {
  const two = await startTwoNodes(options);
  const [node] = two.nodes;
  const origins = two.nodes.map(({ origin }) => origin);
  const { issuer, audit, stop } = two;
  return { node, issuer, origins, browser: () => two.hoppingAgent(), audit, stop };
}

type StoredUser = TestUser & { readonly id: string };

describe.each([
  ['the embedded store', oneNode],
  ['two nodes on Redis', twoNodes],
])('%s', (_store, start) => {
  let world: World;
  beforeAll(async () => {
    world = await start();
  });
  afterAll(() => world.stop());

  interface VersionedAccount {
    readonly browser: UserAgent;
    readonly app: string;
    readonly request: SignIn['request'];
    readonly page: Page;
    readonly tokens: TokenAnswer['tokens'];
  }

  /** Signs in and takes tokens. */
  async function hold(app: string, user: StoredUser, browser = world.browser()): Promise<VersionedAccount> {
    const begun = await beginSignIn(world, app, browser);
    const { page } = await signIn(browser, begun.page, user);
    expect(currentStep(page)).toBe('code');
    const { tokens } = await redeemCode(world.origins[0] ?? '', begun.request, page.url);
    return { browser, app, request: begun.request, page, tokens };
  }

  /** Of each node: what it says to the refresh token, which is tried last, and to the access token. */
  async function answersTo({ app, tokens }: VersionedAccount): Promise<readonly unknown[]> {
    const headers = { authorization: `Bearer ${tokens?.access_token}` };
    const userinfo = async (origin: string) => (await fetch(`${origin}/oauth2/v1/userinfo`, { headers })).status;
    const read = await Promise.all(world.origins.map(userinfo));
    const refreshed = [];
    for (const origin of world.origins) {
      const { error } = await refresh(origin, app, tokens?.refresh_token ?? '');
      refreshed.push(error ?? 'refreshed');
    }
    return [...new Set([...read, ...refreshed])];
  }

  const dead = [401, 'invalid_grant'];

  /** What the last node says to the refresh token. */
  const renewed = async ({ app, tokens }: VersionedAccount) =>
    (await refresh(world.origins.at(-1) ?? '', app, tokens?.refresh_token ?? '')).status;

  const opens = async (app: string, browser: UserAgent) => currentStep((await beginSignIn(world, app, browser)).page);

  async function credentialOf({ id }: StoredUser, key: string) {
    const all = (await world.node.app.directory.get(id))?.credentials ?? [];
    return all.findLast(({ authenticator }) => authenticator === key);
  }

  const eventsOf = ({ id }: StoredUser, event: string) =>
    world.audit().filter((line) => line.subject === id && line.event === event);

  async function remove(user: StoredUser, key: string, browser: UserAgent): Promise<Page> {
    const path = `/account/authenticators/${(await credentialOf(user, key))?.id}`;
    const { page } = await visit(world, user, { path, agent: browser });
    expect(page.html).toContain('This signs you out on your other devices');
    return browser.submit(page, formOf(page, 'remove'));
  }

  async function addAnotherApp(user: TestUser, browser: UserAgent): Promise<Page> {
    const page = await browser.open(`${world.issuer}/account/add/totp`);
    const code = await nextCode({ ...user, ...omitUndefined({ totp: page.secret }), step: 0 });
    return browser.submit(page, mainForm(page), { 'credentials.label': 'Tablet', 'credentials.passcode': code });
  }

  test('the first second factor, at /account: the thief of the password is signed out, its owner continues', async () => {
    const user: StoredUser = await userWithPassword(world.node);
    const address = await withEmail(world.node, user);
    const thief = await hold('notes', user);
    const late = await beginSignIn(world, 'notes', thief.browser);
    expect(currentStep(late.page)).toBe('code');
    const owner = await hold('notes', user);

    const offered = await visit(world, { ...user, totp: '' }, { agent: owner.browser });
    const offer = await offered.agent.open(`${world.issuer}/account/add/totp`);
    expect(offer.html).toContain('This signs you out on your other devices');
    user.totp = offer.secret ?? '';
    const added = await offered.agent.submit(offer, mainForm(offer), {
      'credentials.passcode': await nextCode(user),
    });
    expect(added.messages).toEqual(['account.done.added']);

    expect(await answersTo(thief)).toEqual(dead);
    expect((await redeemCode(world.origins.at(-1) ?? '', late.request, late.page.url)).error).toBe('invalid_grant');
    expect(await opens('notes', thief.browser)).toBe('identify');
    expect(await opens('notes', owner.browser)).toBe('code');
    expect(await renewed(owner)).toBe(200);
    expect((await owner.browser.open(`${world.issuer}/account`)).url).toBe(`${world.issuer}/account`);
    expect(eventsOf(user, 'authenticator.enrolled')).toMatchObject([
      { authenticator: 'totp', otherSessionsEnded: true },
    ]);
    const notifications = await notificationsFor(world.node, address);
    expect(notifications.map(({ delivery: { params } }) => [params.event, params.ended])).toEqual([['added', 'yes']]);
  });

  test.each(['with a session of this browser', 'in a browser without one', 'after a restart as the same user'])(
    'the first second factor, enrolled while signing in to an app, %s',
    async (how) => {
      const user: StoredUser = await userWithPassword(world.node);
      const thief = await hold('notes', user);
      const browser = how.includes('without') ? world.browser() : (await hold('notes', user)).browser;
      const begun = await beginSignIn(world, 'payroll', browser);
      const restarted = async () =>
        identify(browser, await browser.submit(begun.page, formOf(begun.page, 'restart')), user);
      const { page, asked } = await signIn(browser, how.includes('restart') ? await restarted() : begun.page, user);
      expect([currentStep(page), asked.at(-1)]).toEqual(['code', 'enroll:totp']);
      const { tokens } = await redeemCode(world.origins[0] ?? '', begun.request, page.url);
      expect((await refresh(world.origins.at(-1) ?? '', 'payroll', tokens?.refresh_token ?? '')).status).toBe(200);
      expect(await opens('payroll', browser)).toBe('code');
      expect(await opens('notes', browser)).toBe('code');
      expect(await answersTo(thief)).toEqual(dead);
      expect(await opens('notes', thief.browser)).toBe('identify');
    },
  );

  test('a sign-in in progress in another browser is over', async () => {
    const user: StoredUser = await userWithPassword(world.node);
    const { browser } = await hold('notes', user);
    const begun = await beginSignIn(world, 'payroll', browser);
    expect(currentStep(begun.page)).toBe('enroll:totp');
    await hold('payroll', { ...user });
    const code = await nextCode({ ...user, totp: begun.page.secret ?? '' });
    const stale = await answerStep(browser, begun.page, { 'credentials.passcode': code });
    expect(currentStep(stale)).toBe('error.sign_in_expired');
    expect((await world.node.app.directory.get(user.id))?.credentials).toHaveLength(2);
  });

  test('tabs of one browser: the proofs of one still count when the other adds an authenticator', async () => {
    const user: StoredUser = await userWithPassword(world.node);
    const browser = world.browser();
    const [one, other] = [await beginSignIn(world, 'notes', browser), await beginSignIn(world, 'payroll', browser)];
    const first = await signIn(browser, one.page, user);
    const second = await signIn(browser, other.page, user);
    expect([currentStep(first.page), currentStep(second.page)]).toEqual(['code', 'code']);
    for (const [{ request }, { page }] of [
      [one, first],
      [other, second],
    ] as const) {
      const { tokens } = await redeemCode(world.origins[0] ?? '', request, page.url);
      expect(await renewed({ app: request.clientId, browser, request, page, tokens })).toBe(200);
    }
    expect(await opens('payroll', browser)).toBe('code');
  });

  test('signing out everywhere else ends also the tokens that this browser brought', async () => {
    const user: StoredUser = await userWithPassword(world.node);
    const own = await hold('notes', user);
    const { page } = await visit(world, user, { path: '/account/sessions/others', agent: own.browser });
    const done = await own.browser.submit(page, formOf(page, 'end-others'));
    expect(done.messages).toEqual(['account.done.ended_others']);
    expect(await answersTo(own)).toEqual(dead);
    expect(await opens('notes', own.browser)).toBe('code');
  });

  test('another authenticator of a kind that the user had ends nothing', async () => {
    const user: StoredUser = await userWithTotp(world.node);
    const other = await hold('payroll', user);
    const owner = await hold('payroll', user);
    const added = await addAnotherApp(user, owner.browser);
    expect(added.messages).toEqual(['account.done.added']);
    expect(await opens('payroll', other.browser)).toBe('code');
    expect((await refresh(world.origins.at(-1) ?? '', 'payroll', other.tokens?.refresh_token ?? '')).status).toBe(200);
    expect(eventsOf(user, 'authenticator.enrolled')[0]).not.toHaveProperty('otherSessionsEnded');
  });

  test('a removed authenticator no longer counts anywhere; this browser continues without it', async () => {
    const user: StoredUser = await userWithTotp(world.node);
    const address = await withEmail(world.node, user);
    const thief = await hold('payroll', user);
    const here = await hold('notes', user);
    const owner = await hold('payroll', user, here.browser);
    // Also what is not in the list of sessions.
    const other = await hold('notes', user);
    const listed = async () => (await readSignIns(world.node.store, user.id)).length;
    expect(await listed()).toBe(4);
    await world.node.store.commit([{ op: 'delete', key: signInLogKey(user.id) }]);
    expect(await listed()).toBe(0);
    const gone = await remove(user, 'totp', owner.browser);
    expect(gone.messages).toEqual(['account.done.removed']);
    expect(gone.html).toContain('You’ve been signed out on your other devices.');
    for (const versionedAccount of [thief, other]) {
      expect(await answersTo(versionedAccount)).toEqual(dead);
      expect(await opens(versionedAccount.app, versionedAccount.browser)).toBe('identify');
    }
    expect(await opens('notes', owner.browser)).toBe('code');
    expect(await opens('payroll', owner.browser)).toBe('enroll:totp');
    expect([await renewed(here), await renewed(owner)]).toEqual([200, 400]);
    expect(eventsOf(user, 'account.removed')).toMatchObject([{ authenticator: 'totp', otherSessionsEnded: true }]);
    const notifications = await notificationsFor(world.node, address);
    expect(notifications.map(({ delivery: { params } }) => [params.event, params.ended])).toEqual([['removed', 'yes']]);
  });

  test('replacing an authenticator ends the other sessions, too', async () => {
    const user: StoredUser = await userWithTotp(world.node);
    const { agent: browser, page: first } = await visit(world, user, { path: '/account/add/recovery_code' });
    expect(first.html).not.toContain('This signs you out');
    await browser.submit(first, mainForm(first), { 'credentials.saved': 'yes' });
    const thief = await hold('payroll', user);
    const again = await browser.open(`${world.issuer}/account/add/recovery_code`);
    expect(again.html).toContain('This signs you out on your other devices');
    expect(await opens('payroll', thief.browser)).toBe('code');
    await browser.submit(again, mainForm(again), { 'credentials.saved': 'yes' });
    expect(await answersTo(thief)).toEqual(dead);
    expect(await opens('payroll', thief.browser)).toBe('identify');
    expect(await opens('payroll', browser)).toBe('code');
  });

  test('other browsers are no longer remembered, this one is', async () => {
    const user: StoredUser = await userWithTotp(world.node);
    const [other, own] = [world.browser(), world.browser()];
    const shop = async (browser: UserAgent) => (await beginSignIn(world, 'shop', browser)).page;
    for (const browser of [other, own]) {
      const named = await identify(browser, await shop(browser), user);
      expect(currentStep(named)).toBe('challenge:totp');
      const passcode = { 'credentials.passcode': await nextCode(user), rememberDevice: 'yes' };
      expect(currentStep(await answerStep(browser, named, passcode))).toBe('code');
    }
    await addAnotherApp(user, own);
    await remove(user, 'totp', own);
    const asked = async (browser: UserAgent) => {
      const again = reopened(browser, world.issuer);
      return currentStep(await identify(again, await shop(again), user));
    };
    expect([await asked(other), await asked(own)]).toEqual(['challenge:totp', 'code']);
  });

  test('a refresh token rests on the proofs for it, from token to token', async () => {
    const user: StoredUser = await userWithTotp(world.node);
    const [strong, weak] = [await hold('payroll', user), await hold('notes', user)];
    const device = await waitingDevice(world, 'payroll');
    await confirmDevice(world, device, strong.browser);
    const onDevice = await pollTokens({ origin: world.origins[0] ?? '' }, device);
    const { tokens } = await refresh(world.origins[0] ?? '', 'payroll', strong.tokens?.refresh_token ?? '');
    const {
      id: _,
      createdAt: _at,
      ...credential
    } = (await credentialOf(user, 'totp')) as NonNullable<Awaited<ReturnType<typeof credentialOf>>>;
    await world.node.app.directory.replaceCredential(user.id, credential);
    expect(await answersTo({ ...strong, tokens })).toContain('invalid_grant');
    expect((await refresh(world.origins.at(-1) ?? '', 'payroll', String(onDevice.refresh_token))).error).toBe(
      'invalid_grant',
    );
    expect((await refresh(world.origins.at(-1) ?? '', 'notes', weak.tokens?.refresh_token ?? '')).status).toBe(200);
    expect(eventsOf(user, 'token.refreshed').map(({ outcome }) => outcome)).toEqual(['success', 'success']);
    const denied = eventsOf(user, 'token.refresh_denied').map(({ reason }) => reason);
    expect(denied).toContain('enrollment_gone');
    expect(denied).toHaveLength(world.origins.length + 1);
  });
});

test('relying parties are notified of sessions that end this way', async () => {
  const party = await startNotifiedParty();
  const uri = `${party.origin}/told`;
  const told = { backchannel_logout_uri: uri, backchannel_logout_session_required: true };
  const files = { ...options.files, ...appFile('told', { client: told }) };
  const node = await startNode({ ...options, files, sendOutbox: true });
  try {
    const user: StoredUser = await userWithPassword(node);
    const [thief, owner] = [new UserAgent(), new UserAgent()];
    for (const browser of [thief, owner]) {
      const { page } = await beginSignIn(node, 'told', browser);
      expect(currentStep((await signIn(browser, page, user)).page)).toBe('code');
    }
    const { page } = await beginSignIn(node, 'payroll', owner);
    expect(currentStep((await signIn(owner, page, user)).page)).toBe('code');
    await until('a notice', () => party.notices.length > 0);
    expect(party.notices.map(({ client }) => client)).toEqual(['told']);
  } finally {
    await node.stop();
    await party.stop();
  }
});
