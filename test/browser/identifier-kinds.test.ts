/** The first page as the administrator wants it, and the offer to keep an account, in a real browser. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { appFile } from '../support/clients/authorize.ts';
import { authorization } from '../support/clients/raw-client.ts';
import { signOnPolicy, userWithPassword } from '../support/clients/sign-in-flow.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears } from '../support/pages/browser.ts';
import { browserVisits } from '../support/pages/browser-visits.ts';
import { startNode, type TestNode, testPassword } from '../support/servers/node.ts';
import { askForDeletion } from '../support/users/asked-deletion.ts';
import { randomName } from '../support/values/random-name.ts';

const password = 'correct horse battery staple';
let node: TestNode;
const visits = browserVisits();
beforeAll(async () => {
  const settings = {
    brand: { name: 'Acme' },
    zones: { office: { cidrs: ['192.0.2.0/24'] } },
    authenticators: { password: { enabled: true }, webauthn: { enabled: true } },
    identify: { by: ['email', 'phone'], defaultCountry: 'DE' },
  };
  node = await startNode({
    authenticators: ['password', 'webauthn'],
    files: {
      'stepgate.yaml': JSON.stringify(settings),
      ...signOnPolicy('any', { then: { allow: { factors: 1 } } }),
      ...appFile('button', { signOnPolicy: 'any' }),
      ...appFile('autofill', { signOnPolicy: 'any', identify: { passkey: 'autofill' } }),
      ...appFile('nokeys', { signOnPolicy: 'any', identify: { passkey: 'none' } }),
    },
  });
});
afterAll(() => node?.stop());

async function open(app: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await visits.newPage(options);
  await page.goto(authorization(node.issuer, app, { redirect_uri: visits.landing }).url);
  return page;
}

const phone = { viewport: { width: 390, height: 844 } } as const;
const button = (page: Page) => page.getByRole('button', { name: 'Sign in with a passkey' });

test('passkeys by a button, by autofill alone, or not on this page', async () => {
  const withButton = await open('button', phone);
  await appears(button(withButton));
  await expectAccessible(withButton);
  const autofill = await open('autofill', phone);
  expect(await autofill.locator('form[data-webauthn]').count()).toBe(1);
  expect(await button(autofill).count()).toBe(0);
  expect(await autofill.locator('[name=identifier]').getAttribute('autocomplete')).toBe('username webauthn');
  await expectAccessible(autofill);
  const without = await open('nokeys');
  expect(await without.locator('form[data-webauthn]').count()).toBe(0);
  expect(await without.locator('[name=identifier]').getAttribute('autocomplete')).toBe('username');
});

test.each([
  ['with scripts', true],
  ['without', false],
])('a number typed as at home signs in, and a name is refused at the field, %s', async (_, javaScriptEnabled) => {
  const number = javaScriptEnabled ? '+4930901820001' : '+4930901820002';
  const created = await node.app.directory.create({
    identifiers: [`${randomName()}@demo.test`, number],
    profile: { phone: number },
    credentials: [testPassword(node.app)],
  });
  expect(created.ok).toBe(true);
  const page = await open('nokeys', { javaScriptEnabled, colorScheme: 'dark', ...phone });
  const field = page.getByLabel('Email or phone number');
  await field.fill('alice');
  await page.locator('button.primary').click();
  await appears(page.locator('[data-message="identifier.invalid"]'));
  if (javaScriptEnabled) await expectAccessible(page);
  await field.fill(`0${number.slice(3, 5)} / ${number.slice(5)}`);
  await page.locator('button.primary').click();
  await page.locator('[name="credentials.passcode"]').fill(password);
  await page.locator('button.primary').click();
  await page.waitForURL(`${visits.landing}?*code=*`);
});

test.each([
  ['with scripts', true],
  ['without', false],
])('an account that waits for its deletion is kept with one click, %s', async (_, javaScriptEnabled) => {
  const user = await userWithPassword(node);
  await askForDeletion(node.store, user.id, Math.floor(Date.now() / 1000) + 86_400);
  const page = await open('nokeys', { javaScriptEnabled, ...phone });
  await page.locator('[name=identifier]').fill(user.identifier);
  await page.locator('button.primary').click();
  await page.locator('[name="credentials.passcode"]').fill(user.password);
  await page.locator('button.primary').click();
  await appears(page.getByRole('heading', { name: 'Keep your account?' }));
  if (javaScriptEnabled) await expectAccessible(page);
  await page.getByRole('button', { name: 'Keep my account' }).click();
  await page.waitForURL(`${visits.landing}?*code=*`);
  expect((await node.app.directory.get(user.id))?.user.deletion).toBeUndefined();
});
