/**
 * Several passkeys of one user at `/account`: named, distinguished, removed; the list of sessions; and a key against a
 * policy that demands more of it.
 */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { appFile } from '../support/clients/authorize.ts';
import { type Authorization, authorization, claimsOf, redeemCode } from '../support/clients/raw-client.ts';
import type { TestUser } from '../support/clients/relying-party.ts';
import { signOnPolicy, userWithPassword } from '../support/clients/sign-in-flow.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, clickThrough, launchBrowser } from '../support/pages/browser.ts';
import { type LandingPage, openLandingPage } from '../support/pages/landing-page.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';
import { type Device, keyWithPin, onDevice, securityKey } from '../support/users/device-with-authenticators.ts';
import { until } from '../support/values/until.ts';

let node: TestNode;
let browser: Browser;
/** The relying party: a page that says "back". */
let app: LandingPage;
let landing: string;

beforeAll(async () => {
  const verified = { authenticators: ['webauthn'], userVerification: true };
  node = await startNode({
    demo: true,
    authenticators: ['password', 'totp', 'webauthn'],
    files: {
      ...signOnPolicy('verified', { then: { allow: { factors: 2, possession: verified } } }),
      ...appFile('verified', { signOnPolicy: 'verified' }),
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
const offer = 'form[data-step=enroll][data-authenticator=webauthn]';
const said = (page: Page, code: string) => appears(page.locator(`[data-message="${code}"]`));
const setUp = (page: Page) => page.getByRole('button', { name: 'Set up passkey' });
const goOn = (page: Page) => page.getByRole('button', { name: 'Continue with passkey' });

async function givePassword(page: Page, user: TestUser): Promise<void> {
  await page.fill('[name="credentials.passcode"]', user.password);
  await page.locator('button.primary').click();
}

/** Signs in at the account by password. */
async function toAccount(page: Page, user: TestUser): Promise<void> {
  await page.goto(`${node.issuer}/account/methods`);
  await page.fill('[name=identifier]', user.identifier);
  await givePassword(page, user);
  await appears(page.locator('.with-nav').first());
}

async function addKey({ page }: Device, name: string): Promise<void> {
  await page.getByRole('link', { name: 'Add a passkey or security key' }).click();
  await appears(page.locator(offer));
  await page.getByLabel('Name (optional)').fill(name);
  await setUp(page).click();
  await said(page, 'account.done.added');
}

/** Up to what is asked after the identifier; the browser fills in nothing. */
async function start({ page, withoutPicking }: Device, name: string, user: TestUser): Promise<Authorization> {
  const request = authorization(node.issuer, name, { redirect_uri: landing });
  await page.context().clearCookies();
  await withoutPicking(async () => {
    await page.goto(request.url);
    await page.fill('[name=identifier]', user.identifier);
    await page.keyboard.press('Enter');
    await appears(page.locator('form[data-step=challenge]').first());
  });
  return request;
}

async function chooseKey(page: Page): Promise<void> {
  if ((await page.locator(challenge('webauthn')).count()) > 0) return;
  await page.getByRole('button', { name: 'Use another method' }).click();
  await page.getByRole('button', { name: /^Passkey or security key/ }).click();
  await appears(page.locator(challenge('webauthn')));
}

/** The claims that the app receives. */
async function redeemedClaims(page: Page, request: Authorization): Promise<Readonly<Record<string, unknown>>> {
  await page.waitForURL(`${landing}?*code=*`);
  const { tokens } = await redeemCode(node.origin, request, page.url());
  return claimsOf(tokens?.id_token);
}

test('two passkeys with names; one is renamed, one removed, and the removed one opens nothing', async () => {
  const user = await userWithPassword(node);
  await onDevice(
    browser,
    async (device) => {
      const { page, plugIn, unplug } = device;
      await toAccount(page, user);
      const laptop = await plugIn();
      await addKey(device, 'Laptop');
      await unplug(laptop);
      const key = await plugIn(keyWithPin);
      await addKey(device, 'Key on my ring');
      await expectAccessible(page);

      await clickThrough(page.getByRole('link', { name: 'Manage Key on my ring' }));
      expect(await page.textContent('main')).toContain('Passkey or security key · Added');
      await expectAccessible(page);
      await page.getByLabel('Name', { exact: true }).fill('Spare key');
      await page.getByRole('button', { name: 'Save name' }).click();
      await said(page, 'account.done.renamed');
      const copies = await device.keysOn(key);
      expect(copies).toHaveLength(1);
      await page.getByRole('link', { name: 'Manage Spare key' }).click();
      await page.getByRole('button', { name: 'Remove' }).click();
      await said(page, 'account.done.removed');
      expect(await page.getByRole('link', { name: /^Manage/ }).allTextContents()).toHaveLength(2);
      // The page told the browser which ones are left.
      await until('the removed passkey leaves the key', async () => (await device.keysOn(key)).length === 0);

      const request = authorization(node.issuer, 'notes', { redirect_uri: landing });
      await page.context().clearCookies();
      await device.withoutPicking(async () => {
        // A device that was not there has it still, and offers it.
        for (const copy of copies) await device.putKey(key, copy);
        await page.goto(request.url);
        await appears(page.locator('form[data-step=identify]').first());
      });
      await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
      await appears(page.locator('[role=alert] [data-message="credentials.invalid"]'));
      await expectAccessible(page);
      // No account has it, so the page said that too.
      await until('the unknown passkey leaves the key', async () => (await device.keysOn(key)).length === 0);
      await page.fill('[name=identifier]', user.identifier);
      await givePassword(page, user);
      expect(await redeemedClaims(page, request)).toMatchObject({ sub: user.id, amr: ['pwd'] });
    },
    { viewport: { width: 390, height: 844 } },
  );
});

test('one session of another browser is ended, and the page says which', async () => {
  const user = await userWithPassword(node);
  await onDevice(browser, async ({ page: elsewhere }) => {
    await toAccount(elsewhere, user);
    await onDevice(
      browser,
      async ({ page }) => {
        await toAccount(page, user);
        await page.goto(`${node.issuer}/account/devices`);
        await page.getByRole('link', { name: /^End session/ }).click();
        await appears(page.getByRole('heading', { name: 'End this session?' }));
        // Two of the same browser would look alike.
        expect(await page.textContent('main')).toMatch(/Signed in .* · last used \w{3} \d+, \d{4}/);
        await expectAccessible(page);
        await page.getByRole('button', { name: 'End session' }).click();
        await said(page, 'account.done.ended');
        expect(await page.getByRole('link', { name: /^End session/ }).count()).toBe(0);
        await expectAccessible(page);
      },
      { colorScheme: 'dark' },
    );
    await elsewhere.reload();
    await appears(elsewhere.locator('form[data-step=identify]').first());
  });
});

test('where the policy wants a key that verifies its user, one that cannot is not enough: another is set up, and it is two factors', async () => {
  const user = await userWithPassword(node);
  await onDevice(browser, async (device) => {
    const { page, plugIn, unplug } = device;
    await toAccount(page, user);
    const simple = await plugIn(securityKey);
    await addKey(device, 'Simple key');

    const request = await start(device, 'verified', user);
    for (const key of ['password', 'webauthn']) {
      await appears(page.locator(challenge(key)).or(page.locator(offer)).first());
      if ((await page.locator(challenge(key)).count()) === 0) continue;
      if (key === 'password') await givePassword(page, user);
      else await goOn(page).click();
    }
    await appears(page.locator(offer));
    await expectAccessible(page);
    expect(page.url()).not.toContain(landing);
    await unplug(simple);
    await plugIn(keyWithPin);
    await page.getByLabel('Name (optional)').fill('Key with a PIN');
    await setUp(page).click();
    expect(await redeemedClaims(page, request)).toMatchObject({ sub: user.id, acr: 'phr' });

    const again = await start(device, 'verified', user);
    await chooseKey(page);
    await goOn(page).click();
    expect(await redeemedClaims(page, again)).toMatchObject({
      sub: user.id,
      amr: ['hwk', 'mfa', 'pop', 'user'],
      acr: 'phr',
    });
  });
});
