/** What a user could prove or enroll, and how requirements stand: part by part, beside the tables of decisions. */

import { describe, expect, test } from '@jest/globals';
import type { AssessedEvidence } from '../../../src/core/evidence/requirement.ts';
import type { LayerRequirement } from '../../../src/core/model/decision.ts';
import type { AuthenticatorDescriptor, Enrollment } from '../../../src/core/model/facts.ts';
import type { Requirement } from '../../../src/core/model/policy.ts';
import { accountManagementRequirement } from '../../../src/core/remediation/account-management.ts';
import {
  type AuthenticatorState,
  type Capabilities,
  capabilitiesWithin,
  enrolledAtBest,
} from '../../../src/core/remediation/capabilities.ts';
import { enrollable } from '../../../src/core/remediation/enrollable.ts';
import { additionGroups, enrollmentPlans } from '../../../src/core/remediation/enrollment-plans.ts';
import { firstChallenge } from '../../../src/core/remediation/first-challenge.ts';
import { challenge, isPossible, requirementStatus } from '../../../src/core/remediation/requirement-status.ts';
import type { SufficientSet } from '../../../src/core/remediation/sufficient-sets.ts';
import { action, descriptor, enrolled, factors, type Key, policiesOf, proof } from '../support/fixtures.ts';

const layer = (...anyOf: readonly Requirement[]): LayerRequirement => ({ layer: 'app', anyOf });
const step = (...authenticators: readonly Key[]) => ({ authenticators });

type State = Partial<AuthenticatorState> & { readonly authenticators?: readonly AuthenticatorDescriptor[] };

function able({ evidence = [], enrollments = [], authenticators }: State): Capabilities {
  const policies = policiesOf();
  const enabled = authenticators ? { ...policies, authenticators } : policies;
  return capabilitiesWithin(enabled, enabled, { evidence, enrollments });
}

const proved = (key: Key) => ({ ...action(key), evidence: proof(key, 'now') });

