/** `config diff` of rules with expressions: whom they tell apart, and what is left aside of what they read. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { all, type Diffs, factors, openDiffs, password, signOn, totp } from '../../support/diff-harness.ts';
import { fixedNow } from '../../support/harness.ts';

let diffs: Diffs;
beforeEach(() => {
  diffs = openDiffs();
});
afterEach(() => diffs.terminal.store.close());

const credentials = [password, totp];
const rule = (expression: string, then: object | string = factors(1)) => ({ name: 'E', when: { expression }, then });

describe('users whom an expression tells apart in some sign-ins only', () => {
  beforeEach(async () => {
    for (const site of ['north', 'south', 'notes']) await diffs.addUsers(1, [], { credentials, profile: { site } });
    await diffs.addUsers(2, [], { credentials });
  });

  const ofSouth = 'has(user.profile.site) && user.profile.site == "south"';

  test.each([
    ['of one app', `request.clientId == "notes" && ${ofSouth}`, '1 of 5 users: two factors become one'],
    [
      'with an attribute that is the app',
      'has(user.profile.site) && user.profile.site == request.clientId',
      '1 of 5 users: two factors become one',
    ],
    [
      'of a kind of device',
      `device.platform == "mobile" && ${ofSouth}`,
      '1 of 5 users, on mobile: two factors become one',
    ],
    ['of known browsers', `device.known && ${ofSouth}`, '1 of 5 users, in a known browser: two factors become one'],
    [
      'with a scope',
      `"address" in request.scopes && ${ofSouth}`,
      '1 of 5 users, with the scope address: two factors become one',
    ],
  ])('%s', async (_, expression, sentence) => {
    // Another rule has the circumstances compared, and decides nothing.
    const varied = { device: { platform: ['mobile'], known: true }, scopes: { any: ['address'] } };
    const other = { name: 'Two on mobile', when: varied, then: factors(2) };
    expect((await diffs.sentences(signOn(rule(expression), other, all(2)), signOn(all(2))))[0]).toBe(sentence);
  });

  test('users who are denied are counted, too', async () => {
    const own = rule('request.clientId == "notes" && has(user.profile.site) && user.profile.site != "south"', 'deny');
    expect((await diffs.sentences(signOn(own, all(2)), signOn(all(2))))[0]).toBe(
      '2 of 5 users: no longer let in (two factors before)',
    );
  });
});

test('users whom a rule tells apart at another time only', async () => {
  const day = (days: number) => new Date((fixedNow + days * 86_400) * 1000).toISOString().slice(0, 10);
  await diffs.addUsers(2, [], { credentials, profile: { end: day(3) } });
  await diffs.addUsers(3, [], { credentials, profile: { end: day(300) } });
  const over = { name: 'Over', when: { attributes: { end: { before: 'now' } } }, then: 'deny' };
  const night = { name: 'Night', when: { time: { from: '00:00', to: '06:00', zone: 'UTC' } }, then: factors(2) };
  expect((await diffs.sentences(signOn(over, night, all(2)), signOn(night, all(2))))[0]).toBe(
    '2 of 5 users, at other times, not now: no longer let in (two factors before)',
  );
});
