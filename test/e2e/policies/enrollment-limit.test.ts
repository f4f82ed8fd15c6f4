/** No user has more than ten of one authenticator: at the account, in a sign-in, and with two tabs at once. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { maxEnrollmentsPerAuthenticator } from '../../../src/core/enrollment/enrollment-limit.ts';
import { credentialsKey } from '../../../src/stores/keys.ts';
import { issueCredential } from '../../../src/users/record/credentials.ts';
import { parseCredentials, serializeCredentials } from '../../../src/users/record/user.ts';
import {
  beginSignIn,
  currentStep,
  formOf,
  identify,
  passcode,
  signOnPolicy,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { notifiedEvents } from '../../support/users/account-notifications.ts';
import { type Visit, visit, withEmail } from '../../support/users/account-visits.ts';

const appWith = JSON.stringify({ rules: [{ name: 'All', then: { required: ['totp'] } }] });

describe.each(storesUnderTest)('on $name', ({ open }) => {
  let node: TestNode;
  let stopStore: () => Promise<void>;
  beforeAll(async () => {
    const { store, stop } = await open();
    stopStore = stop;
    node = await startNode({
      store,
      mail: true,
      files: {
        ...signOnPolicy('notes', { then: { allow: { factors: 1 } } }),
        'policies/enrollment.yaml': appWith,
      },
    });
  });
  afterAll(async () => {
    await node?.stop();
    await stopStore?.();
  });

  type TestUser = Awaited<ReturnType<typeof userWithPassword>>;

  /**
   * A user at their account who has so many; they prove nothing but what the password has proved, so that the
   * account-management requirement stays the same.
   */
  async function withTotp(count: number): Promise<Visit & { readonly user: TestUser; readonly address: string }> {
    const user = await userWithPassword(node);
    const address = await withEmail(node, user);
    const key = credentialsKey(user.id);
    const stored = (await node.store.load([key])).entries.get(key);
    const more = Array.from({ length: count }, () =>
      issueCredential({ authenticator: 'totp', factors: ['knowledge'], characteristics: [], secret: {} }, 1),
    );
    const value = serializeCredentials([...parseCredentials(stored?.value ?? ''), ...more]);
    await node.store.commit([{ op: 'put', key, value }]);
    return { user, address, ...(await visit(node, user, { path: '/account/methods' })) };
  }

  async function enrolledCount({ id }: TestUser): Promise<number> {
    const account = await node.app.directory.get(id);
    return account?.credentials.filter(({ authenticator }) => authenticator === 'totp').length ?? 0;
  }

  async function offer({ agent }: Visit): Promise<Page> {
    const page = await agent.open(`${node.issuer}/account/add/totp`);
    expect(currentStep(page)).toBe('enroll:totp');
    return page;
  }

  const confirm = async ({ agent }: Visit, page: Page): Promise<Page> => {
    const code = await passcode({ identifier: '', password: '', totp: page.secret ?? '' });
    return agent.submit(page, mainForm(page), { ...code, 'credentials.label': 'Another one' });
  };

  test('at the account it is no longer on offer, and asking for it all the same says why, in both languages', async () => {
    const { agent, page, user } = await withTotp(maxEnrollmentsPerAuthenticator);
    expect(page.html).toContain('data-full="totp"');
    expect(page.html).not.toContain('href="/account/add/totp"');
    for (const [language, text] of [
      ['en', /reached the limit \((<bdi>)?10/],
      ['de', /Mehr geht nicht \((<bdi>)?10/],
    ] as const) {
      const headers = { 'accept-language': language };
      const refused = await agent.open(`${node.issuer}/account/add/totp`, { headers });
      expect([refused.status, refused.messages]).toEqual([422, ['account.add.full']]);
      expect(refused.html).toMatch(text);
    }
    expect(await enrolledCount(user)).toBe(maxEnrollmentsPerAuthenticator);
  });

  test('one less: it is added, and then the limit is reached', async () => {
    const visited = await withTotp(maxEnrollmentsPerAuthenticator - 1);
    expect(visited.page.html).toContain('href="/account/add/totp"');
    const added = await confirm(visited, await offer(visited));
    expect(added.messages).toEqual(['account.done.added']);
    expect(added.html).toContain('data-full="totp"');
    expect(await enrolledCount(visited.user)).toBe(maxEnrollmentsPerAuthenticator);
  });

  test('removing one makes another possible', async () => {
    const { agent, page } = await withTotp(maxEnrollmentsPerAuthenticator);
    const [, manage = ''] = [...page.html.matchAll(/href="(\/account\/authenticators\/[\w-]+)"/g)].map(([, to]) => to);
    const form = await agent.open(`${node.issuer}${manage}`);
    const removed = await agent.submit(form, formOf(form, 'remove'));
    expect(removed.messages).toEqual(['account.done.removed']);
    expect(removed.html).toContain('href="/account/add/totp"');
  });

  test('an address made by hand gets no offer either, and the page leads back', async () => {
    const { agent, user } = await withTotp(maxEnrollmentsPerAuthenticator);
    const query = new URLSearchParams({
      client_id: 'stepgate-account',
      response_type: 'code',
      redirect_uri: `${node.issuer}/account/callback`,
      scope: 'openid',
      account_purpose: 'account:enroll:totp',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
      state: 'added',
    });
    const denied = await agent.open(`${node.issuer}/oauth2/v1/authorize?${query}`);
    expect([denied.status, denied.messages]).toEqual([403, ['denied.enrollments_full']]);
    expect(denied.secret).toBeUndefined();
    const back = await agent.submit(denied, formOf(denied, 'cancel'));
    expect([back.url, back.messages]).toEqual([`${node.issuer}/account`, []]);
    expect(await enrolledCount(user)).toBe(maxEnrollmentsPerAuthenticator);
  });

  test('an app whose users must have it lets them in', async () => {
    const { user } = await withTotp(maxEnrollmentsPerAuthenticator);
    const { agent, page } = await beginSignIn(node, 'notes');
    expect(currentStep(await identify(agent, page, user))).toBe('code');
  });

  test('two tabs with the last offer, one after the other: the second gets a notice', async () => {
    const visited = await withTotp(maxEnrollmentsPerAuthenticator - 1);
    const [first, second] = [await offer(visited), await offer(visited)];
    expect((await confirm(visited, first)).messages).toEqual(['account.done.added']);
    const late = await confirm(visited, second);
    expect([late.status, late.messages]).toEqual([409, ['form.stale', 'denied.enrollments_full']]);
    expect(await enrolledCount(visited.user)).toBe(maxEnrollmentsPerAuthenticator);
    expect(await notifiedEvents(node, visited.address)).toEqual(['added']);
  });

  test('two tabs with the last offer, at once: one of them is taken', async () => {
    const visited = await withTotp(maxEnrollmentsPerAuthenticator - 1);
    const pages = [await offer(visited), await offer(visited)];
    const after = await Promise.all(pages.map((page) => confirm(visited, page)));
    // The slower one is sent here, finds its form out of date, or is told that the other was faster.
    const lost = ['form.stale', 'form.raced'];
    const codes = after.flatMap(({ messages }) => messages).filter((code) => !lost.includes(code));
    expect(codes.sort()).toEqual(['account.done.added', 'denied.enrollments_full']);
    expect(await enrolledCount(visited.user)).toBe(maxEnrollmentsPerAuthenticator);
    expect(await notifiedEvents(node, visited.address)).toEqual(['added']);
  });
});
