/** The warning about requests past the proxies: one probe does not use it up, and a flood does not fill the log. */
import { beforeEach, expect, test } from '@jest/globals';
import { unknownAddressWarning } from '../../../src/http/middleware/unknown-address.ts';

let logged: string[];
let now: number;
let trustedProxies: number;
let note: (path: string) => void;
beforeEach(() => {
  [logged, now, trustedProxies] = [[], 1000, 2];
  note = unknownAddressWarning({
    trustedProxies: () => trustedProxies,
    now: () => now,
    warn: (message) => void logged.push(message),
  });
});

test('is logged at most once in ten minutes, with how many requests there were since', () => {
  note('/');
  note('/account');
  now += 599;
  note('/account');
  expect(logged).toEqual([expect.stringMatching(/^a request for \/ has no address .* the first of 2 trusted proxies/)]);
  now += 1;
  note('/device');
  expect(logged.slice(1)).toEqual([
    expect.stringMatching(/^a request for \/device \(and 2 since the last warning\) has/),
  ]);
  now += 6000;
  note('/device');
  expect(logged.slice(2)).toEqual([expect.stringMatching(/^a request for \/device has/)]);
});

test('is logged at once when the number of trusted proxies changed', () => {
  note('/');
  trustedProxies = 3;
  note('/account');
  note('/account');
  expect(logged.slice(1)).toEqual([expect.stringContaining('the first of 3 trusted proxies')]);
});

test('is not about probes, nor about a node without proxies', () => {
  for (const path of ['/livez', '/readyz']) note(path);
  trustedProxies = 0;
  note('/account');
  expect(logged).toEqual([]);
});
