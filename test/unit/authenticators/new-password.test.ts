/** Setting a password in the step loop: what is refused, in which order, and what is asked of whom. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AuthenticatorContext, Credential } from '../../../src/authenticators/authenticator.ts';
import { checkPassword } from '../../../src/authenticators/password/hash.ts';
import { passwordAuthenticator } from '../../../src/authenticators/password/password.ts';
import type { Subject } from '../../../src/core/model/facts.ts';
import { context } from '../../contract/authenticators/authenticator-contract.ts';
import { cheapQueue } from '../../support/servers/cheap-hashing.ts';
import { type OpenServer, openServer } from '../../support/servers/http-server.ts';

const queue = cheapQueue();
const password = passwordAuthenticator(queue);
const subject: Subject = {
  id: 'u',
  status: 'active',
  identifiers: ['rosalind@example.org'],
  groups: [],
  profile: { familyName: 'Wintergreenhouse', age: 40 },
  enrollments: [],
};
const good = 'seven green umbrellas';

async function set(passcode: string, more: Partial<AuthenticatorContext> = {}) {
  return password.enroll(subject, { pending: {}, input: { passcode } }, { ...context, ...more });
}

async function codeOf(passcode: string, more: Partial<AuthenticatorContext> = {}): Promise<string> {
  const result = await set(passcode, more);
  return result.ok ? 'set' : result.code;
}

/** The credential after setting this password. */
async function credentialAfter(passcode: string, more: Partial<AuthenticatorContext> = {}): Promise<Credential> {
  const result = await set(passcode, more);
  if (!result.ok || !('credential' in result)) throw new Error(JSON.stringify(result));
  return { ...result.credential, id: 'one', createdAt: 1 };
}

function terms(minLength: number, history = 0): Pick<AuthenticatorContext, 'newPassword'> {
  return { newPassword: { minLength, history, blocklists: ['common', 'context', 'list', 'breached'] } };
}

test('the page says how long it must be, and asks for one input', async () => {
  expect(await password.beginEnrollment(subject, { ...context, ...terms(12) })).toMatchObject({
    inputs: ['new_secret'],
    public: { minLength: 12 },
  });
  expect(await password.beginEnrollment(subject, context)).toMatchObject({ public: { minLength: 15 } });
});

test('a good one is kept as a hash, and counts as a proof of knowledge', async () => {
  const result = await set(good);
  expect(result).toMatchObject({ ok: true, proof: { factors: ['knowledge'], amr: ['pwd'] } });
  const { secret } = await credentialAfter(good);
  expect(Object.keys(secret)).toEqual(['hash']);
  expect(JSON.stringify(secret)).not.toContain('umbrella');
  expect(await checkPassword(queue, secret.hash, Buffer.from(good))).toBe(true);
});

test.each<[string, string]>([
  ['', 'credentials.required'],
  ['fourteen chars', 'password.too_short'],
  ['\u{1f600}'.repeat(14), 'password.too_short'],
  ['x'.repeat(1025), 'password.too_long'],
  ['long enough but \ud800', 'password.malformed'],
  ['abcabcabcabcabcabc', 'password.common'],
  ['Password12345678', 'password.common'],
  ['Wintergreenhouse1', 'password.context'],
  ['rosalind@example.org', 'password.context'],
  ['id.example.org!!', 'password.context'],
  [good, 'set'],
  [`${'\u{1f600}'.repeat(8)} rabbit`, 'set'],
  [`${'long and varied '.repeat(4)}x`, 'set'],
])('%j: %s', async (text, code) => {
  expect(await codeOf(text)).toBe(code);
});

test('a refusal for length says how many characters are needed; with a second factor eight are enough', async () => {
  expect(await set('seven77')).toEqual({
    ok: false,
    code: 'password.too_short',
    field: 'credentials.passcode',
    params: { count: 15 },
  });
  expect(await codeOf('mild fog', terms(8))).toBe('set');
});

test('words of the service are refused like those about the user', async () => {
  const settings = { words: ['Peppermint Systems'] };
  expect(await codeOf('PeppermintSystems', { settings: { words: ['PeppermintSystems'] } })).toBe('password.context');
  expect(await codeOf('Peppermint Systems', { settings })).toBe('password.context');
  expect(await codeOf('peppermint grows in the garden', { settings })).toBe('set');
});

test('a list that the rule does not name is not compared', async () => {
  const none = { newPassword: { minLength: 8, history: 0, blocklists: [] } };
  expect(await codeOf('password', none)).toBe('set');
});

