import { afterEach, expect, test } from '@jest/globals';
import { type DemoRelyingParty, startDemoRelyingParty } from '../../../src/demo/relying-party.ts';
import { freePort } from '../../support/servers/free-port.ts';
import { type Browser, createBrowser } from './browser.ts';
import { type StubIssuer, startStubIssuer } from './stub-issuer.ts';

const oneFactor = { acr: 'urn:okta:loa:1fa:pwd', amr: ['pwd'] };
const twoFactors = { acr: 'urn:okta:loa:2fa:any', amr: ['mfa', 'otp', 'pwd'] };

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.close();
});

interface Demo {
  readonly rp: DemoRelyingParty;
  readonly op: StubIssuer;
  readonly browser: Browser;
}

/** The issuer must know the relying party's port and the other way round: the issuer's port is taken first. */
async function startDemo(): Promise<Demo> {
  const port = await freePort();
  const rp = await startDemoRelyingParty({ issuer: `http://localhost:${port}`, port: 0, host: '127.0.0.1' });
  running.push(rp);
  const op = await startStubIssuer(() => rp.origin, port);
  running.push(op);
  return { rp, op, browser: createBrowser() };
}

test('the first page offers all applications and says that it is a demo', async () => {
  const { rp, browser } = await startDemo();
  const page = await browser.get(rp.origin);
  expect(page.text).toContain('href="/notes/sign-in"');
  expect(page.text).toContain('href="/payroll/sign-in"');
  expect(page.text).toContain('href="/shop/sign-in"');
  expect(page.text).toContain('href="/parcels/sign-in"');
  expect(page.text).toContain('This is a demo');
});

test('the first page links the account and the inbox, says what to try in order, and what the tokens say', async () => {
  const { rp, op, browser } = await startDemo();
  const before = (await browser.get(rp.origin)).text;
  const order = ['Register at the shop', 'Buy something', 'Follow your parcel', 'Open Payroll', 'Lose a key'].map(
    (text) => before.indexOf(text),
  );
  expect(order).toEqual(order.toSorted((one, other) => one - other));
  expect(order[0]).toBeGreaterThan(0);
  for (const path of ['/account', '/account/apps', '/demo/inbox'])
    expect(before).toMatch(new RegExp(`href="http://localhost:\\d+${path}"`));
  expect(before).not.toContain('What your tokens say now');
  Object.assign(op.next, oneFactor);
  await browser.get(`${rp.origin}/notes/sign-in`);
  const after = (await browser.get(rp.origin)).text;
  expect(after).toContain('What your tokens say now');
  expect(after).toMatch(
    /One proof, of any kind<\/td><td>One proof of who you are: your password\. <code>[^<]+<\/code><\/td><td><code>pwd</,
  );
});

test('after a sign-in the page says who, how sure, by which means and since when, in words', async () => {
  const { rp, op, browser } = await startDemo();
  Object.assign(op.next, oneFactor);
  const page = await browser.get(`${rp.origin}/notes/sign-in`);
  expect(page.url).toBe(`${rp.origin}/notes`);
  expect(page.text).toContain('Hello Alice &lt;Archer&gt;');
  expect(page.text).toContain('alice@demo.test');
  expect(page.text).toContain('One proof of who you are: your password.');
  expect(page.text).toContain('<code>pwd</code> You entered your password.');
  expect(page.text).toMatch(/<time datetime="[^"]+">[^<]+UTC<\/time> \((just now|\d seconds? ago)\)/);
});

test('nothing from the provider reaches the page unescaped', async () => {
  const { rp, op, browser } = await startDemo();
  Object.assign(op.next, { acr: '<b>acr</b>', amr: ['<i>amr</i>'] });
  const page = await browser.get(`${rp.origin}/notes/sign-in`);
  expect(page.text).toContain('&lt;b&gt;acr&lt;/b&gt;');
  expect(page.text).not.toMatch(/<b>|<i>|<Archer>/);
});

test('a refresh gives new tokens and changes nothing about the user', async () => {
  const { rp, op, browser } = await startDemo();
  Object.assign(op.next, oneFactor);
  await browser.get(`${rp.origin}/notes/sign-in`);
  const page = await browser.post(`${rp.origin}/notes/refresh`);
  expect(page.text).toContain('The tokens are new');
  expect(page.text.match(/<td><span class="quiet">the same/g)).toHaveLength(3);
});

test('a step-up shows the level before and after', async () => {
  const { rp, op, browser } = await startDemo();
  Object.assign(op.next, oneFactor);
  await browser.get(`${rp.origin}/notes/sign-in`);
  Object.assign(op.next, twoFactors);
  // The stub has no policy of its own: signing in again stands for the step that is missing.
  await browser.get(`${rp.origin}/notes/sign-in/again`);
  const page = await browser.get(`${rp.origin}/notes/sign-in/step-up`);
  expect(page.text).toContain('Two factors were asked for</strong>');
  expect(page.text).toContain('Two different kinds of proof of who you are.');
});

test('a step-up that the provider did not grant is called by its name', async () => {
  const { rp, op, browser } = await startDemo();
  Object.assign(op.next, oneFactor);
  await browser.get(`${rp.origin}/notes/sign-in`);
  const page = await browser.get(`${rp.origin}/notes/sign-in/step-up`);
  expect(page.text).toContain('but the provider answered with another level');
});

