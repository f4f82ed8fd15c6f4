/**
 * What protects the browser, and what an attacker may try: headers, cookies, foreign forms, hosts, redirects, planted
 * sessions.
 */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LightResponse } from '../../support/clients/light-fetch.ts';
import { authorization, claimsOf, redeemCode } from '../../support/clients/raw-client.ts';
import { redirectUri } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  formOf,
  identify,
  passcode,
  storedTransaction,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { ownRoutesOf } from '../../support/servers/own-routes.ts';
import { visit } from '../../support/users/account-visits.ts';

const issuer = 'https://id.example.test';
let node: TestNode;
beforeAll(async () => {
  node = await startNode({ issuer, files: {} });
});
afterAll(() => node.stop());

const browser = (headers: Readonly<Record<string, string>> = {}): UserAgent =>
  new UserAgent({ headers, routes: { [issuer]: node.origin } });

/** A browser that keeps every answer. */
class KeepingAgent extends UserAgent {
  readonly answers: LightResponse[] = [];

  override async send(url: string, init: RequestInit = {}): Promise<LightResponse> {
    const response = await super.send(url, init);
    this.answers.push(response);
    return response;
  }
}

const keeping = (): KeepingAgent => new KeepingAgent({ routes: { [issuer]: node.origin } });

async function signedIn(agent: UserAgent, app = 'notes') {
  const user = await userWithTotp(node);
  const { page, request } = await beginSignIn(node, app, agent);
  let end = await identify(agent, page, user);
  if (currentStep(end) === 'challenge:totp') end = await answerStep(agent, end, await passcode(user));
  expect(currentStep(end)).toBe('code');
  const { tokens } = await redeemCode(node.origin, request, end.url);
  return { user, tokens };
}

const sessionCookie = (agent: UserAgent): string =>
  agent.cookies(issuer).find(({ name }) => name === '__Host-stepgate-session')?.value ?? '';

