/** The one place that knows how tests start a browser. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Locator } from 'playwright-core';
import { browserPrograms } from '../../../scripts/system-packages.mjs';

/** Features of Chromium. This list takes the place of the one that Playwright gives. */
function switchedOff(): readonly string[] {
  return [
    // A new frame host for each page of a site, which no page notices: without it a page costs a quarter less CPU.
    'RenderDocument',
    // As Playwright does.
    'AvoidCorsURLLoaderRestartOnRedirect',
    'AvoidUnnecessaryBeforeUnloadCheckSync',
    'DestroyProfileOnBrowserClose',
    'HttpsFirstBalancedModeAutoEnable',
    'HttpsUpgrades',
    'MediaRouter',
    'NetworkTimeServiceQuerying',
    'OptimizationHints',
    'PaintHolding',
    'PreconnectToSearch',
    'ThirdPartyStoragePartitioning',
  ];
}

/** Nothing that would make it call out or ask. */
const args = [
  '--headless=new',
  '--no-sandbox',
  // Pages of one site share a process: without it each page compiles axe again, and a file costs a tenth more.
  '--renderer-process-limit=1',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${switchedOff().join()}`,
];

/**
 * Milliseconds; far more than anything takes, for the machine may do other things, and less than the timeout of a test.
 */
const patience = 90_000;

/**
 * Starts the Chromium that is installed here; the caller closes it. Throws if there is none. Its pages wait long for
 * what must come.
 */
export async function launchBrowser(): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: findBrowser(), args, timeout: patience });
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await newContext(options);
    context.setDefaultTimeout(patience);
    return context;
  };
  return browser;
}

/** Waits until it shows and its page is there as a whole: what else the page has, or lacks, can be read then. */
export async function appears(locator: Locator): Promise<void> {
  await locator.waitFor();
  await locator.page().waitForLoadState();
}

/** Clicks, and waits for the page that comes. */
export async function clickThrough(locator: Locator): Promise<void> {
  await Promise.all([locator.page().waitForEvent('load'), locator.click()]);
}

function findBrowser(): string {
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of browserPrograms) {
      const file = join(dir, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not here: the next directory may have it.
      }
    }
  }
  throw new Error(`None of ${browserPrograms.join(', ')} is on PATH. The browser tests need Chromium.`);
}
