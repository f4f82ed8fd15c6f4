/** Challenges whose message cannot be sent. */

import { describe, expect, test } from '@jest/globals';
import {
  allow,
  createWorld,
  credential,
  currentStep,
  factors,
  fakeAuthenticator,
  noticesOf,
  password,
} from '../../sign-in-fixture.ts';
import { twoFactors } from '../actions-fixture.ts';

describe('a message that cannot be sent', () => {
  const phone = fakeAuthenticator(
    { key: 'phone' },
    {
      sendLimits: [{ limit: 9, window: 600 }],
      challenge: async (_held, { now }) => ({
        inputs: ['one_time_code'],
        public: {},
        private: {},
        expires: now + 300,
        undeliverable: 'country',
      }),
    },
  );

  test.each([
    ['nothing was proved', false, []],
    ['something was proved', true, ['error send.undeliverable']],
  ])('%s', async (_what, proved, notices) => {
    const world = createWorld({
      ...twoFactors,
      authenticators: proved ? [password, phone] : [phone],
      app: allow(factors(proved ? 2 : 1)),
    });
    await world.addUser('ann', [credential('password', 'secret'), credential('phone', '1')]);
    const page = await world.identify('ann', proved ? { 'credentials.passcode': 'secret' } : {});
    expect([currentStep(page), noticesOf(page), page.redirects]).toEqual([
      'challenge:phone',
      notices,
      notices.length === 0,
    ]);
    expect(world.events()).toContain('message.undeliverable phone country');
  });
});
