/** Which rules no user can meet, because a rule about all users disables what they take. */

import { expect, test } from '@jest/globals';
import { enrollmentConflict } from '../../../../src/core/analysis/findings/enrollment-conflicts.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule } from '../../../../src/core/model/enrollment-policy.ts';
import type { Requirement, Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { allow, descriptor, enrollmentTerms, factors, type Key } from '../../support/fixtures.ts';

const inOffice: Conditions = { network: { any: ['office'] } };

const signOn = (name: string, then: Rule['then'], when: Conditions = {}): Rule => ({ name, when, then });
const disabling = (name: string, disabled: readonly Key[], when: Conditions = {}): EnrollmentRule => ({
  name,
  when,
  then: enrollmentTerms({ disabled }),
});

const enabled = ['password', 'totp'] as const;
const one = allow(factors(1));
const code = allow(factors(1, { demands: [{ authenticators: ['totp'] }] }));
const key = allow(factors(1, { demands: [{ authenticators: ['webauthn'] }] }));

interface Setup {
  readonly enrollment: readonly EnrollmentRule[];
  readonly policy: readonly Rule[];
  readonly besides?: readonly Requirement[];
}

/** `enrollment rule / sign-on rule` of the conflict. */
function conflict({ enrollment, policy, besides = [] }: Setup): string | undefined {
  const found = enrollmentConflict({
    policy: compilePolicy({ name: 'sign-on', rules: policy }),
    enrollment: compilePolicy({ name: 'enrollment', rules: enrollment }),
    authenticators: enabled.map((name) => descriptor[name]),
    besides,
  });
  return found && `${found.enrollment.name} / ${found.rule.name}`;
}

const noCodes = disabling('no codes', ['totp']);
const rest = disabling('rest', []);

test.each<[string, Setup, string | undefined]>([
  ['a rule that takes what is disabled', { enrollment: [noCodes], policy: [signOn('code', code)] }, 'no codes / code'],
  ['a rule that another authenticator meets, too', { enrollment: [noCodes], policy: [signOn('one', one)] }, undefined],
  ['a rule that takes what is enabled', { enrollment: [rest], policy: [signOn('code', code)] }, undefined],
  ['a rule that no user can meet anyway', { enrollment: [noCodes], policy: [signOn('key', key)] }, undefined],
  ['a rule that denies', { enrollment: [noCodes], policy: [signOn('no', { kind: 'deny' })] }, undefined],
  [
    'a rule that the minimum of the app makes stricter',
    { enrollment: [noCodes], policy: [signOn('one', one)], besides: [factors(2)] },
    'no codes / one',
  ],
  [
    'a rule whose own part could be met, with a minimum that never can',
    { enrollment: [noCodes], policy: [signOn('code', code)], besides: [factors(3)] },
    undefined,
  ],
  [
    'a rule that disables it for some only',
    { enrollment: [disabling('office', ['totp'], inOffice), rest], policy: [signOn('code', code)] },
    undefined,
  ],
  [
    'a rule that disables it for all but some',
    { enrollment: [disabling('office', [], inOffice), noCodes], policy: [signOn('code', code)] },
    undefined,
  ],
  [
    'a rule that decides for some only',
    { enrollment: [noCodes], policy: [signOn('code', code, inOffice), signOn('one', one)] },
    undefined,
  ],
  [
    'a rule that decides where an earlier one does not',
    { enrollment: [noCodes], policy: [signOn('one', one, inOffice), signOn('code', code)] },
    undefined,
  ],
  [
    'a rule after one that is switched off',
    {
      enrollment: [{ ...rest, off: true }, noCodes],
      policy: [{ ...signOn('one', one), off: true }, signOn('code', code)],
    },
    'no codes / code',
  ],
  [
    'what is disabled, whatever a rule about the sign-in asks for later',
    {
      enrollment: [disabling('keys', [], { authenticated: { any: ['password'] } }), noCodes],
      policy: [signOn('code', code)],
    },
    'no codes / code',
  ],
])('%s', (_, setup, expected) => {
  expect(conflict(setup)).toBe(expected);
});
