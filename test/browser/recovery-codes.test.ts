/** Recovery codes in a real browser: kept as a file and on paper, used when the device is lost, replaced. */

import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { authorization } from '../support/clients/raw-client.ts';
import { nextCode, type TestUser } from '../support/clients/relying-party.ts';
import { signOnPolicy, userWithTotp } from '../support/clients/sign-in-flow.ts';
import { inboxOf, mailTo } from '../support/messages/mail.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, clickThrough, launchBrowser } from '../support/pages/browser.ts';
import { type LandingPage, openLandingPage } from '../support/pages/landing-page.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';

let node: TestNode;
let browser: Browser;
let app: LandingPage;
let landing: string;
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  node = await startNode({
    demo: true,
    authenticators: ['password', 'totp', 'recovery_code'],
    files: signOnPolicy('notes', { then: { allow: { factors: 2 } } }),
  });
  app = await openLandingPage();
  landing = app.url;
  browser = await launchBrowser();
});
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
});
afterAll(async () => {
  await browser.close();
  await app.close();
  await node.stop();
});

async function newPage(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en', ...options });
  contexts.push(context);
  return context.newPage();
}

const main = (step: string, authenticator: string) => `form[data-step=${step}][data-authenticator=${authenticator}]`;

async function answer(page: Page, step: string, authenticator: string, passcode: string): Promise<void> {
  const form = page.locator(main(step, authenticator));
  await form.locator('[name="credentials.passcode"]').fill(passcode);
  await clickThrough(form.locator('button[type=submit]'));
}

/** Identifier and password; the page asks for both, or for one after the other. */
async function begin(page: Page, url: string, user: TestUser): Promise<void> {
  await page.goto(url);
  await page.fill('[name=identifier]', user.identifier);
  const password = page.locator('[name="credentials.passcode"]');
  const both = (await password.count()) > 0;
  if (both) await password.fill(user.password);
  await clickThrough(page.locator('form[data-step=identify] button[type=submit]').first());
  if (!both) await answer(page, 'challenge', 'password', user.password);
}

/** As far as the page of new codes. */
async function toCodes(page: Page, user: TestUser): Promise<readonly string[]> {
  await begin(page, `${node.issuer}/account/add/recovery_code`, user);
  await answer(page, 'challenge', 'totp', (await nextCode(user)) ?? '');
  return codesOn(page);
}

async function codesOn(page: Page): Promise<readonly string[]> {
  await appears(page.locator('[data-recovery-codes]'));
  return page.locator('[data-recovery-codes] code').allTextContents();
}

async function save(page: Page): Promise<void> {
  await page.check('[name="credentials.saved"]');
  await page.locator(`${main('enroll', 'recovery_code')} button[type=submit]`).click();
  await appears(page.locator('[data-message="account.done.added"], [data-message="account.done.changed"]'));
}

async function downloaded(page: Page): Promise<{ readonly name: string; readonly text: string }> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('form[data-step=download] button').click(),
  ]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

/** Signs in without the device: with a code in its place. */
async function useCode(page: Page, user: TestUser, code: string): Promise<void> {
  await begin(page, authorization(node.issuer, 'notes', { redirect_uri: landing }).url, user);
  if ((await page.locator(main('challenge', 'recovery_code')).count()) === 0) {
    await clickThrough(page.locator('form[data-step=select] button'));
    await page.getByRole('button', { name: /^Recovery code/ }).click();
  }
  await answer(page, 'challenge', 'recovery_code', code);
}

async function withMail(): Promise<Awaited<ReturnType<typeof userWithTotp>>> {
  const user = await userWithTotp(node);
  await node.app.directory.update(user.id, () => ({ profile: { email: user.identifier, emailVerified: true } }));
  return user;
}

test('the codes as a file and on paper; the device lost; a code that counts once; new codes that end the old ones', async () => {
  const user = await withMail();
  const own = await newPage();
  await own.addInitScript('globalThis.print = () => { document.title = "printed"; };');
  const complaints: string[] = [];
  own.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  const codes = await toCodes(own, user);
  expect(new Set(codes).size).toBe(10);
  await expectAccessible(own);

  const { name, text } = await downloaded(own);
  expect(name).toBe('recovery-codes.txt');
  expect(text).toMatch(
    new RegExp(`^Stepgate Demo\r\nRecovery codes of ${user.identifier}, created \\w+ \\d+, \\d{4}\\. `),
  );
  expect(text.match(/\b[0-9A-Z]{4}(-[0-9A-Z]{4}){3}\b/g)).toEqual(codes);
  expect(await codesOn(own)).toEqual(codes);

  await own.locator('[data-print]').click();
  expect(await own.title()).toBe('printed');
  await own.emulateMedia({ media: 'print' });
  for (const shown of ['[data-recovery-codes]', '.printed', '.brand'])
    expect(await own.locator(shown).isVisible()).toBe(true);
  for (const hidden of ['h1', 'button', '.options', '.check', '.context', '.account'])
    expect([hidden, await own.locator(hidden).filter({ visible: true }).count()]).toEqual([hidden, 0]);
  await own.emulateMedia({ media: null });
  await save(own);
  expect(await own.locator('[data-remaining]').getAttribute('data-remaining')).toBe('10');
  expect(complaints).toEqual([]);

  const abroad = await newPage();
  await useCode(abroad, user, codes[0] ?? '');
  await abroad.waitForURL(`${landing}**`);
  expect(new URL(abroad.url()).searchParams.get('code')).toBeTruthy();
  // The browser is new to the account, too: that is another message, in either order.
  await mailTo(node, user.identifier, 3);
  const mail = (await inboxOf(node, user.identifier)).find(({ subject }) => subject === 'A recovery code was used');
  expect(mail?.text).toContain('Codes left: 9.');

  const thief = await newPage();
  await useCode(thief, user, codes[0] ?? '');
  await appears(thief.locator('[data-message="credentials.invalid"]'));

  await abroad.goto(`${node.issuer}/account/methods`);
  expect(await abroad.locator('[data-remaining]').textContent()).toBe('9 codes left');
  await abroad.goto(`${node.issuer}/account/add/recovery_code`);
  const newer = await codesOn(abroad);
  expect(newer.filter((code) => codes.includes(code))).toEqual([]);
  await save(abroad);
  const again = await newPage();
  await useCode(again, user, codes[1] ?? '');
  await appears(again.locator('[data-message="credentials.invalid"]'));
  await answer(again, 'challenge', 'recovery_code', newer[0] ?? '');
  await again.waitForURL(`${landing}**`);
});

test('without scripts the file is there all the same, and nothing to press that would do nothing', async () => {
  const user = await withMail();
  const page = await newPage({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
  const codes = await toCodes(page, user);
  expect(await page.locator('[data-print]').isVisible()).toBe(false);
  expect((await downloaded(page)).text).toContain(codes[9]);
  await save(page);
});

test('the account page warns when few are left', async () => {
  const user = await withMail();
  const page = await newPage();
  await toCodes(page, user);
  await save(page);
  const credential = (await node.app.directory.get(user.id))?.credentials.find(
    ({ authenticator }) => authenticator === 'recovery_code',
  );
  if (!credential) throw new Error('none was saved');
  const digests = (credential.secret.digests as readonly string[]).slice(0, 2);
  await node.app.directory.replaceCredential(user.id, { ...credential, secret: { ...credential.secret, digests } });
  await page.reload();
  expect(await page.locator('[data-remaining]').textContent()).toBe('Codes left: 2. Create new ones now.');
  await expectAccessible(page);
});
