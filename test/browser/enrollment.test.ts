/**
 * The enrollment policy as users see it: forced, offered once, in grace, forbidden, promoted; and what a key counts as
 * afterwards.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { generate } from 'otplib';
import type { Browser, Page } from 'playwright-core';
import { oneDay } from '../../src/core/model/durations.ts';
import { appFile } from '../support/clients/authorize.ts';
import { type Authorization, authorization, claimsOf, redeemCode } from '../support/clients/raw-client.ts';
import { passcode, signOnPolicy, skippedAgo, userWithTotp } from '../support/clients/sign-in-flow.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, launchBrowser } from '../support/pages/browser.ts';
import { type LandingPage, openLandingPage } from '../support/pages/landing-page.ts';
import { newTestUser, startNode, type TestNode } from '../support/servers/node.ts';
import { type Device, keyWithPin, onDevice, securityKey } from '../support/users/device-with-authenticators.ts';

let node: TestNode;
let browser: Browser;
/** The relying party: a page that says "back". */
let app: LandingPage;
let landing: string;
let clock = 0;

/** Fixed once: midnight may come while the tests run. */
const lastDay = new Date(Date.now() + 30 * oneDay * 1000).toISOString().slice(0, 10);

/** What each app wants of every user who signs in there. */
const termsByApp: Readonly<Record<string, unknown>> = {
  forced: { required: ['totp'] },
  choice: { required: [{ anyOf: ['totp', 'webauthn'] }] },
  optional: { optional: ['webauthn'] },
  skips: { required: [{ anyOf: ['totp'], grace: { skips: 3 } }] },
  until: { required: [{ anyOf: ['totp', 'webauthn'], grace: { until: lastDay } }] },
  promoted: { promote: { webauthn: { cooldown: 'P30D', skips: 2 } } },
  forbidden: { disabled: ['totp'] },
};

beforeAll(async () => {
  const one = { allow: { factors: 1 } };
  const two = { allow: { factors: 2 } };
  const keyOnly = { allow: { factors: 1, possession: { authenticators: ['webauthn'] } } };
  const totpOnly = { allow: { factors: 2, possession: { authenticators: ['totp'] } } };
  const then = { forbidden: totpOnly, key: keyOnly, two } as Readonly<Record<string, unknown>>;
  const names = [...Object.keys(termsByApp), 'one', 'two', 'key'];
  const rules = Object.entries(termsByApp).map(([name, terms]) => ({
    name: `At ${name}`,
    // The check refuses an app that no user at all can get into.
    when: { apps: { any: [name] }, ...(name === 'forbidden' ? { groups: { any: ['kiosk'] } } : {}) },
    then: terms,
  }));
  const rest = [{ name: 'Rest', then: {} }];
  const files = names.flatMap((name) => [
    name === 'forbidden'
      ? signOnPolicy(name, { when: { groups: { any: ['staff'] } }, then: totpOnly }, { then: one })
      : signOnPolicy(name, { then: then[name] ?? one }),
    appFile(name, { signOnPolicy: name }),
  ]);
  node = await startNode({
    now: () => Math.floor(Date.now() / 1000) + clock,
    authenticators: ['password', 'totp', 'webauthn'],
    files: Object.assign({ 'policies/enrollment.yaml': JSON.stringify({ rules: [...rules, ...rest] }) }, ...files),
  });
  app = await openLandingPage();
  landing = app.url;
  browser = await launchBrowser();
});
beforeEach(() => {
  clock = 0;
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
  await node?.stop();
});

type TestUser = Awaited<ReturnType<typeof newTestUser>>;

/** Opens the sign-in of an app, in a browser that knows nothing. */
async function start({ page, withoutPicking }: Device, name: string): Promise<Authorization> {
  const request = authorization(node.issuer, name, { redirect_uri: landing });
  await page.context().clearCookies();
  await withoutPicking(async () => {
    await page.goto(request.url);
    await appears(page.locator('form[data-step]').first());
  });
  return request;
}

async function signIn(device: Device, name: string, user: TestUser): Promise<Authorization> {
  const request = await start(device, name);
  const { page } = device;
  await page.fill('[name=identifier]', user.identifier);
  const password = page.locator('[name="credentials.passcode"]');
  if ((await password.count()) === 0) {
    await page.keyboard.press('Enter');
    await appears(page.locator('form[data-authenticator=password]'));
  }
  await password.fill(user.password);
  await page.keyboard.press('Enter');
  return request;
}

/** The claims that the app receives. */
async function redeemedClaims(page: Page, request: Authorization): Promise<Readonly<Record<string, unknown>>> {
  await page.waitForURL(`${landing}**`);
  const { tokens } = await redeemCode(node.origin, request, page.url());
  return claimsOf(tokens?.id_token);
}

const offer = (page: Page, key: string) => page.locator(`form[data-step=enroll][data-authenticator=${key}]`);
const skip = (page: Page) => page.locator('form[data-step=skip] button');
const setUp = (page: Page) => page.getByRole('button', { name: 'Set up passkey' });

