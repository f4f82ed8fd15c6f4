/** Users look after their profile, move their address and take the move back, in a real browser. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { readInbox } from '../../src/delivery/inbox.ts';
import { userWithPassword } from '../support/clients/sign-in-flow.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, launchBrowser } from '../support/pages/browser.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';
import { randomName } from '../support/values/random-name.ts';
import { until } from '../support/values/until.ts';

let node: TestNode;
let browser: Browser;

beforeAll(async () => {
  node = await startNode({ demo: true, authenticators: ['password', 'totp'] });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await node?.stop();
});

type TestUser = Awaited<ReturnType<typeof userWithPassword>>;

const said = (page: Page, code: string) => appears(page.locator(`[data-message="${code}"]`));

async function openProfile(page: Page, user: TestUser): Promise<void> {
  await page.goto(`${node.issuer}/account/profile`);
  await page.fill('[name=identifier]', user.identifier);
  await page.fill('[name="credentials.passcode"]', user.password);
  await page.locator('form[data-step=identify] .primary').click();
  await appears(page.locator('form[data-step=profile]'));
}

/** The newest message to this address. */
async function mailTo(address: string): Promise<string> {
  let text: string | undefined;
  await until(`mail to ${address}`, async () => {
    text = (await readInbox(node.store)).find(({ to }) => to === address)?.text;
    return text !== undefined;
  });
  return text ?? '';
}

test.each([true, false])('the profile is saved, and an address moves and comes back (scripts: %s)', async (scripts) => {
  const user = await userWithPassword(node);
  const [former, next] = [`${randomName()}@old.test`.toLowerCase(), `${randomName()}@new.test`.toLowerCase()];
  await node.app.directory.amend(user.id, () => ({
    addIdentifiers: [former],
    profile: { email: former, emailVerified: true },
  }));
  const context = await browser.newContext({ javaScriptEnabled: scripts });
  try {
    const page = await context.newPage();
    await openProfile(page, user);
    if (scripts) await expectAccessible(page);
    await page.fill('[name="userProfile.displayName"]', '<b>Alice</b>');
    await page.fill('[name="userProfile.locality"]', 'Vienna');
    await page.getByRole('button', { name: 'Save' }).click();
    await said(page, 'profile.markup');
    expect(await page.inputValue('[name="userProfile.locality"]')).toBe('Vienna');
    await page.fill('[name="userProfile.displayName"]', 'Alice');
    await page.getByRole('button', { name: 'Save' }).click();
    await said(page, 'account.done.profile_saved');

    await page.getByRole('link', { name: 'Change your email address' }).click();
    await page.fill('[name="userProfile.email"]', next);
    await page.getByRole('button', { name: 'Send code' }).click();
    await appears(page.locator('form[data-step=confirm-identifier]'));
    const [code = ''] = /\b\d{6}\b/.exec(await mailTo(next)) ?? [];
    await page.fill('[name=passcode]', code);
    await page.getByRole('button', { name: 'Confirm' }).click();
    await said(page, 'account.done.email_changed');

    const [link = ''] = /http\S+\/account\/undo\S+/.exec(await mailTo(former)) ?? [];
    await page.goto(link);
    if (scripts) await expectAccessible(page);
    await page.getByRole('button', { name: 'Undo the change' }).click();
    await said(page, 'link.undo.done');
    expect((await node.app.directory.get(user.id))?.user.profile).toMatchObject({
      email: former,
      displayName: 'Alice',
    });
  } finally {
    await context.close();
  }
});
