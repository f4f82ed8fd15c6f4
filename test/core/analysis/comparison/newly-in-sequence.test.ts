/** Users who newly get in by enrollments that come one after the other, where rules have conditions. */
import { describe, expect, test } from '@jest/globals';
import { newlyInSequence } from '../../../../src/core/analysis/comparison/newly-in-sequence.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { AccountRule } from '../../../../src/core/model/account-policy.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule } from '../../../../src/core/model/enrollment-policy.ts';
import type { Requirement, Rule } from '../../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { allow, enrollmentTerms, factors, type Key, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const inA: Conditions = { groups: { any: ['a'] } };
const atNotes: Conditions = { apps: { any: ['notes'] } };
/** There may be such users, and the analysis knows none. */
const unknown: Conditions = { attributes: { nick: { equals: 'a*' } } };

const two = factors(2);
const named = factors(2, { demands: [{ authenticators: ['totp'] }] });
const resistant = factors(1, { demands: [{ characteristics: ['phishingResistant'] }] });

interface Written {
  /** About a passkey, the first that holds. */
  readonly asks: readonly (readonly [Requirement, Conditions?])[];
  readonly names?: string;
  /** About a code generator. */
  readonly totp?: readonly (readonly [Rule['then'], Conditions])[];
  readonly enrollment?: readonly EnrollmentRule[];
  readonly enabled?: readonly Key[];
  /** What the app asks for. Absent: a passkey. */
  readonly asked?: Requirement;
  /** The session policy lets users open the pages of the account. */
  readonly isOpen?: true;
}

function policiesWith(written: Written, clientId: string): PolicySet {
  const { asks, names = 'Passkeys', totp = [], enrollment = [], asked = resistant, isOpen } = written;
  const { enabled = ['password', 'totp', 'webauthn'] } = written;
  const rules: readonly AccountRule[] = [
    ...asks.map(([proof, when = {}]) => ({ name: names, change: { add: ['webauthn'] }, when, then: allow(proof) })),
    ...totp.map(([then, when]) => ({ name: 'Codes', change: { add: ['totp'] }, when, then })),
    { name: 'Rest', when: {}, then: allow(factors(1)) },
  ];
  const session: readonly Rule[] = [
    ...(isOpen ? [] : [{ name: 'Pages', when: { apps: { none: ['notes'] } }, then: { kind: 'deny' } as const }]),
    { name: 'Users', when: {}, then: allow(factors(1)) },
  ];
  const app = clientId === 'notes' ? asked : factors(1);
  return {
    ...policiesOf({ enabled, app, session: { name: 'session', rules: session } }),
    accountPolicy: compileAccountPolicy({ name: 'account', rules }),
    ...(enrollment.length > 0 && { enrollment: compilePolicy({ name: 'enrollment', rules: enrollment }) }),
    ...(clientId !== 'notes' && { isAccountApp: true }),
  };
}

function search(before: Written, after: Written) {
  const active = policiesWith(before, 'notes');
  const next = policiesWith(after, 'notes');
  const conditions = [active, next].flatMap(({ session, accountPolicy, enrollment }) => [
    ...[session, enrollment].flatMap((policy) => (policy?.rules ?? []).map(({ rule }) => rule.when)),
    ...(accountPolicy?.rules ?? []).map(({ when }) => when),
  ]);
  const account = { policies: policiesWith(before, 'account'), clientId: 'account' };
  const space = ruleSpace(conditions, universe({ clientIds: ['notes'] }));
  const { found, undecided } = newlyInSequence({ active, next, account }, space);
  return {
    found: found.map(({ proofs, added, facts, rulesBefore, rulesNow }) => ({
      ...{ enrolled: proofs.enrolled, added, groups: facts.subject.groups },
      rules: [rulesBefore, rulesNow].map((rules) => rules.map(({ name }) => name).join()),
    })),
    undecided: undecided.map(({ rulesNow }) => rulesNow.map(({ name }) => name).join()),
  };
}

const byCodes = { enrolled: ['password'], added: ['totp', 'webauthn'] };
const quiet = { found: [], undecided: [] };

