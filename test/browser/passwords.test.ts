/** Choosing a password in a real browser: with and without scripts, on every page accessible. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { TestUser } from '../support/clients/relying-party.ts';
import { userWithPassword } from '../support/clients/sign-in-flow.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, clickThrough, launchBrowser } from '../support/pages/browser.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';

const good = 'seven green umbrellas';
let node: TestNode;
let browser: Browser;
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  node = await startNode({ demo: true });
  browser = await launchBrowser();
});
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
});
afterAll(async () => {
  await browser.close();
  await node.stop();
});

/** The page on which the user chooses a new password. */
async function changePage(user: TestUser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  contexts.push(context);
  const page = await context.newPage();
  await page.goto(`${node.issuer}/.well-known/change-password`);
  await page.fill('[name=identifier]', user.identifier);
  await page.fill('[name="credentials.passcode"]', user.password);
  await page.locator('button.primary').click();
  await appears(page.locator('form[data-step=enroll][data-authenticator=password]'));
  return page;
}

const said = (page: Page, code: string) => appears(page.locator(`[data-message="${code}"]`));

test('while a password is typed the page says how good it is, and shows it on request', async () => {
  const page = await changePage(await userWithPassword(node));
  await expectAccessible(page);
  const input = page.getByLabel('New password');
  const level = async (text: string) => {
    await input.fill(text);
    return page.locator('[data-level]:not([hidden])').allInnerTexts();
  };
  expect(await level('')).toEqual([]);
  expect(await level('fourteen chars')).toEqual(['Too short']);
  expect(await level('fifteen letters')).toEqual(['Long enough']);
  expect(await level('abababababababababababab')).toEqual(['Long enough']);
  expect(await level(good)).toEqual(['Good length']);
  expect(await input.getAttribute('type')).toBe('password');
  await page.getByRole('button', { name: 'Show password' }).click();
  expect(await input.getAttribute('type')).toBe('text');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Hide password' }).click();
  expect(await input.getAttribute('type')).toBe('password');
  expect(await page.locator('input[autocomplete=username]').getAttribute('value')).toMatch(/@demo\.test$/);
  await clickThrough(page.locator('button.primary'));
  await said(page, 'account.done.changed');
});

test('without scripts the page says the same once the form is sent', async () => {
  const page = await changePage(await userWithPassword(node), { javaScriptEnabled: false });
  expect(await page.locator('[data-strength]').isVisible()).toBe(false);
  expect(await page.getByText('At least 15 characters').isVisible()).toBe(true);
  await page.fill('[name="credentials.passcode"]', 'fourteen chars');
  await page.locator('button.primary').click();
  await said(page, 'password.too_short');
  expect(await page.getByLabel('New password').getAttribute('aria-invalid')).toBe('true');
  await page.fill('[name="credentials.passcode"]', good);
  await page.locator('button.primary').click();
  await said(page, 'account.done.changed');
});
