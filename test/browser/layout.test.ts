/**
 * Where things are, and how heavy: what is asked for stays above the keyboard of a phone, what belongs together on one
 * screen, and a page takes few bytes and requests.
 */
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page, Request } from 'playwright-core';
import type { Renderer } from '../../src/http/html/render.ts';
import { loadCatalogues } from '../../src/rendering/catalogue.ts';
import { launchBrowser } from '../support/pages/browser.ts';
import { keyboardFaults, layoutFaults, movingParts, withoutBorder } from '../support/pages/layout-faults.ts';
import { type PageServer, pageStates, servePages, viewsDir } from '../support/pages/page-states.ts';
import { sharedViews } from '../support/shared/views.ts';

const phone = { width: 390, height: 844 };
const desktop = { width: 1280, height: 800 };
/** CSS pixels of a phone that its keyboard leaves free. */
const aboveKeyboard = 420;

const renderer = sharedViews().pages;
const keys = [...(loadCatalogues([viewsDir]).get('en')?.messages.keys() ?? [])];

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

/**
 * Where the first button of the main form ends, in pixels from the top of the page. Not by a locator: Playwright would
 * load its own script of 340 KB into each document.
 */
async function endOfMainButton(): Promise<number> {
  const end = await page.evaluate<
    number | undefined
  >(`[...document.querySelectorAll('form[data-step] button[type=submit]')]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }))
    .map((one) => one.getBoundingClientRect())
    .find(({ width, height }) => width > 0 && height > 0)?.bottom`);
  return end ?? Number.POSITIVE_INFINITY;
}

/**
 * Pages on which one thing is typed, in every state: with an error, with what was confirmed, in both languages. Where a
 * network sends too many forms the page has a task of its own first.
 */
const typed = [...pageStates.keys()].filter(
  (state) =>
    /^(?:identify|password|totp|email|phone|(?:recovery|access)-code|webauthn|prove-first|enroll-passkey)\b/.test(
      state,
    ) && !/-(?:hostile|long|work|challenge-service)/.test(state),
);

test('the pages that ask for one thing are those that the rule is about', () => {
  for (const state of ['identify-wrong', 'totp-wrong', 'email-wrong', 'email-german', 'identify-passkey'])
    expect(typed).toContain(state);
});

test('at 390 by 844, what is asked for and its button stand in the first 420 px', async () => {
  const low: unknown[] = [];
  for (const state of typed) {
    await open(state, phone);
    const end = await endOfMainButton();
    if (end > aboveKeyboard) low.push({ state, end });
  }
  expect(low).toEqual([]);
});

/** The language with the longest texts besides German, which has a chapter of its own in every such story. */
function longestOther({ locales, texts }: Renderer): string {
  const lengths = locales
    .filter((tag) => !['en', 'de', 'ar'].includes(tag))
    .map((tag) => [tag, keys.reduce((sum, key) => sum + texts(tag).text(key).length, 0)] as const);
  return lengths.toSorted(([, one], [, other]) => other - one)[0]?.[0] ?? '';
}

/** On these a user spends the time: one of each kind. */
const important = [
  'identify-with-password',
  'identify-passkey-wrong',
  'totp-wrong',
  'email',
  'select',
  'enroll-totp',
  'enroll-passkey-promoted',
  'enroll-recovery-codes',
  'register',
  'profile-wrong',
  'consent',
  'denied',
  'error-expired',
  'logout',
  'account',
  'account-methods',
  'account-activity',
  'account-apps-with-logos',
  'account-profile',
];

