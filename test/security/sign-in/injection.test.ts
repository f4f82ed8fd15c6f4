/**
 * What users, apps and browsers send stays data: in pages, headers, log lines and store keys. No secret gets into a log
 * or, readable, into the store.
 */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { passwordCredential } from '../../../src/authenticators/password/credential.ts';
import { hashPassword } from '../../../src/authenticators/password/hash.ts';
import { auditKey } from '../../../src/stores/keys.ts';
import { openRedis } from '../../../src/stores/redis/redis.ts';
import type { Store } from '../../../src/stores/store.ts';
import { authorization, postToken, redeemCode, refresh } from '../../support/clients/raw-client.ts';
import { redirectUri } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  formOf,
  identify,
  passcode,
  userWithPassword,
  userWithTotp,
  wrongCode,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { longPatience, type RedisServer, startRedis } from '../../support/stores/redis.ts';
import { until } from '../../support/values/until.ts';

let redis: RedisServer;
let store: Store;
let node: TestNode;
const lines: string[] = [];
beforeAll(async () => {
  redis = await startRedis();
  store = openRedis({ url: redis.url, patience: longPatience });
  node = await startNode({ store, write: (line) => lines.push(line) });
});
afterAll(async () => {
  await node.stop();
  await store.close();
  await redis.stop();
});

/** The product of the numbers must never show up. */
const hostile: readonly string[] = [
  '"><svg onload=alert(1)>',
  "'><img src=x onerror=alert(1)>",
  '</title><script>alert(1)</script>',
  '<%= 73313371*2 %>',
  "<%- include('/etc/passwd') %>",
  `{{73313371*2}} \${73313371*2} #{73313371*2}`,
  'a\r\nSet-Cookie: planted=1\r\n\r\n<svg onload=alert(1)>',
  'a\u2028\u2029\u0085b',
  '\u001b[31mred\u001b[0m\u0007',
  '{"event":"sign_in.completed","outcome":"success"}',
  '\\u003csvg onload=alert(1)\\u003e',
  'x\u202e\u2066right-to-left',
  'javascript:alert(1)',
  `${'x'.repeat(300)}<svg onload=alert(1)>`,
  '__proto__',
  'constructor',
  '%0d%0aplanted:%201',
  '\u0000',
];
const named = hostile.map((text) => [JSON.stringify(text).slice(0, 60), text] as const);

