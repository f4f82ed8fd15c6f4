/** Names and attributes of cookies, by the issuer. */
import { describe, expect, test } from '@jest/globals';
import { type CookieKind, cookieAttributes, cookieName, cookieTable } from '../../../src/flow/browser/cookie-table.ts';

const kinds = Object.keys(cookieTable) as CookieKind[];

describe('with https', () => {
  test.each<[CookieKind, string]>([
    ['device', '__Host-stepgate-device'],
    ['language', '__Host-stepgate-language'],
    ['session', '__Host-stepgate-session'],
    ['interaction', '__Secure-stepgate-interaction'],
    ['resume', '__Secure-stepgate-resume'],
    ['proof', '__Secure-stepgate-proof'],
    ['request', '__Secure-stepgate-request'],
    ['finished', '__Secure-stepgate-finished'],
    ['app', '__Secure-stepgate-app'],
  ])('%s: %s', (kind, name) => {
    expect(cookieName(kind, 'https://id.example')).toBe(name);
    expect(cookieAttributes(kind, 'https://id.example')).toMatchObject({
      httpOnly: true,
      sameSite: 'lax',
      secure: true,
    });
  });
});

test.each(kinds)('without https no cookie has a prefix, which browsers would refuse: %s', (kind) => {
  expect(cookieName(kind, 'http://localhost:4000')).toBe(`stepgate-${kind}`);
  expect(cookieAttributes(kind, 'http://localhost:4000')).toMatchObject({ httpOnly: true, secure: false });
});

test('a cookie is bound to the host if it is for all paths', () => {
  const bound = kinds.filter((kind) => (cookieTable[kind].path === '`/`') !== (cookieTable[kind].scope === 'host'));
  expect(bound).toEqual([]);
});

test('only these are not signed: each is a secret, or says nothing that anything rests on', () => {
  const unsigned = kinds.filter((kind) => !cookieAttributes(kind, 'https://id.example').signed);
  expect(unsigned).toEqual(['device', 'language', 'proof', 'app']);
});
