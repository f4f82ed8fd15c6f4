/** The demo as users try it: its own pages, its inbox, its three policies, in a real browser. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { emailCredential } from '../../src/authenticators/email/email.ts';
import { type DemoRelyingParty, startDemoRelyingParty } from '../../src/demo/relying-party.ts';
import { nextCode } from '../support/clients/relying-party.ts';
import { codeIn, codesTo, linkIn, mailTo, reader } from '../support/messages/mail.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, clickThrough, launchBrowser } from '../support/pages/browser.ts';
import { freePort } from '../support/servers/free-port.ts';
import { password, startNode, type TestNode, testPassword } from '../support/servers/node.ts';
import { randomName } from '../support/values/random-name.ts';

let node: TestNode;
let relyingParty: DemoRelyingParty;
let browser: Browser;
let number = 0;

beforeAll(async () => {
  const port = await freePort();
  node = await startNode({ demo: true, authenticators: 'demo', variables: { DEMO_RP_PORT: String(port) } });
  relyingParty = await startDemoRelyingParty({ issuer: node.issuer, port, host: '127.0.0.1' });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await relyingParty?.close();
  await node?.stop();
});

type AppName = 'Notes' | 'Payroll' | 'Shop' | 'Parcels';

/** Like Alice, but new. */
async function createUser(): Promise<{ readonly id: string; readonly identifier: string }> {
  number += 1;
  const identifier = `visitor-${number}@demo.test`;
  const credentials = [testPassword(node.app), emailCredential(identifier)];
  const created = await node.app.directory.create({ identifiers: [identifier], groups: ['staff'], credentials });
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, identifier };
}

/** A browser of its own; what it complains about fails the test. */
async function visit(
  use: (page: Page, context: BrowserContext) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const context = await browser.newContext(options);
  const complaints: string[] = [];
  context.on('page', (page) => {
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('the server responded with a status of'))
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
  });
  try {
    await use(await context.newPage(), context);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
}

/**
 * A platform authenticator that verifies its user. `pick` decides whether it answers what the browser would fill in.
 */
async function withPasskeys(page: Page): Promise<{ pick(enabled: boolean): Promise<void> }> {
  const cdp = await page.context().newCDPSession(page);
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
      defaultBackupEligibility: true,
      defaultBackupState: true,
    },
  });
  return {
    pick: async (enabled) => {
      await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
    },
  };
}

async function start(page: Page, app: AppName): Promise<void> {
  await page.goto(relyingParty.origin);
  await clickThrough(page.getByRole('link', { name: `Sign in to ${app}` }));
}

/** What the app says, once the browser is back. */
async function appearsWhole(page: Page): Promise<void> {
  await appears(page.locator('h1'));
}

async function isBack(page: Page): Promise<string> {
  await page.waitForURL(`${relyingParty.origin}/**`);
  return (await page.textContent('main')) ?? '';
}

/** Says who it is, as far as the page that waits for the code. */
async function askForMail(page: Page, identifier: string): Promise<void> {
  await start(page, 'Shop');
  expect(await page.locator('input[type=password]').count()).toBe(0);
  await page.fill('[name=identifier]', identifier);
  await page.keyboard.press('Enter');
  await appears(page.locator('form[data-step=challenge][data-authenticator=email]'));
}

async function enterCode(page: Page, identifier: string): Promise<void> {
  await page.fill('[name="credentials.passcode"]', codeIn(await mailTo(node, identifier)));
  await page.getByRole('button', { name: 'Verify' }).click();
}

const skip = (page: Page) => page.getByRole('button', { name: 'Skip for now' });
const setUp = (page: Page) => page.getByRole('button', { name: 'Set up passkey' });
const passkey = (page: Page) => page.getByRole('button', { name: /passkey or security key$/i });

async function signOut(page: Page): Promise<void> {
  await clickThrough(page.getByRole('button', { name: 'Sign out everywhere' }));
  await page.waitForURL(`${relyingParty.origin}/**`);
}

