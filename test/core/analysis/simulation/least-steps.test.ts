/** What a sign-in asks of a user who skips every offer. */
import { describe, expect, test } from '@jest/globals';
import { askedInAll } from '../../../../src/core/analysis/simulation/asked-in-all.ts';
import { leastOfWays } from '../../../../src/core/analysis/simulation/least-steps.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentTerms } from '../../../../src/core/model/enrollment-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { allow, always, enrollmentTerms, factors, factsOf, policiesOf, userWith } from '../../support/fixtures.ts';

type Rule = readonly [Partial<EnrollmentTerms>, Conditions?];

function policiesWith(rules: readonly Rule[], count: 1 | 2 = 1): PolicySet {
  const own = rules.map(([terms, when = {}], at) => ({ name: `Rule ${at}`, when, then: enrollmentTerms(terms) }));
  return {
    ...policiesOf({ app: always(allow(factors(count))), enabled: ['password', 'totp', 'webauthn'] }),
    enrollment: compilePolicy({ name: 'enrollment', rules: own }),
  };
}

/** The steps of each way. */
function leastOf(policies: PolicySet, ...keys: Parameters<typeof userWith>[0]): unknown {
  const facts = factsOf({ subject: userWith(keys) });
  return leastOfWays(policies, facts, askedInAll(policies, facts)).map(({ steps }) =>
    steps.map((step) => ('authenticator' in step ? `${step.kind} ${step.authenticator}` : step.kind)).join(),
  );
}

test.each<[string, Partial<EnrollmentTerms>]>([
  ['an offer', { optional: ['totp'] }],
  ['two offers', { optional: ['totp', 'webauthn'] }],
  ['what has to be set up after some sign-ins', { required: [{ anyOf: ['totp'], grace: { skips: 2 } }] }],
])('%s is left out', (_, terms) => {
  expect(leastOf(policiesWith([[terms]]), 'password')).toEqual(['complete']);
});

test('what has to be set up stays, also beside an offer', () => {
  const setUp = ['enroll totp,complete'];
  expect(leastOf(policiesWith([[{ required: [{ anyOf: ['totp'] }] }]]), 'password')).toEqual(setUp);
  expect(leastOf(policiesWith([[{ required: [{ anyOf: ['totp'] }], optional: ['webauthn'] }]]), 'password')).toEqual(
    setUp,
  );
});

describe('of several ways', () => {
  test('each is told', () => {
    const byCode: Rule = [{ required: [{ anyOf: ['webauthn'] }] }, { authenticated: { any: ['totp'] } }];
    expect(leastOf(policiesWith([byCode, [{}]]), 'password', 'totp')).toEqual([
      'complete',
      'challenge password,enroll webauthn,complete',
    ]);
    // A user who accepts the offer proves the code, too.
    expect(leastOf(policiesWith([byCode, [{ optional: ['webauthn'] }]]), 'password', 'totp')).toEqual([
      'complete',
      'challenge password,enroll webauthn,complete',
    ]);
  });

  test('there is none for a user who does not get in', () => {
    expect(leastOf(policiesWith([[{}, { authenticated: { any: ['totp'] } }]]), 'password')).toEqual([]);
  });
});

describe('what must be set up', () => {
  /** In each way, by each set of proofs and each choice after it. */
  const setUpsOf = (policies: PolicySet, ...keys: Parameters<typeof userWith>[0]) => {
    const facts = factsOf({ subject: userWith(keys) });
    return leastOfWays(policies, facts, askedInAll(policies, facts)).map(({ setUps }) => setUps);
  };
  const demand = (...authenticators: readonly string[]) => factors(1, { demands: [{ authenticators }] });

  test('is what is enrolled for the proofs, and after them', () => {
    const byKey: Rule = [{ required: [{ anyOf: ['totp'] }] }, { authenticated: { any: ['password'] } }];
    expect(setUpsOf(policiesWith([byKey, [{}]], 2), 'password')).toEqual([[[['totp']]]]);
    const both: Rule = [{ required: [{ anyOf: ['webauthn', 'totp'] }] }];
    expect(setUpsOf(policiesWith([both]), 'password')).toEqual([[[['webauthn', 'totp']]]]);
    expect(setUpsOf(policiesWith([[{ optional: ['totp'] }]]), 'password')).toEqual([[[]]]);
  });

  test('is told by each set, in whatever order it is offered', () => {
    const policies = policiesOf({ session: always(allow(demand('webauthn'))), app: demand('totp', 'phone') });
    expect(setUpsOf(policies, 'password')).toEqual([
      [
        [['phone'], ['webauthn']],
        [['totp'], ['webauthn']],
      ],
    ]);
  });

  test('is told by each choice, where one saves the other', () => {
    const terms = { required: [{ anyOf: ['webauthn', 'totp'] }, { anyOf: ['totp'] }] };
    expect(setUpsOf(policiesWith([[terms]]), 'password')).toEqual([[[['webauthn'], ['totp']], [['totp']]]]);
  });

  test('is told of all that a chain takes, also where it may take two of a kind', () => {
    const app = { chains: [[{ authenticators: ['totp'] }, { authenticators: ['webauthn', 'totp'] }]] };
    expect(setUpsOf(policiesOf({ app }), 'password')).toEqual([
      [
        [['totp'], ['totp']],
        [['totp'], ['webauthn']],
      ],
    ]);
  });
});