function expectInert({ html, headers }: Page): void {
  expect(html).not.toMatch(/<svg onload|<img src=x|<script>alert|146626742|root:x:0/);
  expect(html).not.toMatch(/href="javascript:|src="javascript:|action="javascript:/);
  expect(headers.has('planted')).toBe(false);
  expect(headers.getSetCookie().join()).not.toContain('planted');
}

describe('pages', () => {
  test.each(named)('an identifier %s', async (_name, identifier) => {
    const { agent, page } = await beginSignIn(node, 'notes');
    const answer = await answerStep(agent, page, { identifier, 'credentials.passcode': '' });
    expect(answer.status).toBeLessThan(500);
    expectInert(answer);
    const refused = await answerStep(agent, page, { identifier, 'credentials.passcode': identifier });
    expect(refused.status).toBeLessThan(500);
    expectInert(refused);
  });

  test.each(named)('parameters of the request %s', async (_name, text) => {
    for (const name of [
      'login_hint',
      'ui_locales',
      'state',
      'nonce',
      'scope',
      'acr_values',
      'prompt',
      'claims',
      'display',
    ]) {
      const page = await new UserAgent().open(
        authorization(node.issuer, 'notes', { [name]: text }).url,
        {},
        redirectUri,
      );
      expect(page.status).toBeLessThan(500);
      expectInert(page);
    }
    for (const name of ['client_id', 'redirect_uri', 'response_mode', 'request', 'request_uri', 'id_token_hint']) {
      const page = await new UserAgent().open(
        authorization(node.issuer, 'notes', { [name]: text }).url,
        {},
        redirectUri,
      );
      expect(page.status).toBeLessThan(500);
      expectInert(page);
    }
  });

  test.each(named)('in the headers that a browser sends: %s', async (_name, text) => {
    const value = encodeURI(text).slice(0, 400);
    const latin = Buffer.from(text.replace(/\p{Cc}/gu, '\t')).toString('latin1');
    for (const header of [value, latin]) {
      const headers = { 'user-agent': header, 'accept-language': header, referer: header, cookie: `x=${value}` };
      const agent = new UserAgent({ headers });
      expectInert(await agent.open(`${node.issuer}/nowhere`));
      const { page } = await beginSignIn(node, 'notes', agent);
      expect(page.status).toBe(200);
      expectInert(page);
    }
  });

  test.each(named.filter(([, text]) => !/\p{Cc}/u.test(text) && text.length < 100))(
    'a profile, an app and a brand called %s',
    async (_name, text) => {
      const identifier = `user-${hostile.indexOf(text)}@demo.test`;
      const { directory, hashing } = node.app;
      const created = await directory.create({
        identifiers: [identifier],
        profile: { displayName: text, givenName: text, locale: text, email: text },
        groups: [text],
        credentials: [passwordCredential(await hashPassword(hashing, text.padEnd(8, 'x')))],
      });
      expect(created.ok).toBe(true);
      const literal = text.replaceAll('${', '$$${');
      const app = {
        clientId: 'payroll',
        name: literal,
        signOnPolicy: 'payroll',
        client: {
          application_type: 'native',
          token_endpoint_auth_method: 'none',
          redirect_uris: ['http://127.0.0.1/cb'],
        },
      };
      await node.configure({
        'apps/payroll.yaml': JSON.stringify(app),
        'stepgate.yaml': JSON.stringify({
          brand: { name: literal },
          zones: { office: { cidrs: ['192.0.2.0/24'] } },
          authenticators: { password: { enabled: true }, totp: { enabled: true } },
        }),
      });
      const { agent, page } = await beginSignIn(node, 'payroll');
      expectInert(page);
      const offer = await identify(agent, page, { identifier, password: text.padEnd(8, 'x') });
      expect(currentStep(offer)).toBe('enroll:totp');
      expectInert(offer);
      const end = await answerStep(
        agent,
        offer,
        await passcode({ identifier, password: '', totp: offer.secret ?? '' }),
      );
      expect(currentStep(end)).toBe('code');
      expectInert(await agent.open(`${node.issuer}/oauth2/v1/logout`));
    },
  );

  test('option names of the template engine are fields like any other', async () => {
    const { agent, page } = await beginSignIn(node, 'notes');
    const names = [
      'settings[view options][outputFunctionName]',
      'cache',
      'delimiter',
      'escapeFunction',
      'client',
      'include',
    ];
    const fields = Object.fromEntries(names.map((name) => [name, 'x;throw 1//']));
    const refused = await answerStep(agent, page, {
      ...fields,
      identifier: 'nobody@demo.test',
      'credentials.passcode': 'x',
    });
    expect(refused.status).toBe(422);
    expectInert(await agent.open(`${page.url}?${new URLSearchParams(fields)}`));
  });
});

describe('the log', () => {
  test('is one JSON object per line for any input', () => {
    expect(lines.length).toBeGreaterThan(30);
    for (const line of lines) {
      expect(line.endsWith('\n')).toBe(true);
      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(JSON.parse(line)).toEqual(
        expect.objectContaining({ level: expect.any(String), time: expect.any(String) }),
      );
    }
    const forged = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ event, subject }) => event && !subject);
    expect(forged.filter(({ event }) => event === 'sign_in.completed')).toEqual([]);
  });
});

/**
 * Every argument of a command that is a key of ours, as Redis itself reports it (MONITOR): ioredis loses its place when
 * other commands come in while it asks.
 */
