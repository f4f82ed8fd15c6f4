/**
 * What helps users on bad days, in a real browser: a lost device, an access code from an administrator, a security
 * question.
 */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { issueAccessCode } from '../../src/authenticators/access-code/access-code.ts';
import { appFile } from '../support/clients/authorize.ts';
import { type Authorization, authorization, claimsOf, redeemCode } from '../support/clients/raw-client.ts';
import { nextCode, type TestUser } from '../support/clients/relying-party.ts';
import { signOnPolicy, userWithPassword, userWithTotp } from '../support/clients/sign-in-flow.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, launchBrowser } from '../support/pages/browser.ts';
import { type LandingPage, openLandingPage } from '../support/pages/landing-page.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';
import { onDevice } from '../support/users/device-with-authenticators.ts';
import { recoveryCodes } from '../support/users/enrolled-users.ts';

const answer = 'Ottokar von Bärbach';
let node: TestNode;
let browser: Browser;
/** The relying party: a page that says "back". */
let app: LandingPage;
let landing: string;

beforeAll(async () => {
  const asked = { authenticators: ['security_question'] };
  node = await startNode({
    demo: true,
    authenticators: ['password', 'totp', 'recovery_code', 'access_code', 'security_question'],
    files: {
      ...signOnPolicy('notes', { then: { allow: { factors: 2 } } }),
      ...signOnPolicy('asks', {
        then: { allow: { factors: 2, possession: { authenticators: ['totp'] }, knowledge: asked } },
      }),
      ...appFile('asks', { signOnPolicy: 'asks' }),
    },
  });
  app = await openLandingPage();
  landing = app.url;
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
  await node?.stop();
});

const challenge = (key: string) => `form[data-step=challenge][data-authenticator=${key}]`;
const said = (page: Page, code: string) => appears(page.locator(`[data-message="${code}"]`));

async function enter(page: Page, passcode: string): Promise<void> {
  await page.fill('[name="credentials.passcode"]', passcode);
  await page.locator('button.primary').click();
}

async function start(page: Page, name: string): Promise<Authorization> {
  const request = authorization(node.issuer, name, { redirect_uri: landing });
  await page.goto(request.url);
  return request;
}

/** Identifier and password; the page asks for both, or for one after the other. */
async function givePassword(page: Page, user: TestUser): Promise<void> {
  await page.fill('[name=identifier]', user.identifier);
  if ((await page.locator('[name="credentials.passcode"]').count()) === 0) {
    await page.locator('form[data-step=identify] .primary').click();
    await appears(page.locator(challenge('password')));
  }
  await enter(page, user.password);
}

async function chooseAuthenticator(page: Page, key: string, name: RegExp): Promise<void> {
  const challenged = page.locator(challenge(key));
  await appears(challenged.or(page.locator('form[data-step=select]')).first());
  if ((await challenged.count()) > 0) return;
  await page.getByRole('button', { name: 'Use another method' }).click();
  await page.getByRole('button', { name }).click();
  await appears(challenged);
}

/** The claims that the app receives. */
async function redeemedClaims(page: Page, request: Authorization): Promise<Readonly<Record<string, unknown>>> {
  await page.waitForURL(`${landing}?*code=*`);
  const { tokens } = await redeemCode(node.origin, request, page.url());
  return claimsOf(tokens?.id_token);
}