describe('pages', () => {
  /** Every kind of page that there is. */
  const pages: Readonly<Record<string, () => Promise<Page>>> = {
    identify: async () => (await beginSignIn(node, 'notes', browser())).page,
    'identify, refused': async () => {
      const { agent, page } = await beginSignIn(node, 'notes', browser());
      return answerStep(agent, page, { identifier: 'nobody@demo.test', 'credentials.passcode': 'wrong' });
    },
    'a stale form': async () => {
      const { agent, page } = await beginSignIn(node, 'notes', browser());
      return answerStep(agent, page, { stateHandle: 'x' });
    },
    'challenge:totp': async () => {
      const { agent, page } = await beginSignIn(node, 'payroll', browser());
      return identify(agent, page, await userWithTotp(node));
    },
    'enroll:totp': async () => {
      const { agent, page } = await beginSignIn(node, 'payroll', browser());
      return identify(agent, page, await userWithPassword(node));
    },
    denied: async () => {
      const { agent, page } = await beginSignIn(node, 'payroll', browser());
      return identify(agent, page, await userWithPassword(node, ['contractors']));
    },
    'not found': () => browser().open(`${issuer}/nowhere`),
    expired: () => browser().open(`${issuer}/signin/aaaaaaaaaaaaaaaa`),
    'a cross-site form': () =>
      browser().open(`${issuer}/signin/aaaaaaaaaaaaaaaa`, {
        method: 'POST',
        headers: { origin: 'https://evil.example' },
      }),
    'an error of the protocol': () => browser().open(`${issuer}/oauth2/v1/authorize?client_id=nobody`),
    'a wrong redirect_uri': () =>
      browser().open(authorization(issuer, 'notes', { redirect_uri: 'https://evil.example/cb' }).url),
    logout: async () => {
      const agent = browser();
      await signedIn(agent);
      return agent.open(`${issuer}/oauth2/v1/logout`);
    },
    'logout without a session': () => browser().open(`${issuer}/oauth2/v1/logout`),
    'signed out': async () => {
      const agent = browser();
      await signedIn(agent);
      const page = await agent.open(`${issuer}/oauth2/v1/logout`);
      return agent.submit(
        page,
        page.forms.find(({ fields }) => 'xsrf' in fields),
        { logout: 'yes' },
      );
    },
    device: () => browser().open(`${issuer}/device`),
    'an answer by form_post': async () => {
      const agent = browser();
      await signedIn(agent);
      return agent.open(authorization(issuer, 'notes', { response_mode: 'form_post' }).url);
    },
  };

  test.each(Object.keys(pages))('%s', async (name) => {
    const { headers, html } = await (pages[name] as () => Promise<Page>)();
    expect(html).toContain('<html');
    const policy = new Map(
      (headers.get('content-security-policy') ?? '').split(';').map((part) => {
        const [directive = '', ...sources] = part.trim().split(' ');
        return [directive, sources] as const;
      }),
    );
    expect(policy.get('default-src')).toEqual(["'none'"]);
    expect(policy.get('frame-ancestors')).toEqual(["'none'"]);
    expect(policy.get('base-uri')).toEqual(["'none'"]);
    for (const sources of policy.values()) {
      expect(sources).not.toContain("'unsafe-inline'");
      expect(sources).not.toContain("'unsafe-eval'");
      expect(sources).not.toContain('*');
    }
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toContain('no-store');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('strict-transport-security')).toMatch(/max-age=\d{8}/);
    expect(headers.has('x-powered-by')).toBe(false);
    expect(headers.has('access-control-allow-origin')).toBe(false);
    expect(html).not.toMatch(/\son[a-z]+\s*=|javascript:|<style|\sstyle=/i);
    // The forms of the page must be able to go where they say they go.
    const targets = [...html.matchAll(/<form[^>]*\saction="([^"]*)"/g)].map(
      ([, action = '']) => new URL(action, issuer).origin,
    );
    const allowed = (policy.get('form-action') ?? []).map((source) => (source === "'self'" ? issuer : source));
    for (const target of targets) expect(allowed).toContain(target);
  });
});

describe('cookies', () => {
  test('all are Secure, HttpOnly, SameSite=Lax, without Domain, and bound to the host or to the path of one sign-in', async () => {
    const agent = keeping();
    await signedIn(agent, 'payroll');
    await agent.open(`${issuer}/oauth2/v1/logout`);
    const lines = agent.answers.flatMap(({ headers }) => headers.getSetCookie());
    expect(lines.length).toBeGreaterThan(6);
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim().toLowerCase());
      expect(attributes).toEqual(expect.arrayContaining(['secure', 'httponly', 'samesite=lax']));
      expect(attributes.filter((attribute) => attribute.startsWith('domain'))).toEqual([]);
      const path = attributes.find((attribute) => attribute.startsWith('path='));
      if (pair.startsWith('__host-')) expect(path).toBe('path=/');
      else {
        expect(pair).toMatch(/^__secure-stepgate-(interaction|resume|finished|proof|request)(\.sig)?=/);
        expect(path).toMatch(/^path=\/(signin|oauth2\/v1\/authorize)\/[\w-]{20,}$/);
      }
    }
  });
});

