import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { bringAxe, brokenRules } from '../support/pages/accessibility.ts';
import { launchBrowser } from '../support/pages/browser.ts';
import { hostile, type PageServer, pageStates, servePages } from '../support/pages/page-states.ts';
import { statesWithNewMarkup } from '../support/pages/states-with-new-markup.ts';

const states = [...pageStates.keys()];
/** The states in portions that a test gets through in its time, each with states of all kinds, by the first of each. */
const portionCount = 6;
const portions = states
  .slice(0, portionCount)
  .map((first, turn) => [first, states.filter((_, at) => at % portionCount === turn)] as const);
const phone = { width: 360, height: 740 };
const desktop = { width: 1280, height: 800 };
/** Of the page on which all states are measured. Reduced motion: the colours of the other scheme are there at once. */
const measured: BrowserContextOptions = { viewport: phone, reducedMotion: 'reduce' };

let browser: Browser;
let server: PageServer;
/** One page for each set of options, because opening one takes longer than most of these tests. */
const opened = new Map<string, Page>();

beforeAll(async () => {
  server = await servePages();
  browser = await launchBrowser();
  await bringAxe(await pageWith(measured));
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function pageWith(options: BrowserContextOptions): Promise<Page> {
  const key = JSON.stringify(options);
  const page = opened.get(key) ?? (await (await browser.newContext(options)).newPage());
  opened.set(key, page);
  return page;
}

/**
 * Runs `use` on a page, and expects that the console stayed silent (a blocked style or script would speak there) and
 * that no dialog opened.
 */
async function onPage(options: BrowserContextOptions, use: (page: Page) => Promise<void>): Promise<void> {
  const page = await pageWith(options);
  const said: string[] = [];
  page.on('console', (message) => {
    // The pages are served with the usual policy, without the origins of a challenge service.
    const isKeptOut = message.text().startsWith("Loading the script 'https://challenges.example/api.js' violates");
    if (!isKeptOut) said.push(message.text());
  });
  page.on('pageerror', (failure) => said.push(failure.message));
  page.on('dialog', (dialog) => {
    said.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  try {
    await use(page);
    // What the page still has to say comes before the next page.
    await page.goto('about:blank');
    expect(said).toEqual([]);
  } finally {
    await page.removeAllListeners(undefined, { behavior: 'wait' });
    await page.unrouteAll();
  }
}

/** Opens a state and waits for the focus that it sets by itself. */
async function open(page: Page, state: string): Promise<void> {
  await page.goto(`${server.origin}/${state}`);
  if ((await page.locator('[autofocus]').count()) > 0) await page.locator('[autofocus]:focus').waitFor();
}

/**
 * Writes a state into the page that is open: it is parsed and styled as one that was opened, and axe stays loaded. Its
 * scripts do not run. Opening it takes five times as long.
 */
async function show(page: Page, state: string): Promise<void> {
  const html = (await (await fetch(`${server.origin}/${state}`)).text()).replaceAll(/<script\b[^>]*><\/script>/g, '');
  const write = `document.open(); document.write(${JSON.stringify(html)}); document.close();`;
  await page.evaluate(`new Promise((shown) => { ${write} addEventListener('load', shown, { once: true }); })`);
}

/**
 * As `open`, for a state that is only measured. A locator would have Playwright load its own script of 340 KB into each
 * document.
 */
async function openMeasured(page: Page, state: string): Promise<void> {
  await page.goto(`${server.origin}/${state}`);
  await page.evaluate(`new Promise((focused) => {
    const isThere = () => document.querySelector('[autofocus]') === null || document.querySelector('[autofocus]:focus') !== null;
    const look = () => isThere() && focused();
    addEventListener('focusin', look);
    look();
  })`);
}

// Strings, because the types of the DOM stay out of a project that runs on a server.
const overflow = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
const styleOf = (element: Locator, property: string): Promise<string> =>
  element.evaluate(
    (node, name) => node.ownerDocument.defaultView?.getComputedStyle(node).getPropertyValue(name) ?? '',
    property,
  );

const narrow = { width: 320, height: 640 };
// A box is ticked by its label, too.
// A time is part of its sentence (WCAG 2.5.8, inline).
const controls =
  'button:not(.time), select, input:not([type=hidden], [hidden], [type=checkbox]), .check label, summary';

const newMarkup = statesWithNewMarkup();
/** What else a text, an error or another language can break: these depend on colours, and on where things are. */
const visualRules = ['color-contrast', 'link-in-text-block', 'scrollable-region-focusable', 'target-size'];

/**
 * What is wrong with the page at this size. A page with new markup: all rules of axe in one scheme, and on a phone
 * contrast in the other, which changes only colours: on a desktop the same ones. Another page: what can be seen, on a
 * phone, where texts have the least room.
 */
async function faults(
  page: Page,
  { state, width, scheme }: { readonly state: string; readonly width: number; readonly scheme: 'light' | 'dark' },
): Promise<readonly string[]> {
  const other = scheme === 'light' ? 'dark' : 'light';
  const found: string[] = [];
  if (newMarkup.has(state)) found.push(...(await brokenRules(page)));
  else if (width === phone.width) found.push(...(await brokenRules(page, visualRules)));
  if ((await overflow(page)) > 0) found.push('scrolls sideways');
  if (newMarkup.has(state) && width === phone.width) {
    await page.emulateMedia({ colorScheme: other });
    for (const rule of await brokenRules(page, ['color-contrast'])) found.push(`${other}: ${rule}`);
  }
  return found.map((what) => `${width} px, ${what}`);
}

interface Drawn {
  readonly width: number;
  readonly height: number;
  readonly text: string;
  readonly isDrawn: boolean;
}

/** Sizes of all that can be pressed or filled in. */
async function sizesOfControls(page: Page): Promise<readonly Drawn[]> {
  const all = await page.evaluate<readonly Drawn[]>(`[...document.querySelectorAll(${JSON.stringify(controls)})].map(
    (control) => {
      const { width, height } = control.getBoundingClientRect();
      return { width, height, text: control.textContent, isDrawn: control.getClientRects().length > 0 };
    },
  )`);
  return all.filter(({ isDrawn }) => isDrawn);
}

/** The state on a phone, narrow, with large text, and on a desktop: what is wrong, and how many controls it has. */
async function check(
  page: Page,
  state: string,
): Promise<{ readonly found: readonly unknown[]; readonly seen: number }> {
  await page.setViewportSize(phone);
  await page.emulateMedia({ colorScheme: 'light' });
  // A script changes other words in the same elements as it changes those that were opened.
  await (newMarkup.has(state) ? openMeasured : show)(page, state);
  const found: unknown[] = [...(await faults(page, { state, width: phone.width, scheme: 'light' }))];
  const sizes = await sizesOfControls(page);
  found.push(...sizes.filter(({ height, width }) => height < 44 || width < 44));
  await page.evaluate("document.documentElement.style.fontSize = '200%'");
  if ((await overflow(page)) > 0) found.push('scrolls sideways at 200 %');
  await page.evaluate("document.documentElement.style.fontSize = ''");
  await page.setViewportSize(narrow);
  if ((await overflow(page)) > 0) found.push('scrolls sideways at 320 px');
  await page.setViewportSize(desktop);
  // Other words in the same elements have the same colours and places on a desktop.
  if (!newMarkup.has(state))
    return { found: (await overflow(page)) > 0 ? [...found, 'scrolls sideways'] : found, seen: sizes.length };
  await page.emulateMedia({ colorScheme: 'dark' });
  found.push(...(await faults(page, { state, width: desktop.width, scheme: 'dark' })));
  return { found, seen: sizes.length };
}

/**
 * Each state is opened or shown once and checked in every respect. Those that are shown come last, when axe is loaded.
 */
test.each(portions)(
  'no state breaks a rule of axe (WCAG 2.2 A and AA, best practices), scrolls sideways (also at 320 px, WCAG 1.4.10, and with text at 200 %%, 1.4.4), or has anything to press or fill in below 44 px, from %s',
  async (_first, portion) => {
    await onPage(measured, async (page) => {
      const wrong: unknown[] = [];
      let seen = 0;
      const known = (state: string) => Number(!newMarkup.has(state));
      for (const state of portion.toSorted((a, b) => known(a) - known(b))) {
        const checked = await check(page, state);
        seen += checked.seen;
        for (const what of checked.found) wrong.push({ state, what });
      }
      expect(seen).toBeGreaterThan(portion.length);
      expect(wrong).toEqual([]);
    });
  },
);

/**
 * Names of what has the focus at the start and after each Tab, until it leaves the page. Each must show that it has the
 * focus.
 */
async function tabOrder(page: Page): Promise<readonly string[]> {
  const order: string[] = [];
  const focused = page.locator(':focus');
  if ((await focused.count()) === 0) await page.keyboard.press('Tab');
  while ((await focused.count()) > 0) {
    const name = (await focused.getAttribute('name')) ?? '';
    const text = ((await focused.textContent()) ?? '').trim();
    if (order.includes(text || name)) break;
    order.push(text || name);
    const outline = [await styleOf(focused, 'outline-style'), await styleOf(focused, 'outline-width')];
    expect([text || name, ...outline]).toEqual([text || name, 'solid', '3px']);
    await page.keyboard.press('Tab');
  }
  return order;
}

test.each([
  [
    'identify-with-password',
    // The last but one is the box that remembers the user name: it has no name, for it is not sent.
    ['identifier', 'credentials.passcode', 'Show passwordHide password', 'Sign in', '', 'Cancel and return to Payroll'],
  ],
  [
    'totp',
    [
      'credentials.passcode',
      'Verify',
      'Use another method',
      'Not you? Use another account',
      'Cancel and return to Payroll',
    ],
  ],
  [
    'enroll-totp',
    [
      'Open in an app on this device',
      'credentials.passcode',
      'credentials.label',
      'Finish setup',
      'Not you? Use another account',
      'Cancel and return to Payroll',
    ],
  ],
  ['denied', ['Return to Payroll', 'Not you? Use another account']],
  ['oauth-error', ['Details for developers']],
  ['logout', ['Sign out', 'Stay signed in']],
])('%s: the keyboard reaches everything in order, and the focus shows', async (state, order) => {
  await onPage({ viewport: desktop }, async (page) => {
    await open(page, state);
    expect(await tabOrder(page)).toEqual(order);
  });
});

test.each([
  ['identify', 'identifier'],
  ['identify-wrong', 'credentials.passcode'],
  ['totp-wrong', 'credentials.passcode'],
  ['enroll-totp-wrong', 'credentials.passcode'],
  ['device-input', 'user_code'],
])('%s: typing goes to %s at once', async (state, name) => {
  await onPage({ viewport: phone }, async (page) => {
    await open(page, state);
    expect(await page.locator(':focus').getAttribute('name')).toBe(name);
  });
});

test('a screen reader gets the error with the input', async () => {
  await onPage({ viewport: phone }, async (page) => {
    await open(page, 'totp-wrong');
    const input = page.getByRole('textbox', { name: '6-digit code' });
    const [error, about] = ((await input.getAttribute('aria-describedby')) ?? '').split(' ');
    expect(await page.locator(`#${error}`).textContent()).toContain('Error: Wrong code');
    expect(await page.locator(`#${about}`).textContent()).toContain('Open your authenticator app');
    expect(await page.title()).toBe('Error: Enter the code from your app – Acme ID');
    expect(await page.getByRole('alert').count()).toBe(1);
  });
});

test.each([
  ['identify-with-password', 'identify', ''],
  ['totp', 'challenge', ''],
  ['enroll-totp', 'enroll', ''],
  ['totp', 'select', '/select'],
  ['totp', 'restart', '/restart'],
  ['totp', 'cancel', '/cancel'],
])('without JavaScript, %s: the form %s posts its state', async (state, step, suffix) => {
  await onPage({ viewport: phone, javaScriptEnabled: false }, async (page) => {
    await page.route('**/signin/**', (route) =>
      route.fulfill({ status: 200, contentType: 'text/html', body: 'received' }),
    );
    await open(page, state);
    const form = page.locator(`form[data-step=${step}]`);
    for (const input of await form.locator('input:not([type=hidden], [hidden], [type=checkbox])').all())
      await input.fill('42 & <é>');
    const [request] = await Promise.all([
      page.waitForRequest((outgoing) => outgoing.method() === 'POST'),
      form.getByRole('button').click(),
    ]);
    const sent = new URLSearchParams(request.postData() ?? '');
    expect(new URL(request.url()).pathname).toBe(`/signin/f1x2t3u4r5e6${suffix}`);
    expect(sent.get('stateHandle')).toBe('Zm9ybS1oYW5kbGU');
    const names = [...sent.keys()].filter((name) => name !== 'stateHandle');
    expect(names).toEqual(
      {
        identify: ['identifier', 'credentials.passcode'],
        challenge: ['credentials.passcode'],
        enroll: ['credentials.passcode', 'credentials.label'],
      }[step] ?? [],
    );
    for (const name of names) expect(sent.get(name)).toBe('42 & <é>');
  });
});

test('Enter in the last input sends the main form; a choice sends itself', async () => {
  await onPage({ viewport: phone, javaScriptEnabled: false }, async (page) => {
    await page.route('**/signin/**', (route) =>
      route.fulfill({ status: 200, contentType: 'text/html', body: 'received' }),
    );
    await open(page, 'password');
    const [entered] = await Promise.all([
      page.waitForRequest((sent) => sent.method() === 'POST'),
      page.keyboard.type('secret\n'),
    ]);
    expect(Object.fromEntries(new URLSearchParams(entered.postData() ?? ''))).toEqual({
      stateHandle: 'Zm9ybS1oYW5kbGU',
      'credentials.passcode': 'secret',
    });
    await page.getByText('received').waitFor();
    await open(page, 'select');
    const [chosen] = await Promise.all([
      page.waitForRequest((sent) => sent.method() === 'POST'),
      page.getByRole('button', { name: 'Work phone' }).click(),
    ]);
    expect(Object.fromEntries(new URLSearchParams(chosen.postData() ?? ''))).toEqual({
      stateHandle: 'Zm9ybS1oYW5kbGU',
      'authenticator.id': 'totp:t1',
    });
  });
});

test.each(states.filter((state) => state.endsWith('-hostile')))('%s: what users write stays text', async (state) => {
  await onPage({ viewport: desktop }, async (page) => {
    await openMeasured(page, state);
    const handlers = ['onload', 'onfocus', 'onclick', 'style'].map((name) => `[${name}]`);
    const written = ['script:not([src^="/assets/"])', 'style', 'iframe', ...handlers].join();
    expect(await page.evaluate(`document.querySelectorAll(${JSON.stringify(written)}).length`)).toBe(0);
    const text = await page.evaluate<string>('document.body.textContent');
    expect(text.replaceAll(/\s/g, '')).toContain(hostile.replaceAll(/\s/g, ''));
  });
});

test('a hostile identifier comes back letter by letter', async () => {
  await onPage({ viewport: desktop }, async (page) => {
    await open(page, 'identify-hostile');
    expect(await page.locator('input[name=identifier]').inputValue()).toBe(hostile);
    expect(await page.title()).toContain(hostile.replaceAll(/\s+/g, ' '));
  });
});

test('the key of an authenticator app can be read and copied as it is; its picture loads', async () => {
  await onPage({ viewport: phone }, async (page) => {
    await open(page, 'enroll-totp');
    expect(await page.locator('[data-secret]').textContent()).toBe('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP');
    expect((await page.locator('.qr svg').boundingBox())?.width).toBeGreaterThan(100);
  });
});

test('nothing moves for users who asked for that, and high contrast keeps the borders', async () => {
  await onPage({ viewport: phone, reducedMotion: 'reduce', forcedColors: 'active' }, async (page) => {
    await open(page, 'totp');
    const button = page.locator('.primary');
    expect(await styleOf(button, 'transition-duration')).toBe('0s');
    expect(await styleOf(button, 'border-top-width')).toBe('1px');
  });
});
