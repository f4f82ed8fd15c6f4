/**
 * Boxes on the pages, in a real browser: keep me signed in, also by passkey; do not ask again here; forget this device.
 */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type DemoRelyingParty, startDemoRelyingParty } from '../../src/demo/relying-party.ts';
import { nextCode, type TestUser } from '../support/clients/relying-party.ts';
import { signOnPolicy, userWithPassword, userWithTotp } from '../support/clients/sign-in-flow.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, clickThrough, launchBrowser } from '../support/pages/browser.ts';
import { freePort } from '../support/servers/free-port.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';

let node: TestNode;
let relyingParty: DemoRelyingParty;
let browser: Browser;

beforeAll(async () => {
  const port = await freePort();
  node = await startNode({
    authenticators: ['password', 'totp', 'webauthn'],
    variables: { DEMO_RP_PORT: String(port) },
    files: signOnPolicy('payroll', { then: { allow: { factors: 2 }, remember: { device: 'P30D' } } }),
  });
  relyingParty = await startDemoRelyingParty({ issuer: node.issuer, port, host: '127.0.0.1' });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await relyingParty?.close();
  await node?.stop();
});

async function inBrowser<T>(
  use: (page: Page, context: BrowserContext) => Promise<T>,
  before?: BrowserContext,
): Promise<T> {
  const kept = (await before?.cookies())?.filter(({ expires }) => expires > 0) ?? [];
  const context = await browser.newContext();
  await context.addCookies(kept);
  try {
    return await use(await context.newPage(), context);
  } finally {
    await context.close();
  }
}

async function start(page: Page, app: 'Notes' | 'Payroll'): Promise<void> {
  await page.goto(relyingParty.origin);
  await clickThrough(page.getByRole('link', { name: `Sign in to ${app}` }));
}

async function typePassword(page: Page, user: TestUser): Promise<void> {
  await page.fill('[name=identifier]', user.identifier);
  await page.fill('[name="credentials.passcode"]', user.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function typeCode(page: Page, user: TestUser): Promise<void> {
  await appears(page.locator('form[data-authenticator=totp]'));
  await page.fill('[name="credentials.passcode"]', await nextCode(user));
}

async function isBack(page: Page): Promise<string> {
  await page.waitForURL(`${relyingParty.origin}/**`);
  return (await page.textContent('main')) ?? '';
}

const keep = (page: Page) => page.getByLabel('Keep me signed in');
const forget = (page: Page) => page.getByLabel(/^Don’t ask again on this device for 30\sdays$/);
const isKept = async (context: BrowserContext) =>
  (await context.cookies()).some(({ name, expires }) => name === 'stepgate-session' && expires > 0);

test('keep me signed in: by the keyboard, and the browser that comes back is signed in', async () => {
  const user = await userWithPassword(node);
  await inBrowser(async (page, context) => {
    await start(page, 'Notes');
    await expectAccessible(page);
    await page.fill('[name=identifier]', user.identifier);
    await page.fill('[name="credentials.passcode"]', user.password);
    // The button that shows the password comes first.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await keep(page).evaluate((box) => box === box.ownerDocument.activeElement)).toBe(true);
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await isBack(page);
    expect(await isKept(context)).toBe(true);
    await inBrowser(async (again) => {
      await start(again, 'Notes');
      expect(await isBack(again)).toContain(user.identifier);
    }, context);
  });
});

test('without the tick the session ends with the browser', async () => {
  const user = await userWithPassword(node);
  await inBrowser(async (page, context) => {
    await start(page, 'Notes');
    await typePassword(page, user);
    await isBack(page);
    expect(await isKept(context)).toBe(false);
    await inBrowser(async (again) => {
      await start(again, 'Notes');
      await appears(again.locator('form[data-step=identify]').first());
    }, context);
  });
});

test('a passkey submits the tick of the other form as well', async () => {
  const user = await userWithPassword(node);
  await inBrowser(async (page, context) => {
    const cdp = await context.newCDPSession(page);
    await cdp.send('WebAuthn.enable', { enableUI: false });
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await start(page, 'Payroll');
    await typePassword(page, user);
    await page.getByRole('button', { name: /Passkey or security key/ }).click();
    await page.getByRole('button', { name: 'Set up passkey' }).click();
    await isBack(page);
    await context.clearCookies();
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: false });
    await start(page, 'Notes');
    await keep(page).check();
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: true });
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await isBack(page);
    expect(await isKept(context)).toBe(true);
  });
});

test('do not ask again here: the next sign-in takes the password only, until the user revokes it', async () => {
  const user: TestUser = await userWithTotp(node);
  await inBrowser(async (page, context) => {
    await start(page, 'Payroll');
    await typePassword(page, user);
    await appears(page.locator('form[data-authenticator=totp]'));
    await expectAccessible(page);
    await forget(page).check();
    await typeCode(page, user);
    await page.getByRole('button', { name: 'Verify', exact: true }).click();
    expect(await isBack(page)).not.toContain('One proof of who you are');

    await inBrowser(async (again, later) => {
      await start(again, 'Payroll');
      await typePassword(again, user);
      expect(await isBack(again)).toContain('One proof of who you are: your password.');

      await again.goto(`${node.issuer}/account/devices`);
      await expectAccessible(again);
      await again.getByRole('link', { name: /^Forget device/ }).click();
      await typeCode(again, user);
      await again.getByRole('button', { name: 'Verify', exact: true }).click();
      await appears(again.getByRole('heading', { name: 'Forget this device?' }));
      await expectAccessible(again);
      await again.getByRole('button', { name: 'Forget' }).click();
      await appears(again.getByText('Device forgotten.'));
      await inBrowser(async (third) => {
        await start(third, 'Payroll');
        await typePassword(third, user);
        await appears(third.locator('form[data-authenticator=totp]'));
      }, later);
    }, context);
  });
});