describe('former passwords', () => {
  test('the present one never comes back, in whatever form it is typed', async () => {
    const enrolled = [await credentialAfter('caf\u00e9 au lait, twice')];
    expect(await codeOf('cafe\u0301 au lait, twice', { enrolled })).toBe('password.repeated');
    expect(await codeOf(good, { enrolled })).toBe('set');
  });

  test('exactly as many earlier ones are kept as the policy says', async () => {
    const texts = ['first of the passwords', 'second of the passwords', 'third of the passwords'];
    let enrolled: Credential[] = [];
    for (const text of texts) enrolled = [await credentialAfter(text, { enrolled, ...terms(15, 2) })];
    expect(enrolled[0]?.secret.former).toHaveLength(2);
    expect(await codeOf('third of the passwords', { enrolled, ...terms(15, 2) })).toBe('password.repeated');
    expect(await codeOf('second of the passwords', { enrolled, ...terms(15, 2) })).toBe('password.repeated');
    expect(await codeOf('first of the passwords', { enrolled, ...terms(15, 2) })).toBe('set');
    expect((await credentialAfter(good, { enrolled, ...terms(15, 0) })).secret).not.toHaveProperty('former');
  });
});

describe('the list of the administrator', () => {
  let dir: string;
  let list: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stepgate-list-'));
    list = join(dir, 'list.txt');
    await writeFile(list, 'Seven Green Umbrellas\r\n\nanother one of these\n');
  });
  afterAll(() => rm(dir, { recursive: true }));

  test('refuses the passwords in it, in upper and lower case; a changed file is read again', async () => {
    const settings = { list };
    expect(await codeOf(good, { settings })).toBe('password.list');
    expect(await codeOf('another one of THESE', { settings })).toBe('password.list');
    await writeFile(list, 'another one of these\n');
    await utimes(list, 1, 1);
    expect(await codeOf(good, { settings })).toBe('set');
  });

  test('that cannot be read lets no password be set, and lets every user in', async () => {
    const settings = { list: join(dir, 'missing.txt') };
    await expect(set(good, { settings })).rejects.toMatchObject({ code: 'not_configured', status: 503 });
    const warnings: string[] = [];
    const answer = { pending: {}, input: { passcode: good } };
    const warn = (message: string) => void warnings.push(message);
    const result = await password.verify(await credentialAfter(good), answer, { ...context, settings, warn });
    expect(result).toEqual({ ok: true, credential: 'one', proof: expect.anything(), mustSave: false });
    expect(warnings).toEqual([expect.stringContaining('was not compared')]);
    expect(warnings.join()).not.toContain('umbrella');
  });
});

describe('the service that knows breached passwords', () => {
  const digest = createHash('sha1').update(good).digest('hex').toUpperCase();
  const asked: { readonly url: string; readonly headers: IncomingHttpHeaders }[] = [];
  let reply: { readonly status: number; readonly body: string };
  let service: OpenServer;
  let url: string;
  beforeAll(async () => {
    service = await openServer((request, response) => {
      asked.push({ url: request.url ?? '', headers: request.headers });
      response.writeHead(reply.status, { location: '/elsewhere' }).end(reply.body);
    });
    url = `http://127.0.0.1:${service.port}/range/`;
  });
  afterAll(() => service.close());

  async function askedFor(body: string, status = 200) {
    reply = { status, body };
    asked.length = 0;
    const warnings: string[] = [];
    const warn = (message: string) => void warnings.push(message);
    const code = await codeOf(good, { settings: { breachedPasswords: { url, timeout: 5 } }, warn });
    return { code, warnings };
  }

  test('learns five digits of a hash and nothing else', async () => {
    const body = `0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n${digest.slice(5)}:12`;
    expect(await askedFor(body)).toEqual({ code: 'password.breached', warnings: [] });
    expect(asked.map((request) => request.url)).toEqual([`/range/${digest.slice(0, 5)}`]);
    expect(asked[0]?.headers['add-padding']).toBe('true');
    expect(asked[0]?.headers).not.toHaveProperty('cookie');
  });

  test('does not match a password that is only padding or starts differently', async () => {
    expect(await askedFor(`${digest.slice(5)}:0`)).toEqual({ code: 'set', warnings: [] });
    expect(await askedFor(`${digest.slice(6)}0:7`)).toEqual({ code: 'set', warnings: [] });
  });

  test.each([
    ['is down', '', 503, 'status 503'],
    ['sends the browser elsewhere', '', 302, 'TypeError'],
    ['answers without end', 'x'.repeat(300_000), 200, 'too long'],
  ])('refuses no user when it %s, and the log says so', async (_what, body, status, reason) => {
    const { code, warnings } = await askedFor(body, status);
    expect(code).toBe('set');
    expect(warnings).toEqual([expect.stringContaining(reason)]);
    expect(warnings.join()).not.toContain(digest.slice(0, 5));
  });

  test('is asked about a password that was proved, and marks it', async () => {
    reply = { status: 200, body: `${digest.slice(5)}:1` };
    asked.length = 0;
    const settings = { breachedPasswords: { url, timeout: 5 } };
    const credential = await credentialAfter(good, { newPassword: { minLength: 8, history: 0, blocklists: [] } });
    const answer = { pending: {}, input: { passcode: good } };
    expect(await password.verify(credential, answer, { ...context, settings })).toMatchObject({
      ok: true,
      compromised: 'breached',
    });
    const wrong = { pending: {}, input: { passcode: 'wrong one' } };
    await password.verify(credential, wrong, { ...context, settings });
    await password.verify(undefined, answer, { ...context, settings });
    expect(asked).toHaveLength(1);
  });
});