async function givePassword(page: Page): Promise<void> {
  await page.fill('[name="credentials.passcode"]', password);
  await page
    .locator('form[data-authenticator=password] button[type=submit], form[data-step=identify] .primary')
    .click();
}

describe('shop', () => {
  test.each([true, false])('a new user creates an account, with JavaScript: %p', async (javaScriptEnabled) => {
    // The checks of axe are scripts of the page.
    const expectGood = javaScriptEnabled ? expectAccessible : appearsWhole;
    const address = `${randomName()}@new.test`;
    await visit(
      async (page) => {
        await start(page, 'Shop');
        await clickThrough(page.getByRole('button', { name: 'Create an account' }));
        await expectGood(page);
        await page.fill('[name="userProfile.email"]', address);
        await clickThrough(page.getByRole('button', { name: 'Send code' }));
        await expectGood(page);
        await page.fill('[name="credentials.passcode"]', codeIn(await mailTo(node, address)));
        await clickThrough(page.getByRole('button', { name: 'Verify' }));
        await skip(page).click();
        expect(await isBack(page)).toContain(address);
      },
      { javaScriptEnabled },
    );
    expect((await node.app.directory.findByIdentifier(address))?.user.groups).toEqual(['customers']);
  });

  test('the checkout asks once for a name and an address, and shows each error at its field', async () => {
    const { identifier } = await createUser();
    await visit(async (page) => {
      await askForMail(page, identifier);
      await page.fill('[name="credentials.passcode"]', codeIn(await mailTo(node, identifier)));
      await page.getByRole('button', { name: 'Verify' }).click();
      await appears(passkey(page));
      await skip(page).click();
      await isBack(page);
      await clickThrough(page.getByRole('link', { name: 'Go to the checkout' }));
      await expectAccessible(page);
      const typed = {
        displayName: 'Ann Archer',
        streetAddress: 'Main Street 1',
        postalCode: '1010',
        country: 'Austria',
      };
      for (const [name, value] of Object.entries(typed)) await page.fill(`[name="userProfile.${name}"]`, value);
      await clickThrough(page.getByRole('button', { name: 'Continue' }));
      await expectAccessible(page);
      expect(
        await page.locator('[data-message]').evaluateAll((all) => all.map((element) => element.dataset.message)),
      ).toEqual(['profile.check', 'profile.required']);
      expect(await page.inputValue('[name="userProfile.streetAddress"]')).toBe('Main Street 1');
      await page.fill('[name="userProfile.locality"]', 'Vienna');
      await page.keyboard.press('Enter');
      const text = await isBack(page);
      expect(text).toContain('Hello Ann Archer');
      const lines = (await page.locator('address').innerHTML()).split('<br>');
      expect(lines).toEqual(['Main Street 1', '1010 Vienna', 'Austria', '']);
      await expectAccessible(page);
      await clickThrough(page.getByRole('link', { name: 'Go to the checkout' }));
      expect(await isBack(page)).toContain('The shop knows where to send it');
    });
  });

  test('by the code that the inbox shows; the passkey that is offered is skipped', async () => {
    const { identifier } = await createUser();
    await visit(async (page, context) => {
      await askForMail(page, identifier);
      await expectAccessible(page);
      await mailTo(node, identifier);
      const inbox = await context.newPage();
      await inbox.goto(relyingParty.origin);
      await clickThrough(inbox.getByRole('link', { name: 'inbox' }).first());
      const message = inbox.locator('article').filter({ hasText: identifier });
      const code = /\b\d{6}\b/.exec((await message.locator('pre, p').allTextContents()).join('\n'))?.[0] ?? '';
      await page.bringToFront();
      await page.fill('[name="credentials.passcode"]', code);
      await page.getByRole('button', { name: 'Verify' }).click();
      await appears(passkey(page));
      expect(await page.locator('input[type=password]').count()).toBe(0);
      await expectAccessible(page);
      await skip(page).click();
      const text = await isBack(page);
      for (const words of [
        'One proof of who you are.',
        'You entered a code, or opened a link, that was mailed to you.',
      ])
        expect(text).toContain(words);
      await expectAccessible(page);
    });
  });

  test('by the link in another tab: the first one follows as far as it goes', async () => {
    const { identifier } = await createUser();
    await visit(async (page, context) => {
      await askForMail(page, identifier);
      const second = await context.newPage();
      await second.goto(linkIn(await mailTo(node, identifier)));
      await second.getByRole('button', { name: 'Sign in' }).click();
      await appears(skip(second));
      await page.bringToFront();
      await appears(skip(page));
      await second.bringToFront();
      await skip(second).click();
      expect(await isBack(second)).toContain('email');
      await page.bringToFront();
      await skip(page).click();
      await appears(page.getByRole('heading', { name: 'You’ve finished this sign-in' }));
    });
  });

  test('the link in another browser shows the code, and signs in no user', async () => {
    const { identifier } = await createUser();
    await visit(async (page) => {
      await askForMail(page, identifier);
      const message = await mailTo(node, identifier);
      await visit(async (other, context) => {
        await other.goto(linkIn(message));
        expect(await other.locator('[data-code]').textContent()).toBe(codeIn(message));
        expect([await other.locator('main form').count(), await context.cookies()]).toEqual([0, []]);
        await expectAccessible(other);
      });
      await enterCode(page, identifier);
      await skip(page).click();
      expect(await isBack(page)).toContain('email');
    });
  });

  test('a passkey is set up, and is all that it takes from then on: what the browser fills in, or the button', async () => {
    const { identifier } = await reader(node);
    await visit(async (page) => {
      const device = await withPasskeys(page);
      await askForMail(page, identifier);
      await enterCode(page, identifier);
      await appears(setUp(page));
      expect(await skip(page).count()).toBe(1);
      await expectAccessible(page);
      await setUp(page).click();
      expect(await isBack(page)).toContain('phr');

      await signOut(page);
      await start(page, 'Shop');
      for (const words of ['mfa', 'swk', 'A proof that a fake sign-in page cannot steal.'])
        expect(await isBack(page)).toContain(words);

      await signOut(page);
      await device.pick(false);
      await start(page, 'Shop');
      const button = page.getByRole('button', { name: 'Sign in with a passkey' });
      await appears(button);
      await device.pick(true);
      await button.click();
      expect(await isBack(page)).toContain('swk');
    });
    expect(await codesTo(node, identifier)).toHaveLength(1);
  });

  test('a user with a password enters it once, to set up the passkey; then payroll takes the passkey alone', async () => {
    const { id, identifier } = await createUser();
    await visit(async (page) => {
      await withPasskeys(page);
      await askForMail(page, identifier);
      await enterCode(page, identifier);
      await passkey(page).click();
      await appears(page.locator('form[data-authenticator=password]'));
      expect(await skip(page).count()).toBe(1);
      await expectAccessible(page);
      await givePassword(page);
      await setUp(page).click();
      await isBack(page);
      await signOut(page);
      await start(page, 'Payroll');
      const text = await isBack(page);
      for (const claim of ['mfa', 'swk', 'user']) expect(text).toContain(claim);
      expect(text).not.toContain('You entered your password.');
    });
    const account = await node.app.directory.get(id);
    expect(account?.credentials.map(({ authenticator }) => authenticator)).toEqual(['password', 'email', 'webauthn']);
  });
});

