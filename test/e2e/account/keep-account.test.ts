/** A user whose account waits for its deletion keeps it while signing in, or goes on without. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deletionsKey } from '../../../src/stores/keys.ts';
import { authorize, authorizeSilently } from '../../support/clients/authorize.ts';
import { discover, type RelyingParty } from '../../support/clients/relying-party.ts';
import {
  beginSignIn,
  currentStep,
  eventsOf,
  formOf,
  identify,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { notifiedEvents } from '../../support/users/account-notifications.ts';
import { withEmail } from '../../support/users/account-visits.ts';
import { askForDeletion } from '../../support/users/asked-deletion.ts';

let node: TestNode;
let notes: RelyingParty;
beforeAll(async () => {
  const settings = {
    brand: { name: 'Acme' },
    zones: { office: { cidrs: ['192.0.2.0/24'] } },
    authenticators: { password: { enabled: true } },
    mail: { from: 'id@acme.test', smtp: { host: 'mail.acme.test' } },
    account: { deletion: { allowed: true, after: 'P14D' } },
  };
  node = await startNode({ files: { 'stepgate.yaml': JSON.stringify(settings) } });
  notes = await discover(node.issuer, 'notes');
});
afterAll(() => node?.stop());

async function waitingUser() {
  const user = await userWithPassword(node);
  const email = await withEmail(node, user);
  await askForDeletion(node.store, user.id, Math.floor(Date.now() / 1000) + 86_400);
  return { ...user, email };
}

async function signedIn(user: Parameters<typeof identify>[2]) {
  const begun = await beginSignIn(node, 'notes');
  return { agent: begun.agent, page: await identify(begun.agent, begun.page, user) };
}

const keepForm = (page: Page) => formOf(page, 'keep-account');

async function waits(id: string): Promise<boolean> {
  return (await node.app.directory.get(id))?.user.deletion !== undefined;
}

describe('after the proof', () => {
  test('one click keeps the account: the user is notified, the log has it, and no worker has it on its list', async () => {
    const user = await waitingUser();
    const { agent, page } = await signedIn(user);
    expect(keepForm(page)).toBeDefined();
    expect(await waits(user.id)).toBe(true);
    expect(currentStep(await agent.submit(page, keepForm(page)))).toBe('code');
    expect(await waits(user.id)).toBe(false);
    for await (const members of node.store.members(deletionsKey))
      expect(members.filter((member) => member.endsWith(user.id))).toEqual([]);
    expect(eventsOf(node, user.id)).toContain('account.deletion_cancelled');
    expect(await notifiedEvents(node, user.email)).toContain('deletion_cancelled');
    expect(currentStep((await signedIn(user)).page)).toBe('code');
  });

  test('the user continues without it, and is asked again at the next sign-in, but not in this session', async () => {
    const user = await waitingUser();
    const { agent, page } = await signedIn(user);
    expect(currentStep(await agent.submit(page, formOf(page, 'skip')))).toBe('code');
    expect(await waits(user.id)).toBe(true);
    expect((await authorizeSilently(notes, agent)).tokens).toBeDefined();
    expect(keepForm((await signedIn(user)).page)).toBeDefined();
  });

  test('a form that is sent twice keeps it once, and the second browser continues', async () => {
    const user = await waitingUser();
    const [one, two] = [await signedIn(user), await signedIn(user)];
    expect(currentStep(await one.agent.submit(one.page, keepForm(one.page)))).toBe('code');
    expect(currentStep(await two.agent.submit(two.page, keepForm(two.page)))).toBe('code');
    expect(eventsOf(node, user.id).filter((event) => event === 'account.deletion_cancelled')).toHaveLength(1);
  });
});

test('without a proof nothing is shown and nothing is kept', async () => {
  const user = await waitingUser();
  const { agent, page } = await beginSignIn(node, 'notes');
  expect(page.html).not.toContain('keep-account');
  const next = await agent.submit(page, mainForm(page), {
    identifier: user.identifier,
    'credentials.passcode': 'wrong',
  });
  expect(next.html).not.toContain('keep-account');
  expect(await waits(user.id)).toBe(true);
});

test('a user whose account does not wait is asked nothing', async () => {
  const { asked } = await authorize(notes, new UserAgent(), await userWithPassword(node));
  expect(asked).not.toContain('keep-account');
});