test('max_age and prompt=login reach the provider, and its answer is checked', async () => {
  const { rp, op, browser } = await startDemo();
  Object.assign(op.next, oneFactor);
  await browser.get(`${rp.origin}/payroll/sign-in`);
  expect((await browser.get(`${rp.origin}/payroll/sign-in/recent`)).text).toContain('A recent sign-in was asked for');
  Object.assign(op.next, twoFactors);
  const again = await browser.get(`${rp.origin}/payroll/sign-in/again`);
  expect(again.text).toContain('You signed in again');
  expect(again.text).toContain('mfa, otp, pwd');
});

test('asking without a page says readably that the user has to sign in', async () => {
  const { rp, browser } = await startDemo();
  const page = await browser.get(`${rp.origin}/payroll/sign-in/check`);
  expect(page.url).toBe(`${rp.origin}/payroll`);
  expect(page.text).toContain('You would have to sign in');
  expect(page.text).toContain('login_required');
});

test('an error from the provider is put into words and its own words are escaped', async () => {
  const { rp, op, browser } = await startDemo();
  op.next.error = 'access_denied';
  const page = await browser.get(`${rp.origin}/payroll/sign-in`);
  expect(page.text).toContain('You were not let in');
  expect(page.text).toContain('access_denied: told &lt;so&gt;');
  expect((await browser.get(`${rp.origin}/payroll`)).text).not.toContain('You were not let in');
});

test('signing out ends the session here and at the provider', async () => {
  const { rp, op, browser } = await startDemo();
  Object.assign(op.next, oneFactor);
  await browser.get(`${rp.origin}/notes/sign-in`);
  await browser.get(`${rp.origin}/payroll/sign-in`);
  const confirmation = await browser.post(`${rp.origin}/notes/sign-out`);
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(confirmation.text)?.[1] ?? '';
  const page = await browser.post(`${op.issuer}/session/end/confirm`, { xsrf, logout: 'yes' });
  expect(new URL(page.url).pathname).toBe('/');
  expect(page.text).toContain('You are signed out');
  expect((await browser.get(`${rp.origin}/payroll`)).text).toContain('You are not signed in here');
  expect((await browser.get(`${rp.origin}/notes/sign-in/check`)).text).toContain('login_required');
});

test('an answer that was not requested signs no user in', async () => {
  const { rp, op, browser } = await startDemo();
  Object.assign(op.next, oneFactor);
  await browser.get(`${rp.origin}/notes/sign-in/check`);
  const page = await browser.get(`${rp.origin}/notes/callback?code=stolen&state=unknown`);
  expect(page.status).toBe(400);
  expect(page.text).toContain('not started here');
  const stranger = createBrowser();
  expect((await stranger.get(`${rp.origin}/notes/callback?code=a&state=b`)).status).toBe(400);
});

test('an answer meant for the other application is refused', async () => {
  const { rp, op } = await startDemo();
  Object.assign(op.next, oneFactor);
  const start = await fetch(`${rp.origin}/notes/sign-in`, { redirect: 'manual' });
  const state = new URL(start.headers.get('location') ?? '').searchParams.get('state');
  const cookie = start.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const answer = await fetch(`${rp.origin}/payroll/callback?code=x&state=${state}`, { headers: { cookie } });
  expect(answer.status).toBe(400);
});

test('the cookie changes at the sign-in and is hidden from scripts', async () => {
  const { rp, op } = await startDemo();
  Object.assign(op.next, oneFactor);
  const start = await fetch(`${rp.origin}/notes/sign-in`, { redirect: 'manual' });
  const [line = ''] = start.headers.getSetCookie();
  expect(line).toMatch(/httponly/i);
  expect(line).toMatch(/samesite=lax/i);
  const planted = line.split(';')[0] ?? '';
  const victim = createBrowser();
  const page = await victim.get(start.headers.get('location') ?? '', {});
  expect(page.status).toBe(400);
  expect(await (await fetch(`${rp.origin}/notes`, { headers: { cookie: planted } })).text()).not.toContain('Alice');
});

test('the relying party starts before its provider and says so until it is there', async () => {
  const port = await freePort();
  const rp = await startDemoRelyingParty({ issuer: `http://localhost:${port}`, port: 0, host: '127.0.0.1' });
  running.push(rp);
  const browser = createBrowser();
  const early = await browser.get(`${rp.origin}/notes/sign-in`);
  expect(early.text).toContain('The provider does not answer');
  const op = await startStubIssuer(() => rp.origin, port);
  running.push(op);
  Object.assign(op.next, oneFactor);
  expect((await browser.get(`${rp.origin}/notes/sign-in`)).text).toContain('Hello Alice');
});

test('pages carry a policy without scripts, and other hosts and sites are turned away', async () => {
  const { rp, op, browser } = await startDemo();
  const page = await browser.get(rp.origin);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'self'");
  expect(page.headers.get('content-security-policy')).toContain(`form-action 'self' ${op.issuer};`);
  expect(page.text).not.toContain('<script');
  const byAddress = await fetch(rp.origin.replace('localhost', '127.0.0.1'), { redirect: 'manual' });
  expect(byAddress.headers.get('location')).toContain('localhost');
  const foreign = await browser.post(`${rp.origin}/notes/sign-out`, {}, { 'sec-fetch-site': 'same-site' });
  expect(foreign.status).toBe(403);
});

test('an unknown page and an unknown action are not found', async () => {
  const { rp, browser } = await startDemo();
  expect((await browser.get(`${rp.origin}/nowhere`)).status).toBe(404);
  expect((await browser.get(`${rp.origin}/notes/sign-in/toString`)).status).toBe(404);
});

test('an issuer without TLS is refused unless it is on this machine', async () => {
  const start = startDemoRelyingParty({ issuer: 'http://id.example.org', port: 0, host: '127.0.0.1' });
  await expect(start).rejects.toThrow('must use https');
});
