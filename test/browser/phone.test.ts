/** Codes by text message and call in a real browser: a number is added, used, called instead, and without scripts. */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { authorization } from '../support/clients/raw-client.ts';
import { signOnPolicy, userWithPassword } from '../support/clients/sign-in-flow.ts';
import { allMailTo, mailTo, maySendAgain, otherThan } from '../support/messages/mail.ts';
import { byPhoneAlone, caller, codeFor, mobileNumber, settingsWithPhone } from '../support/messages/phone.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, launchBrowser } from '../support/pages/browser.ts';
import { type LandingPage, openLandingPage } from '../support/pages/landing-page.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';
import { onDevice } from '../support/users/device-with-authenticators.ts';

const phone = { width: 390, height: 844 };
let node: TestNode;
let browser: Browser;
/** The relying party: a page that says "back". */
let app: LandingPage;
let landing: string;

beforeAll(async () => {
  node = await startNode({ demo: true, files: { ...settingsWithPhone(), ...byPhoneAlone } });
  app = await openLandingPage();
  landing = app.url;
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
  await node?.stop();
});

const challenge = 'form[data-step=challenge][data-authenticator=phone]';
const offer = 'form[data-step=enroll][data-authenticator=phone]';

/** Identifier alone: the app asks for the phone and nothing else. */
async function ask(page: Page, identifier: string): Promise<void> {
  await page.goto(authorization(node.issuer, 'notes', { redirect_uri: landing }).url);
  await page.fill('[name=identifier]', identifier);
  await page.locator('form[data-step=identify] .primary').click();
  await appears(page.locator(challenge));
}

async function enter(page: Page, code: string): Promise<void> {
  await page.fill('[name="credentials.passcode"]', code);
  await page.locator('button.primary').click();
}

const said = (page: Page, code: string) => appears(page.locator(`[data-message="${code}"]`));

/** Another code may be asked for at once: no test waits. */
async function mayAskAgain(id: string): Promise<void> {
  await maySendAgain(node, id, 'phone');
}

test('a number is added at the account: refused, asked for, mistyped, called instead, and then listed under its number', async () => {
  const user = await userWithPassword(node);
  const number = mobileNumber();
  await onDevice(
    browser,
    async ({ page }) => {
      await page.goto(`${node.issuer}/account/add/phone`);
      await page.fill('[name=identifier]', user.identifier);
      const password = page.locator('[name="credentials.passcode"]');
      if ((await password.count()) === 0) await page.locator('form[data-step=identify] .primary').click();
      await enter(page, user.password);
      await appears(page.locator(offer));
      // A user who is signed in and manages their account does not sign in to anything.
      expect(await page.locator('.context').textContent()).toContain('Your account');
      expect(await page.locator('[data-message="enroll.restricted"]').isVisible()).toBe(true);
      await page.fill('[name="credentials.phoneNumber"]', '+1 212 555 0100');
      await page.keyboard.press('Enter');
      await said(page, 'phone.country');
      expect(await page.inputValue('[name="credentials.phoneNumber"]')).toBe('+1 212 555 0100');
      await expectAccessible(page);

      // As users of the default country write it.
      await page.fill('[name="credentials.phoneNumber"]', number.replace('+49', '0'));
      await page.keyboard.press('Enter');
      await appears(page.locator(`${offer} [name="credentials.passcode"]:focus`));
      expect(await page.textContent('main')).toContain(number);
      const first = codeFor(await mailTo(node, number));
      await enter(page, otherThan(first));
      await said(page, 'credentials.invalid');
      await expectAccessible(page);
      await page.getByRole('button', { name: 'Call me instead' }).click();
      await said(page, 'resend.exceeded');
      await mayAskAgain(user.id);
      await page.getByRole('button', { name: 'Call me instead' }).click();
      await appears(page.getByRole('heading', { name: 'Answer your phone' }));
      await expectAccessible(page);
      const call = await mailTo(node, number, 2);
      expect(call.channel).toBe('voice');
      // Only the newest counts.
      if (codeFor(call) !== first) {
        await enter(page, first);
        await said(page, 'credentials.invalid');
      }
      await enter(page, codeFor(call));
      await said(page, 'account.done.added');
      const entry = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'Manage Phone' }) });
      expect(await entry.textContent()).toContain(number.slice(-2));
      expect(await page.textContent('main')).not.toContain(number);
      await expectAccessible(page);
    },
    { viewport: phone, colorScheme: 'dark' },
  );
});

test('sign in by text message: the page says nothing about the number, a wrong code counts for nothing, a newer one replaces it', async () => {
  const user = await caller(node);
  await onDevice(browser, async ({ page }) => {
    await ask(page, user.identifier);
    expect(await page.locator(':focus').getAttribute('name')).toBe('credentials.passcode');
    const lifetime = 'It expires in 10 minutes.';
    expect((await page.textContent('main'))?.replace(lifetime, '')).not.toContain(user.number.slice(-2));
    await expectAccessible(page);
    const first = await mailTo(node, user.number);
    expect(first.channel).toBe('sms');
    await enter(page, otherThan(codeFor(first)));
    await said(page, 'credentials.invalid');
    await page.getByRole('button', { name: 'Send again' }).click();
    await said(page, 'resend.exceeded');
    await expectAccessible(page);
    expect(await allMailTo(node, user.number)).toHaveLength(1);
    await mayAskAgain(user.id);
    await page.getByRole('button', { name: 'Send again' }).click();
    await said(page, 'sent.again');
    const second = await mailTo(node, user.number, 2);
    await page.keyboard.type(`${codeFor(second)}\n`);
    await page.waitForURL(`${landing}?*code=*`);
  });
});

test('without scripts, in German, on a phone: a call instead of a message', async () => {
  const user = await caller(node);
  await onDevice(
    browser,
    async ({ page }) => {
      await ask(page, user.identifier);
      await mayAskAgain(user.id);
      await page.getByRole('button', { name: 'Stattdessen anrufen' }).click();
      await appears(page.getByRole('heading', { level: 1, name: 'Nehmen Sie den Anruf an' }));
      const call = await mailTo(node, user.number, 2);
      expect(call.channel).toBe('voice');
      await enter(page, codeFor(call));
      await page.waitForURL(`${landing}?*code=*`);
    },
    { javaScriptEnabled: false, locale: 'de', viewport: phone },
  );
});

test('where calls count alone, the phone rings and no button sends a text message', async () => {
  await node.configure(signOnPolicy('notes', { then: { allow: { possession: { authenticators: ['phone.voice'] } } } }));
  const user = await caller(node);
  await onDevice(browser, async ({ page }) => {
    await ask(page, user.identifier);
    await appears(page.getByRole('heading', { name: 'Answer your phone' }));
    expect(await page.getByRole('button', { name: 'Text me instead' }).count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Call me again' }).count()).toBe(1);
    await expectAccessible(page);
    const call = await mailTo(node, user.number);
    expect(call.channel).toBe('voice');
    await enter(page, codeFor(call));
    await page.waitForURL(`${landing}**`);
  });
  await node.configure(byPhoneAlone);
});