describe('what could be enrolled', () => {
  const password: AuthenticatorDescriptor = { ...descriptor.password, enrollable: true, underPasswordPolicy: true };
  const code: AuthenticatorDescriptor = { ...descriptor.recovery_code, enrollable: true };
  const authenticators = [password, descriptor.phone, code, descriptor.webauthn];
  const kinds = (state: State) =>
    enrollable(able({ ...state, authenticators }), []).map(({ authenticator, recovered }) => [
      authenticator,
      recovered,
    ]);
  const totp = enrolled('totp');

  test('is on the side of the recovery that it would be on, while one counts', () => {
    const enrollments: readonly Enrollment[] = [
      ...totp,
      ...enrolled('email').map((enrollment) => ({ ...enrollment, recovered: 'proof' as const })),
    ];
    expect(kinds({ enrollments })).toEqual([
      ['password', 'secret'],
      ['phone', 'proof'],
      ['recovery_code', undefined],
      ['webauthn', undefined],
    ]);
  });

  test('is on no side without a recovery', () => {
    expect(kinds({ enrollments: totp }).map(([, side]) => side)).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('says what it shows, and on which side of a recovery it is', () => {
    const enrollments = enrolled('email').map((enrollment) => ({ ...enrollment, recovered: 'proof' as const }));
    expect(enrollable(able({ enrollments, authenticators: [descriptor.phone] }), [])).toEqual([
      { ...action('phone'), enrollment: 'new phone 0', methods: ['sms', 'voice'], toEnroll: true, recovered: 'proof' },
    ]);
  });

  const keys = (enrollments: readonly Enrollment[], ...requirements: readonly LayerRequirement[]) =>
    enrollable(able({ enrollments }), requirements).map(({ enrollment }) => enrollment);

  test('is another key where the user has one that shows fewer factor types', () => {
    const weaker = enrolled('webauthn').map((enrollment) => ({ ...enrollment, factors: ['possession'] as const }));
    expect(keys(weaker)).toContain('new webauthn 1');
    expect(keys(enrolled('webauthn'))).not.toContain('new webauthn 1');
  });

  test('is as much of each authenticator as a chain takes', () => {
    const found = keys([], layer({ chains: [[step('phone'), step('totp'), step('totp')]] }));
    expect(found.filter((name) => /phone|totp/.test(name))).toEqual(['new phone 0', 'new totp 0', 'new totp 1']);
  });
});

describe('what the account has for good', () => {
  test('leaves out authenticators that help only together with others, expire, or are for recovery', () => {
    const [email, phone, question, code] = enrolled('email', 'phone', 'security_question', 'recovery_code');
    if (!email || !phone || !question || !code) throw new Error('four enrollments');
    const enrollments = [
      email,
      { ...phone, temporary: true as const },
      { ...question, auxiliary: true as const },
      code,
    ];
    const evidence = [proved('password')];
    expect(enrolledAtBest(able({ evidence, enrollments }))).toEqual([...evidence, action('email')]);
  });

  test('sets what an account without any must prove before it enrolls: one factor, and no recovery', () => {
    expect(accountManagementRequirement([], [descriptor.password])).toEqual({
      layer: 'account_management',
      anyOf: [{ anyOf: [{ factors: 1, demands: [], maxAge: 300 }] }],
      isAccountManagement: true,
    });
  });
});

describe('enrollments before which different things are asked for', () => {
  const addition = layer(factors(1, { demands: [{ characteristics: ['hardwareProtected'] }] }));
  const additions = new Map([['phone', addition]]);
  const password = enrolled('password');
  const before = accountManagementRequirement(password, policiesOf().authenticators);

  test('are grouped by what is asked for', () => {
    expect(additionGroups(['totp', 'phone', 'webauthn'], { ...able({ enrollments: password }), additions })).toEqual([
      { keys: ['totp', 'webauthn'], before: [before] },
      { keys: ['phone'], before: [before, addition] },
    ]);
  });

  test('have a plan for each combination of groups that meets the requirements, the smallest first', () => {
    const provable = new Map([
      ['phone', layer(factors(1))],
      ['totp', layer(factors(1, { maxAge: 60 }))],
    ]);
    const planned = (capabilities: Capabilities, ...requirements: readonly LayerRequirement[]) =>
      enrollmentPlans(requirements, capabilities).map(({ groups }) => groups.flatMap(({ keys }) => keys).join(' '));
    const enabled = { authenticators: [descriptor.password, descriptor.phone, descriptor.totp, descriptor.webauthn] };
    const user = able({ ...enabled, enrollments: password });
    const chain = layer({ chains: [[step('phone'), step('webauthn')]] });
    expect(planned(user)).toEqual(['phone totp webauthn']);
    expect(planned({ ...user, additions: provable }, layer(factors(2)))).toEqual([
      'phone',
      'totp',
      'webauthn',
      'phone totp',
      'phone webauthn',
      'totp webauthn',
      'phone totp webauthn',
    ]);
    expect(planned({ ...user, additions: provable }, chain)).toEqual(['phone webauthn', 'phone totp webauthn']);
  });

  test('are in no plan where the user cannot prove what is asked for', () => {
    const planned = enrollmentPlans([], { ...able({ enrollments: password }), additions });
    expect(planned.map(({ groups }) => groups)).toEqual([[expect.objectContaining({ before: [before] })]]);
  });

  const enabled = { authenticators: [descriptor.password, descriptor.email, descriptor.phone] };
  const gone = able({ ...enabled, evidence: [proved('email')], enrollments: password });

  test('do not keep the user from what proofs alone can do, with a proof of something that is gone', () => {
    expect(isPossible([layer(factors(2))], { ...gone, additions })).toBe(true);
  });

  test('are made after a proof of something that is gone', () => {
    expect(isPossible([layer({ chains: [[step('email'), step('phone')]] })], gone)).toBe(true);
    expect(isPossible([layer({ chains: [[step('email'), step('totp')]] })], gone)).toBe(false);
  });
});

describe('the status', () => {
  test('names no proof by something that is disabled here', () => {
    const policies = policiesOf();
    const usable = policiesOf({ enabled: ['password'] });
    const capabilities = capabilitiesWithin(usable, policies, {
      evidence: [proved('email')],
      enrollments: enrolled('email'),
    });
    const required = accountManagementRequirement(enrolled('email'), policies.authenticators);
    expect(requirementStatus([required], capabilities)).toEqual({ kind: 'met', supportingEvidence: [] });
  });

  const has = able({ enrollments: enrolled('password', 'totp', 'phone', 'email', 'security_question') });
  const one = (member: AssessedEvidence) => ({ members: [member], effects: [] });
  const [password, totp, phone, email, question] = (
    ['password', 'totp', 'phone', 'email', 'security_question'] as const
  ).map((key) => one(action(key)));
  const enrollment = one(action('webauthn', { enrollment: 'new', toEnroll: true }));
  const asked = (...sets: readonly (readonly [SufficientSet['actions'], SufficientSet['now']])[]) =>
    challenge(
      sets.map(([actions, now]) => ({ actions, now })),
      has,
    ).options.map(({ authenticator }) => authenticator);

  test('ranks a proof by the smallest set that it is in', () => {
    if (!password || !totp || !phone || !email || !question) throw new Error('five actions');
    expect(
      asked([[phone, totp], [phone]], [[phone, email, question], [phone]], [[password, email, question], [password]]),
    ).toEqual(['phone', 'password']);
  });

  test('asks for an auxiliary proof before an enrollment that would come first', () => {
    if (!question) throw new Error('a security question');
    expect(asked([[enrollment, question], [enrollment]])).toEqual(['security_question']);
  });

  test('has no option where there is nothing to prove', () => {
    expect(asked([[enrollment], [enrollment]])).toEqual([]);
  });
});

describe('the first challenge of a user who will be denied', () => {
  const never = layer(factors(1, { demands: [{ characteristics: ['hardwareProtected'] }] }));

  test('asks for the only thing that the user has', () => {
    expect(firstChallenge([never], able({ enrollments: enrolled('email') }))).toEqual([
      { authenticator: 'email', enrollments: ['email'] },
    ]);
  });

  test('is empty without an authenticator', () => {
    expect(firstChallenge([never], able({ authenticators: [] }))).toEqual([]);
  });
});