/** Each page is opened once for each language, and looked at in every respect, because opening it takes the time. */
describe.each(['en', 'de', 'ar', longestOther(renderer)])('in %s, the most important pages', (locale) => {
  test('have their boxes in place at every width, also at 400 % zoom, in forced colours and without movement', async () => {
    const wrong: unknown[] = [];
    for (const state of important) {
      const report = (how: string, what: readonly string[]) =>
        wrong.push(...what.map((fault) => ({ state, how, fault })));
      await page.emulateMedia({ forcedColors: 'none' });
      await page.setViewportSize(phone);
      await page.goto(`${server.origin}/${state}?locale=${locale}`);
      if (typed.includes(state) && (await endOfMainButton()) > aboveKeyboard)
        wrong.push({ state, how: 'below 420 px' });
      report('390 px', await layoutFaults(page));
      report('moves', await movingParts(page));
      // 1280 px at 400 % (WCAG 2.2, 1.4.10).
      await page.setViewportSize({ width: 320, height: 200 });
      report('320 px', await layoutFaults(page));
      for (const width of [768, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        report(`${width} px`, await layoutFaults(page));
      }
      await page.emulateMedia({ forcedColors: 'active' });
      report('forced colours', await withoutBorder(page));
    }
    expect(wrong).toEqual([]);
  });
});

test.each(['en', 'ar'])('in %s, the most important pages are used with the keyboard alone', async (locale) => {
  const wrong: unknown[] = [];
  await page.emulateMedia({ forcedColors: 'none' });
  await page.setViewportSize(desktop);
  for (const state of important) {
    await page.goto(`${server.origin}/${state}?locale=${locale}`);
    wrong.push(...(await keyboardFaults(page)).map((fault) => ({ state, fault })));
  }
  expect(wrong).toEqual([]);
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
    const computed = node.ownerDocument.defaultView?.getComputedStyle(node);
    const size = (text = '') => Number.parseFloat(text);
    return {
      fontFamily: computed?.fontFamily,
      fontSize: size(computed?.fontSize),
      spacing: size(computed?.letterSpacing),
      textAlign: computed?.textAlign,
    };
  });
  expect(style).toMatchObject({ textAlign: 'center' });
  expect(style.fontFamily).toContain('monospace');
  expect(style.fontSize).toBeGreaterThanOrEqual(24);
  expect(style.spacing).toBeGreaterThanOrEqual(8);
});

/** What goes over the line: pages as they are, because they hold secrets, and the rest as our server compresses it. */
async function bytesAt(url: string): Promise<number> {
  const response = await fetch(url);
  const body = Buffer.from(await response.arrayBuffer());
  const isPage = (response.headers.get('content-type') ?? '').startsWith('text/html');
  return isPage ? body.length : brotliCompressSync(body).length;
}

/** Texts that are made to be too long are no measure. */
const ordinary = [...pageStates.keys()].filter((state) => !/-(?:hostile|long)$/.test(state));

/** Of the pages that load the same, the one with the most text: the others take no more. */
function heaviestByFiles(): readonly string[] {
  const heaviest = new Map<string, { readonly state: string; readonly length: number }>();
  for (const state of ordinary) {
    const html = pageStates.get(state)?.(renderer) ?? '';
    const files = (html.match(/\/assets\/[^"]+/g) ?? []).join();
    if (html.length > (heaviest.get(files)?.length ?? 0)) heaviest.set(files, { state, length: html.length });
  }
  return [...heaviest.values()].map(({ state }) => state);
}

test('a page takes at most 30 KB and 6 requests, with all that a brand can have, too', async () => {
  const states = heaviestByFiles();
  expect(states).toEqual(expect.arrayContaining(['identify-branded', 'account-apps-with-logos']));
  expect(states.length).toBeGreaterThan(5);
  // With a route the browser uses nothing that it kept of the page before.
  await page.route('**', (route) => route.continue());
  await page.setViewportSize(desktop);
  const weights: { readonly state: string; readonly requests: number; readonly bytes: number }[] = [];
  for (const state of states) {
    const urls = new Set<string>();
    const seen = (request: Request) => void (request.url().startsWith(server.origin) && urls.add(request.url()));
    page.on('request', seen);
    await page.goto(`${server.origin}/${state}`);
    page.off('request', seen);
    const sizes = await Promise.all([...urls].map(bytesAt));
    // The icon of the tab is no request that Playwright tells of.
    weights.push({ state, requests: sizes.length + 1, bytes: sizes.reduce((sum, size) => sum + size, 0) });
  }
  await page.unroute('**');
  expect(weights.filter(({ requests, bytes }) => requests > 6 || bytes > 30_000)).toEqual([]);
  expect(weights.find(({ state }) => state === 'identify-branded')?.requests).toBe(6);
});

describe('in the account', () => {
  test('the list of pages is shown next to them on a desktop, and takes no room on a phone', async () => {
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

  test.each([
    ['the browser', 'account-activity', /^Nov 18, 2026, 8:\d\d\sPM$/],
    ['the profile, where it names one', 'account-activity-zoned', /^Nov 18, 2026, 6:\d\d\sAM$/],
  ])('a relative time shows the exact one on a click, in the zone of %s, and comes back', async (_, state, exact) => {
    const context = await browser.newContext({ timezoneId: 'Asia/Tokyo', locale: 'en-US' });
    const own = await context.newPage();
    await own.goto(`${server.origin}/${state}`);
    const time = own.locator('button.time').first();
    const words = await time.textContent();
    expect(words).toBe('2 days ago');
    await time.click();
    expect(await time.textContent()).toMatch(exact);
    await time.click();
    expect(await time.textContent()).toBe(words);
    await context.close();
  });
});
