/** What a changed policy lets users in with, one reason after the other. */
import { describe, expect, test } from '@jest/globals';
import { type NewlyWeaker, newlyWeaker } from '../../../../src/core/analysis/comparison/newly-weaker.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule, EnrollmentTerms } from '../../../../src/core/model/enrollment-policy.ts';
import type { AllowTerms, Demand, Requirement, Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { enrollmentTerms, factors, type Key, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const enabled: readonly Key[] = ['password', 'totp', 'webauthn'];
const deny: Rule['then'] = { kind: 'deny' };
const asks = (requirement: Requirement, more: Partial<AllowTerms> = {}): Rule['then'] => ({
  kind: 'allow',
  requirement,
  ...more,
});
const demanding = (...demands: readonly Demand[]) => factors(1, { demands });
const by = (...authenticators: readonly string[]) => demanding({ authenticators });
const [one, two] = [factors(1), factors(2)];
const resistant: Demand = { factor: 'possession', characteristics: ['phishingResistant'] };
const byTotp = factors(2, { demands: [{ factor: 'possession', authenticators: ['totp'] }] });
const orTotp = (other: Requirement): Requirement => ({
  anyOf: [other, byTotp].flatMap((each) => ('anyOf' in each ? each.anyOf : [])),
});
const codes = (count: number): Requirement => ({ chains: [Array(count).fill({ authenticators: ['totp'] })] });
const inA: Conditions = { groups: { any: ['a'] } };
const inB: Conditions = { groups: { any: ['b'] } };

interface Parts {
  readonly app?: readonly Rule[];
  readonly session?: readonly Rule[];
  readonly enrollment?: readonly EnrollmentRule[];
  readonly minimumAcr?: string;
}

const rule = (then: Rule['then'], when: Conditions = {}, name = 'R'): Rule => ({ name, when, then });
const terms = (disabled: readonly string[], when: Conditions = {}): EnrollmentRule => ({
  name: `without ${disabled}`,
  when,
  then: enrollmentTerms({ disabled }) satisfies EnrollmentTerms,
});

function policiesFrom({
  app = [rule(asks(one))],
  session = [rule(asks(one))],
  enrollment,
  minimumAcr,
}: Parts): PolicySet {
  return {
    ...policiesOf({ enabled, ...(minimumAcr !== undefined && { minimumAcr }) }),
    app: compilePolicy({ name: 'app', rules: app }),
    session: compilePolicy({ name: 'session', rules: session }),
    ...(enrollment && { enrollment: compilePolicy({ name: 'enrollment', rules: enrollment }) }),
  };
}

function search(active: Parts, next: Parts) {
  const [before, now] = [policiesFrom(active), policiesFrom(next)];
  const whens = [before, now].flatMap(({ app, session, enrollment }) =>
    [app, session, enrollment].flatMap((policy) => (policy?.rules ?? []).map((each) => each.rule.when)),
  );
  return newlyWeaker({ active: before, next: now, scopes: ['a', 'b', 'c'] }, ruleSpace(whens, universe()));
}

function told({ proved, longer, scopes, facts }: NewlyWeaker) {
  return {
    ...(proved && { evidence: [...new Set(proved.evidence.map(({ authenticator }) => authenticator))] }),
    ...(longer && { longer: longer.map(({ what }) => what) }),
    ...(scopes && { scopes }),
    ...(facts.subject.groups.length > 0 && { groups: facts.subject.groups }),
  };
}

const hour = { idle: 3600, absolute: 3600 };
const day = { idle: 3600, absolute: 86_400 };
const appOf = (...rules: readonly Rule[]): Parts => ({ app: rules });
const sessionOf = (...rules: readonly Rule[]): Parts => ({ session: rules });

/** Terms that grant more than others, one case for each member: one that is left out does not compile. */
const widerTerms: {
  readonly [Name in Exclude<keyof AllowTerms, 'kind'>]: readonly [
    before: NonNullable<AllowTerms[Name]>,
    now: NonNullable<AllowTerms[Name]>,
  ];
} = {
  requirement: [two, one],
  session: [hour, day],
  appSession: [{ absolute: 60 }, { absolute: 120 }],
  remember: [60, 120],
  scopes: [['a'], ['a', 'b']],
};

test.each(Object.entries(widerTerms))('%s: more than before is found, less is not', (name, [before, now]) => {
  const sideOf = (value: unknown): Parts => {
    const more = { [name]: value };
    return { app: [rule(asks(two, more))], session: [rule(asks(one, more))] };
  };
  expect(search(sideOf(before), sideOf(now)).found).toHaveLength(1);
  expect(search(sideOf(now), sideOf(before))).toEqual({ found: [], undecided: [] });
});

describe('is weaker', () => {
  test.each<[string, Parts, Parts, ReturnType<typeof told>]>([
    ['less for the app', appOf(rule(asks(two))), appOf(rule(asks(one))), { evidence: ['password'] }],
    ['less for the session', sessionOf(rule(asks(two))), sessionOf(rule(asks(one))), { evidence: ['password'] }],
    ['no minimum any more', { minimumAcr: '2fa' }, {}, { evidence: ['password'] }],
    ['a lower minimum', { minimumAcr: '2fa' }, { minimumAcr: 'pwd' }, { evidence: ['password'] }],
    ['users who were denied', appOf(rule(deny)), appOf(rule(asks(two))), {}],
    ['users whom the session policy denied', sessionOf(rule(deny)), {}, {}],
    ['users for whom no rule decided', appOf(rule(asks(one), inA)), appOf(rule(asks(one))), {}],
    [
      'some users alone',
      appOf(rule(asks(two))),
      appOf(rule(asks(one), inA), rule(asks(two))),
      { evidence: ['password'], groups: ['a'] },
    ],
    [
      'less in every respect, of which all is told',
      { app: [rule(asks(two, { scopes: ['openid'] }))], session: [rule(asks(one, { session: hour }))] },
      { app: [rule(asks(one))], session: [rule(asks(one, { session: day }))] },
      { evidence: ['password'], longer: ['absolute'], scopes: 'any' },
    ],
    [
      'a longer session',
      sessionOf(rule(asks(one, { session: hour }))),
      sessionOf(rule(asks(one, { session: day }))),
      { longer: ['absolute'] },
    ],
    [
      'a browser that remembers',
      appOf(rule(asks(two))),
      appOf(rule(asks(two, { remember: 60 }))),
      { evidence: ['password'], longer: ['remembered'] },
    ],
    [
      'one that remembers longer',
      appOf(rule(asks(two, { remember: 60 }))),
      appOf(rule(asks(two, { remember: 61 }))),
      { evidence: ['password'], longer: ['remembered'] },
    ],
    [
      'more scopes',
      appOf(rule(asks(one, { scopes: ['a'] }))),
      appOf(rule(asks(one, { scopes: ['b', 'a', 'c'] }))),
      { scopes: ['b', 'c'] },
    ],
    ['all scopes', appOf(rule(asks(one, { scopes: ['a'] }))), appOf(rule(asks(one))), { scopes: 'any' }],
    [
      'an authenticator that the enrollment policy lets again',
      { app: [rule(asks(by('totp', 'webauthn')))], enrollment: [terms(['totp'])] },
      { app: [rule(asks(by('totp', 'webauthn')))], enrollment: [terms([])] },
      { evidence: ['totp'] },
    ],
    [
      'one that it lets some users have',
      { app: [rule(asks(by('totp', 'webauthn')))], enrollment: [terms(['totp'])] },
      { app: [rule(asks(by('totp', 'webauthn')))], enrollment: [terms([], inB), terms(['totp'])] },
      { evidence: ['totp'], groups: ['b'] },
    ],
  ])('%s', (_, active, next, expected) => {
    const { found, undecided } = search(active, next);
    expect([found.map(told), undecided]).toEqual([[expected], []]);
  });

  test('says which rules decide on both sides', () => {
    const [before, now] = [
      { app: [rule(asks(two), {}, 'strict')], enrollment: [terms(['webauthn'])] },
      { app: [rule(asks(one), {}, 'weak')] },
    ];
    const [found] = search(before, now).found;
    expect(found?.before).toEqual({ session: rule(asks(one)), app: before.app[0], enrollment: before.enrollment[0] });
    expect(found?.now).toEqual({ session: rule(asks(one)), app: now.app[0] });
    const [none] = search(appOf(rule(asks(one), inA)), appOf(rule(asks(one)))).found;
    expect(none?.before).toEqual({ session: rule(asks(one)) });
  });

  test('one example for each pair of rules is enough, and of different rules each has one', () => {
    const strict = { app: [rule(asks(two))], enrollment: [terms([], inA), terms(['webauthn'])] };
    expect(search(strict, { ...strict, app: [rule(asks(one))] }).found).toHaveLength(1);
    const both = appOf(rule(asks(one), inA, 'first'), rule(asks(one), {}, 'second'));
    expect(search(appOf(rule(asks(two))), both).found.map(({ now }) => now.app?.name)).toEqual(['first', 'second']);
  });
});

describe('is not', () => {
  test.each<[string, Parts, Parts]>([
    ['the same', {}, {}],
    ['more', appOf(rule(asks(one))), appOf(rule(asks(two)))],
    [
      'more for the app and less for the session',
      { app: [rule(asks(one))], session: [rule(asks(two))] },
      { app: [rule(asks(two))], session: [rule(asks(one))] },
    ],
    [
      'less for the app below a minimum',
      { app: [rule(asks(two))], minimumAcr: '2fa' },
      { app: [rule(asks(one))], minimumAcr: '2fa' },
    ],
    [
      'less where a session asks for as much',
      { app: [rule(asks(two))], session: [rule(asks(two))] },
      { session: [rule(asks(two))] },
    ],
    ['a denial', {}, appOf(rule(deny))],
    ['a denial by the session policy', {}, sessionOf(rule(deny))],
    [
      'less for users who are denied before',
      appOf(rule(asks(two))),
      appOf(rule(deny, inA), rule(asks(one), inA), rule(asks(two))),
    ],
    ['a shorter session', sessionOf(rule(asks(one, { session: day }))), sessionOf(rule(asks(one, { session: hour })))],
    ['fewer scopes', appOf(rule(asks(one, { scopes: ['a', 'b'] }))), appOf(rule(asks(one, { scopes: ['b'] })))],
    ['scopes where all were granted', appOf(rule(asks(one))), appOf(rule(asks(one, { scopes: ['b'] })))],
    ['a browser that remembers, where there is nothing to waive', {}, appOf(rule(asks(one, { remember: 60 })))],
    [
      'a browser that remembers, where the session asks for as much',
      { app: [rule(asks(two))], session: [rule(asks(two))] },
      { app: [rule(asks(two, { remember: 60 }))], session: [rule(asks(two))] },
    ],
    [
      'an authenticator that the enrollment policy forbids',
      { app: [rule(asks(by('totp', 'webauthn')))], enrollment: [terms([])] },
      { app: [rule(asks(by('totp', 'webauthn')))], enrollment: [terms(['totp'])] },
    ],
    [
      'less in facts that there are not',
      appOf(rule(asks(two))),
      appOf(rule(asks(one), { device: { known: false }, risk: { none: ['newDevice'] } }), rule(asks(two))),
    ],
  ])('%s', (_, active, next) => {
    expect(search(active, next)).toEqual({ found: [], undecided: [] });
  });
});

test('a browser in which more is waived than before is shown by what it remembers', () => {
  // With a passkey remembered a password is enough, where the passkey was asked for.
  const active = appOf(rule(asks(orTotp(demanding(resistant)), { remember: 60 })));
  const next = appOf(rule(asks(orTotp(factors(2, { demands: [resistant] })), { remember: 60 })));
  const { found, undecided } = search(active, next);
  expect(undecided).toEqual([]);
  expect(found.map(({ proved, enrolled }) => [proved?.remembered, enrolled])).toEqual([
    [['webauthn'], ['password', 'webauthn']],
  ]);
});

describe('is undecided', () => {
  test.each<[string, Parts, Parts]>([
    [
      'a chain of more than six proofs where another thing was asked for',
      appOf(rule(asks(codes(6)))),
      appOf(rule(asks(codes(7)))),
    ],
    [
      'less for users of whom none is known',
      appOf(rule(asks(two))),
      appOf(rule(asks(one), { attributes: { nick: { equals: 'a*' } } }), rule(asks(two))),
    ],
  ])('%s', (_, active, next) => {
    const { found, undecided } = search(active, next);
    expect([found, undecided.length]).toEqual([[], 1]);
    expect(undecided[0]?.now.app).toEqual(next.app?.[0]);
    expect(undecided[0]?.before.app).toEqual(active.app?.[0]);
  });

  test('but not where the same rules let some users in with less', () => {
    const active = {
      app: [rule(asks(two))],
      enrollment: [terms([], { attributes: { nick: { equals: 'a*' } } }), terms(['webauthn'])],
    };
    const { found, undecided } = search(active, { ...active, app: [rule(asks(one))] });
    expect([found.length, undecided]).toEqual([1, []]);
  });
});
