/** What scripts add to the pages of a sign-in: a password that shows, Caps Lock, and user names that are remembered. */
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { pageVisits } from '../support/pages/browser-visits.ts';

const visits = pageVisits();

async function onPage(use: (page: Page) => Promise<void>, javaScriptEnabled = true): Promise<void> {
  const page = await visits.newPage({ javaScriptEnabled, reducedMotion: 'reduce' });
  // What a form is answered with is no matter here.
  await page.route('**/signin/**', (route) => route.fulfill({ contentType: 'text/html', body: 'received' }));
  await use(page);
}

const open = (page: Page, state: string) => page.goto(`${visits.origin}/${state}`);
const identifier = (page: Page) => page.locator('[name=identifier]');

async function signInAs(page: Page, name: string, remember: boolean): Promise<void> {
  await open(page, 'identify');
  await identifier(page).fill(name);
  if (remember) await page.getByLabel('Remember my username').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('received').waitFor();
}

test('a password shows on request, and is hidden when it is sent', async () => {
  await onPage(async (page) => {
    await open(page, 'password');
    const input = page.locator('[name="credentials.passcode"]');
    await input.fill('secret words');
    await page.getByRole('button', { name: 'Show password' }).click();
    expect(await input.getAttribute('type')).toBe('text');
    expect(await page.locator('[name="credentials.passcode"]:focus').count()).toBe(1);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Hide password' }).click();
    expect(await input.getAttribute('type')).toBe('password');
  });
});

test('the page says that Caps Lock is on, and only then', async () => {
  await onPage(async (page) => {
    await open(page, 'password');
    const hint = page.getByText('Caps Lock is on.');
    expect(await hint.isVisible()).toBe(false);
    // Headless browsers have no lock: the event that a keyboard would send.
    await page.evaluate(
      `document.querySelector('[name="credentials.passcode"]').dispatchEvent(new KeyboardEvent('keydown', { key: 'A', modifierCapsLock: true }))`,
    );
    expect(await hint.isVisible()).toBe(true);
    await expectAccessible(page);
    await page.keyboard.press('b');
    expect(await hint.isVisible()).toBe(false);
  });
});

test('a user name is remembered on request only, offered on the next visit, and forgotten', async () => {
  await onPage(async (page) => {
    await signInAs(page, 'alice@demo.test', false);
    await open(page, 'identify');
    expect(await page.getByRole('button', { name: 'alice@demo.test' }).count()).toBe(0);
    await signInAs(page, 'alice@demo.test', true);
    await open(page, 'identify-with-password');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'alice@demo.test', exact: true }).click();
    expect(await identifier(page).inputValue()).toBe('alice@demo.test');
    expect(await page.locator('[name="credentials.passcode"]:focus').count()).toBe(1);
    await page.getByRole('button', { name: 'Forget username: alice@demo.test' }).click();
    expect(await page.locator('[data-names]').isVisible()).toBe(false);
    await open(page, 'identify');
    expect(await page.getByRole('button', { name: 'alice@demo.test' }).count()).toBe(0);
  });
});

test('a name that was refused is not offered again', async () => {
  await onPage(async (page) => {
    await signInAs(page, 'alice@demo.test', true);
    await open(page, 'identify-wrong');
    expect(await identifier(page).inputValue()).toBe('alice@demo.test');
    await open(page, 'identify');
    expect(await page.locator('[data-names]').isVisible()).toBe(false);
  });
});

test('entries that other code stored do no harm', async () => {
  await onPage(async (page) => {
    await open(page, 'identify');
    for (const value of ['{', '7', '[1, null, "bob"]', JSON.stringify(['"><img src=x onerror=alert(1)>'])]) {
      await page.evaluate(`localStorage.setItem('stepgate.names', ${JSON.stringify(value)})`);
      await open(page, 'identify');
      expect(await page.locator('main img').count()).toBe(0);
      expect(await page.locator('[data-names] .name').count()).toBe(value.includes('"') ? 1 : 0);
    }
  });
});

test('without scripts there is nothing of it', async () => {
  await onPage(async (page) => {
    await open(page, 'identify-with-password');
    expect(await page.getByRole('button', { name: 'Show password' }).count()).toBe(0);
    expect(await page.getByLabel('Remember my username').isVisible()).toBe(false);
    expect(await page.getByRole('button', { name: 'Sign in', exact: true }).isVisible()).toBe(true);
  }, false);
});

test('while the browser asks for a passkey the page says so, and the user can stop it', async () => {
  await onPage(async (page) => {
    // A browser that goes on asking.
    await page.addInitScript(
      `navigator.credentials.get = ({ signal }) => new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))`,
    );
    await open(page, 'passkey');
    await page.getByRole('button', { name: 'Continue with passkey' }).click();
    await page.getByText('Waiting for your passkey…').waitFor();
    await expectAccessible(page);
    await page.locator('[data-webauthn-cancel]').click();
    await page.locator('[data-message="webauthn.cancelled"]').waitFor();
    expect(await page.getByText('Waiting for your passkey…').isVisible()).toBe(false);
    expect(await page.getByRole('button', { name: 'Continue with passkey' }).isVisible()).toBe(true);
  });
});
