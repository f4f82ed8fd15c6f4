/** What a change of the settings leaves enabled. */
import { describe, expect, test } from '@jest/globals';
import { alsoIn, commonAuthenticators } from '../../../../src/core/analysis/comparison/common-authenticators.ts';
import type { AuthenticatorDescriptor } from '../../../../src/core/model/facts.ts';
import { descriptor, policiesOf } from '../../support/fixtures.ts';

const { password, totp, email, phone } = descriptor;
const { methods: _, ...phoneByAnything } = phone;
const emailBy = (...methods: readonly string[]): AuthenticatorDescriptor => ({ ...email, methods });
const setOf = (...authenticators: readonly AuthenticatorDescriptor[]) => ({ ...policiesOf(), authenticators });

type All = readonly AuthenticatorDescriptor[];

describe('enabled before and after', () => {
  test.each<[string, All, All, All]>([
    ['is what stays as it was', [password, totp], [password, totp], [password, totp]],
    ['is not what is new', [password], [password, totp], [password]],
    ['is not what is gone', [password, totp], [totp], [totp]],
    [
      'is what has other settings now, with those',
      [password, totp],
      [{ ...totp, enrollable: false }],
      [{ ...totp, enrollable: false }],
    ],
    ['are methods that stay', [password, emailBy('code', 'link')], [emailBy('link')], [emailBy('link')]],
    ['are no methods that are new', [password, emailBy('code')], [emailBy('code', 'link')], [emailBy('code')]],
    ['are all methods where methods were not told apart', [password, phoneByAnything], [phone], [phone]],
    ['is what has no methods any more', [password, phone], [phoneByAnything], [phoneByAnything]],
  ])('%s', (_name, active, next, expected) => {
    expect(commonAuthenticators({ active: setOf(...active), next: setOf(...next) })).toStrictEqual(expected);
  });
});

test('of these only those that some policies have as well', () => {
  expect(alsoIn(setOf(totp, phone), [password, totp, emailBy('code')])).toEqual([totp]);
});
