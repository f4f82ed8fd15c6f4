/** The pages that commands write for a review: `config report` and `config diff --html`. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { beginSignIn, identify, userWithPassword } from '../support/clients/sign-in-flow.ts';
import { brokenRules } from '../support/pages/accessibility.ts';
import { launchBrowser } from '../support/pages/browser.ts';
import { configOn } from '../support/servers/config-on-node.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';
import { until } from '../support/values/until.ts';

const phone = { width: 390, height: 844 };
const desktop = { width: 1280, height: 800 };
const pages = ['report', 'diff'] as const;

let node: TestNode;
let dir: string;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  node = await startNode({ demo: true, authenticators: 'demo' });
  const user = await userWithPassword(node, ['staff']);
  const begun = await beginSignIn(node, 'notes');
  await identify(begun.agent, begun.page, user);
  dir = await mkdtemp(join(tmpdir(), 'stepgate-review-'));
  const draft = join(dir, 'draft');
  await cp('config', draft, { recursive: true });
  const rules = [
    { name: 'No staff', when: { groups: { any: ['staff'] } }, then: 'deny' },
    { name: 'Never', when: { groups: { all: ['staff'], none: ['staff'] } }, then: 'deny' },
    { name: 'Rest', then: { allow: { factors: 2 } } },
  ];
  const accepted = '# stepgate:accept contradictory until 2099-12-31: kept as a note for the audit';
  const lines = rules.map((rule) => `${rule.name === 'Never' ? `  ${accepted}\n` : ''}  - ${JSON.stringify(rule)}`);
  await writeFile(join(draft, 'policies/sign-on/notes.yaml'), `name: notes\nrules:\n${lines.join('\n')}\n`);
  await configOn(
    node,
    'report',
    draft,
    '--out',
    join(dir, 'report.html'),
    '--standard',
    'pci-dss-4',
    '--replay',
    'P1D',
  );
  await configOn(node, 'diff', draft, '--html', join(dir, 'diff.html'), '--replay', 'P1D');
  await writeFile(join(draft, 'policies/enrollment.yaml'), 'rules:\n  - { name: Renamed, then: {} }\n');
  await configOn(node, 'report', draft, '--out', join(dir, 'report-without-tests.html'));
  browser = await launchBrowser();
  page = await (await browser.newContext({ viewport: desktop })).newPage();
});

afterAll(async () => {
  await browser?.close();
  await node?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function open(name: (typeof pages)[number] | 'report-without-tests', viewport = desktop): Promise<void> {
  await page.setViewportSize(viewport);
  await page.goto(pathToFileURL(join(dir, `${name}.html`)).href);
}

/** Elements that stick out of the page at the side, and pixels that it scrolls there. */
function overhang(): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

describe.each(pages)('%s', (name) => {
  test.each(['light', 'dark'] as const)('breaks no rule of axe, and fits, %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme, media: 'screen' });
    for (const viewport of [phone, desktop]) {
      await open(name, viewport);
      expect(await brokenRules(page)).toEqual([]);
      expect(await overhang()).toBeLessThanOrEqual(0);
    }
  });

  test('on paper nothing is cut off, and no background is needed', async () => {
    await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
    // A4 without margins, at 96 pixels an inch.
    await open(name, { width: 794, height: 1123 });
    expect(await overhang()).toBeLessThanOrEqual(0);
    const cut = await page.evaluate<number>(
      `[...document.querySelectorAll('.scroll')].filter((one) => one.scrollWidth > one.clientWidth + 1).length`,
    );
    expect(cut).toBe(0);
    expect(await page.evaluate<string>('getComputedStyle(document.body).color')).toBe('rgb(0, 0, 0)');
  });

  test('shows the sign-ins that were replayed', async () => {
    const text = await readFile(join(dir, `${name}.html`), 'utf8');
    expect(text).toContain('Sign-ins that happened');
    expect(text).toMatch(/1 sign-in; 1 of them comes out otherwise, for 1 user/);
    expect(text).toMatch(/notes: 1 user would be denied/);
  });
});

test('every table that is wider than a phone can be scrolled by keys', async () => {
  await page.emulateMedia({ colorScheme: 'light', media: 'screen' });
  await open('report', phone);
  const unreachable = await page.evaluate<number>(
    `[...document.querySelectorAll('.scroll')].filter((one) => one.scrollWidth > one.clientWidth && one.tabIndex !== 0).length`,
  );
  expect(unreachable).toBe(0);
  const scroller = page.getByRole('region', { name: 'Invariants' });
  await scroller.focus();
  await page.keyboard.press('ArrowRight');
  // Not `waitForFunction`: where its first look is too early, it evaluates in the page, whose CSP forbids that.
  await until('the table scrolls', () => scroller.evaluate((element) => element.scrollLeft > 0));
});

test('the report contains accepted findings and the claims of invariants', async () => {
  await open('report');
  const accepted = page.getByRole('region', { name: 'Accepted findings' });
  expect(await accepted.textContent()).toMatch(
    /contradictory\)policies\/sign-on\/notes\.yaml:\d+:\d+kept as a note for the audit2099-12-31/,
  );
  const invariants = await page.getByRole('region', { name: 'Invariants' }).textContent();
  expect(invariants).toMatch(/Contractors never get into payrollgroups any: \[contractors\]no user gets in1proved/);
});

test('policy tests that cannot be run fit, on a phone and on paper, too', async () => {
  for (const viewport of [phone, desktop, { width: 794, height: 1123 }]) {
    await open('report-without-tests', viewport);
    expect(await page.textContent('main')).toContain('The tests cannot be run:');
    expect(await overhang()).toBeLessThanOrEqual(0);
  }
});
