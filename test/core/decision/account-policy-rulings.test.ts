/** The rulings of the account policy one by one: what they are about, and what they leave of the enrollments. */
import { describe, expect, test } from '@jest/globals';
import {
  requestedChangeLayer,
  ruledOutAdditionLayers,
  withAccountPolicy,
} from '../../../src/core/decision/account-policy.ts';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { enrollScope } from '../../../src/core/enrollment/account-request.ts';
import { independentParts } from '../../../src/core/evidence/recovered-password.ts';
import type { AccountRule } from '../../../src/core/model/account-policy.ts';
import type { Denial } from '../../../src/core/model/decision.ts';
import { compileAccountPolicy } from '../../../src/core/policy/rules/account-policy.ts';
import type { PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { allow, enrolled, type FactParts, factors, factsOf, policiesOf, proof, userWith } from '../support/fixtures.ts';

const rules: readonly AccountRule[] = [
  { name: 'No apps', when: {}, then: { kind: 'deny' }, change: { add: ['totp'] } },
  { name: 'Rest', when: {}, then: allow(factors(1)) },
];
const accountPolicy = compileAccountPolicy({ name: 'account', rules });
const policies: PolicySet = { ...policiesOf(), isAccountApp: true, accountPolicy };
const requested = (authenticator: string, more: FactParts = {}) =>
  factsOf({
    subject: userWith(['password', 'totp', 'security_question']),
    request: { clientId: 'account', scopes: ['openid', enrollScope(authenticator)] },
    ...more,
  });

describe('the change that a request is for', () => {
  test('is the next of an authenticator, or of one that there is once its replacement', () => {
    const changeOf = (authenticator: string) => requestedChangeLayer(policies, requested(authenticator))?.trace.change;
    expect(changeOf('totp')).toEqual({ action: 'add', of: 'totp' });
    expect(changeOf('security_question')).toEqual({ action: 'change', of: 'security_question' });
    expect(changeOf('unheard_of')).toBeUndefined();
  });

  test('is none at any app but the account app', () => {
    const { isAccountApp: _, ...elsewhere } = policies;
    expect(requestedChangeLayer(elsewhere, requested('phone'))).toBeUndefined();
  });

  test('is none any more once it is made', () => {
    const evidence = [proof('phone', 'now', { origin: 'enrollment' })];
    expect(requestedChangeLayer(policies, requested('phone'))).toBeDefined();
    expect(requestedChangeLayer(policies, requested('phone', { evidence }))).toBeUndefined();
  });

  test('asks for proofs as the account-management requirement does: no enrollment counts', () => {
    expect(requestedChangeLayer(policies, requested('phone'))?.requirement).toMatchObject({
      isAccountManagement: true,
    });
  });
});

describe('the change that a request is for, before the user is known', () => {
  const deciding = (...some: readonly AccountRule[]) => ({
    ...policies,
    accountPolicy: compileAccountPolicy({ name: 'account', rules: [...some, ...rules] }),
  });
  const noneAdded = deciding({ name: 'None added', when: {}, then: { kind: 'deny' }, change: { add: 'all' } });
  const none = deciding({ name: 'None', when: {}, then: { kind: 'deny' } });
  const anonymous = (authenticator: string) => {
    const { subject: _, ...facts } = requested(authenticator);
    return facts;
  };
  const kindOf = (set: PolicySet, facts: ReturnType<typeof anonymous>) => evaluate(set, facts).kind;

  test('is undecided if it may be an addition, which is denied, or a change', () => {
    expect(requestedChangeLayer(noneAdded, anonymous('security_question'))).toEqual({
      trace: { layer: 'account', policy: 'account', rules: [], outcome: 'undecided' },
    });
    expect(kindOf(noneAdded, anonymous('security_question'))).toBe('identify');
    expect(kindOf(noneAdded, requested('security_question'))).toBe('challenge');
  });

  test('is denied at once if it is an addition anyway, or if neither is allowed', () => {
    expect(kindOf(noneAdded, anonymous('webauthn'))).toBe('deny');
    expect(kindOf(none, anonymous('security_question'))).toBe('deny');
  });

  test('tells nothing of a suspended account', () => {
    const subject = userWith(['password'], { status: 'suspended' });
    expect(kindOf(noneAdded, requested('security_question', { subject }))).toBe('challenge');
  });
});

describe('enrollments', () => {
  test('are left as they were, but for those that are forbidden, each with what is asked for', () => {
    const { policies: left, additions } = withAccountPolicy(policies, requested('phone'));
    const enrollable = (set: PolicySet) =>
      set.authenticators.filter((authenticator) => authenticator.enrollable).map(({ key }) => key);
    expect(enrollable(left)).toEqual(enrollable(policies).filter((key) => key !== 'totp'));
    expect([...(additions?.keys() ?? [])]).toEqual(enrollable(left));
    expect(left).toEqual({ ...policies, authenticators: left.authenticators });
  });

  const byAccountPolicy = { layer: 'account', reason: 'enrollment_forbids' } as const satisfies Denial;
  const missing = (...authenticators: readonly string[]) => ({ missingEnrollment: { authenticators } });

  test('that are ruled out are named where that is why the user is denied', () => {
    const named = (denial: Denial) =>
      ruledOutAdditionLayers(denial, { policies, facts: requested('phone') }).map(({ trace }) => trace.change?.of);
    expect(named({ ...byAccountPolicy, ...missing('totp') })).toEqual(['totp']);
    expect(named({ ...byAccountPolicy, ...missing('webauthn') })).toEqual(['totp', 'webauthn']);
    const required = { authenticators: ['webauthn'], enrollmentRule: 'All' };
    expect(named({ ...byAccountPolicy, missingEnrollment: required })).toEqual(['webauthn']);
    expect(named({ ...byAccountPolicy, layer: 'enrollment', ...missing('totp') })).toEqual([]);
    expect(named({ ...byAccountPolicy, reason: 'rule' })).toEqual([]);
  });
});

test('the rules about a change are put together once', () => {
  const change = { action: 'add', of: 'phone' } as const;
  const fresh = compileAccountPolicy({ name: 'account', rules });
  expect(fresh.about({ ...change })).toBe(fresh.about(change));
  // The same rule decides about both.
  expect(fresh.about({ action: 'remove', of: 'totp' })).toBe(fresh.about(change));
  expect(fresh.about({ action: 'add', of: 'totp' })).not.toBe(fresh.about(change));
});

describe('the parts of evidence that are evaluated independently', () => {
  const [password, email, totp] = enrolled('password', 'email', 'totp');
  const secret = { ...password, recovered: 'secret' as const };
  const proofs = { ...email, recovered: 'proof' as const };

  test.each([
    ['are all of it without a recovery', [password, email, totp], [[password, email, totp]]],
    [
      'are two: without the secret, and without what recovered it',
      [secret, proofs, totp],
      [
        [proofs, totp],
        [secret, totp],
      ],
    ],
    ['are all of it without what recovered the secret', [secret, totp], [[secret, totp]]],
    ['are all of it without the secret', [proofs, totp], [[proofs, totp]]],
    ['are two, also where there is nothing else', [secret, proofs], [[proofs], [secret]]],
  ])('%s', (_, evidence, parts) => {
    expect(independentParts(evidence as readonly (typeof secret | typeof proofs)[])).toEqual(parts);
  });
});
