/** WCAG 2.2, success criterion 2.2.1: a page that was left open says in time that its sign-in ends. */
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { pageVisits } from '../support/pages/browser-visits.ts';

const visits = pageVisits();

/** Opens a state with a clock that stands still until the test moves it. */
async function onPage(state: string, use: (page: Page) => Promise<void>): Promise<void> {
  const page = await visits.newPage({ viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' });
  await page.clock.install({ time: new Date('2026-11-26T08:00:00Z') });
  await page.goto(`${visits.origin}/${state}`);
  await page.clock.pauseAt(new Date('2026-11-26T08:01:00Z'));
  await use(page);
}

/** The rules need a clock that runs; the test cannot tell the time any more after this. */
async function expectAccessibleNow(page: Page): Promise<void> {
  await page.clock.resume();
  await expectAccessible(page);
}

const soon = (page: Page) => page.getByRole('status').getByText('This sign-in expires in less than 5 minutes.');
const over = (page: Page) => page.getByRole('status').getByText('This sign-in has expired');
const line = (page: Page) => page.getByText('This sign-in expires in less than 8 minutes.');

test('a page that was left open announces the end five minutes before it, in view, and then that it has ended', async () => {
  await onPage('totp', async (page) => {
    await page.clock.fastForward('53:00');
    expect(await soon(page).isVisible()).toBe(false);
    await page.clock.fastForward('01:30');
    expect(await soon(page).isVisible()).toBe(true);
    const box = await soon(page).boundingBox();
    expect((box?.y ?? Infinity) + (box?.height ?? 0)).toBeLessThanOrEqual(844);
    await page.clock.fastForward('06:00');
    expect(await soon(page).isVisible()).toBe(false);
    expect(await over(page).isVisible()).toBe(true);
    expect(await over(page).getByRole('link', { name: 'Start again' }).getAttribute('href')).toBe(
      '/signin/f1x2t3u4r5e6?again',
    );
    await expectAccessibleNow(page);
  });
});

test('the announcement replaces the text that the page was drawn with', async () => {
  await onPage('totp-ending', async (page) => {
    expect(await line(page).isVisible()).toBe(true);
    expect(await soon(page).isVisible()).toBe(false);
    await page.clock.fastForward('02:30');
    expect(await line(page).count()).toBe(0);
    expect(await soon(page).isVisible()).toBe(true);
    await expectAccessibleNow(page);
  });
});

test('the announcement covers nothing that has the focus (success criterion 2.4.11)', async () => {
  await onPage('profile', async (page) => {
    await page.clock.fastForward('55:00');
    expect(await soon(page).isVisible()).toBe(true);
    const stops = await page.locator('main :is(input:not([type=hidden]), select, textarea, button, a)').count();
    const covered: string[] = [];
    for (let stop = 0; stop < stops; stop += 1) {
      const isCovered = await page.evaluate(`(() => {
        const { x, y, width, height } = document.activeElement.getBoundingClientRect();
        return document.elementFromPoint(x + width / 2, y + height / 2)?.closest('.ending') !== null;
      })()`);
      if (isCovered) covered.push(await page.locator(':focus').evaluate(String));
      await page.keyboard.press('Tab');
    }
    expect(stops).toBeGreaterThan(8);
    expect(covered).toEqual([]);
  });
});
