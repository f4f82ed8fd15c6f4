/** The main job as a user sees it: the demo's relying party, the step loop, and back, in a real browser. */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generate } from 'otplib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type DemoRelyingParty, startDemoRelyingParty } from '../../src/demo/relying-party.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { clickThrough, launchBrowser } from '../support/pages/browser.ts';
import { freePort } from '../support/servers/free-port.ts';
import { newTestUser, startNode, type TestNode } from '../support/servers/node.ts';

let node: TestNode;
let relyingParty: DemoRelyingParty;
let browser: Browser;

beforeAll(async () => {
  const port = await freePort();
  node = await startNode({ variables: { DEMO_RP_PORT: String(port) } });
  relyingParty = await startDemoRelyingParty({ issuer: node.issuer, port, host: '127.0.0.1' });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await relyingParty.close();
  await node.stop();
});

/** A fresh browser; what it complains about (a policy that blocks something, an error of a script) fails the test. */
async function visit(
  options: { javaScriptEnabled?: boolean } = {},
): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  // A page that says no does so with a 4xx, which the console repeats.
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('the server responded with a status of'))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { context, page, complaints };
}

async function start(page: Page, app: 'Notes' | 'Payroll'): Promise<void> {
  await page.goto(relyingParty.origin);
  await clickThrough(page.getByRole('link', { name: `Sign in to ${app}` }));
}

async function send(page: Page, step: string): Promise<void> {
  await clickThrough(page.locator(`form[data-step=${step}] button[type=submit]`).first());
}

async function typePassword(page: Page, user: { identifier: string; password: string }): Promise<void> {
  await page.fill('[name=identifier]', user.identifier);
  await page.fill('[name="credentials.passcode"]', user.password);
  await send(page, 'identify');
}

test.each([true, false])('one app, then the stronger one, then out; scripts: %p', async (javaScriptEnabled) => {
  const user = await newTestUser(node);
  const { context, page, complaints } = await visit({ javaScriptEnabled });
  await start(page, 'Notes');
  if (javaScriptEnabled) await expectAccessible(page);
  await typePassword(page, user);
  await page.waitForURL(`${relyingParty.origin}/**`);
  expect(await page.textContent('main')).toContain('urn:okta:loa:1fa:pwd');

  await page.goto(`${relyingParty.origin}/payroll`);
  await clickThrough(page.getByRole('link', { name: 'Sign in to Payroll' }));
  if ((await page.locator('form[data-step=select] button[value^=totp]').count()) > 0) {
    await clickThrough(page.locator('form[data-step=select] button[value^=totp]').first());
  }
  expect(await page.locator('form[data-step=enroll]').getAttribute('data-authenticator')).toBe('totp');
  if (javaScriptEnabled) await expectAccessible(page);
  const secret = ((await page.textContent('[data-secret]')) ?? '').replaceAll(/\s/g, '');
  await page.fill('[name="credentials.passcode"]', await generate({ secret }));
  await send(page, 'enroll');
  await page.waitForURL(`${relyingParty.origin}/**`);
  const text = (await page.textContent('main')) ?? '';
  for (const claim of ['urn:okta:loa:2fa:any', 'mfa', 'otp', 'pwd']) expect(text).toContain(claim);

  await clickThrough(page.getByRole('button', { name: 'Sign out everywhere' }));
  await page.waitForURL(`${relyingParty.origin}/**`);
  await start(page, 'Notes');
  expect(await page.locator('form[data-step=identify]').count()).toBe(1);
  expect(complaints).toEqual([]);
  await context.close();
});

test('the error is announced, a reload does no harm', async () => {
  const user = await newTestUser(node);
  const { context, page, complaints } = await visit();
  await start(page, 'Payroll');
  await typePassword(page, { ...user, password: 'not it' });
  expect(await page.getByRole('alert').textContent()).toMatch(/Wrong (?:username or )?password/);
  expect(await page.title()).toMatch(/^Error/);
  expect(await page.inputValue('[name=identifier]')).toBe(user.identifier);
  await expectAccessible(page);
  await typePassword(page, user);
  const address = page.url();
  await page.reload();
  expect(page.url()).toBe(address);
  expect(await page.locator('[data-secret], form[data-step=select]').count()).toBeGreaterThan(0);
  expect(complaints).toEqual([]);
  await context.close();
});

