/** A sign-in in a pop-up window that an app of another origin opened and waits for. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { appFile } from '../support/clients/authorize.ts';
import { authorization } from '../support/clients/raw-client.ts';
import { clickThrough, launchBrowser } from '../support/pages/browser.ts';
import { type OpenServer, openServer } from '../support/servers/http-server.ts';
import { newTestUser, startNode, type TestNode } from '../support/servers/node.ts';

let node: TestNode;
let browser: Browser;
let app: OpenServer;
let origin: string;

/** The page that the sign-in ends at tells its opener, as `signinPopup` of oidc-client-ts does. */
const callback = '<!doctype html><script>window.opener?.postMessage(location.search, location.origin)</script>';
const opener = '<!doctype html><script>addEventListener("message", ({ data }) => { document.title = data })</script>';

beforeAll(async () => {
  app = await openServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(request.url?.startsWith('/cb') ? callback : opener);
  });
  origin = `http://127.0.0.1:${app.port}`;
  const client = { application_type: 'web', redirect_uris: [`${origin}/cb`] };
  node = await startNode({
    files: { ...appFile('popup', { client, popups: true }), ...appFile('plain', { client }) },
  });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await node?.stop();
  await app?.close();
});

async function signInWithin(page: Page, clientId: string): Promise<Page> {
  const user = await newTestUser(node);
  await page.goto(`${origin}/`);
  const { url } = authorization(node.issuer, clientId, { redirect_uri: `${origin}/cb` });
  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    page.evaluate((address) => void window.open(address, 'sign-in', 'popup'), url),
  ]);
  await popup.fill('[name=identifier]', user.identifier);
  await popup.fill('[name="credentials.passcode"]', user.password);
  await clickThrough(popup.locator('form[data-step=identify] button[type=submit]').first());
  await popup.waitForURL(`${origin}/cb**`);
  return popup;
}

test('the app with `popups: true` is notified of the end of the sign-in', async () => {
  const page = await (await browser.newContext()).newPage();
  await signInWithin(page, 'popup');
  await page.waitForFunction(() => document.title.includes('code='));
});

test('any other app is cut off from the window', async () => {
  const page = await (await browser.newContext()).newPage();
  const popup = await signInWithin(page, 'plain');
  expect(await popup.evaluate(() => window.opener)).toBeNull();
});
