/** The browser of a test file, and what its users visit: the app that they come back to, or pages by themselves. */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser } from './browser.ts';
import { openLandingPage } from './landing-page.ts';
import { servePages } from './page-states.ts';

interface Visits {
  /** A page in a browser context of its own, which closes after the test. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
}

export interface BrowserVisits extends Visits {
  /** The redirect URI of the app. */
  readonly landing: string;
}

/** Opens both before the tests of the file that calls this, and closes them after the last one. */
export function browserVisits(): BrowserVisits {
  const { newPage, visited } = visitsTo(openLandingPage);
  return {
    newPage,
    get landing() {
      return visited().url;
    },
  };
}

export interface PageVisits extends Visits {
  /** Below it stands the page of each state, by its name. */
  readonly origin: string;
}

/** The pages of all states, each by itself; as `browserVisits`. */
export function pageVisits(): PageVisits {
  const { newPage, visited } = visitsTo(servePages);
  return {
    newPage,
    get origin() {
      return visited().origin;
    },
  };
}

function visitsTo<Visited extends { close(): Promise<void> }>(
  open: () => Promise<Visited>,
): Visits & { visited(): Visited } {
  const contexts: BrowserContext[] = [];
  let browser: Browser;
  let visited: Visited;
  beforeAll(async () => {
    visited = await open();
    browser = await launchBrowser();
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    await visited?.close();
  });
  return {
    visited: () => visited,
    async newPage(options) {
      const context = await browser.newContext(options);
      contexts.push(context);
      return context.newPage();
    },
  };
}
