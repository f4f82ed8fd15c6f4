/** Passkeys and security keys in a real browser, with the virtual authenticators of Chromium. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type DemoRelyingParty, startDemoRelyingParty } from '../../src/demo/relying-party.ts';
import { signOnPolicy } from '../support/clients/sign-in-flow.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, clickThrough, launchBrowser } from '../support/pages/browser.ts';
import { freePort } from '../support/servers/free-port.ts';
import { newTestUser, startNode, type TestNode } from '../support/servers/node.ts';
import { type Device, onDevice as onNewDevice, securityKey } from '../support/users/device-with-authenticators.ts';

let node: TestNode;
let relyingParty: DemoRelyingParty;
let browser: Browser;

beforeAll(async () => {
  const port = await freePort();
  const passwordOrKey = { allow: { factors: 2 } };
  const verified = { allow: { factors: 2, possession: { userVerification: true } } };
  node = await startNode({
    authenticators: ['password', 'totp', 'webauthn'],
    variables: { DEMO_RP_PORT: String(port) },
    files: {
      ...signOnPolicy('payroll', { when: { groups: { any: ['verified'] } }, then: verified }, { then: passwordOrKey }),
      ...signOnPolicy('notes', {
        then: { allow: { chains: [[{ authenticators: ['webauthn'] }, { authenticators: ['webauthn'] }]] } },
      }),
    },
  });
  relyingParty = await startDemoRelyingParty({ issuer: node.issuer, port, host: '127.0.0.1' });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await relyingParty?.close();
  await node?.stop();
});

interface Started extends Device {
  /**
   * The first page of a sign-in, in a browser without cookies; no passkey is picked from what the browser would fill
   * in.
   */
  start(app?: 'Notes' | 'Payroll'): Promise<void>;
}

function onDevice(use: (device: Started) => Promise<void>, options: BrowserContextOptions = {}): Promise<void> {
  const withStart = (device: Device) =>
    use({
      ...device,
      start: (app = 'Payroll') =>
        device.withoutPicking(async () => {
          await open(device.page, app);
          await appears(device.page.locator('form[data-step]').first());
        }),
    });
  return onNewDevice(browser, withStart, options);
}

type TestUser = Awaited<ReturnType<typeof newTestUser>>;

async function open(page: Page, app: 'Notes' | 'Payroll'): Promise<void> {
  await page.context().clearCookies();
  await page.goto(relyingParty.origin);
  await clickThrough(page.getByRole('link', { name: `Sign in to ${app}` }));
}

async function typePassword(page: Page, user: TestUser): Promise<void> {
  await typeIdentifier(page, user);
  await givePassword(page, user);
}

async function givePassword(page: Page, user: TestUser): Promise<void> {
  await page.fill('[name="credentials.passcode"]', user.password);
  // Before something is set up, the button signs in no user yet.
  await page.getByRole('button', { name: /^(Sign in|Continue)$/ }).click();
}

/** Up to the page that sets up a passkey. */
async function upToTheOffer({ page, start }: Started, user: TestUser): Promise<void> {
  await start();
  await typePassword(page, user);
  await page.getByRole('button', { name: /Passkey or security key/ }).click();
  await appears(page.locator('form[data-step=enroll][data-authenticator=webauthn]'));
}

const setUp = (page: Page) => page.getByRole('button', { name: 'Set up passkey' });
const goOn = (page: Page) => page.getByRole('button', { name: 'Continue with passkey' });
const signInWithPasskey = (page: Page) => page.getByRole('button', { name: 'Sign in with a passkey' });

async function isBack(page: Page): Promise<string> {
  await page.waitForURL(`${relyingParty.origin}/**`);
  return (await page.textContent('main')) ?? '';
}

async function enroll(device: Started, user: TestUser, name = ''): Promise<string> {
  const { page } = device;
  await upToTheOffer(device, user);
  if (name !== '') await page.getByLabel('Name (optional)').fill(name);
  await setUp(page).click();
  return isBack(page);
}