async function finishTotp(page: Page): Promise<void> {
  const secret = ((await page.locator('[data-secret]').textContent()) ?? '').replaceAll(/\s/g, '');
  await page.fill('[name="credentials.passcode"]', await generate({ secret }));
  await page.getByRole('button', { name: 'Finish setup' }).click();
}

describe('forced', () => {
  test('it is set up before the app is reached, and cannot be avoided', async () => {
    const user = await newTestUser(node);
    await onDevice(browser, async (device) => {
      const { page } = device;
      const request = await signIn(device, 'forced', user);
      await appears(offer(page, 'totp'));
      expect(await skip(page).count()).toBe(0);
      await expectAccessible(page);
      await page.reload();
      await appears(offer(page, 'totp'));
      await finishTotp(page);
      expect(await redeemedClaims(page, request)).toMatchObject({
        sub: user.id,
        amr: expect.arrayContaining(['pwd']),
      });
    });
  });

  test('of two, the user chooses one', async () => {
    const user = await newTestUser(node);
    await onDevice(browser, async (device) => {
      const { page, plugIn } = device;
      await plugIn();
      const request = await signIn(device, 'choice', user);
      await appears(page.locator('form[data-step=select]').first());
      expect(await skip(page).count()).toBe(0);
      await expectAccessible(page);
      await page.getByRole('button', { name: /passkey or security key/i }).click();
      await setUp(page).click();
      await redeemedClaims(page, request);
    });
    const account = await node.app.directory.get(user.id);
    expect(account?.credentials.map(({ authenticator }) => authenticator)).toEqual(['password', 'webauthn']);
  });
});

describe('offered', () => {
  test('once: skipped, it is not offered again', async () => {
    const user = await newTestUser(node);
    await onDevice(browser, async (device) => {
      const { page } = device;
      const request = await signIn(device, 'optional', user);
      await appears(offer(page, 'webauthn'));
      expect(await skip(page).textContent()).toContain('Skip for now');
      await expectAccessible(page);
      await skip(page).click();
      expect(await redeemedClaims(page, request)).toMatchObject({ sub: user.id, amr: ['pwd'] });
      expect(await redeemedClaims(page, await signIn(device, 'optional', user))).toMatchObject({ amr: ['pwd'] });
    });
  });

  test('a passkey that is promoted: skipped, offered again after the cool-down, set up, and then used', async () => {
    const user = await newTestUser(node);
    await onDevice(browser, async (device) => {
      const { page, plugIn } = device;
      await plugIn();
      const first = await signIn(device, 'promoted', user);
      await appears(offer(page, 'webauthn'));
      await expectAccessible(page);
      await skip(page).click();
      await redeemedClaims(page, first);
      await skippedAgo(node, user.id, 29);
      await redeemedClaims(page, await signIn(device, 'promoted', user));
      await skippedAgo(node, user.id, 31);
      const again = await signIn(device, 'promoted', user);
      await appears(offer(page, 'webauthn'));
      await setUp(page).click();
      await redeemedClaims(page, again);
      const next = await start(device, 'promoted');
      await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
      expect(await redeemedClaims(page, next)).toMatchObject({ sub: user.id, amr: ['mfa', 'pop', 'swk', 'user'] });
    });
  });

  test('a user with a second factor proves it before the offer, and the page says why', async () => {
    const user = await userWithTotp(node);
    await onDevice(browser, async (device) => {
      const { page, plugIn } = device;
      await plugIn();
      const request = await signIn(device, 'optional', user);
      await appears(page.locator('form[data-step=select]').first());
      await expectAccessible(page);
      await page.getByRole('button', { name: /passkey or security key/i }).click();
      await appears(page.locator('form[data-step=challenge][data-authenticator=totp]'));
      await appears(page.locator('[data-message="enroll.prove_first"]'));
      expect(await skip(page).count()).toBe(1);
      await expectAccessible(page);
      const { 'credentials.passcode': code = '' } = await passcode(user);
      await page.fill('[name="credentials.passcode"]', code);
      await page.keyboard.press('Enter');
      await appears(offer(page, 'webauthn'));
      await setUp(page).click();
      expect(await redeemedClaims(page, request)).toMatchObject({ sub: user.id });
    });
    const account = await node.app.directory.get(user.id);
    expect(account?.credentials.map(({ authenticator }) => authenticator)).toEqual(['password', 'totp', 'webauthn']);
  });

  test('without scripts it can be skipped', async () => {
    const user = await newTestUser(node);
    const withoutScripts = { javaScriptEnabled: false };
    await onDevice(
      browser,
      async (device) => {
        const { page } = device;
        const request = await signIn(device, 'optional', user);
        await skip(page).click();
        await redeemedClaims(page, request);
      },
      withoutScripts,
    );
  });
});

