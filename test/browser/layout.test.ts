/** Where things are: what is asked for stays above the keyboard of a phone, and what belongs together on one screen. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
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