/** Only the identifier: the page that follows asks for the rest. */
async function typeIdentifier(page: Page, user: TestUser): Promise<void> {
  await page.fill('[name=identifier]', user.identifier);
  await page.keyboard.press('Enter');
  await appears(page.locator('form[data-step=challenge]'));
}

async function chooseKey(page: Page): Promise<void> {
  if ((await page.locator('form[data-authenticator=webauthn][data-step=challenge]').count()) > 0) return;
  await page.getByRole('button', { name: 'Use another method' }).click();
  await page.getByRole('button', { name: /Passkey or security key/ }).click();
  await appears(page.locator('form[data-authenticator=webauthn][data-step=challenge]'));
}

async function message(page: Page): Promise<string | null> {
  const said = page.locator('[role=alert] [data-message]');
  await appears(said);
  return said.getAttribute('data-message');
}

test('set up during a sign-in, then one step with user verification is two factors', async () => {
  const user = await newTestUser(node);
  await onDevice(async (device) => {
    const { page, plugIn } = device;
    await plugIn();
    await upToTheOffer(device, user);
    await expectAccessible(page);
    await page.getByLabel('Name (optional)').fill('Laptop');
    await setUp(page).click();
    for (const claim of ['mfa', 'pwd', 'swk', 'user']) expect(await isBack(page)).toContain(claim);

    await device.start();
    await typeIdentifier(page, user);
    await chooseKey(page);
    await expectAccessible(page);
    await goOn(page).click();
    const text = await isBack(page);
    for (const claim of ['mfa', 'swk', 'pop', 'phr']) expect(text).toContain(claim);
    expect(await page.locator('main code').allTextContents()).not.toContain('pwd');
  });
  const account = await node.app.directory.get(user.id);
  expect(account?.credentials.at(-1)).toMatchObject({ label: 'Laptop', factors: ['possession', 'inherence'] });
});

test('a key without user verification is possession only: the password is asked for too', async () => {
  const user = await newTestUser(node);
  await onDevice(async (device) => {
    const { page, plugIn } = device;
    await plugIn(securityKey);
    expect(await enroll(device, user)).toContain('hwk');
    await device.start();
    await typeIdentifier(page, user);
    await chooseKey(page);
    await goOn(page).click();
    await givePassword(page, user);
    const text = await isBack(page);
    for (const claim of ['mfa', 'pwd', 'hwk']) expect(text).toContain(claim);
  });
});

test('where a policy asks for user verification, a key that cannot do it is not taken', async () => {
  const user = await newTestUser(node, ['verified']);
  await onDevice(async (device) => {
    const { page, plugIn, unplug } = device;
    const key = await plugIn(securityKey);
    await device.start();
    await typePassword(page, user);
    await appears(page.locator('form[data-step=enroll][data-authenticator=webauthn]'));
    await setUp(page).click();
    expect(['webauthn.cancelled', 'webauthn.unverifiable']).toContain(await message(page));
    await unplug(key);
    await plugIn();
    await setUp(page).click();
    expect(await isBack(page)).toContain('phr');
  });
});

describe('without typing a name', () => {
  test('the button signs in', async () => {
    const user = await newTestUser(node);
    await onDevice(async (device) => {
      const { page, plugIn } = device;
      await plugIn();
      await enroll(device, user);
      await device.start();
      await expectAccessible(page);
      await signInWithPasskey(page).click();
      expect(await isBack(page)).toContain('swk');
    });
  });

  test('what the browser fills in signs in', async () => {
    const user = await newTestUser(node);
    await onDevice(async (device) => {
      const { page, plugIn } = device;
      await plugIn();
      await enroll(device, user);
      // The virtual authenticator picks the passkey at once, as a user would from the list.
      await open(page, 'Payroll');
      expect(await isBack(page)).toContain('swk');
    });
  });

  test('a passkey of a removed user is refused, and the page can still be used', async () => {
    const [gone, user] = [await newTestUser(node), await newTestUser(node)];
    await onDevice(async (device) => {
      const { page, plugIn } = device;
      await plugIn();
      await enroll(device, gone);
      await node.app.directory.delete(gone.id);
      await device.start();
      await signInWithPasskey(page).click();
      expect(await message(page)).toBe('credentials.invalid');
      await expectAccessible(page);
      await typePassword(page, user);
      await appears(page.locator('form[data-step=select]'));
    });
  });
});