describe('in grace', () => {
  test('the page counts the skips down; after the last one there is none', async () => {
    const user = await newTestUser(node);
    await onDevice(browser, async (device) => {
      const { page } = device;
      for (const text of ['3 skips left', '2 skips left', '1 skip left']) {
        const request = await signIn(device, 'skips', user);
        await appears(offer(page, 'totp'));
        expect(await skip(page).textContent()).toContain(`Skip for now (${text})`);
        await expectAccessible(page);
        await skip(page).click();
        await redeemedClaims(page, request);
      }
      await signIn(device, 'skips', user);
      await appears(offer(page, 'totp'));
      expect(await skip(page).count()).toBe(0);
      await finishTotp(page);
      await page.waitForURL(`${landing}**`);
    });
  });

  test('the page names the last day; after it there is no skip', async () => {
    const user = await newTestUser(node);
    const written = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' });
    await onDevice(browser, async (device) => {
      const { page } = device;
      const request = await signIn(device, 'until', user);
      await appears(page.locator('form[data-step=select]').first());
      expect(await skip(page).textContent()).toContain(`(until ${written.format(Date.parse(lastDay))})`);
      await expectAccessible(page);
      await skip(page).click();
      await redeemedClaims(page, request);
      clock = 32 * oneDay;
      await signIn(device, 'until', user);
      await appears(page.locator('form[data-step=select]').first());
      expect(await skip(page).count()).toBe(0);
    });
  });
});

test('forbidden: the page says that the rules do not let the account use it', async () => {
  const user = await userWithTotp(node, ['staff', 'kiosk']);
  await onDevice(browser, async (device) => {
    const { page } = device;
    await signIn(device, 'forbidden', user);
    await appears(page.locator('[data-message="denied.enrollment_forbids"]'));
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('You don’t have access to forbidden');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Return to forbidden' }).click();
    await page.waitForURL(`${landing}?*error=access_denied*`);
  });
});

describe('a security key', () => {
  async function enrolled(device: Device, key: object): Promise<TestUser> {
    const user = await newTestUser(node);
    const { page, plugIn } = device;
    await plugIn(key);
    const request = await signIn(device, 'key', user);
    await appears(offer(page, 'webauthn'));
    await setUp(page).click();
    await redeemedClaims(page, request);
    return user;
  }

  /** The challenge of the key, after the identifier alone. */
  async function upToTheKey(device: Device, name: string, user: TestUser): Promise<Authorization> {
    const request = await start(device, name);
    const { page } = device;
    await page.fill('[name=identifier]', user.identifier);
    await page.keyboard.press('Enter');
    await appears(page.locator('form[data-step=challenge]'));
    const chosen = page.locator('form[data-step=challenge][data-authenticator=webauthn]');
    if ((await chosen.count()) === 0) {
      await page.getByRole('button', { name: 'Use another method' }).click();
      await page.getByRole('button', { name: /passkey or security key/i }).click();
      await appears(chosen);
    }
    return request;
  }

  const goOn = (page: Page) => page.getByRole('button', { name: 'Continue with passkey' });

  test('without a PIN is one factor: enough where one is asked for, and the tokens do not claim two', async () => {
    await onDevice(browser, async (device) => {
      const { page } = device;
      const user = await enrolled(device, securityKey);
      for (const name of ['one', 'key']) {
        const request = await upToTheKey(device, name, user);
        await expectAccessible(page);
        await goOn(page).click();
        expect(await redeemedClaims(page, request)).toMatchObject({
          sub: user.id,
          amr: ['hwk', 'pop', 'user'],
          acr: 'phr',
        });
      }
      const request = await upToTheKey(device, 'two', user);
      await goOn(page).click();
      await appears(page.locator('form[data-step=challenge][data-authenticator=password]'));
      await page.fill('[name="credentials.passcode"]', user.password);
      await page.keyboard.press('Enter');
      expect(await redeemedClaims(page, request)).toMatchObject({ amr: ['hwk', 'mfa', 'pop', 'pwd', 'user'] });
    });
  });

  test('with a PIN is two factors by itself', async () => {
    await onDevice(browser, async (device) => {
      const user = await enrolled(device, keyWithPin);
      const request = await upToTheKey(device, 'two', user);
      await goOn(device.page).click();
      expect(await redeemedClaims(device.page, request)).toMatchObject({ amr: ['hwk', 'mfa', 'pop', 'user'] });
    });
  });
});

test('passwordless by autofill, where one factor is asked for', async () => {
  await onDevice(browser, async (device) => {
    const user = await newTestUser(node);
    const { page, plugIn } = device;
    await plugIn();
    await signIn(device, 'key', user);
    await appears(offer(page, 'webauthn'));
    await setUp(page).click();
    await page.waitForURL(`${landing}**`);
    const request = authorization(node.issuer, 'one', { redirect_uri: landing });
    await page.context().clearCookies();
    // The virtual authenticator picks the passkey at once, as a user would from the list of the input.
    await page.goto(request.url);
    expect(await redeemedClaims(page, request)).toMatchObject({ sub: user.id, amr: ['mfa', 'pop', 'swk', 'user'] });
  });
});