test('the example is of the group whose rule changed', () => {
  expect(search({ asks: [[two]] }, { asks: [[named, inA], [two]], names: 'New' })).toEqual({
    found: [{ ...byCodes, groups: ['a'], rules: ['Passkeys', 'New'] }],
    undecided: [],
  });
});

test('rules that are only named or ordered otherwise open nothing', () => {
  expect(search({ asks: [[two]] }, { asks: [[two]], names: 'New' })).toEqual(quiet);
  expect(search({ asks: [[two]] }, { asks: [[two, inA], [two]], names: 'New' })).toEqual(quiet);
  expect(search({ asks: [[named]] }, { asks: [[named]] })).toEqual(quiet);
});

test('rules of which no example is known are undecided', () => {
  const { found, undecided } = search({ asks: [[two]] }, { asks: [[named, unknown], [two]] });
  expect([found, undecided]).toEqual([[], ['Passkeys']]);
  expect(search({ asks: [[two]] }, { asks: [[factors(3), unknown], [two]] })).toEqual(quiet);
});

describe('where users may open the pages of the account', () => {
  const deny: Rule['then'] = { kind: 'deny' };
  const one = allow(factors(1));
  const open = { isOpen: true } as const;

  test('they could set up the same there', () => {
    expect(search({ asks: [[two]], ...open }, { asks: [[named]], ...open })).toEqual(quiet);
  });

  test.each<[string, NonNullable<Written['totp']>, object]>([
    [
      'no user could',
      [
        [one, atNotes],
        [deny, {}],
      ],
      { found: [{ groups: [] }], undecided: [] },
    ],
    [
      'some users could not',
      [
        [one, atNotes],
        [deny, inA],
      ],
      { found: [], undecided: ['Passkeys'] },
    ],
  ])('where %s, if rules say so', (_, totp, expected) => {
    expect(search({ asks: [[two]], totp, ...open }, { asks: [[named]], totp, ...open })).toMatchObject(expected);
  });
});

test('what must be set up by how the user signed in leads to the next', () => {
  const required = (keys: readonly string[], when: Conditions = {}): EnrollmentRule => {
    return { name: 'Required', when, then: enrollmentTerms({ required: keys.map((key) => ({ anyOf: [key] })) }) };
  };
  const byPassword: Conditions = { authenticated: { any: ['password'] } };
  const written = { asks: [[two]], asked: factors(1) } as const;
  const before = { ...written, enrollment: [required(['webauthn'], byPassword), required([])] };
  const after = { ...written, enrollment: [required(['totp', 'webauthn'], byPassword), required([])] };
  expect(search(before, after)).toMatchObject({
    found: [{ ...byCodes, rules: ['Required', 'Required'] }],
    undecided: [],
  });
  expect(search(before, before)).toEqual(quiet);
});

describe('a long way', () => {
  const requiring = (count: number, ...keys: readonly string[]): readonly EnrollmentRule[] => [
    { name: 'Keys', when: {}, then: enrollmentTerms({ required: keys.map((key) => ({ anyOf: [key], count })) }) },
  ];

  test.each([3, 5])('of %d passkeys is followed to its end', (count) => {
    const enrollment = requiring(count, 'webauthn');
    expect(search({ asks: [[two]], enrollment }, { asks: [[named]], enrollment })).toMatchObject({
      found: [{ enrolled: ['password'], added: ['totp', ...Array.from({ length: count }, () => 'webauthn')] }],
      undecided: [],
    });
    expect(search({ asks: [[two]], enrollment }, { asks: [[factors(3)]], enrollment })).toEqual(quiet);
  });

  test('that is too long to follow is undecided', () => {
    const enrollment = requiring(9, 'phone', 'totp', 'webauthn');
    const both = { enrollment, enabled: ['password', 'phone', 'totp', 'webauthn'] } as const;
    expect(search({ asks: [[two]], ...both }, { asks: [[named]], ...both })).toEqual({
      found: [],
      undecided: ['Passkeys'],
    });
  });
});
