/** Sign in by mail in a real browser: two tabs of one, two browsers, and without scripts. */

import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { authorization } from '../support/clients/raw-client.ts';
import { signOnPolicy } from '../support/clients/sign-in-flow.ts';
import { codeIn, linkIn, mailTo, maySendAgain, passwordless, type Reader, reader } from '../support/messages/mail.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, clickThrough, launchBrowser } from '../support/pages/browser.ts';
import { type LandingPage, openLandingPage } from '../support/pages/landing-page.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';

let node: TestNode;
let browser: Browser;
/** The relying party: a page that says "back". */
let app: LandingPage;
let landing: string;
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  node = await startNode({ demo: true, authenticators: ['password', 'totp', 'email'], files: passwordless });
  app = await openLandingPage();
  landing = app.url;
  browser = await launchBrowser();
});
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
});
afterAll(async () => {
  await browser.close();
  await app.close();
  await node.stop();
});

/** A browser of its own. */
async function newBrowser(options: { readonly javaScriptEnabled?: boolean } = {}): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  contexts.push(context);
  return context;
}

/** Errors of scripts, and what the content security policy blocked. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('the server responded with a status of'))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return complaints;
}

/** As far as the page that waits for the code. */
async function ask(context: BrowserContext, user: Reader): Promise<Page> {
  const page = await context.newPage();
  await page.goto(authorization(node.issuer, 'notes', { redirect_uri: landing }).url);
  await page.fill('[name=identifier]', user.identifier);
  await page.locator('form[data-step=identify] button[type=submit]').click();
  await appears(page.locator('form[data-step=challenge][data-authenticator=email]'));
  return page;
}

test('the code, typed where it was asked for', async () => {
  const user = await reader(node);
  const page = await ask(await newBrowser(), user);
  const complaints = complaintsOf(page);
  expect(await page.locator(':focus').getAttribute('name')).toBe('credentials.passcode');
  await expectAccessible(page);
  await page.keyboard.type(`${codeIn(await mailTo(node, user.address))}\n`);
  await page.waitForURL(`${landing}**`);
  expect(new URL(page.url()).searchParams.get('code')).toBeTruthy();
  expect(complaints).toEqual([]);
});

test('the link in another tab: a question, then signed in there; the first tab says so by itself', async () => {
  const user = await reader(node);
  const context = await newBrowser();
  const first = await ask(context, user);
  const complaints = complaintsOf(first);
  const second = await context.newPage();
  await second.goto(linkIn(await mailTo(node, user.address)));
  expect(await second.getByRole('heading', { level: 1 }).textContent()).toBe('Sign in to Notes?');
  expect(await first.locator('[data-followed]').isHidden()).toBe(true);
  await expectAccessible(second);
  await second.getByRole('button', { name: 'Sign in' }).click();
  await second.waitForURL(`${landing}**`);
  await first.bringToFront();
  await appears(first.locator('[data-message="follow.elsewhere"]'));
  expect(await first.getByRole('status').locator('p:visible').textContent()).toContain('You continued in another tab');
  expect(await first.locator('form:visible').count()).toBe(0);
  await expectAccessible(first);
  expect(complaints).toEqual([]);
});

test('where more is asked for, the first tab follows to the next step', async () => {
  const user = await reader(node);
  const context = await newBrowser();
  const first = await ask(context, user);
  expect(await first.locator('[data-version]').count()).toBe(1);
  const second = await context.newPage();
  await second.goto(first.url());
  await second.locator('form[data-step=restart] button').click();
  await appears(second.locator('form[data-step=identify]'));
  await first.bringToFront();
  await appears(first.locator('form[data-step=identify]'));
});

/** The page replaces itself soon after it has shown a notice, so it keeps the codes of what it shows. */
async function keepNotices(page: Page): Promise<void> {
  await page.evaluate(() => {
    const keep = (): void => {
      const shown = document.querySelectorAll<HTMLElement>('[data-followed]:not([hidden]) p:not([hidden])');
      sessionStorage.setItem('notices', [...shown].map(({ dataset }) => dataset.says).join());
    };
    new MutationObserver(keep).observe(document.body, { subtree: true, attributes: true });
  });
}

test('a new message in another tab: the first one says that something changed, and takes the new code', async () => {
  const user = await reader(node);
  const context = await newBrowser();
  const first = await ask(context, user);
  const before = await first.locator('[data-version]').getAttribute('data-version');
  await keepNotices(first);
  await mailTo(node, user.address);
  await maySendAgain(node, user.id);
  const second = await context.newPage();
  await second.goto(first.url());
  await second.getByRole('button', { name: 'Send again' }).click();
  await appears(second.locator('[data-message="sent.again"]'));
  await first.bringToFront();
  await appears(first.locator(`[data-version]:not([data-version="${before}"])`));
  expect(await first.evaluate(() => sessionStorage.getItem('notices'))).toBe('follow.changed');
  await first.fill('[name="credentials.passcode"]', codeIn(await mailTo(node, user.address, 2)));
  await first.locator('form[data-step=challenge] button').click();
  await first.waitForURL(`${landing}**`);
});

