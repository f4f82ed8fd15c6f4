/** The first page with words of the administrator, a staff number in place of an address, on one page or two. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { appFile } from '../support/clients/authorize.ts';
import { authorization } from '../support/clients/raw-client.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, clickThrough } from '../support/pages/browser.ts';
import { browserVisits } from '../support/pages/browser-visits.ts';
import { password, startNode, type TestNode, testPassword } from '../support/servers/node.ts';
import { randomName } from '../support/values/random-name.ts';

const staff = {
  by: ['badge'],
  label: { en: 'Staff number', de: 'Personalnummer' },
  hint: { en: 'It stands on your badge.', de: 'Sie steht auf Ihrem Ausweis.' },
};
let node: TestNode;
const visits = browserVisits();
beforeAll(async () => {
  const settings = {
    brand: { name: 'Acme' },
    zones: { office: { cidrs: ['192.0.2.0/24'] } },
    authenticators: { password: { enabled: true } },
    attributes: { badge: { label: { en: 'Badge', de: 'Ausweis' }, identifies: true, unique: true } },
  };
  node = await startNode({
    authenticators: ['password'],
    files: {
      'stepgate.yaml': JSON.stringify(settings),
      ...appFile('one-page', { identify: staff }),
      ...appFile('two-pages', { identify: { ...staff, identifierFirst: true } }),
    },
  });
});
afterAll(() => node?.stop());

async function newUser() {
  const own = { email: `${randomName()}@demo.test`, badge: `B-${randomName()}` };
  const created = await node.app.directory.create({
    identifiers: [own.email, own.badge],
    profile: own,
    credentials: [testPassword(node.app)],
  });
  if (!created.ok) throw new Error(created.code);
  return own;
}

const field = (page: Page) => page.getByLabel('Staff number');
const secret = (page: Page) => page.locator('[name="credentials.passcode"]');
const submit = (page: Page) => clickThrough(page.locator('button.primary'));
const isIn = (page: Page) => page.waitForURL(`${visits.landing}?*code=*`);

describe.each([
  ['with scripts', true],
  ['without', false],
])('%s', (_, javaScriptEnabled) => {
  async function open(app: string, locale = 'en'): Promise<Page> {
    const page = await visits.newPage({ javaScriptEnabled, locale, viewport: { width: 390, height: 844 } });
    await page.goto(authorization(node.issuer, app, { redirect_uri: visits.landing }).url);
    return page;
  }
  const check = (page: Page) => (javaScriptEnabled ? expectAccessible(page) : appears(page.locator('h1')));

  test('a staff number and the password on one page; an address does not count', async () => {
    const { email, badge } = await newUser();
    const page = await open('one-page');
    await appears(page.getByText('It stands on your badge.'));
    expect(await secret(page).count()).toBe(1);
    await check(page);
    await field(page).fill(email);
    await secret(page).fill(password);
    await submit(page);
    await appears(page.locator('[data-message="credentials.invalid"]'));
    expect(await field(page).inputValue()).toBe(email);
    await check(page);
    await field(page).fill(badge.toUpperCase());
    await secret(page).fill(password);
    await page.locator('button.primary').click();
    await isIn(page);
  });

  test('the number first: known and unknown ones lead to the page of the password', async () => {
    const { badge } = await newUser();
    const page = await open('two-pages');
    expect(await secret(page).count()).toBe(0);
    await check(page);
    await field(page).fill('B-unknown');
    await submit(page);
    await appears(secret(page));
    await check(page);
    await clickThrough(page.locator('form[data-step=restart] button'));
    await field(page).fill(badge);
    await submit(page);
    await secret(page).fill(password);
    await page.locator('button.primary').click();
    await isIn(page);
  });

  test('in the language of the browser', async () => {
    const page = await open('one-page', 'de');
    await appears(page.getByLabel('Personalnummer'));
    await appears(page.getByText('Sie steht auf Ihrem Ausweis.'));
  });
});