test('the device is lost: a recovery code lets in, a new app is set up, the old one removed', async () => {
  const user: TestUser & { readonly id: string } = await userWithTotp(node);
  const { codes, credential } = await recoveryCodes(node);
  await node.app.directory.replaceCredential(user.id, credential);
  await onDevice(
    browser,
    async ({ page }) => {
      const request = await start(page, 'notes');
      await givePassword(page, user);
      await chooseAuthenticator(page, 'recovery_code', /^Recovery code/);
      await expectAccessible(page);
      await enter(page, (codes[0] ?? '').toLowerCase().replaceAll('-', ' '));
      expect(await redeemedClaims(page, request)).toMatchObject({ sub: user.id, amr: ['mfa', 'otp', 'pwd'] });

      // The code was proved a moment ago, so nothing more is asked for.
      await page.goto(`${node.issuer}/account/methods`);
      await page.getByRole('link', { name: 'Add an authenticator app' }).click();
      const lost = user.totp;
      user.totp = ((await page.locator('[data-secret]').textContent()) ?? '').replaceAll(/\s/g, '');
      expect(user.totp).not.toBe(lost);
      await page.fill('[name="credentials.label"]', 'New phone');
      await enter(page, await nextCode(user));
      await said(page, 'account.done.added');
      await page.getByRole('link', { name: 'Manage Authenticator app' }).click();
      await page.getByRole('button', { name: 'Remove' }).click();
      await said(page, 'account.done.removed');
      expect(await page.getByRole('link', { name: /^Manage/ }).count()).toBe(3);
      expect(await page.getByRole('link', { name: 'Create new recovery codes' }).isVisible()).toBe(true);
      await expectAccessible(page);
    },
    { viewport: { width: 390, height: 844 } },
  );
  await onDevice(browser, async ({ page }) => {
    const request = await start(page, 'notes');
    await givePassword(page, user);
    await chooseAuthenticator(page, 'totp', /^Authenticator app/);
    await enter(page, await nextCode(user));
    expect(await redeemedClaims(page, request)).toMatchObject({ sub: user.id });
  });
});

test('an access code from an administrator: mistyped, used, and used up; also without scripts', async () => {
  const user = await userWithPassword(node);
  const terms = { length: 12, uses: 1, expiresAt: Math.floor(Date.now() / 1000) + 3600 };
  const { code, credential } = await issueAccessCode(node.app.hashing, terms);
  await node.app.directory.replaceCredential(user.id, credential);
  await onDevice(
    browser,
    async ({ page }) => {
      const request = await start(page, 'notes');
      await givePassword(page, user);
      await chooseAuthenticator(page, 'access_code', /^Temporary access code/);
      await expectAccessible(page);
      await enter(page, code.endsWith('2') ? `${code.slice(0, -1)}3` : `${code.slice(0, -1)}2`);
      await said(page, 'credentials.invalid');
      await expectAccessible(page);
      await enter(page, code.toLowerCase());
      expect(await redeemedClaims(page, request)).toMatchObject({ sub: user.id, amr: ['mfa', 'otp', 'pwd'] });
    },
    { colorScheme: 'dark' },
  );
  await onDevice(
    browser,
    async ({ page }) => {
      await start(page, 'notes');
      await givePassword(page, user);
      await appears(page.locator('form[data-step=enroll], form[data-step=select]').first());
      expect(await page.locator(challenge('access_code')).count()).toBe(0);
      expect(await page.getByRole('button', { name: /^Temporary access code/ }).count()).toBe(0);
    },
    { javaScriptEnabled: false },
  );
});

test('a security question is set up at the account, asked for last, and is no second factor', async () => {
  const user: TestUser & { readonly id: string } = await userWithTotp(node);
  await onDevice(
    browser,
    async ({ page }) => {
      await page.goto(`${node.issuer}/account/add/security_question`);
      await givePassword(page, user);
      await appears(page.locator(challenge('totp')));
      await enter(page, await nextCode(user));
      const offer = page.locator('form[data-step=enroll][data-authenticator=security_question]');
      await appears(offer);
      await enter(page, answer);
      await said(page, 'question.required');
      await expectAccessible(page);
      await page.selectOption('[name="credentials.questionKey"]', 'stuffed_toy');
      await enter(page, 'toy');
      await appears(page.locator('[role=alert] [data-message]'));
      expect(await page.inputValue('[name="credentials.passcode"]')).toBe('');
      expect(await page.inputValue('[name="credentials.questionKey"]')).toBe('stuffed_toy');
      await enter(page, answer);
      await said(page, 'account.done.added');
    },
    { viewport: { width: 390, height: 844 } },
  );
  await onDevice(browser, async ({ page }) => {
    const request = await start(page, 'asks');
    await page.fill('[name=identifier]', user.identifier);
    await page.keyboard.press('Enter');
    await appears(page.locator(challenge('totp')));
    await enter(page, await nextCode(user));
    await appears(page.locator(challenge('security_question')));
    expect(await page.getByText('What was the name of your first stuffed toy?').isVisible()).toBe(true);
    await expectAccessible(page);
    await enter(page, 'Another answer');
    await said(page, 'credentials.invalid');
    await enter(page, ' ottokar VON barbach ');
    const claims = await redeemedClaims(page, request);
    expect(claims).toMatchObject({ sub: user.id, amr: ['kba', 'otp'] });
  });
});
