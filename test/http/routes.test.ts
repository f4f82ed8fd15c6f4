/** Routes with every method, and addresses that do not exist: each answer has a code, and nothing is consumed. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { protocolRoutes } from '../../src/http/routes.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  storedTransaction,
  userWithPassword,
} from '../support/clients/sign-in-flow.ts';
import { mainForm } from '../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';
import { until } from '../support/values/until.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.stop());

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];
const ours: Readonly<Record<string, readonly string[]>> = {
  '/livez': ['GET', 'HEAD'],
  '/readyz': ['GET', 'HEAD'],
  '/assets/stepgate.css': ['GET', 'HEAD'],
  '/signin/aaaaaaaaaaaa': ['GET', 'HEAD', 'POST'],
  '/signin/aaaaaaaaaaaa/select': ['POST'],
  '/signin/aaaaaaaaaaaa/restart': ['POST'],
  '/signin/aaaaaaaaaaaa/cancel': ['POST'],
};
const protocol = ['authorize', 'token', 'keys', 'userinfo', 'introspect', 'revoke', 'logout', 'par', 'device'];

/** One exchange as it stands, for what `fetch` would tidy up. Returns all that came back. */
async function raw(text: string): Promise<string> {
  const socket = connect(Number(new URL(node.origin).port), '127.0.0.1');
  socket.setEncoding('latin1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += String(chunk);
  });
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

function statusIn(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}

function grave(errors: readonly unknown[]): readonly unknown[] {
  return errors.filter((error) => ((error as { status?: number }).status ?? 500) >= 500);
}

describe.each(Object.entries(ours))('%s', (path, allowed) => {
  test.each(methods.filter((method) => !allowed.includes(method)))(
    'refuses %s and names the right ones',
    async (method) => {
      const answer = await fetch(`${node.origin}${path}`, { method, headers: { accept: 'application/json' } });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe(allowed.join(', '));
      expect(await answer.text()).toContain(method === 'HEAD' ? '' : '"error":"method_not_allowed"');
    },
  );
});

describe.each(protocol)('/oauth2/v1/%s', (name) => {
  test.each(methods)('%s without parameters is an error of the client, or a page', async (method) => {
    const answer = await fetch(`${node.origin}/oauth2/v1/${name}`, { method, redirect: 'manual' });
    expect(answer.status).toBeLessThan(500);
    await answer.arrayBuffer();
  });

  test('a form whose content type says JSON, XML or nothing is an error of the client', async () => {
    for (const type of ['application/json', 'text/xml', 'multipart/form-data', 'x', '']) {
      const answer = await fetch(`${node.origin}/oauth2/v1/${name}`, {
        method: 'POST',
        headers: { ...(type ? { 'content-type': type } : {}), accept: 'application/json' },
        body: '{"client_id":"notes"}',
        redirect: 'manual',
      });
      expect(answer.status).toBeLessThan(500);
      await answer.arrayBuffer();
    }
  });
});

describe('the table of protocol endpoints', () => {
  test('names routes that oidc-provider has', () => {
    const provider = node.app.activeRevision.provider();
    for (const name of Object.keys(protocolRoutes)) expect(() => provider.urlFor(name, { uid: 'a' })).not.toThrow();
    expect(() => provider.urlFor('no_such_route')).toThrow();
  });

  test('has every endpoint that discovery names', async () => {
    const provider = node.app.activeRevision.provider();
    const answer = await fetch(`${node.origin}/.well-known/openid-configuration`);
    const metadata = Object.entries((await answer.json()) as Record<string, unknown>);
    const endpoints = metadata
      .filter(([name]) => name.endsWith('_endpoint') || name === 'jwks_uri')
      .map(([, url]) => url);
    expect(endpoints).toHaveLength(9);
    const known = Object.keys(protocolRoutes).map((name) => provider.urlFor(name, { uid: 'a' }));
    expect(endpoints.filter((url) => !known.includes(String(url)))).toEqual([]);
  });
});

test('a method in a header or a field is ignored', async () => {
  const { agent, page, uid } = await beginSignIn(node, 'notes');
  const before = await storedTransaction(node, uid);
  for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
    const shown = await agent.open(page.url, { headers: { [name]: 'POST' } });
    expect([shown.status, currentStep(shown)]).toEqual([200, 'identify']);
    expect((await agent.send(page.url, { method: 'PUT', headers: { [name]: 'POST' } })).status).toBe(405);
    expect((await agent.send(`${page.url}/cancel`, { headers: { [name]: 'POST' } })).status).toBe(405);
    const body = new URLSearchParams({ ...mainForm(page)?.fields, _method: 'GET' });
    expect((await agent.send(`${page.url}?_method=DELETE`, { method: 'POST', body })).status).toBe(422);
  }
  expect((await storedTransaction(node, uid))?.value).toBe(before?.value);
});

