/** "Forgot password?" in a real browser: both languages and colour schemes, with and without scripts. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { emailCredential } from '../../src/authenticators/email/email.ts';
import { authorization } from '../support/clients/raw-client.ts';
import { codeIn, linkIn, mailTo } from '../support/messages/mail.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, clickThrough, launchBrowser } from '../support/pages/browser.ts';
import { type LandingPage, openLandingPage } from '../support/pages/landing-page.ts';
import { startNode, type TestNode, testPassword } from '../support/servers/node.ts';
import { randomName } from '../support/values/random-name.ts';

const good = 'seven green umbrellas';
let node: TestNode;
let browser: Browser;
let app: LandingPage;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  node = await startNode({
    demo: true,
    authenticators: ['password', 'totp', 'email'],
    files: {
      'policies/recovery.yaml': JSON.stringify({
        rules: [{ name: 'All', then: { allow: { possession: { authenticators: ['email'] } } } }],
      }),
    },
  });
  app = await openLandingPage();
  browser = await launchBrowser();
});
afterEach(async () => {
  for (const context of open.splice(0)) await context.close();
});
afterAll(async () => {
  await browser.close();
  await app.close();
  await node.stop();
});

async function withMailbox(): Promise<string> {
  const identifier = `${randomName()}@demo.test`;
  await node.app.directory.create({
    identifiers: [identifier],
    credentials: [testPassword(node.app), emailCredential(identifier)],
  });
  return identifier;
}

const english = { title: 'Reset your password', subject: 'Reset your password' };
const german = { title: 'Passwort zurücksetzen', subject: 'Passwort zurücksetzen' };

test.each<[string, BrowserContextOptions, typeof english]>([
  ['English, light, with scripts', { locale: 'en', colorScheme: 'light' }, english],
  ['German, dark, with scripts', { locale: 'de', colorScheme: 'dark' }, german],
  ['German, light, without scripts', { locale: 'de', colorScheme: 'light', javaScriptEnabled: false }, german],
])('%s: by the code', async (_name, options, texts) => {
  const identifier = await withMailbox();
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options });
  open.push(context);
  const page = await context.newPage();
  const check = () => (options.javaScriptEnabled === false ? undefined : expectAccessible(page));
  await page.goto(authorization(node.issuer, 'notes', { redirect_uri: app.url }).url);
  await clickThrough(page.locator('form[data-step=recover] button'));
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(texts.title);
  await check();
  await page.fill('[name=identifier]', identifier);
  await clickThrough(page.locator('button.primary'));
  await appears(page.locator('form[data-step=challenge][data-authenticator=email]'));
  await check();
  const message = await mailTo(node, identifier);
  expect(message.subject).toBe(texts.subject);
  await page.fill('[name="credentials.passcode"]', codeIn(message));
  await clickThrough(page.locator('button.primary'));
  await appears(page.locator('form[data-step=enroll][data-authenticator=password]'));
  await check();
  await page.fill('[name="credentials.passcode"]', 'too short');
  await clickThrough(page.locator('button.primary'));
  await appears(page.locator('[data-message="password.too_short"]'));
  await check();
  await page.fill('[name="credentials.passcode"]', good);
  await page.locator('button.primary').click();
  await page.waitForURL(`${app.url}**`);
  expect(new URL(page.url()).searchParams.get('code')).toBeTruthy();
});

test('by the link, which states its purpose', async () => {
  const identifier = await withMailbox();
  const context = await browser.newContext({ locale: 'en' });
  open.push(context);
  const page = await context.newPage();
  await page.goto(authorization(node.issuer, 'notes', { redirect_uri: app.url }).url);
  await clickThrough(page.locator('form[data-step=recover] button'));
  await page.fill('[name=identifier]', identifier);
  await clickThrough(page.locator('button.primary'));
  const tab = await context.newPage();
  await tab.goto(linkIn(await mailTo(node, identifier)));
  expect(await tab.locator('main').textContent()).toMatch(/reset/i);
  expect(await tab.locator('main').textContent()).not.toMatch(/sign in to Notes\?/i);
  await expectAccessible(tab);
  await clickThrough(tab.locator('button.primary'));
  await appears(tab.locator('form[data-step=enroll][data-authenticator=password]'));
});