test('the link in another browser signs in no user: the code goes back to the first', async () => {
  const user = await reader(node);
  const first = await ask(await newBrowser(), user);
  const phone = await newBrowser();
  const page = await phone.newPage();
  await page.goto(linkIn(await mailTo(node, user.address)));
  const code = (await page.locator('[data-code]').textContent()) ?? '';
  expect(await page.locator('main form').count()).toBe(0);
  expect(await page.getByText('Never share this code').isVisible()).toBe(true);
  for (const words of ['signing in to Notes', 'Requested from Chrome on Linux', 'Requested from IP address 127.0.0.1'])
    expect(await page.textContent('main')).toContain(words);
  expect(await phone.cookies()).toEqual([]);
  await expectAccessible(page);
  await first.fill('[name="credentials.passcode"]', code);
  await first.locator('form[data-step=challenge] button').click();
  await first.waitForURL(`${landing}**`);
});

test('without scripts: by the link, and the user continues in the first tab by hand', async () => {
  const user = await reader(node);
  const context = await newBrowser({ javaScriptEnabled: false });
  const first = await ask(context, user);
  const link = linkIn(await mailTo(node, user.address));
  const second = await context.newPage();
  await second.goto(link);
  await second.getByRole('button', { name: 'Sign in' }).click();
  await second.waitForURL(`${landing}**`);
  await first.getByRole('button', { name: 'I’ve opened the link' }).click();
  await appears(first.getByRole('heading', { name: 'You’ve finished this sign-in' }));
  expect(await first.locator('[data-message="error.sign_in_finished"]').textContent()).toContain('in another tab');
  await second.goto(link);
  await appears(second.getByRole('heading', { name: 'This link no longer works' }));
});

test('the message can be asked for again, and the inbox shows it', async () => {
  const user = await reader(node);
  const context = await newBrowser();
  const page = await ask(context, user);
  await page.getByRole('button', { name: 'Send again' }).click();
  await appears(page.locator('[data-message="resend.exceeded"]'));
  await maySendAgain(node, user.id);
  await page.getByRole('button', { name: 'Send again' }).click();
  await appears(page.locator('[data-message="sent.again"]'));
  const mail = await mailTo(node, user.address, 2);
  const inbox = await context.newPage();
  await inbox.goto(`${node.origin}/demo/inbox`);
  expect(await inbox.locator('article').first().textContent()).toContain(codeIn(mail));
  await expectAccessible(inbox);
  await clickThrough(inbox.locator('article').first().getByRole('link'));
  expect(await inbox.getByRole('heading', { level: 1 }).textContent()).toBe('Sign in to Notes?');
});

test.each([true, false])('where the link counts alone there is nothing to enter, with scripts: %s', async (scripts) => {
  await node.configure(
    signOnPolicy('notes', { then: { allow: { factors: 1, possession: { authenticators: ['email.link'] } } } }),
  );
  const user = await reader(node);
  const context = await newBrowser({ javaScriptEnabled: scripts });
  const first = await context.newPage();
  const complaints = complaintsOf(first);
  await first.goto(authorization(node.issuer, 'notes', { redirect_uri: landing }).url);
  await first.fill('[name=identifier]', user.identifier);
  await first.locator('form[data-step=identify] button[type=submit]').click();
  await appears(first.getByText('We sent a link to'));
  expect(await first.locator('input:visible').count()).toBe(0);
  // Checks of accessibility run as a script.
  if (scripts) await expectAccessible(first);
  const link = linkIn(await mailTo(node, user.address));
  const elsewhere = await (await newBrowser()).newPage();
  await elsewhere.goto(link);
  await appears(elsewhere.getByText('Open the link from the email there.'));
  expect(await elsewhere.locator('[data-code]').count()).toBe(0);
  await expectAccessible(elsewhere);
  const second = await context.newPage();
  await second.goto(link);
  await second.getByRole('button', { name: 'Sign in' }).click();
  await second.waitForURL(`${landing}**`);
  await first.bringToFront();
  if (scripts) await appears(first.locator('[data-message="follow.elsewhere"]'));
  else await first.getByRole('button', { name: 'I’ve opened the link' }).click();
  expect(complaints).toEqual([]);
  await node.configure(passwordless);
});