async function watchCommands(port: number) {
  const socket = connect(port, '127.0.0.1');
  let told = '';
  socket.setEncoding('utf8').on('data', (text) => {
    told += text;
  });
  socket.write('MONITOR\r\n');
  await until('MONITOR', () => told.includes('+OK'));
  return {
    async keysUntil(last: string): Promise<ReadonlySet<string>> {
      await until('the last command', () => told.includes(`"${last}"`));
      socket.destroy();
      const args = [...told.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, arg = '']) => arg);
      return new Set(args.filter((arg) => arg.startsWith('stepgate:') && arg.includes('{')));
    },
  };
}

describe('store keys', () => {
  test('contain nothing that a user typed', async () => {
    const client = new Redis(redis.port);
    const watched = await watchCommands(redis.port);
    const typed = [
      'a:b',
      '*',
      '{x}',
      '{alice@demo.test}',
      'user:{x}',
      'session:1',
      'a b',
      "x'y",
      '../../x',
      'x'.repeat(250),
    ];
    for (const identifier of typed) {
      const { agent, page } = await beginSignIn(node, 'notes');
      await answerStep(agent, page, { identifier, 'credentials.passcode': 'guess' });
      await agent.open(`${node.issuer}/signin/${encodeURIComponent(identifier)}`);
      const body = {
        grant_type: 'authorization_code',
        client_id: 'notes',
        code: identifier,
        redirect_uri: redirectUri,
      };
      await postToken(node.origin, { ...body, code_verifier: 'x'.repeat(43) });
      await refresh(node.origin, 'notes', identifier);
      const headers = { authorization: `Bearer ${encodeURIComponent(identifier)}` };
      await (await fetch(`${node.origin}/oauth2/v1/userinfo`, { headers })).arrayBuffer();
    }
    await client.echo('the last one');
    client.disconnect();
    const keys = await watched.keysUntil('the last one');
    expect(keys.size).toBeGreaterThan(10);
    for (const key of keys) expect(key).toMatch(/^stepgate:(counter\/)?[a-z-]+:\{[\w.-]+\}(:[\w.-]+)*$/);
    const all = [...keys].join('\n');
    for (const identifier of typed.slice(2)) expect(all).not.toContain(identifier);
  });
});

