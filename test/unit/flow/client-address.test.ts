/** The address of a request: from the entry that the outermost proxy wrote, and in one form. */
import { expect, test } from '@jest/globals';
import { clientAddress } from '../../../src/flow/browser/visitor.ts';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:c000:207', '192.0.2.7'],
  ['2001:DB8:0001:0::7', '2001:db8:1::7'],
  ['fe80::1%eth0', 'fe80::1'],
  ['0300.0.2.7', ''],
  ['unknown', ''],
])('%s is %j, of a connection and in a header', (text, address) => {
  expect(clientAddress(text, undefined, 0)).toBe(address);
  expect(clientAddress('127.0.0.1', `198.51.100.9, ${text}, 10.0.0.1`, 2)).toBe(address);
});

test.each([
  ['192.0.2.7:443', '192.0.2.7'],
  ['[2001:DB8::7]:443', '2001:db8::7'],
  ['[::ffff:192.0.2.7]', '192.0.2.7'],
])('%s, as some proxies write it, is %s', (text, address) => {
  expect(clientAddress('127.0.0.1', text, 1)).toBe(address);
});

test('without an address there is none', () => {
  expect(clientAddress(undefined, undefined, 0)).toBe('');
  expect(clientAddress('127.0.0.1', '192.0.2.7', 2)).toBe('');
});
