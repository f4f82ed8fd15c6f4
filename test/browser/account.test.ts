/** One's own account in a real browser: with the keyboard, without scripts, and every page accessible. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { nextCode, type TestUser } from '../support/clients/relying-party.ts';
import { signOnPolicy, userWithAccessCode, userWithPassword } from '../support/clients/sign-in-flow.ts';
import { codeIn, mailTo } from '../support/messages/mail.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, clickThrough, launchBrowser } from '../support/pages/browser.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';
import { withEmail } from '../support/users/account-visits.ts';

let node: TestNode;
let browser: Browser;
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  // No user can enroll an access code, so an app that asks for one is lost with it.
  const files = signOnPolicy('payroll', {
    then: { allow: { factors: 2, possession: { authenticators: ['access_code'] } } },
  });
  node = await startNode({ demo: true, authenticators: ['password', 'totp', 'access_code'], files });
  browser = await launchBrowser();
});
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
});
afterAll(async () => {
  await browser.close();
  await node.stop();
});

async function newPage(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  contexts.push(context);
  return context.newPage();
}

/** Answers the steps until the account shows; `path` under `/account`. */
async function signIn(page: Page, user: TestUser, path = ''): Promise<void> {
  await page.goto(`${node.issuer}/account${path}`);
  await page.fill('[name=identifier]', user.identifier);
  const together = page.locator('form[data-step=identify] [name="credentials.passcode"]');
  if ((await together.count()) === 0) await page.locator('form[data-step=identify] button[type=submit]').click();
  await page.fill('[name="credentials.passcode"]', user.password);
  await page.locator('button.primary').click();
  const code = page.locator('form[data-authenticator=totp] [name="credentials.passcode"]');
  await appears(page.locator('form[data-authenticator=totp], .with-nav').first());
  if ((await code.count()) > 0) await answerCode(page, user);
}

async function answerCode(page: Page, user: TestUser): Promise<void> {
  await page.fill('[name="credentials.passcode"]', await nextCode(user));
  await clickThrough(page.locator('form[data-authenticator=totp] button.primary'));
}

const said = (page: Page, code: string) => appears(page.locator(`[data-message="${code}"]`));

test('an authenticator is added, named and removed, and each change is mailed', async () => {
  const user: TestUser & { id: string } = await userWithPassword(node);
  const address = await withEmail(node, user);
  const page = await newPage();
  await signIn(page, user, '/methods');
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Add an authenticator app' }).click();
  user.totp = ((await page.locator('[data-secret]').textContent()) ?? '').replace(/\s/g, '');
  await page.fill('[name="credentials.passcode"]', await nextCode(user));
  await page.locator('button.primary').click();
  await said(page, 'account.done.added');
  const added = await mailTo(node, address);
  expect(added.subject).toBe('New sign-in method: Authenticator app');
  expect(added.text).toContain('From: Chrome, Linux · 127.0.0.1');

  await page.getByRole('link', { name: 'Manage Authenticator app' }).click();
  await page.getByLabel('Name').fill('Work phone');
  await expectAccessible(page);
  await page.keyboard.press('Enter');
  await said(page, 'account.done.renamed');
  expect((await mailTo(node, address, 2)).text).toContain('Name: Work phone');

  await page.getByRole('link', { name: 'Manage Work phone' }).click();
  await page.getByRole('button', { name: 'Remove' }).click();
  await said(page, 'account.done.removed');
  expect((await mailTo(node, address, 3)).subject).toBe('Sign-in method removed: Authenticator app');
});

test('with the keyboard alone: the last one stays, and an address is added by its code and removed', async () => {
  const user = await userWithPassword(node);
  const fresh = `keys-${user.identifier}`;
  await withEmail(node, user);
  const page = await newPage();
  await signIn(page, user);
  await page.getByRole('link', { name: 'Sign-in methods' }).first().focus();
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Manage Password' }).focus();
  await page.keyboard.press('Enter');
  await appears(page.getByText('You couldn’t sign in without it.'));
  expect(await page.getByRole('button', { name: 'Remove' }).count()).toBe(0);
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Sign-in methods' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Notifications' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Add an address' }).focus();
  await page.keyboard.press('Enter');
  await appears(page.locator('[name=email]:focus'));
  await expectAccessible(page);
  await page.keyboard.type(`${fresh}\n`);
  await appears(page.locator('[name=passcode]:focus'));
  await expectAccessible(page);
  await page.keyboard.type(`${codeIn(await mailTo(node, fresh))}\n`);
  await said(page, 'account.done.address_added');
  await page.getByRole('link', { name: `Remove ${fresh}` }).focus();
  await page.keyboard.press('Enter');
  await appears(page.locator('form[data-step=remove-address]'));
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Remove' }).focus();
  await page.keyboard.press('Enter');
  await said(page, 'account.done.address_removed');
  expect(await page.getByText(fresh).count()).toBe(0);
  expect((await mailTo(node, fresh, 3)).subject).toBe('Address for notifications removed');
});

test('without scripts: losing an app takes a tick, and the other sessions end', async () => {
  const user = await userWithAccessCode(node);
  const elsewhere = await newPage();
  await signIn(elsewhere, user);
  const page = await newPage({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
  await signIn(page, user, '/methods');
  await page.getByRole('link', { name: 'Manage Temporary access code' }).click();
  await appears(page.locator('form[data-authenticator=totp], h2#remove').first());
  if ((await page.locator('h2#remove').count()) === 0) await answerCode(page, user);
  expect(await page.getByText('Without it, you can’t sign in to:').isVisible()).toBe(true);
  expect(await page.getByRole('listitem').filter({ hasText: 'Payroll' }).count()).toBe(1);
  const path = page.url();
  await page.getByRole('button', { name: 'Remove' }).click();
  // The browser keeps the form until the box is ticked.
  expect(page.url()).toBe(path);
  await page.getByLabel('Remove it anyway.').check();
  await page.getByRole('button', { name: 'Remove' }).click();
  await said(page, 'account.done.removed');
  await page.goto(`${node.issuer}/account/devices`);
  await page.getByRole('link', { name: 'Sign out on all other devices' }).click();
  await page.getByRole('button', { name: 'Sign out on all other devices' }).click();
  await said(page, 'account.done.ended_others');
  await elsewhere.goto(`${node.issuer}/account`);
  await appears(elsewhere.locator('form[data-step=identify]'));
});