test('back shows where the sign-in is, not where it was', async () => {
  const user = await newTestUser(node);
  const { context, page, complaints } = await visit();
  await start(page, 'Payroll');
  await typePassword(page, user);
  await page.goBack();
  await page.goForward();
  expect(await page.locator('[data-secret], form[data-step=select]').count()).toBeGreaterThan(0);
  expect(complaints).toEqual([]);
  await context.close();
});

test('cancelling leads back to the app, which says so', async () => {
  const { context, page, complaints } = await visit();
  await start(page, 'Notes');
  await send(page, 'cancel');
  await page.waitForURL(`${relyingParty.origin}/**`);
  expect(await page.textContent('main')).toMatch(/access_denied/);
  expect(complaints).toEqual([]);
  await context.close();
});

test('two tabs sign in at the same time, and neither loses its place', async () => {
  const user = await newTestUser(node);
  const { context, page: first, complaints } = await visit();
  const second = await context.newPage();
  await start(first, 'Notes');
  await start(second, 'Payroll');
  await typePassword(first, user);
  await first.waitForURL(`${relyingParty.origin}/**`);
  await typePassword(second, user);
  expect(await second.locator('[data-secret], form[data-step=select]').count()).toBeGreaterThan(0);
  expect(complaints).toEqual([]);
  await context.close();
});

test.each([true, false])(
  'another user who signs in in a second tab does not stop the first; scripts: %p',
  async (javaScriptEnabled) => {
    const [user, other] = [await newTestUser(node), await newTestUser(node)];
    const { context, page: first, complaints } = await visit({ javaScriptEnabled });
    const second = await context.newPage();
    await start(first, 'Notes');
    await start(second, 'Notes');
    await typePassword(second, other);
    await second.waitForURL(`${relyingParty.origin}/**`);
    await typePassword(first, user);
    // The provider signs the other user out first, by a form that a script sends.
    if (!javaScriptEnabled) await clickThrough(first.getByRole('button', { name: 'Continue' }));
    await first.waitForURL(`${relyingParty.origin}/**`);
    expect(await first.textContent('main')).toContain(user.identifier);
    expect(complaints).toEqual([]);
    await context.close();
  },
);

test.each([true, false])(
  'Back after the sign-in leads to the app again, with one click; scripts: %p',
  async (javaScriptEnabled) => {
    const user = await newTestUser(node);
    const { context, page, complaints } = await visit({ javaScriptEnabled });
    await start(page, 'Notes');
    const signIn = page.url();
    await typePassword(page, user);
    await page.waitForURL(`${relyingParty.origin}/**`);
    await page.goBack();
    expect(page.url()).toBe(signIn);
    expect(await page.locator('[data-message="error.sign_in_finished"]').count()).toBe(1);
    if (javaScriptEnabled) await expectAccessible(page);
    await clickThrough(page.locator('a[data-next=app]'));
    await page.waitForURL(`${relyingParty.origin}/**`);
    expect(complaints).toEqual([]);
    await context.close();
  },
);

test('a cancelled sign-in starts again after Back, without scripts', async () => {
  const user = await newTestUser(node);
  const { context, page } = await visit({ javaScriptEnabled: false });
  await start(page, 'Notes');
  const signIn = page.url();
  await send(page, 'cancel');
  await page.waitForURL(`${relyingParty.origin}/**`);
  await page.goBack();
  expect(page.url()).toBe(signIn);
  await clickThrough(page.locator('a[data-next=restart]'));
  expect(page.url()).not.toBe(signIn);
  await typePassword(page, user);
  await page.waitForURL(`${relyingParty.origin}/**`);
  await context.close();
});
