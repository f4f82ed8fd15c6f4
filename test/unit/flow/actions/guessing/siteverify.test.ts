/** What a challenge service is asked, and what its answers are worth. `fetch` stands in for the network. */

import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { type ResponseToVerify, siteVerify } from '../../../../../src/flow/actions/guessing/siteverify.ts';

const asked: ResponseToVerify = {
  service: {
    script: 'https://challenge.test/api.js',
    verify: 'https://challenge.test/siteverify',
    siteKey: 'public',
    secretEnv: 'CHALLENGE_SECRET',
    origins: [],
    responseField: 'response',
    remoteip: true,
    timeout: 3,
  },
  secret: 'private',
  response: 'Az0_.~+/=:-',
  ip: '192.0.2.1',
  issuer: 'https://id.test/realm',
};

let spied: { mockRestore(): void } | undefined;
afterEach(() => spied?.mockRestore());

/** Answers all requests so. Returns them. */
function answering(answer: () => Response | Promise<Response>): readonly (readonly [string, RequestInit])[] {
  const requests: (readonly [string, RequestInit])[] = [];
  spied = jest.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
    requests.push([String(url), init ?? {}]);
    return answer();
  });
  return requests;
}

const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });

describe('the request', () => {
  test.each<[string, Partial<ResponseToVerify>, string]>([
    ['with the address', {}, 'secret=private&response=Az0_.%7E%2B%2F%3D%3A-&remoteip=192.0.2.1'],
    ['an address that is not known', { ip: '' }, 'secret=private&response=Az0_.%7E%2B%2F%3D%3A-'],
    [
      'without the address',
      { service: { ...asked.service, remoteip: false } },
      'secret=private&response=Az0_.%7E%2B%2F%3D%3A-',
    ],
  ])('%s', async (_, changes, body) => {
    const requests = answering(() => json({ success: true }));
    await siteVerify({ ...asked, ...changes });
    expect(requests.map(([url, { method, body: sent }]) => [url, method, String(sent)])).toEqual([
      ['https://challenge.test/siteverify', 'POST', body],
    ]);
  });

  test('follows no redirect, asks for JSON, and ends in time', async () => {
    const limit = jest.spyOn(AbortSignal, 'timeout');
    const requests = answering(() => json({ success: true }));
    await siteVerify(asked);
    const { redirect, headers, signal } = requests[0]?.[1] ?? {};
    expect(redirect).toBe('error');
    expect(headers).toEqual({ 'user-agent': 'stepgate', accept: 'application/json' });
    expect(signal).toBeInstanceOf(AbortSignal);
    expect(limit.mock.calls).toEqual([[3000]]);
    limit.mockRestore();
  });
});

describe('a response', () => {
  test.each<[string, string, boolean]>([
    ['of one character', 'a', true],
    ['as long as they get', 'a'.repeat(8192), true],
    ['longer', 'a'.repeat(8193), false],
    ['that is empty', '', false],
    ['with other characters', 'a b', false],
    ['with a line break at its end', 'a\n', false],
  ])('%s', async (_, response, isSent) => {
    const requests = answering(() => json({ success: true }));
    expect(await siteVerify({ ...asked, response })).toEqual(
      isSent ? { kind: 'taken' } : { kind: 'refused', reason: 'malformed' },
    );
    expect(requests).toHaveLength(isSent ? 1 : 0);
  });
});

describe('an answer', () => {
  test.each<[string, unknown, string]>([
    ['accepts', { success: true }, 'taken'],
    ['accepts for this site', { success: true, hostname: 'ID.test' }, 'taken'],
    ['accepts without a name', { success: true, hostname: '' }, 'taken'],
    ['accepts with a name that is no text', { success: true, hostname: 7 }, 'taken'],
    ['accepts for another site', { success: true, hostname: 'other.test' }, 'refused hostname'],
    ['accepts, and names a fault', { success: true, 'error-codes': ['internal-error'] }, 'taken'],
    ['refuses', { success: false }, 'refused refused'],
    [
      'refuses with a code',
      { success: false, 'error-codes': ['timeout-or-duplicate'] },
      'refused timeout-or-duplicate',
    ],
    ['refuses with the longest code', { success: false, 'error-codes': ['a'.repeat(64)] }, `refused ${'a'.repeat(64)}`],
    ['refuses with a longer code', { success: false, 'error-codes': ['a'.repeat(65)] }, 'refused refused'],
    ['refuses with an odd code', { success: false, 'error-codes': ['a\nb'] }, 'refused refused'],
    ['refuses with capitals', { success: false, 'error-codes': ['Bad'] }, 'refused refused'],
    ['refuses with a code that ends oddly', { success: false, 'error-codes': ['bad!'] }, 'refused refused'],
    ['refuses with a number', { success: false, 'error-codes': [7] }, 'refused refused'],
    ['refuses with codes that are no list', { success: false, 'error-codes': 'internal-error' }, 'refused refused'],
    ...[
      'missing-input-secret',
      'invalid-input-secret',
      'sitekey-secret-mismatch',
      'missing-remoteip',
      'invalid-remoteip',
      'internal-error',
    ].map((code): [string, unknown, string] => [
      `names ${code}`,
      { success: false, 'error-codes': ['timeout-or-duplicate', code] },
      `failed ${code}`,
    ]),
    ['is a text', 'success', 'failed SyntaxError'],
    ['is nothing', null, 'failed SyntaxError'],
    ['lacks success', {}, 'failed SyntaxError'],
    ['says success in a text', { success: 'true' }, 'failed SyntaxError'],
  ])('%s', async (_, answer, expected) => {
    answering(() => json(answer));
    expect(await result()).toBe(expected);
  });

  test.each<[number, string]>([
    [200, 'taken'],
    [400, 'taken'],
    [428, 'taken'],
    [429, 'failed status 429'],
    [430, 'taken'],
    [499, 'taken'],
    [500, 'failed status 500'],
    [503, 'failed status 503'],
  ])('with the status %d', async (status, expected) => {
    answering(() => json({ success: true }, status));
    expect(await result()).toBe(expected);
  });

  test.each<[string, number, string]>([
    ['as long as is read', 16_384, 'taken'],
    ['longer', 16_385, 'failed the answer is too long'],
  ])('%s', async (_, length, expected) => {
    answering(() => new Response(JSON.stringify({ success: true }).padEnd(length)));
    expect(await result()).toBe(expected);
  });

  test.each<[string, Error, string]>([
    ['the connection is refused', new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }), 'ECONNREFUSED'],
    ['the time is over', new DOMException('quotes what was sent', 'TimeoutError'), 'TimeoutError'],
  ])('does not come: %s', async (_, error, reason) => {
    answering(() => Promise.reject(error));
    expect(await result()).toBe(`failed ${reason}`);
  });
});

/** `taken`, `refused reason`, `failed reason`. */
async function result(): Promise<string> {
  return Object.values(await siteVerify(asked)).join(' ');
}
