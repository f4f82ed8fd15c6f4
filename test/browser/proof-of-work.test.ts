/** The task of a page in a real browser: solved by its script, with a visible state; without scripts the user waits. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { parseDocument } from 'yaml';
import { appFile } from '../support/clients/authorize.ts';
import { authorization } from '../support/clients/raw-client.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, clickThrough, launchBrowser } from '../support/pages/browser.ts';
import { type LandingPage, openLandingPage } from '../support/pages/landing-page.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';
import { randomName } from '../support/values/random-name.ts';

const settings = parseDocument(readFileSync('config/stepgate.yaml', 'utf8'));
settings.set('proofOfWork', { free: 0, difficulty: 10 });
let node: TestNode;
let browser: Browser;
let app: LandingPage;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  app = await openLandingPage();
  node = await startNode({
    demo: true,
    authenticators: 'demo',
    files: {
      'stepgate.yaml': settings.toString(),
      'policies/profile/open.yaml': JSON.stringify({
        name: 'open',
        rules: [{ name: 'New users', then: { register: 'allow' } }],
      }),
      ...appFile('open', { profilePolicy: 'open' }),
    },
  });
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

/** The form of a new user, filled in. */
async function form(options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options });
  open.push(context);
  const page = await context.newPage();
  await page.goto(authorization(node.issuer, 'open', { redirect_uri: app.url }).url);
  await clickThrough(page.locator('form[data-step=register] button'));
  await page.fill('[name="userProfile.email"]', `${randomName()}@new.test`);
  await clickThrough(page.locator('button.primary'));
  await appears(page.locator('[data-message="requests.exceeded"]'));
  return page;
}

test.each(['en', 'de'])('%s: the browser solves it, says so, and a second click sends the form', async (locale) => {
  const page = await form({ locale, colorScheme: locale === 'de' ? 'dark' : 'light' });
  await appears(page.locator('[data-work] [data-state=solved]'));
  expect(await page.locator('[name="work.answer"]').inputValue()).toMatch(/^\d+$/);
  expect(await page.locator('[data-state=working]').isVisible()).toBe(false);
  expect(await page.locator('[name="userProfile.email"]').inputValue()).toMatch(/@new\.test$/);
  await expectAccessible(page);
  await page.locator('button.primary').click();
  await appears(page.locator('form[data-step=challenge][data-authenticator=email]'));
});

test('without scripts the page says how long to wait, and shows no state', async () => {
  const page = await form({ locale: 'en', javaScriptEnabled: false });
  expect(await page.locator('[data-message="requests.exceeded"]').textContent()).toMatch(/try again in 1 hour/);
  expect(await page.locator('[data-work]').isVisible()).toBe(false);
});