describe('secrets', () => {
  const secrets = new Map<string, string>();
  const keep = (name: string, value: string | null | undefined): void => {
    if (value) secrets.set(name, value);
  };
  /** The id of a sign-in stands in its address and in the log; without its signature it is worth nothing. */
  const keepCookies = (agent: UserAgent, when: string): void => {
    for (const { name, value } of agent.cookies(node.issuer))
      if (!/(interaction|resume|finished)$/.test(name)) keep(`cookie ${name} ${when}`, value);
  };
  let errorsBefore = 0;

  /** A life with everything in it that must stay secret, and with every kind of mistake. */
  beforeAll(async () => {
    errorsBefore = lines.length;
    const user = await userWithTotp(node);
    keep('password', user.password);
    keep('TOTP key', user.totp);
    const { agent, page, request } = await beginSignIn(node, 'payroll');
    keep('verifier', request.verifier);
    keep('wrong password', 'Tr0ub4dor&3-typo');
    keep('first handle', mainForm(page)?.fields.stateHandle);
    await answerStep(agent, page, { identifier: user.identifier, 'credentials.passcode': 'Tr0ub4dor&3-typo' });
    keep('password as identifier', 'my-secret-typed-as-name');
    await answerStep(agent, page, {
      identifier: 'my-secret-typed-as-name',
      'credentials.passcode': 'Tr0ub4dor&3-typo',
    });
    const atTotp = await identify(agent, await agent.open(page.url), user);
    keep('second handle', mainForm(atTotp)?.fields.stateHandle);
    const wrong = await wrongCode(user);
    await answerStep(agent, atTotp, { 'credentials.passcode': wrong });
    const code = await passcode(user);
    keep('TOTP code', code['credentials.passcode']);
    for (const body of [
      `credentials.passcode=${code['credentials.passcode']}&credentials.passcode=1`,
      'x'.repeat(20_000),
    ]) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      await agent.send(atTotp.url, { method: 'POST', headers, body });
    }
    await agent.send(atTotp.url, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
      body: new URLSearchParams(code),
    });
    keepCookies(agent, 'before');
    const end = await answerStep(agent, atTotp, code);
    expect(currentStep(end)).toBe('code');
    keepCookies(agent, 'at the end');
    keep('authorization code', new URL(end.url).searchParams.get('code'));
    const { tokens } = await redeemCode(node.origin, request, end.url);
    keep('access token', tokens?.access_token);
    keep('refresh token', tokens?.refresh_token);
    keep('ID token', tokens?.id_token);
    const next = await refresh(node.origin, 'payroll', tokens?.refresh_token ?? '');
    keep('second access token', next.tokens?.access_token);
    keep('second refresh token', next.tokens?.refresh_token);
    await refresh(node.origin, 'payroll', tokens?.refresh_token ?? '');
    await redeemCode(node.origin, request, end.url);
    await redeemCode(node.origin, { ...request, verifier: 'x'.repeat(43) }, end.url);
    await (
      await fetch(`${node.origin}/oauth2/v1/userinfo`, { headers: { authorization: `Bearer ${tokens?.access_token}` } })
    ).text();
    await agent.open(`${node.issuer}/nowhere?access_token=${tokens?.access_token}&password=${user.password}`);
    const other = await userWithPassword(node);
    const enrolling = await beginSignIn(node, 'payroll');
    const offer = await identify(enrolling.agent, enrolling.page, other);
    keep('key on offer', offer.secret);
    await enrolling.agent.submit(offer, formOf(offer, 'cancel'));
  });

  /** Not within a longer word: six digits may be part of a time or of an id. */
  function found(text: string, secret: string): boolean {
    const quoted = secret.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`(?<![\\w-])${quoted}(?![\\w-])`).test(text);
  }

  test('are in no log line', () => {
    const written = lines.slice(errorsBefore).join('');
    expect(written.length).toBeGreaterThan(1000);
    expect(secrets.size).toBeGreaterThan(14);
    expect([...secrets].filter(([, secret]) => found(written, secret)).map(([name]) => name)).toEqual([]);
  });

  test('never appear in an audit line of the store', async () => {
    const audit = (await store.tail(auditKey, undefined, 100_000)).map(({ value }) => value).join('\n');
    expect(audit.length).toBeGreaterThan(1000);
    expect([...secrets].filter(([, secret]) => found(audit, secret)).map(([name]) => name)).toEqual([]);
  });

  test('that open something are not in the store as such', async () => {
    const client = new Redis(redis.port);
    const texts: string[] = [];
    for await (const keys of client.scanStream({ count: 500 }) as AsyncIterable<string[]>) {
      for (const key of keys) {
        texts.push(key);
        const type = await client.type(key);
        if (type === 'hash') texts.push(JSON.stringify(await client.hgetall(key)));
        if (type === 'set') texts.push(JSON.stringify(await client.smembers(key)));
      }
    }
    client.disconnect();
    const all = texts.join('\n').replaceAll('\\"', '"');
    expect(all.length).toBeGreaterThan(10_000);
    // The keys of authenticator apps must be read to check a code.
    const readable = ['TOTP key', 'key on offer'];
    const opens = [...secrets].filter(([name]) => !readable.includes(name));
    expect(opens.filter(([, secret]) => found(all, secret)).map(([name]) => name)).toEqual([]);
  });
});

test('nothing went wrong inside', () => {
  expect(node.errors.filter((error) => ((error as { status?: number }).status ?? 500) >= 500)).toEqual([]);
});
