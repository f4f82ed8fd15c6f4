/** Mail addresses and their masks. */

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mailAddress, maskedAddress } from '../../../src/core/model/mail-address.ts';
import { seeded } from '../support/seeded.ts';

const local = 'a'.repeat(64);
const label = 'd'.repeat(62);
/** Of 189 and of 190 characters: with the local part and the `@`, an address may have 254. */
const longestDomain = `${label}.${label}.${label}d`;
const tooLongDomain = `${label}.${label}.${label}.d`;

test.each([
  ['alice@example.org', 'alice@example.org'],
  ['a@b.test', 'a@b.test'],
  [`${local}@${longestDomain}`, `${local}@${longestDomain}`],
  ['  Alice.B+tag@Example.ORG\n', 'Alice.B+tag@example.org'],
  ["o'brien@x.test", "o'brien@x.test"],
  ['用户@例子.测试', '用户@例子.测试'],
  ['root@localhost', 'root@localhost'],
])('%j is an address', (text, address) => {
  expect(mailAddress(text)).toBe(address);
});

test.each([
  '',
  '@',
  'a@',
  '@b',
  'alice',
  'a@b@c',
  'a b@c.test',
  'a@b c.test',
  '"a"@b.test',
  'a..b@c.test',
  '.a@c.test',
  'a@-c.test',
  'a@c-.test',
  'a@c..test',
  'a@[192.0.2.1]',
  'a@b.test,c@d.test',
  'a@b.test;c@d.test',
  'A <a@b.test>',
  'a@b.test\r\nBcc: c@d.test',
  'a\0@b.test',
  'a\u200b@b.test',
  '\ud800@b.test',
  `${local}a@b.test`,
  `${local}@${tooLongDomain}`,
  `a@${'b.'.repeat(130)}test`,
  'a'.repeat(1_000_000),
])('%j is no address', (text) => {
  expect(mailAddress(text)).toBeUndefined();
});

test('every result is stable, one line, and one address', () => {
  const pieces = fc.array(fc.constantFrom('a', '@', '.', '\r', '\n', ' ', ',', '<', '>', '"', ':', 'é', '\0', '-'));
  fc.assert(
    fc.property(
      fc.oneof(
        pieces.map((parts) => parts.join('')),
        fc.emailAddress(),
        fc.string(),
      ),
      (text) => {
        const address = mailAddress(text);
        if (address === undefined) return;
        expect(mailAddress(address)).toBe(address);
        expect(address).toMatch(/^[^\s\p{C}<>(),;:"[\]\\]+$/u);
        expect(address.split('@')).toHaveLength(2);
      },
    ),
    seeded(100),
  );
});

test.each([
  ['ida@hello.net', 'i***a@h***o.net'],
  ['jo@x.test', 'j***@x***.test'],
  ['alice@localhost', 'a***e@l***t'],
  ['a@localhost', 'a***@l***t'],
  ['alexandra.long@mail.example.co.uk', 'a***g@m***o.uk'],
])('%s is masked as %s', (address, mask) => {
  expect(maskedAddress(address)).toBe(mask);
});
