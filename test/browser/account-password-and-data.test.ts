/** A password that is set, changed and removed, a stranger who is thrown out, and one's own data, in a real browser. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { authorization } from '../support/clients/raw-client.ts';
import { allMailTo, codeIn, codesTo, maySendAgain, reader } from '../support/messages/mail.ts';
import { expectAccessible } from '../support/pages/accessibility.ts';
import { appears, clickThrough } from '../support/pages/browser.ts';
import { browserVisits } from '../support/pages/browser-visits.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';

const [first, second] = ['seven green umbrellas', 'eight blue wheelbarrows'] as const;
let node: TestNode;
const visits = browserVisits();
beforeAll(async () => {
  node = await startNode({ demo: true, authenticators: 'demo' });
});
afterAll(() => node?.stop());

type User = Awaited<ReturnType<typeof reader>>;

const said = (page: Page, code: string) => appears(page.locator(`[data-message="${code}"]`));
const submit = (page: Page) => clickThrough(page.locator('button.primary'));
const isSignedOut = (page: Page) => appears(page.locator('form[data-step=identify]').first());

/** The newest message with this subject. */
async function messageAbout(user: User, subject: string) {
  const message = (await allMailTo(node, user.address)).find((inboxMessage) => inboxMessage.subject === subject);
  if (message === undefined) throw new Error(`no message "${subject}"`);
  return message;
}

async function byMail(page: Page, user: User): Promise<void> {
  await page.fill('[name=identifier]', user.identifier);
  await submit(page);
  await appears(page.locator('form[data-step=challenge][data-authenticator=email]'));
  const [newest] = await codesTo(node, user.address);
  await page.fill('[name="credentials.passcode"]', newest ? codeIn(newest) : '');
  await page.locator('button.primary').click();
}

describe.each([
  ['with scripts', true],
  ['without', false],
])('%s', (_, javaScriptEnabled) => {
  async function newPage(): Promise<Page> {
    return visits.newPage({ javaScriptEnabled, viewport: { width: 390, height: 844 } });
  }
  const check = (page: Page) => (javaScriptEnabled ? expectAccessible(page) : appears(page.locator('h1')));
  const choose = async (page: Page, text: string) => {
    await page.fill('[name="credentials.passcode"]', text);
    await page.locator('form[data-step=enroll] button.primary').click();
  };

  /** Signs in to the shop, where only the mailbox is asked for, and leaves out the passkey that it offers. */
  async function inShop(user: User): Promise<Page> {
    const page = await newPage();
    await page.goto(authorization(node.issuer, 'shop', { redirect_uri: visits.landing }).url);
    await byMail(page, user);
    const skip = page.locator('form[data-step=skip] button');
    await appears(skip.or(page.getByRole('heading', { name: 'back' })));
    if ((await skip.count()) > 0) await skip.click();
    await page.waitForURL(`${visits.landing}?*code=*`);
    return page;
  }

  test('a password is set, refused as the same, changed, and removed on a page that says what that means', async () => {
    const user = await reader(node);
    const page = await inShop(user);
    await page.goto(`${node.issuer}/.well-known/change-password`);
    await choose(page, first);
    await said(page, 'account.done.added');
    await check(page);

    await page.goto(`${node.issuer}/.well-known/change-password`);
    await choose(page, first);
    await said(page, 'password.repeated');
    await check(page);
    await choose(page, second);
    await said(page, 'account.done.changed');

    await clickThrough(page.getByRole('link', { name: /Password/ }).first());
    await appears(page.getByText('You won’t be able to sign in with your password any more.'));
    await check(page);
    await page.locator('form[data-step=remove] button').click();
    await said(page, 'account.done.removed');
    const subjects = (await allMailTo(node, user.address)).map(({ subject }) => subject);
    for (const what of ['New sign-in method', 'Sign-in method replaced', 'Sign-in method removed'])
      expect(subjects).toContain(`${what}: Password`);
  });

  test('the user downloads the stored data', async () => {
    const user = await reader(node);
    const page = await inShop(user);
    await page.goto(`${node.issuer}/account/profile`);
    await clickThrough(page.getByRole('link', { name: 'Download your data' }));
    await check(page);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('form[data-step=download] button').click(),
    ]);
    expect(download.suggestedFilename()).toBe('account-data.json');
    const data = JSON.parse(await readFile(await download.path(), 'utf8'));
    expect(data.account).toMatchObject({ id: user.id, identifiers: [user.identifier] });
    await messageAbout(user, 'Your data was downloaded');
  });

  test('a sign-in from a new browser is mailed; "This wasn’t me" ends it by its form, not by being opened', async () => {
    const user = await reader(node);
    const own = await inShop(user);
    await maySendAgain(node, user.id);
    const stranger = await inShop(user);
    const { text } = await messageAbout(user, 'New sign-in to your account');
    const link = /http:\S+\/account\/not-me\?\S+/.exec(text)?.[0] ?? '';
    for (const method of ['HEAD', 'GET'] as const) expect((await fetch(link, { method })).status).toBe(200);
    await stranger.goto(`${node.issuer}/account`);
    await appears(stranger.getByRole('heading', { name: 'Your account' }));

    const page = await newPage();
    await page.goto(link);
    await check(page);
    await clickThrough(page.locator('form[data-step=not-me] button'));
    await said(page, 'link.not_me.done');
    await check(page);
    for (const browserOfUser of [stranger, own]) {
      await browserOfUser.goto(`${node.issuer}/account`);
      await isSignedOut(browserOfUser);
    }
    await page.goto(link);
    await said(page, 'link.not_me.over');
  });
});
