/** The browser of a test file, and the app that its users come back to. */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser } from './browser.ts';
import { type LandingPage, openLandingPage } from './landing-page.ts';

export interface BrowserVisits {
  /** The redirect URI of the app. */
  readonly landing: string;
  /** A page in a browser context of its own, which closes after the test. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
}

/** Opens both before the tests of the file that calls this, and closes them after the last one. */
export function browserVisits(): BrowserVisits {
  const contexts: BrowserContext[] = [];
  let browser: Browser;
  let landing: LandingPage;
  beforeAll(async () => {
    landing = await openLandingPage();
    browser = await launchBrowser();
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    await landing?.close();
  });
  return {
    get landing() {
      return landing.url;
    },
    async newPage(options) {
      const context = await browser.newContext(options);
      contexts.push(context);
      return context.newPage();
    },
  };
}
