/** The challenge of a service in a real browser: its script runs under the policy of the page, and the form goes on. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { parseDocument } from 'yaml';
import { appFile } from '../support/clients/authorize.ts';
import { authorization } from '../support/clients/raw-client.ts';
import {
  type ChallengeService,
  openChallengeService,
  serviceSettings,
  siteSecret,
} from '../support/messages/challenge-service.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, clickThrough, launchBrowser } from '../support/pages/browser.ts';
import { type LandingPage, openLandingPage } from '../support/pages/landing-page.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';
import { randomName } from '../support/values/random-name.ts';

let service: ChallengeService;
let node: TestNode;
let browser: Browser;
let app: LandingPage;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  app = await openLandingPage();
  service = await openChallengeService();
  const settings = parseDocument(readFileSync('config/stepgate.yaml', 'utf8'));
  settings.set('proofOfWork', { free: 0, difficulty: 10 });
  settings.set('challengeService', serviceSettings(service));
  node = await startNode({
    demo: true,
    authenticators: 'demo',
    variables: { CHALLENGE_SECRET: siteSecret },
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
beforeEach(() => {
  service.behaviour = 'honest';
});
afterEach(async () => {
  for (const context of open.splice(0)) await context.close();
});
afterAll(async () => {
  await browser.close();
  await app.close();
  await node.stop();
  await service.close();
});

/** The form of a new user, filled in and sent. `blocked`: the browser does not load the script of the service. */
async function form(options: BrowserContextOptions, blocked = false): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options });
  open.push(context);
  if (blocked) await context.route(`${service.origin}/**`, (route) => route.abort());
  const page = await context.newPage();
  await page.goto(authorization(node.issuer, 'open', { redirect_uri: app.url }).url);
  await clickThrough(page.locator('form[data-step=register] button'));
  await page.fill('[name="userProfile.email"]', `${randomName()}@new.test`);
  await clickThrough(page.locator('button.primary'));
  await appears(page.locator('[data-message="challenge_service.exceeded"]'));
  return page;
}

test.each(['en', 'de'])(
  '%s: the script of the service runs, and its response lets the form through',
  async (locale) => {
    const page = await form({ locale, colorScheme: locale === 'de' ? 'dark' : 'light' });
    await appears(page.locator('[data-challenge-service][data-ready] iframe'));
    expect(await page.frames()[1]?.textContent('p')).toBe('Challenge');
    expect(await page.locator('[data-challenge-service-failed]').isVisible()).toBe(false);
    expect(await page.locator('[name="userProfile.email"]').inputValue()).toMatch(/@new\.test$/);
    await expectAccessible(page);
    await page.locator('button.primary').click();
    await appears(page.locator('form[data-step=challenge][data-authenticator=email]'));
  },
);

test('when the service fails, the same page continues with the proof of work', async () => {
  const page = await form({ locale: 'en' });
  await appears(page.locator('[data-challenge-service][data-ready]'));
  service.behaviour = 'broken';
  await clickThrough(page.locator('button.primary'));
  await appears(page.locator('[data-work] [data-state=solved]'));
  await page.locator('button.primary').click();
  await appears(page.locator('form[data-step=challenge][data-authenticator=email]'));
});

test('where the script does not load the page says so', async () => {
  const page = await form({ locale: 'en' }, true);
  await appears(page.locator('[data-challenge-service-failed]'));
  await expectAccessible(page);
});

test('without scripts the page says how long to wait, and shows no empty place', async () => {
  const page = await form({ locale: 'en', javaScriptEnabled: false });
  expect(await page.locator('[data-message="challenge_service.exceeded"]').textContent()).toMatch(
    /try again in 1 hour/,
  );
  expect(await page.locator('[data-challenge-service]').isVisible()).toBe(false);
});