describe('a form of another site', () => {
  const elsewhere: readonly Readonly<Record<string, string>>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', origin: issuer },
    { 'sec-fetch-site': 'cross-site', origin: 'null' },
    { 'sec-fetch-site': 'sideways' },
    { origin: 'https://evil.example' },
    { origin: 'http://id.example.test' },
    { origin: 'https://id.example.test.evil.example' },
    { origin: 'https://id.example.test:8443' },
    { origin: 'https://app.example.test' },
    { origin: 'file://' },
  ];
  const ways = ['', '/select', '/restart', '/cancel'];

  test.each(elsewhere)('%j changes nothing, even with the right handle and cookies', async (headers) => {
    const { agent, page, uid } = await beginSignIn(node, 'notes', browser());
    const before = await storedTransaction(node, uid);
    const hashes = node.app.hashing.stats.started;
    const body = new URLSearchParams({
      ...mainForm(page)?.fields,
      identifier: 'nobody@demo.test',
      'credentials.passcode': 'guess',
    });
    for (const way of ways) {
      const answer = await agent.open(`${page.url}${way}`, { method: 'POST', headers, body });
      expect([answer.status, answer.messages]).toEqual([403, ['error.cross_site']]);
    }
    expect(await storedTransaction(node, uid)).toEqual(before);
    expect(node.app.hashing.stats.started).toBe(hashes);
  });

  const forms = ownRoutesOf({ demo: false }).filter(({ POST }) => POST !== undefined);

  test.each(forms.map(({ path }) => path))('POST %s refuses it, whatever it contains', async (path) => {
    const { agent, page, uid } = await beginSignIn(node, 'notes', browser());
    const address = path
      .replace(':uid', uid)
      .replace(':kind', 'email')
      .replace(':act', 'rename')
      .replace(/:\w+/g, 'select');
    const body = new URLSearchParams(mainForm(page)?.fields);
    const headers = { origin: 'https://evil.example' };
    const answer = await agent.open(`${issuer}${address}`, { method: 'POST', headers, body });
    expect([answer.status, answer.messages]).toEqual([403, ['error.cross_site']]);
  });

  test('a form of the account without its handle is stale', async () => {
    const user = await userWithPassword(node);
    const { agent } = await visit(node, user, { path: '/account/data', agent: browser() });
    // The token of a link takes the place of the handle. An id that the user does not have leaves nothing to do.
    const byLink = ['/account/undo', '/account/not-me'];
    const paths = forms.map(({ path }) => path).filter((path) => path.startsWith('/account/') && !path.includes(':id'));
    const handled = paths.filter((path) => !byLink.includes(path));
    expect(handled.length).toBeGreaterThan(9);
    const body = new URLSearchParams({ 'userProfile.displayName': 'Eve', email: 'eve@demo.test', confirm: 'yes' });
    for (const path of handled) {
      const answer = await agent.send(`${issuer}${path.replace(':kind', 'email')}`, { method: 'POST', body });
      const isStale = (await answer.text()).includes('data-message="form.stale"');
      expect([path, isStale || answer.headers.get('location')]).toEqual([path, isStale || '/account?done=stale']);
    }
  });

  const fromHere: readonly Readonly<Record<string, string>>[] = [
    { 'sec-fetch-site': 'same-origin', origin: issuer },
    { 'sec-fetch-site': 'same-origin', origin: 'null' },
    { origin: issuer },
    {},
  ];

  test.each(fromHere)('%j is from here', async (headers) => {
    const user = await userWithPassword(node);
    const { agent, page } = await beginSignIn(node, 'notes', browser());
    const body = new URLSearchParams({
      ...mainForm(page)?.fields,
      identifier: user.identifier,
      'credentials.passcode': user.password,
    });
    expect(currentStep(await agent.open(page.url, { method: 'POST', headers, body }, redirectUri))).toBe('code');
  });

  test('no foreign page can read an answer, and none is asked for leave', async () => {
    for (const path of ['/signin/aaaaaaaaaaaaaaaa', '/oauth2/v1/authorize', '/oauth2/v1/logout', '/device']) {
      const preflight = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
      const answer = await fetch(`${node.origin}${path}`, { method: 'OPTIONS', headers: preflight });
      expect(answer.headers.has('access-control-allow-origin')).toBe(false);
      await answer.arrayBuffer();
    }
  });

  test('a logout without the secret of its page ends nothing', async () => {
    const agent = browser();
    await signedIn(agent);
    const page = await agent.open(`${issuer}/oauth2/v1/logout`);
    const confirm = new URL(page.forms.find(({ fields }) => 'xsrf' in fields)?.action ?? '', page.url).href;
    for (const xsrf of [undefined, '', 'x', '__proto__']) {
      const body = new URLSearchParams({ logout: 'yes', ...(xsrf === undefined ? {} : { xsrf }) });
      const answer = await agent.open(confirm, { method: 'POST', body });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
    expect(currentStep((await beginSignIn(node, { client_id: 'notes', prompt: 'none' }, agent)).page)).toBe('code');
  });

  test('a device is not let in by a form without the secret of its page', async () => {
    const agent = browser();
    await signedIn(agent);
    const started = await fetch(`${node.origin}/oauth2/v1/device`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'notes', scope: 'openid' }),
    });
    const { user_code, device_code } = (await started.json()) as { user_code: string; device_code: string };
    expect(user_code).toBeTruthy();
    for (const fields of ['', 'confirm=yes', 'confirm=yes&xsrf=', 'confirm=yes&xsrf=x']) {
      const body = new URLSearchParams(`user_code=${user_code}&${fields}`);
      await agent.open(`${issuer}/device`, { method: 'POST', body, headers: { origin: 'https://evil.example' } });
    }
    const polled = await fetch(`${node.origin}/oauth2/v1/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        client_id: 'notes',
        device_code,
      }),
    });
    expect(await polled.json()).toMatchObject({ error: 'authorization_pending' });
  });
});

/** A request with headers that `fetch` would not send. */
async function askRaw(
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ head: string; body: string }> {
  const sent = httpRequest(`${node.origin}${path}`, { headers, setHost: false, agent: false });
  sent.end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { head: `${answer.statusCode} ${answer.rawHeaders.join('\n')}`, body: await text(answer) };
}

describe('a host that is not ours', () => {
  const poisons: readonly Readonly<Record<string, string>>[] = [
    { host: 'evil.example' },
    { host: 'evil.example:99999' },
    { host: 'id.example.test', 'x-forwarded-host': 'evil.example' },
    { host: 'id.example.test', 'x-forwarded-proto': 'evil.example' },
    { host: 'id.example.test', 'x-forwarded-port': '1', 'x-forwarded-prefix': '/evil.example' },
    { host: 'id.example.test', forwarded: 'host=evil.example;proto=http' },
    { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-original-host': 'evil.example' },
    { host: 'id.example.test', 'x-rewrite-url': '/evil.example', 'x-original-url': '/evil.example' },
    { host: '"><script>evil.example' },
  ];
  const paths = [
    '/.well-known/openid-configuration',
    new URL(authorization(issuer, 'notes').url).pathname + new URL(authorization(issuer, 'notes').url).search,
    '/oauth2/v1/logout',
    '/device',
    '/nowhere',
    '/signin/aaaaaaaaaaaaaaaa',
  ];

  test.each(poisons)('%j is not repeated anywhere', async (headers) => {
    for (const path of paths) {
      const { head, body } = await askRaw(path, { accept: 'text/html', ...headers });
      expect(head + body).not.toContain('evil.example');
    }
  });

  test('discovery and redirects use the address of the configuration', async () => {
    const { body } = await askRaw('/.well-known/openid-configuration', { host: 'evil.example' });
    const urls = Object.values(JSON.parse(body) as Record<string, unknown>).filter(
      (value): value is string => typeof value === 'string' && value.startsWith('http'),
    );
    expect(urls.length).toBeGreaterThan(8);
    for (const url of urls) expect(new URL(url).origin).toBe(issuer);
  });
});

describe('redirects', () => {
  const foreign = [
    'https://evil.example/cb',
    'http://127.0.0.1/cb/',
    'http://127.0.0.1/cb?x=1',
    'http://127.0.0.1/cb#x',
    'http://127.0.0.1/CB',
    'http://127.0.0.1/cb/../cb2',
    'http://127.0.0.1/cb%2f..',
    'http://127.0.0.1/cb%00',
    'http://127.0.0.1/cb\t',
    'http://127.0.0.1/ cb',
    'http://127.0.0.1//cb',
    'http://127.0.0.1\\@evil.example/cb',
    'http://127.0.0.1@evil.example/cb',
    'http://127.0.0.1:80@evil.example/cb',
    'http://evil.example\\@127.0.0.1/cb',
    'http://user@127.0.0.1/cb',
    'http://user:pass@127.0.0.1:5555/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://127.0.0.1:5555.evil.example/cb',
    'http://localhost/cb',
    'http://[::1]/cb',
    'http://127.1/cb',
    'http://127.0.0.1./cb',
    'http://2130706433/cb',
    'http://127.0.0.2/cb',
    'https://127.0.0.1/cb',
    'HTTP://127.0.0.1/cb2',
    'javascript:alert(1)//http://127.0.0.1/cb',
    'data:text/html,http://127.0.0.1/cb',
    '//127.0.0.1/cb',
    '/cb',
    'cb',
    '*',
    'http://127.0.0.1/*',
    'http://127.0.0.1/cb\r\nLocation: https://evil.example',
    'http://127.0.0.1/cb,https://evil.example/cb',
    'http://127.0.0.1/cb https://evil.example/cb',
    'http://127.0.0.1:/../evil',
    'http://１２７.0.0.1/cb',
    'http://127。0。0。1/cb',
    '__proto__',
    'null',
    '',
  ];

  test.each(foreign)('redirect_uri %j leads nowhere', async (uri) => {
    const agent = keeping();
    const page = await agent.open(authorization(issuer, 'notes', { redirect_uri: uri }).url);
    expect(page.status).toBe(400);
    expect(agent.answers.map(({ headers }) => headers.get('location'))).toEqual([null]);
  });

  test.each(foreign.filter((uri) => uri !== ''))('post_logout_redirect_uri %j leads nowhere', async (uri) => {
    const agent = keeping();
    const { tokens } = await signedIn(agent);
    agent.answers.length = 0;
    const query = new URLSearchParams({ id_token_hint: tokens?.id_token ?? '', post_logout_redirect_uri: uri });
    const page = await agent.open(`${issuer}/oauth2/v1/logout?${query}`);
    const form = page.forms.find(({ fields }) => 'xsrf' in fields);
    if (form) await agent.submit(page, form, { logout: 'yes' });
    for (const { headers } of agent.answers) {
      const location = headers.get('location');
      if (location) expect(new URL(location, issuer).origin).toBe(issuer);
    }
  });

  test('parameters with the names of other products lead nowhere', async () => {
    const names = [
      'returnTo',
      'return_to',
      'next',
      'continue',
      'redirect',
      'url',
      'fromURI',
      'RelayState',
      'target_link_uri',
    ];
    const extra = Object.fromEntries(names.map((name) => [name, 'https://evil.example/']));
    const agent = keeping();
    const user = await userWithPassword(node);
    const { page } = await beginSignIn(node, { client_id: 'notes', ...extra }, agent);
    const end = await agent.submit(page, mainForm(page), {
      ...extra,
      identifier: user.identifier,
      'credentials.passcode': user.password,
    });
    expect(currentStep(end)).toBe('code');
    const all = agent.answers.map(({ headers }) => headers.get('location') ?? '').join();
    expect(all).not.toContain('https://evil.example');
  });
});

describe('a planted session', () => {
  test('a cookie from before the sign-in has no effect afterwards', async () => {
    const attacker = browser();
    await attacker.open(`${issuer}/oauth2/v1/logout`);
    const planted = attacker.cookies(issuer);
    expect(sessionCookie(attacker)).not.toBe('');
    const victim = browser();
    for (const { name, value, attributes } of planted)
      victim.setCookie(issuer, `${name}=${value}; path=/; ${attributes}`);
    const { user } = await signedIn(victim);
    expect(sessionCookie(victim)).not.toBe(sessionCookie(attacker));
    expect(currentStep((await beginSignIn(node, { client_id: 'notes', prompt: 'none' }, attacker)).page)).toBe(
      'login_required',
    );
    const own = await beginSignIn(node, { client_id: 'notes', prompt: 'none' }, victim);
    const { tokens } = await redeemCode(node.origin, own.request, own.page.url);
    expect(claimsOf(tokens?.id_token).sub).toBe(user.id);
  });

  test('a made-up or unsigned id is never taken over', async () => {
    const owner = browser();
    await signedIn(owner);
    const value = sessionCookie(owner);
    const signature =
      owner.cookies(issuer).find(({ name: cookie }) => cookie === '__Host-stepgate-session.sig')?.value ?? '';
    expect(signature).not.toBe('');
    const name = '__Host-stepgate-session';
    for (const [id, sig] of [
      [value, undefined],
      [value, ''],
      [value, `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`],
      [value.slice(1), signature],
      ['fixed', signature],
      ['__proto__', signature],
    ] as const) {
      const victim = browser();
      victim.setCookie(issuer, `${name}=${id}; path=/; secure`);
      if (sig !== undefined) victim.setCookie(issuer, `${name}.sig=${sig}; path=/; secure`);
      expect(currentStep((await beginSignIn(node, { client_id: 'notes', prompt: 'none' }, victim)).page)).toBe(
        'login_required',
      );
      await signedIn(victim);
      expect(sessionCookie(victim)).not.toBe(id);
    }
  });

  test('the session id changes at sign-in, step-up and sign-out; the former ids are dead', async () => {
    const user = await userWithTotp(node);
    const agent = browser();
    const ids: string[] = [];
    const remember = (): void => {
      ids.push(sessionCookie(agent));
    };
    const jars: UserAgent[] = [];
    const keep = (): void => {
      remember();
      jars.push(agent.copy());
    };
    await agent.open(`${issuer}/oauth2/v1/logout`);
    keep();
    const first = await beginSignIn(node, 'notes', agent);
    expect(currentStep(await identify(agent, first.page, user))).toBe('code');
    keep();
    const second = await beginSignIn(node, 'payroll', agent);
    expect(currentStep(await answerStep(agent, second.page, await passcode(user)))).toBe('code');
    keep();
    const page = await agent.open(`${issuer}/oauth2/v1/logout`);
    await agent.submit(
      page,
      page.forms.find(({ fields }) => 'xsrf' in fields),
      { logout: 'yes' },
    );
    remember();
    expect(ids.every((id, index) => ids.indexOf(id) === index)).toBe(true);
    for (const jar of [...jars, agent])
      expect(currentStep((await beginSignIn(node, { client_id: 'notes', prompt: 'none' }, jar)).page)).toBe(
        'login_required',
      );
  });

  test('the former id is dead right after a step-up, not only after a logout', async () => {
    const user = await userWithTotp(node);
    const agent = browser();
    const first = await beginSignIn(node, 'notes', agent);
    await identify(agent, first.page, user);
    const before = agent.copy();
    const second = await beginSignIn(node, 'payroll', agent);
    await answerStep(agent, second.page, await passcode(user));
    expect(currentStep((await beginSignIn(node, { client_id: 'payroll', prompt: 'none' }, agent)).page)).toBe('code');
    expect(currentStep((await beginSignIn(node, { client_id: 'notes', prompt: 'none' }, before)).page)).toBe(
      'login_required',
    );
  });

  test('a restart gives no new address to an attacker who plants it', async () => {
    const attacker = await beginSignIn(node, 'notes', browser());
    const restarted = await answerStep(attacker.agent, attacker.page, {
      identifier: 'x@demo.test',
      'credentials.passcode': '',
    });
    await attacker.agent.submit(restarted, formOf(restarted, 'restart'));
    const victim = browser();
    expect((await victim.open(attacker.page.url)).status).toBe(410);
    expect(sessionCookie(victim)).toBe('');
  });
});
