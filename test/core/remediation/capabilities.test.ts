/** What a user could enroll: how often, by which methods, and what a recovery makes of it. */
import { describe, expect, test } from '@jest/globals';
import type { LayerRequirement } from '../../../src/core/model/decision.ts';
import type { AuthenticatorDescriptor, Enrollment } from '../../../src/core/model/facts.ts';
import type { ChainStep } from '../../../src/core/model/policy.ts';
import type { PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { type Capabilities, provable } from '../../../src/core/remediation/capabilities.ts';
import { enrollable } from '../../../src/core/remediation/enrollable.ts';
import { descriptor, enrolled, policiesOf } from '../support/fixtures.ts';

function capabilities(enrollments: readonly Enrollment[], policies: PolicySet): Capabilities {
  const state = { evidence: [], enrollments };
  return { ...state, policies, accountManagement: { ...state, authenticators: policies.authenticators } };
}

const chain = (...steps: readonly (readonly string[])[]): LayerRequirement => ({
  layer: 'app',
  anyOf: [{ chains: [steps.map((authenticators): ChainStep => ({ authenticators }))] }],
});

describe('an authenticator can be enrolled', () => {
  const [totp] = policiesOf({ enabled: ['totp'] }).authenticators;
  const namesOf = (has: readonly Enrollment[], ...requirements: readonly LayerRequirement[]) =>
    enrollable(capabilities(has, policiesOf({ enabled: ['totp'] })), requirements).map(({ enrollment }) => enrollment);

  test.each<[string, readonly Enrollment[], readonly LayerRequirement[], number]>([
    ['once, where no chain takes it', [], [], 1],
    ['not again, where it is enrolled', enrolled('totp'), [], 0],
    [
      'again, where the one that is enrolled shows less',
      enrolled('totp').map((enrollment) => ({ ...enrollment, characteristics: [] })),
      [],
      1,
    ],
    ['as often as steps of a chain name it', [], [chain(['totp'], ['webauthn'], ['phone.sms', 'totp'])], 2],
    ['as often as is missing', enrolled('totp'), [chain(['totp'], ['totp'])], 1],
    ['as the longest chain takes it', [], [chain(['totp']), chain(['totp'], ['totp'], ['totp'])], 3],
  ])('%s', (_, has, requirements, count) => {
    expect(namesOf(has, ...requirements)).toEqual(
      Array.from({ length: count }, (_each, at) => `new totp ${has.length + at}`),
    );
  });

  test.each<[string, Partial<AuthenticatorDescriptor>, number]>([
    ['never, where that is not allowed', { enrollable: false }, 0],
    ['while there is room', { enrollable: true, enrollmentsLeft: 1 }, 1],
    ['as often as there may be', { enrollable: true, maxEnrollments: 1, enrollmentsLeft: 3 }, 1],
  ])('%s', (_, more, count) => {
    const policies = { ...policiesOf(), authenticators: totp ? [{ ...totp, ...more }] : [] };
    expect(enrollable(capabilities([], policies), [chain(['totp'], ['totp'], ['totp'])])).toHaveLength(count);
  });
});

describe('the methods of an enrollment', () => {
  const policies = policiesOf({ enabled: ['phone'] });
  const phone = (...methods: readonly string[]) => enrolled('phone').map((enrollment) => ({ ...enrollment, methods }));

  test.each<[string, readonly Enrollment[], number]>([
    ['that takes all is as good as a new one', phone('voice', 'sms'), 0],
    ['that says nothing of them as well', enrolled('phone'), 0],
    ['that lacks one is not', phone('voice'), 1],
  ])('%s', (_, has, missing) => {
    expect(enrollable(capabilities(has, policies), [])).toHaveLength(missing);
  });

  test('are cut to the one that is assumed, and nothing is left of an enrollment without it', () => {
    const assumed = { ...policies, onlyBy: { authenticator: 'phone', method: 'voice' } };
    const [both] = provable(capabilities(phone('voice', 'sms'), assumed));
    expect(both).toMatchObject({ authenticator: 'phone', enrollment: 'phone', methods: ['voice'] });
    expect(provable(capabilities(phone('sms'), assumed))).toEqual([]);
  });
});

test('after a recovery a new secret and new addresses do not count as another factor', () => {
  const password: AuthenticatorDescriptor = { ...descriptor.password, enrollable: true, underPasswordPolicy: true };
  const rest = [descriptor.phone, descriptor.totp, { ...descriptor.recovery_code, enrollable: true }];
  const policies = { ...policiesOf(), authenticators: [password, ...rest] };
  const parts = (has: readonly Enrollment[]) =>
    enrollable(capabilities(has, policies), []).map(({ authenticator, recovered: part }) => [authenticator, part]);
  const keys = ['password', 'phone', 'totp', 'recovery_code'];
  expect(parts(enrolled('email'))).toEqual(keys.map((key) => [key, undefined]));
  const recovered = enrolled('email').map((enrollment) => ({ ...enrollment, recovered: 'proof' as const }));
  expect(parts(recovered)).toEqual([
    ['password', 'secret'],
    ['phone', 'proof'],
    ['totp', undefined],
    ['recovery_code', undefined],
  ]);
});
