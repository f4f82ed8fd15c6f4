/** By which methods a simulated user proves, and what else the steps offer. */
import { expect, test } from '@jest/globals';
import { simulate, walkThrough } from '../../../../src/core/analysis/simulation/simulate.ts';
import type { AuthenticatorDescriptor, Enrollment } from '../../../../src/core/model/facts.ts';
import { defaultPasswordTerms } from '../../../../src/core/model/password-policy.ts';
import type { Requirement } from '../../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import {
  descriptor,
  enrolled,
  enrollmentTerms,
  factors,
  factsOf,
  fixedNow,
  type Key,
  policiesOf,
  userWith,
} from '../../support/fixtures.ts';

const by = (...authenticators: readonly string[]) => factors(1, { demands: [{ authenticators }] });
const enabled: readonly Key[] = ['password', 'phone', 'totp'];

function steps(app: Requirement, enrollments: readonly Enrollment[]) {
  return simulate(policiesOf({ app, enabled }), factsOf({ subject: userWith([], { enrollments }) }));
}

const [phone] = enrolled('phone');
const phoneWith = (...methods: readonly string[]): readonly Enrollment[] => (phone ? [{ ...phone, methods }] : []);

test.each<[string, Requirement, readonly Enrollment[], readonly string[] | undefined]>([
  ['the method that is asked for', by('phone.voice'), enrolled('phone'), ['voice']],
  ['the method that the number has', by('phone'), phoneWith('voice'), undefined],
  ['the method that is asked for, of those of the number', by('phone.voice'), phoneWith('sms', 'voice'), ['voice']],
  ['any, where both are asked for', by('phone.sms', 'phone.voice'), enrolled('phone'), undefined],
])('the user proves by %s', (_, app, enrollments, methods) => {
  const all = steps(app, enrollments);
  expect(all.map(({ kind }) => kind)).toEqual(['identify', 'challenge', 'complete']);
  expect(all[1]).toMatchObject({ authenticator: 'phone', alternatives: [] });
  expect(all[1] && 'methods' in all[1] ? all[1].methods : undefined).toEqual(methods);
});

test('a second number is offered as well', () => {
  const [first, second] = [phone, phone && { ...phone, id: 'other' }];
  const numbers = [first, second].flatMap((enrollment) => enrollment ?? []);
  expect(steps(by('phone'), numbers).at(-2)).toMatchObject({
    alternatives: [{ authenticator: 'phone', enrollment: 'other' }],
  });
});

test('other authenticators are offered with all methods, unless some are asked for', () => {
  const step = steps(by('totp', 'phone.voice'), enrolled('totp', 'phone')).at(-2);
  expect(step).toMatchObject({ authenticator: 'phone', methods: ['voice'] });
  expect(step).toHaveProperty('alternatives', [{ authenticator: 'totp', enrollment: 'totp' }]);
});

test.each<[string, Requirement, readonly Enrollment[], readonly unknown[]]>([
  ['the first that there is', by('phone'), enrolled('phone'), ['phone', 'sms', 'sign_in']],
  ['the first that the number has', by('phone'), phoneWith('voice'), ['phone', 'voice', 'sign_in']],
  ['the one that is asked for', by('phone.voice'), enrolled('phone'), ['phone', 'voice', 'sign_in']],
  ['the first, while a number is set up', by('phone'), [], ['simulated-phone-0', 'sms', 'enrollment']],
  [
    'the one that is asked for, while it is set up',
    by('phone.voice'),
    [],
    ['simulated-phone-0', 'voice', 'enrollment'],
  ],
  ['none, where it has none', by('totp'), enrolled('totp'), ['totp', undefined, 'sign_in']],
])('the method counts: %s', (_, app, enrollments, expected) => {
  const subject = userWith([], { enrollments: [...enrolled('password'), ...enrollments] });
  const { turns } = walkThrough(policiesOf({ app, enabled }), factsOf({ subject }));
  const proof = turns.at(-1)?.from.transaction.evidence.at(-1);
  expect([proof?.enrollment, proof?.method, proof?.origin]).toEqual(expected);
});

test('a new password takes the place of the one that must be replaced', () => {
  const then = { ...defaultPasswordTerms, maxAge: 3600 };
  const password = { ...descriptor.password, enrollable: true, underPasswordPolicy: true, maxEnrollments: 1 } as const;
  const policies = {
    ...policiesOf({ app: factors(2), enabled }),
    authenticators: [password, descriptor.phone],
    password: compilePolicy({ name: 'password', rules: [{ name: 'All', when: {}, then }] }),
  };
  const [old] = enrolled('password') as [Enrollment];
  const subject = userWith([], { enrollments: [{ ...old, createdAt: fixedNow - 7200 }, ...enrolled('phone')] });
  const asked = simulate(policies, factsOf({ subject })).map((step) =>
    'authenticator' in step ? `${step.kind} ${step.authenticator}` : step.kind,
  );
  expect(asked).toEqual(['identify', 'challenge phone', 'enroll password', 'complete']);
});

test('an address that the mailbox of a recovery adds is one with it, as in a sign-in', () => {
  const app = factors(1, { demands: [{ authenticators: ['password'] }] });
  const then = enrollmentTerms({ required: [{ anyOf: ['phone'] }] });
  const enrollment = compilePolicy({ name: 'enrollment', rules: [{ name: 'All', when: {}, then }] });
  const subject = { ...userWith(['password', 'email']), recovery: { at: fixedNow - 60, by: ['email'] } };
  const policies = policiesOf({ app, enabled: ['password', 'email', 'phone'] });
  const authenticators = policies.authenticators.map(
    (each): AuthenticatorDescriptor => (each.key === 'password' ? { ...each, underPasswordPolicy: true } : each),
  );
  const { turns } = walkThrough({ ...policies, authenticators, enrollment }, factsOf({ subject }));
  const last = turns.at(-1)?.from.subject;
  expect(last?.enrollments.map(({ authenticator }) => authenticator)).toEqual(['password', 'email', 'phone']);
  expect(last?.recovery?.by).toEqual(['email', 'simulated-phone-0']);
});
