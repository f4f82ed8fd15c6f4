/** Two tabs change one account at the same moment: one wins, the other gets a notice, and nothing is lost. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { totpAuthenticator } from '../../../src/authenticators/totp/totp.ts';
import { credentialsKey } from '../../../src/stores/keys.ts';
import { issueCredential } from '../../../src/users/record/credentials.ts';
import { parseCredentials, serializeCredentials } from '../../../src/users/record/user.ts';
import { formOf, userWithPassword } from '../../support/clients/sign-in-flow.ts';
import type { Page } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { addressCode, notifiedEvents } from '../../support/users/account-notifications.ts';
import { type Visit, visit, withEmail } from '../../support/users/account-visits.ts';

const { key, characteristics } = totpAuthenticator().descriptor;
/** What they have proved already: the account-management requirement stays the same. */
const factors = ['knowledge'] as const;

describe.each(storesUnderTest)('on $name', ({ open }) => {
  let node: TestNode;
  let stopStore: () => Promise<void>;
  beforeAll(async () => {
    const { store, stop } = await open();
    stopStore = stop;
    node = await startNode({ store, mail: true });
  });
  afterAll(async () => {
    await node?.stop();
    await stopStore?.();
  });

  type TestUser = Awaited<ReturnType<typeof userWithPassword>>;

  /** A user at their account who has two authenticators more since they proved all that they had. */
  async function atHome(): Promise<{ user: TestUser; home: Visit; address: string; extra: readonly string[] }> {
    const user = await userWithPassword(node);
    const address = await withEmail(node, user);
    const home = await visit(node, user);
    const stored = (await node.store.load([credentialsKey(user.id)])).entries.get(credentialsKey(user.id));
    const more = ['One', 'Two'].map((label) =>
      issueCredential({ authenticator: key, label, factors, characteristics, secret: {} }, 1),
    );
    const value = serializeCredentials([...parseCredentials(stored?.value ?? ''), ...more]);
    await node.store.commit([{ op: 'put', key: credentialsKey(user.id), value }]);
    return { user, home, address, extra: more.map(({ id }) => id) };
  }

  async function labelsOf({ id }: TestUser): Promise<readonly string[]> {
    const account = await node.app.directory.get(id);
    return (account?.credentials ?? []).map(({ label = 'password' }) => label).sort();
  }

  const codes = (pages: readonly Page[]) => pages.flatMap(({ messages }) => messages).sort();

  test('each tab removes another one: one of them is gone', async () => {
    const { user, home, address, extra } = await atHome();
    const { agent } = home;
    const pages = await Promise.all(extra.map((id) => agent.open(`${node.issuer}/account/authenticators/${id}`)));
    const after = await Promise.all(pages.map((page) => agent.submit(page, formOf(page, 'remove'))));
    expect(codes(after)).toEqual(['account.done.removed', 'form.stale']);
    expect(await labelsOf(user)).toHaveLength(2);
    expect(await notifiedEvents(node, address)).toEqual(['removed']);
  });

  test('one is named while another is removed: both changes never half', async () => {
    const { user, home, address, extra } = await atHome();
    const { agent } = home;
    const [first, second] = await Promise.all(
      extra.map((id) => agent.open(`${node.issuer}/account/authenticators/${id}`)),
    );
    const after = await Promise.all([
      agent.submit(first as Page, formOf(first as Page, 'rename'), { label: 'New' }),
      agent.submit(second as Page, formOf(second as Page, 'remove')),
    ]);
    const labels = await labelsOf(user);
    const renamed = after[0]?.messages[0] === 'account.done.renamed';
    expect(codes(after)).toEqual([renamed ? 'account.done.renamed' : 'account.done.removed', 'form.stale']);
    expect(labels).toEqual(renamed ? ['New', 'Two', 'password'] : ['One', 'password']);
    expect(await notifiedEvents(node, address)).toEqual([renamed ? 'renamed' : 'removed']);
  });

  test('a code is entered twice at once: the address is there once', async () => {
    const user = await userWithPassword(node);
    const fresh = `fresh-${user.identifier}`;
    const { agent, page } = await visit(node, user, { path: '/account/addresses/add' });
    const asked = await agent.submit(page, formOf(page, 'add-address'), { email: fresh });
    const passcode = await addressCode(node, fresh);
    const tries = [1, 2, 3].map(() => agent.submit(asked, formOf(asked, 'confirm-address'), { passcode }));
    expect(codes(await Promise.all(tries))).toEqual(['account.done.address_added', 'form.stale', 'form.stale']);
    const stored = (await node.app.directory.get(user.id))?.user;
    expect(stored?.notificationAddresses?.map(({ address }) => address)).toEqual([fresh]);
    expect(await notifiedEvents(node, fresh)).toEqual(['address_added']);
  });

  test('both of two addresses are removed at once: one stays', async () => {
    const user = await userWithPassword(node);
    const added = [1, 2].map((count) => ({ address: `${count}-${user.identifier}`, addedAt: 1 }));
    await node.app.directory.update(user.id, (stored) => ({ ...stored, notificationAddresses: added }));
    const { agent, page: own } = await visit(node, user, { path: '/account/notifications' });
    const links = [...own.html.matchAll(/href="(\/account\/addresses\/[\w-]{43})"/g)].map(([, href]) => href);
    expect(links).toHaveLength(2);
    const pages = await Promise.all(links.map((href) => agent.open(`${node.issuer}${href}`)));
    const after = await Promise.all(pages.map((page) => agent.submit(page, formOf(page, 'remove-address'))));
    expect(codes(after)).toEqual(['account.done.address_removed', 'form.stale']);
    expect((await node.app.directory.get(user.id))?.user.notificationAddresses).toHaveLength(1);
  });
});
