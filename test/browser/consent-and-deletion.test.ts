/** What users allow an app, and how they leave or stay, in a real browser: on a phone, with and without scripts. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { appFile } from '../support/clients/authorize.ts';
import { type Authorization, authorization, redeemCode } from '../support/clients/raw-client.ts';
import { userWithPassword } from '../support/clients/sign-in-flow.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears } from '../support/pages/browser.ts';
import { browserVisits } from '../support/pages/browser-visits.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';
import { withEmail } from '../support/users/account-visits.ts';

let node: TestNode;
const visits = browserVisits();
beforeAll(async () => {
  const settings = {
    brand: { name: 'Acme' },
    zones: { office: { cidrs: ['192.0.2.0/24'] } },
    authenticators: { password: { enabled: true } },
    mail: { from: 'id@acme.test', smtp: { host: 'mail.acme.test' } },
    account: { deletion: { allowed: true, after: 'P14D' } },
  };
  node = await startNode({
    files: {
      'stepgate.yaml': JSON.stringify(settings),
      ...appFile('partner', { name: 'Partner', firstParty: false }),
    },
  });
});
afterAll(() => node?.stop());

type User = Awaited<ReturnType<typeof userWithPassword>>;

const said = (page: Page, code: string) => appears(page.locator(`[data-message="${code}"]`));
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const heading = (page: Page, name: string | RegExp) => appears(page.getByRole('heading', { level: 1, name }));
const askedToAllow = (page: Page) => appears(page.locator('form[data-step=consent]'));

async function signIn(page: Page, user: User): Promise<void> {
  await page.fill('[name=identifier]', user.identifier);
  await page.fill('[name="credentials.passcode"]', user.password);
  await page.locator('form[data-step=identify] .primary').click();
}

describe.each([
  ['with scripts', true],
  ['without', false],
])('%s', (_, javaScriptEnabled) => {
  async function newPage(): Promise<Page> {
    return visits.newPage({ javaScriptEnabled, viewport: { width: 390, height: 844 } });
  }

  /** Axe cannot run where scripts are off; the markup is the same. */
  const check = (page: Page) => (javaScriptEnabled ? expectAccessible(page) : undefined);

  const ask = async (page: Page) => {
    const request = authorization(node.issuer, 'partner', {
      redirect_uri: visits.landing,
      scope: 'openid email phone',
    });
    await page.goto(request.url);
    return request;
  };

  async function scopeOf(page: Page, request: Authorization): Promise<unknown> {
    await page.waitForURL(`${visits.landing}?*code=*`);
    const { tokens } = await redeemCode(node.origin, request, page.url());
    return (tokens as { readonly scope?: string } | undefined)?.scope;
  }

  test('access is refused, allowed in part, not asked for again, and ended', async () => {
    const user = await userWithPassword(node);
    const page = await newPage();
    await ask(page);
    await signIn(page, user);
    await askedToAllow(page);
    await check(page);
    await page.locator('form[data-step=cancel] button').click();
    await page.waitForURL(`${visits.landing}?*error=access_denied*`);

    const first = await ask(page);
    await appears(page.locator('form[data-step=identify], form[data-step=consent]').first());
    if ((await page.locator('form[data-step=identify]').count()) > 0) await signIn(page, user);
    await askedToAllow(page);
    const phone = page.getByLabel('See your phone number');
    await phone.uncheck();
    await phone.check();
    await phone.uncheck();
    expect(await page.getByLabel('See your email address').isChecked()).toBe(true);
    await press(page, 'Allow');
    expect(await scopeOf(page, first)).toBe('openid email');

    expect(await scopeOf(page, await ask(page))).toBe('openid email');

    await page.goto(`${node.issuer}/account/apps`);
    const access = page.locator('section[aria-labelledby=own-access]');
    await appears(access.getByText('Partner', { exact: true }));
    expect(await access.getByText('See your email address').count()).toBe(1);
    expect(await access.getByText('See your phone number').count()).toBe(0);
    await check(page);
    await access.locator('a.button').click();
    await appears(page.locator('form[data-step=end-app-access]'));
    await check(page);
    await page.locator('form[data-step=end-app-access] button').click();
    await said(page, 'account.done.app_ended');
    expect(await page.getByText('Partner', { exact: true }).count()).toBe(0);
    await ask(page);
    await askedToAllow(page);
  });

  test('the account is to be deleted on a day that the page says, is kept, and is asked for again', async () => {
    const user = await userWithPassword(node);
    await withEmail(node, user);
    const dueAt = async () => (await node.app.directory.get(user.id))?.user.deletion?.dueAt;
    const page = await newPage();
    await page.goto(`${node.issuer}/account/deletion`);
    await signIn(page, user);
    await heading(page, 'Delete your account');
    await check(page);
    // The browser keeps the form until the box is ticked.
    await press(page, 'Delete my account');
    await appears(page.locator('#confirm:focus'));
    expect(await dueAt()).toBeUndefined();
    await page.getByLabel('Delete my account and all its data.').check();
    await press(page, 'Delete my account');
    await appears(page.locator('form[data-step=keep-account]'));
    await check(page);
    const due = new Date(((await dueAt()) ?? 0) * 1000).toISOString();
    expect(await page.getByText('We’ll delete your account on').locator('time').getAttribute('datetime')).toBe(due);

    await press(page, 'Keep my account');
    await said(page, 'account.done.deletion_cancelled');
    await check(page);
    expect(await dueAt()).toBeUndefined();

    await page.goto(`${node.issuer}/account/deletion`);
    await page.getByLabel('Delete my account and all its data.').check();
    await press(page, 'Delete my account');
    await appears(page.locator('form[data-step=keep-account]'));
    expect(await dueAt()).toBeGreaterThan(Date.now() / 1000);
  });
});
