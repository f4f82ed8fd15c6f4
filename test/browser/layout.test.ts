/**
 * Where things are, and how heavy: what is asked for stays above the keyboard of a phone, what belongs together on one
 * screen, and a page takes few bytes and requests.
 */
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page, Response } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { type PageServer, pageStates, servePages } from '../support/page-states.ts';

const phone = { width: 390, height: 844 };
const desktop = { width: 1280, height: 800 };
/** CSS pixels of a phone that its keyboard leaves free. */
const aboveKeyboard = 420;

let browser: Browser;
let server: PageServer;
let page: Page;

beforeAll(async () => {
  server = await servePages();
  browser = await launchBrowser();
  page = await (await browser.newContext({ viewport: phone, reducedMotion: 'reduce' })).newPage();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function open(state: string, viewport: { readonly width: number; readonly height: number }): Promise<void> {
  await page.setViewportSize(viewport);
  await page.goto(`${server.origin}/${state}`);
}

/** Where the first button of the main form ends, in pixels from the top of the page. */
async function endOfMainButton(): Promise<number> {
  const box = await page.locator('form[data-step] button[type=submit]:visible').first().boundingBox();
  return box === null ? Number.POSITIVE_INFINITY : box.y + box.height;
}

/**
 * Pages on which one thing is typed, in every state: with an error, with what was confirmed, in both languages. Where a
 * network sends too many forms the page has a task of its own first.
 */
const typed = [...pageStates.keys()].filter(
  (state) =>
    /^(?:identify|password|totp|email|phone|recovery-code|access-code|webauthn|prove-first)\b/.test(state) &&
    !/-(?:hostile|long|work|challenge-service)/.test(state),
);

describe('at 390 by 844', () => {
  test('the pages are those that the rule is about', () => {
    for (const state of ['identify-wrong', 'totp-wrong', 'email-wrong', 'email-german', 'identify-passkey'])
      expect(typed).toContain(state);
  });

  test.each(typed)('%s: what is asked for and its button stand in the first 420 px', async (state) => {
    await open(state, phone);
    expect(await endOfMainButton()).toBeLessThanOrEqual(aboveKeyboard);
  });
});

test.each([
  ['desktop', desktop],
  ['phone', phone],
])('an authenticator app is set up on one screen: %s', async (_, viewport) => {
  for (const state of ['enroll-totp', 'enroll-german']) {
    await open(state, viewport);
    expect((await page.locator('.qr').boundingBox())?.y).toBeGreaterThan(0);
    expect(await endOfMainButton()).toBeLessThanOrEqual(viewport.height);
  }
});

test('the digits of a code are evenly spaced, and centred', async () => {
  await open('totp', phone);
  const input = page.getByRole('textbox', { name: '6-digit code' });
  expect(await input.getAttribute('autocomplete')).toBe('one-time-code');
  await input.fill('012345');
  const style = await input.evaluate((node) => {
    const style = node.ownerDocument.defaultView?.getComputedStyle(node);
    const size = (text = '') => Number.parseFloat(text);
    return {
      fontFamily: style?.fontFamily,
      fontSize: size(style?.fontSize),
      spacing: size(style?.letterSpacing),
      textAlign: style?.textAlign,
    };
  });
  expect(style).toMatchObject({ textAlign: 'center' });
  expect(style.fontFamily).toContain('monospace');
  expect(style.fontSize).toBeGreaterThanOrEqual(24);
  expect(style.spacing).toBeGreaterThanOrEqual(8);
});

/** What goes over the line: pages as they are, because they hold secrets, and the rest as our server compresses it. */
async function bytesOf(response: Response): Promise<number> {
  const body = await response.body();
  const isPage = (response.headers()['content-type'] ?? '').startsWith('text/html');
  return isPage ? body.length : brotliCompressSync(body).length;
}

/** Texts that are made to be too long are no measure. */
const ordinary = [...pageStates.keys()].filter((state) => !/-(?:hostile|long)$/.test(state));
const portions = ordinary.filter((_, at) => at % 40 === 0).map((first, turn) => [first, turn] as const);

test.each(portions)('a page takes at most 30 KB and 6 requests, with a brand, too: from %s', async (_first, turn) => {
  await page.setViewportSize(phone);
  const heavy: unknown[] = [];
  for (const state of ordinary.slice(turn * 40, turn * 40 + 40)) {
    // Without what the browser kept of the page before.
    const context = await browser.newContext({ viewport: phone });
    const fresh = await context.newPage();
    const responses: Response[] = [];
    fresh.on('response', (response) => {
      if (!response.url().startsWith('data:')) responses.push(response);
    });
    await fresh.goto(`${server.origin}/${state}`);
    const sizes = await Promise.all(responses.map(bytesOf));
    const bytes = sizes.reduce((sum, one) => sum + one, 0);
    if (responses.length > 6 || bytes > 30_000) heavy.push({ state, requests: responses.length, bytes });
    await context.close();
  }
  expect(heavy).toEqual([]);
});

describe('in the account', () => {
  test('the list of pages stands beside them on a desktop, and takes no room on a phone', async () => {
    await open('account-methods', desktop);
    const [side, card] = [page.locator('.side'), page.locator('main')];
    const beside = { side: await side.boundingBox(), card: await card.boundingBox() };
    expect((beside.side?.x ?? 0) + (beside.side?.width ?? 0)).toBeLessThan(beside.card?.x ?? 0);
    await page.setViewportSize(phone);
    expect(await side.isVisible()).toBe(false);
    expect(await page.getByRole('link', { name: 'Back to your account' }).isVisible()).toBe(true);
  });

  test('each card has one action, and a name that says what it acts on', async () => {
    await open('account-methods', phone);
    const actions = await page.locator('.entry a').evaluateAll((links) => links.map((link) => link.ariaLabel));
    expect(actions).toEqual(['Manage Password', 'Manage Work phone', 'Manage Passkey or security key', 'Manage Email']);
  });

  test('a relative time shows the exact one on a click, in the zone of the reader, and comes back', async () => {
    const context = await browser.newContext({ timezoneId: 'Asia/Tokyo', locale: 'en-US' });
    const own = await context.newPage();
    await own.goto(`${server.origin}/account-activity`);
    const time = own.locator('button.time').first();
    const words = await time.textContent();
    expect(words).toBe('2 days ago');
    await time.click();
    expect(await time.textContent()).toMatch(/^Nov 18, 2026, 8:\d\d\sPM$/);
    await time.click();
    expect(await time.textContent()).toBe(words);
    await context.close();
  });
});