test('payroll: a second factor is to be set up, and the user chooses which', async () => {
  const { identifier } = await createUser();
  await visit(async (page) => {
    await start(page, 'Payroll');
    await page.fill('[name=identifier]', identifier);
    await givePassword(page);
    await appears(page.locator('[data-message="enroll.prove_first"]'));
    await page.fill('[name="credentials.passcode"]', codeIn(await mailTo(node, identifier)));
    await page.locator('form[data-step=challenge] button[type=submit]').click();
    await appears(page.locator('form[data-step=select]'));
    expect(await page.locator('form[data-step=select] .option-name').allTextContents()).toEqual([
      'Authenticator app',
      'Passkey or security key',
    ]);
    expect(await skip(page).count()).toBe(0);
    await expectAccessible(page);
    await page.getByRole('button', { name: /^Authenticator app/ }).click();
    const secret = ((await page.textContent('[data-secret]')) ?? '').replaceAll(/\s/g, '');
    await page.fill('[name="credentials.passcode"]', await nextCode({ identifier, password, totp: secret }));
    await page.locator('form[data-step=enroll] button[type=submit]').click();
    expect(await isBack(page)).toContain('urn:okta:loa:2fa:any');
  });
  expect(await codesTo(node, identifier)).toHaveLength(1);
});

