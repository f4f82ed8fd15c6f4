/** What axe says about a page: the rules of WCAG 2.2 A and AA, and its best practices. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';

/**
 * The axe that comes with `@axe-core/playwright`, whose own builder loads it anew for each question, which takes most
 * of the time.
 */
const source = readFileSync(
  createRequire(createRequire(import.meta.url).resolve('@axe-core/playwright')).resolve('axe-core/axe.min.js'),
  'utf8',
);

interface Rule {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

/**
 * Every document that the page opens from now on has axe: the browser compiles it once for all of them, and each time
 * when it comes with a question.
 */
export async function bringAxe(page: Page): Promise<void> {
  await page.addInitScript({ content: source });
}

/**
 * The rules that the page breaks, as `id: elements`. That contrast was not checked counts as one.
 * `rules`: these only, by their ids; absent: all.
 */
export async function brokenRules(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  if (await page.evaluate<boolean>("typeof globalThis.axe === 'undefined'")) await page.evaluate(source);
  const options = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) };
  const result = await page.evaluate<{ readonly violations: readonly Rule[]; readonly contrast: boolean }>(
    `axe.run(${JSON.stringify(options)}).then(({ violations, passes }) => ({
      violations: violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) })),
      contrast: passes.some(({ id }) => id === 'color-contrast'),
    }))`,
  );
  const broken = result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`);
  return result.contrast ? broken : [...broken, 'contrast was not checked'];
}

/** Expects that the page, which has come already, breaks no rule. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.waitForLoadState();
  expect(await brokenRules(page)).toEqual([]);
}