test('HEAD answers without a body and changes nothing', async () => {
  const user = await userWithPassword(node);
  const { agent, page, uid } = await beginSignIn(node, 'notes');
  const atPassword = await answerStep(agent, page, { identifier: user.identifier, 'credentials.passcode': '' });
  const before = await storedTransaction(node, uid);
  const head = await agent.send(atPassword.url, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
  expect(await storedTransaction(node, uid)).toEqual(before);
  expect(currentStep(await answerStep(agent, atPassword, { 'credentials.passcode': user.password }))).toBe('code');
});

describe('addresses that do not exist, or that no client should send', () => {
  const targets = [
    '/signin/',
    '/signin/%00',
    '/signin/%ZZ',
    '/signin/%E0%A4%A',
    '/signin/__proto__xx',
    '/signin/constructor',
    `/signin/${'a'.repeat(65)}`,
    `/signin/${'a'.repeat(8000)}`,
    '/signin/..%2f..%2fetc%2fpasswd',
    '/signin/aaaaaaaaaaaa/%ZZ',
    '/assets/..%2fconfig%2fstepgate.yaml',
    '/assets/%2e%2e%2fpackage.json',
    '/assets/__proto__',
    '/assets/constructor',
    '/assets/%ZZ',
    '/assets/',
    '//evil.example/signin/aaaaaaaaaaaa',
    '/.env',
    '/%',
    '/oauth2/v1/authorize/%ZZ',
    '/oauth2/v1/authorize/%00',
    '/oauth2/v1/authorize/__proto__',
    '/oauth2/v1/authorize?client_id=notes&client_id=payroll',
    '/oauth2/v1/authorize?client_id[]=notes',
    '/oauth2/v1/authorize?client_id=%00',
    '/oauth2/v1/authorize?client_id=__proto__&response_type=code',
    '/oauth2/v1/authorize?client_id=constructor&response_type=code&redirect_uri=http://127.0.0.1/cb',
    '/oauth2/v1/authorize?client_id=%E0%A4%A',
    '/.well-known/openid-configuration/%ZZ',
    'http://evil.example/signin/aaaaaaaaaaaa',
    'http://[/signin',
    'evil.example:443',
    '*',
    '?',
  ];
  const shown = targets.map((target) => [target.slice(0, 80), target] as const);

  test.each(shown)('GET %s', async (_name, target) => {
    const before = node.errors.length;
    const answer = await raw(`GET ${target} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n`);
    expect(statusIn(answer)).toBeGreaterThanOrEqual(400);
    expect(statusIn(answer)).toBeLessThan(500);
    expect(answer).not.toContain('evil.example');
    expect(grave(node.errors.slice(before))).toEqual([]);
  });

  test.each(shown)('POST %s', async (_name, target) => {
    const head = `POST ${target} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close`;
    const form = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b';
    const answer = await raw(`${head}\r\n${form}`);
    // A posted authorization request is sent round as a GET of the same endpoint, which then refuses it.
    const sentRound =
      statusIn(answer) === 303 && /\r\nlocation: (?:http:\/\/[^/]+)?\/oauth2\/v1\/authorize\?/i.test(answer);
    expect(sentRound || (statusIn(answer) >= 400 && statusIn(answer) < 500)).toBe(true);
    expect(answer).not.toContain('evil.example');
  });
});

describe('bodies on the wire', () => {
  const form = 'POST /signin/aaaaaaaaaaaa HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded';

  test('a form that breaks off is an error of the client', async () => {
    const before = node.errors.length;
    const socket = connect(Number(new URL(node.origin).port), '127.0.0.1');
    await once(socket, 'connect');
    // Unread data would keep the socket open beyond the test.
    socket.resume();
    socket.write(`${form}\r\nContent-Length: 100\r\n\r\na=b`);
    socket.end();
    await until('the fault to be on record', () => node.errors.length > before);
    expect(node.errors.slice(before)).toEqual([expect.objectContaining({ code: 'bad_request' })]);
  });

  test('a form that is too large and comes in chunks gets its answer, and the connection can be used again', async () => {
    const chunk = `${(8192).toString(16)}\r\n${'a'.repeat(8192)}\r\n`;
    const next = 'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const answer = await raw(`${form}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(40)}0\r\n\r\n${next}`);
    expect(statusIn(answer)).toBe(413);
    expect(answer).toContain('HTTP/1.1 200 OK');
  });

  test.each([
    ['/language', 32, 16],
    ['/account/undo', 32, 16],
    ['/account/profile', 256, 256],
    ['/signin/aaaaaaaaaaaa', 256, 256],
  ])('a form for %s may have %d fields, each once, and %d KiB', async (path, fields, kibibytes) => {
    const names = Array.from({ length: fields }, (_, index) => `f${index}`);
    const refusal = async (body: string) => {
      const before = node.errors.length;
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      await fetch(`${node.origin}${path}`, { method: 'POST', headers, body, redirect: 'manual' });
      const codes = node.errors.slice(before).map((error) => (error as { code?: string }).code);
      return codes.find((code) => code === 'bad_request' || code === 'body_too_large');
    };
    const withFields = (list: readonly string[]) => refusal(list.map((name) => `${name}=x`).join('&'));
    expect([await withFields(names), await withFields([...names, 'more'])]).toEqual([undefined, 'bad_request']);
    expect(await withFields(['f0', 'f1', 'f0'])).toBe('bad_request');
    const ofSize = (bytes: number) => refusal(`f0=${'x'.repeat(bytes - 3)}`);
    const most = kibibytes * 1024;
    expect([await ofSize(most), await ofSize(most + 1)]).toEqual([undefined, 'body_too_large']);
  });

  test.each([
    'Content-Length: 3\r\nContent-Length: 4',
    'Content-Length: 3\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked, identity',
    'Content-Length: -1',
  ])('an ambiguous length is refused: %j', async (headers) => {
    expect(statusIn(await raw(`${form}\r\n${headers}\r\n\r\na=b`))).toBe(400);
  });

  test('headers beyond the limit and line breaks in headers are refused', async () => {
    const large = `GET /livez HTTP/1.1\r\nHost: x\r\nCookie: ${'a'.repeat(20_000)}\r\n\r\n`;
    expect(statusIn(await raw(large))).toBe(431);
    expect(statusIn(await raw('GET /livez HTTP/1.1\r\nHost: x\r\nX: a\nb\rc\r\n\r\n'))).toBe(400);
  });
});

test('no request ended in an unexpected error', () => {
  expect(grave(node.errors)).toEqual([]);
});