test.each([true, false])(
  'parcels: the user chooses what an app of another company may see, and ends that, with JavaScript: %p',
  async (javaScriptEnabled) => {
    const expectGood = javaScriptEnabled ? expectAccessible : appearsWhole;
    const { identifier } = await createUser();
    const seen = (page: Page) => page.locator('section[aria-labelledby=consent] dd').allTextContents();
    await visit(
      async (page) => {
        await start(page, 'Parcels');
        await page.fill('[name=identifier]', identifier);
        await givePassword(page);
        await appears(page.locator('form[data-step=consent]'));
        await expectGood(page);
        const scopes = page.locator('form[data-step=consent] input[type=checkbox]');
        expect(await scopes.evaluateAll((all) => all.map((element) => element.getAttribute('name')))).toEqual([
          'scopes.profile',
          'scopes.address',
        ]);
        await page.locator('[name="scopes.address"]').uncheck();
        await clickThrough(page.getByRole('button', { name: 'Allow', exact: true }));
        await isBack(page);
        expect(await seen(page)).toEqual(['Yes', 'Yes', 'No: you left it out']);
        await expectGood(page);

        await page.goto(`${relyingParty.origin}/parcels/sign-in`);
        expect(await isBack(page)).toContain('You are signed in');

        await clickThrough(page.getByRole('link', { name: 'Choose again what it may see' }));
        expect(await page.locator('[name="scopes.address"]').isChecked()).toBe(false);
        await page.locator('[name="scopes.address"]').check();
        await clickThrough(page.getByRole('button', { name: 'Allow', exact: true }));
        await isBack(page);
        expect(await seen(page)).toEqual(['Yes', 'Yes', 'Yes']);

        await page.goto(relyingParty.origin);
        await clickThrough(page.getByRole('link', { name: 'end its access' }));
        await clickThrough(page.getByRole('link', { name: 'End access' }));
        await page.fill('[name="credentials.passcode"]', codeIn(await mailTo(node, identifier)));
        await clickThrough(page.getByRole('button', { name: 'Verify' }));
        await clickThrough(page.locator('form[data-step=end-app-access] button'));
        await page.goto(`${relyingParty.origin}/parcels/sign-in/check`);
        expect(await isBack(page)).toContain('consent_required');
      },
      { javaScriptEnabled },
    );
  },
);

describe('the pages of the relying party', () => {
  const looks = [
    { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
    { colorScheme: 'dark', viewport: { width: 375, height: 720 } },
  ] as const;

  test.each(looks)('each app says what it asks for: $colorScheme, $viewport.width pixels', async (look) => {
    await visit(async (page) => {
      await page.goto(relyingParty.origin);
      expect(await page.locator('article h2').allTextContents()).toEqual(['Notes', 'Payroll', 'Shop', 'Parcels']);
      for (const path of ['/', '/notes', '/payroll', '/parcels', '/shop']) {
        await page.goto(`${relyingParty.origin}${path}`);
        await expectAccessible(page);
        const overflows = await page.evaluate(
          'document.documentElement.scrollWidth > document.documentElement.clientWidth',
        );
        expect([path, overflows]).toEqual([path, false]);
      }
      expect(await page.textContent('main')).toContain('Never a password.');
    }, look);
  });
});