describe('an error is shown, and the user can try again', () => {
  test('a cancel, when it is set up and when it is used', async () => {
    const user = await newTestUser(node);
    await onDevice(async (device) => {
      const { page, cdp, plugIn } = device;
      const authenticatorId = await plugIn();
      const canVerify = (isUserVerified: boolean) =>
        cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
      await upToTheOffer(device, user);
      await canVerify(false);
      await setUp(page).click();
      expect(await message(page)).toBe('webauthn.cancelled');
      await expectAccessible(page);
      expect(await setUp(page).evaluate((button) => button === button.ownerDocument.activeElement)).toBe(true);
      await canVerify(true);
      await setUp(page).click();
      await isBack(page);

      await device.start();
      await typeIdentifier(page, user);
      await chooseKey(page);
      await canVerify(false);
      await goOn(page).click();
      expect(await message(page)).toBe('webauthn.cancelled');
      await canVerify(true);
      await goOn(page).click();
      expect(await isBack(page)).toContain('swk');
    });
  });

  test('a browser that has no passkeys', async () => {
    const user = await newTestUser(node);
    await onDevice(async (device) => {
      const { page } = device;
      await page.addInitScript('delete window.PublicKeyCredential');
      await upToTheOffer(device, user);
      await setUp(page).click();
      expect(await message(page)).toBe('webauthn.unsupported');
    });
  });

  test('without JavaScript the page says so, and the other options are there', async () => {
    const user = await newTestUser(node);
    await onDevice(
      async ({ page, start }) => {
        await start();
        expect(await signInWithPasskey(page).isVisible()).toBe(false);
        await typePassword(page, user);
        await clickThrough(page.getByRole('button', { name: /Passkey or security key/ }));
        expect(await page.textContent('main')).toContain('Passkeys and security keys need JavaScript.');
        expect(await setUp(page).isVisible()).toBe(false);
        await page.getByRole('button', { name: 'Set up a different method' }).click();
        await clickThrough(page.getByRole('button', { name: /Authenticator app/ }));
        expect(await page.locator('[data-secret]').count()).toBe(1);
      },
      { javaScriptEnabled: false },
    );
  });
});

test('two keys with names: the one that is there already is not taken twice, and either signs in', async () => {
  const user = await newTestUser(node);
  await onDevice(async (device) => {
    const { page, plugIn, unplug } = device;
    const first = await plugIn();
    await enroll(device, user, 'Laptop');
    // Notes wants two different keys.
    await device.start('Notes');
    await page.fill('[name=identifier]', user.identifier);
    await page.keyboard.press('Enter');
    await chooseKey(page);
    await goOn(page).click();
    const offer = page.locator('form[data-step=enroll]');
    const password = page.locator('form[data-authenticator=password]');
    await appears(offer.or(password).first());
    if ((await password.count()) > 0) await givePassword(page, user);
    await appears(offer);
    await setUp(page).click();
    expect(await message(page)).toBe('webauthn.registered');
    await unplug(first);
    await plugIn(securityKey);
    await page.getByLabel('Name (optional)').fill('Key on my ring');
    await setUp(page).click();
    expect(await isBack(page)).toContain('phr');

    await device.start();
    await typeIdentifier(page, user);
    await chooseKey(page);
    await goOn(page).click();
    await givePassword(page, user);
    expect(await isBack(page)).toContain('hwk');
  });
  const account = await node.app.directory.get(user.id);
  const keys = account?.credentials.filter(({ authenticator }) => authenticator === 'webauthn');
  expect(keys?.map(({ label }) => label)).toEqual(['Laptop', 'Key on my ring']);
});
