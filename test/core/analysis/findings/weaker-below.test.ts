/** Rules that protect named users only here and there, compared with brute force over a small universe. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LongerLimit } from '../../../../src/core/analysis/comparison/longer-limits.ts';
import { weakerBelow } from '../../../../src/core/analysis/findings/weaker-below.ts';
import { minimumOf } from '../../../../src/core/analysis/proofs/minimum-acr.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { meetsRequirement } from '../../../../src/core/evidence/requirement.ts';
import type { ConditionSet, Conditions } from '../../../../src/core/model/conditions.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { AllowTerms, Requirement, Rule } from '../../../../src/core/model/policy.ts';
import type { RefreshTokens } from '../../../../src/core/model/refresh-tokens.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import { entangled } from '../../support/entangled.ts';
import { acrLevels, allow, factors, factsOf, type PolicyParts, policiesOf, userWith } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const offices = universe({
  places: [
    { ip: '203.0.113.7', zones: [] },
    { ip: '203.0.113.8', zones: ['office'] },
  ],
});
const everywhere: readonly Facts[] = [[], ['a'], ['b'], ['a', 'b']].flatMap((groups) =>
  offices.places.flatMap((network) =>
    [['openid'], ['openid', 'mail']].flatMap((scopes) =>
      [false, true].map((known) => {
        const device = { known, platform: 'desktop', os: 'linux' } as const;
        return factsOf({ subject: userWith([], { groups }), network, device, request: { scopes } });
      }),
    ),
  ),
);

/** From the strictest. */
const [deny, two, one]: readonly [Rule['then'], Rule['then'], Rule['then']] = [
  { kind: 'deny' },
  allow(factors(2)),
  allow(factors(1)),
];
const thens = [deny, two, one];

const rule = (when: Conditions, then: Rule['then'], name = 'rule'): Rule => ({ name, when, then });
const ofA: Conditions = { groups: { any: ['a'] } };
const inOffice: ConditionSet = { network: { any: ['office'] } };

function search(rules: readonly Rule[], { session, ...more }: PolicyParts = {}, refreshTokens?: RefreshTokens) {
  const whens = [...rules, ...(session?.rules ?? [])].map(({ when }) => when);
  const policies = policiesOf({ ...more, ...(session && { session }), app: { name: 'app', rules } });
  return weakerBelow({ ...policies, ...(refreshTokens && { refreshTokens }) }, ruleSpace(whens, offices));
}

/** What a rule asks about, part by part: who the user is, what narrows that, and what is left aside. */
interface Drawn {
  readonly names?: Conditions;
  readonly narrows: Conditions;
  readonly besides: Conditions;
  readonly then: Rule['then'];
}
const constant = (...all: readonly Conditions[]) => fc.constantFrom(...all);
const narrowing = fc
  .tuple(
    constant({}, inOffice),
    constant({}, {}, { scopes: { any: ['mail'] } }),
    constant({}, { device: { known: true } }),
  )
  .map(([first, second, third]) => ({ ...first, ...second, ...third }));
const meant = fc.oneof(
  constant({}, {}, { network: { none: ['office'] } }),
  constant({ scopes: { none: ['mail'] } }, { device: { known: false } }),
);
const eitherWay: Conditions = { any: [inOffice, { groups: { any: ['b'] } }] };
const drawnRule: fc.Arbitrary<Drawn> = fc
  .record({
    names: constant({}, ofA, { groups: { all: ['a', 'b'] } }, ofA),
    narrows: fc.oneof({ weight: 4, arbitrary: narrowing }, constant(eitherWay)),
    besides: meant,
  })
  .chain((parts) => fc.constantFrom(...thens).map((then) => ({ ...parts, then })));

function isEmpty(when: Conditions): boolean {
  return Object.keys(when).length === 0;
}

function holds(when: Conditions, facts: Facts): boolean {
  return findRule(compilePolicy({ name: 'one', rules: [rule(when, one)] }), facts).rule !== undefined;
}

/** The user, as the rules know them. */
function userIn({ subject }: Facts): string {
  return JSON.stringify(subject?.groups);
}

test('a rule is found exactly where a condition of it misses for one of its users that a rule below asks for less', () => {
  const counts = { found: 0, quiet: 0 };
  fc.assert(
    fc.property(fc.array(drawnRule, { minLength: 1, maxLength: 3 }), fc.constantFrom(...thens), (some, rest) => {
      const parts = [...some, { names: {}, narrows: {}, besides: {}, then: rest }];
      const rules = parts.map(({ names, narrows, besides, then }, at) =>
        // A part that narrows takes the place of one that does not, where both are of one condition.
        rule({ ...besides, ...names, ...narrows }, then, `${at}`),
      );
      const app = compilePolicy({ name: 'app', rules });
      const rankOf = ({ then }: Rule) => thens.indexOf(then);
      const weakerThan = (strict: Rule, at: number) => {
        const { names = {}, narrows = {}, besides = {} } = parts[at] ?? {};
        if (strict.then.kind === 'deny' || isEmpty(names) || isEmpty(narrows)) return undefined;
        const kept = Object.entries(besides).filter(([name]) => !Object.hasOwn(narrows, name));
        const others = { ...Object.fromEntries(kept), ...names };
        const missed = everywhere.filter((facts) => holds(others, facts) && !holds(narrows, facts));
        const protectedSomewhere = new Set(
          everywhere.filter((facts) => findRule(app, facts).rule === strict).map(userIn),
        );
        const ofThese = missed.filter((facts) => protectedSomewhere.has(userIn(facts)));
        const decided = new Set(ofThese.map((facts) => findRule(app, facts).rule));
        return rules.slice(at + 1).find((weak) => decided.has(weak) && rankOf(weak) > rankOf(strict));
      };
      const expected = rules.flatMap((strict, at) => {
        const weak = weakerThan(strict, at);
        return weak ? [{ strict, weak, missing: Object.keys(parts[at]?.narrows ?? {}).sort() }] : [];
      });
      const { found, undecided } = search(rules);
      expect(undecided).toEqual([]);
      const about = found.map(({ strict, weak, missing }) => {
        return { strict, weak, missing: missing.map(({ condition }) => condition).sort() };
      });
      expect(about).toEqual(expected);
      for (const { weak, facts } of found) expect(findRule(app, facts).rule).toBe(weak);
      counts[found.length > 0 ? 'found' : 'quiet'] += 1;
    }),
    seeded(300),
  );
  expect(Math.min(counts.found, counts.quiet)).toBeGreaterThan(enough(15));
});

test('the evidence is enough for the rule below, and not for the one above', () => {
  const key = factors(1, { demands: [{ characteristics: ['phishingResistant'] }] });
  const [found, ...others] = search([rule({ ...ofA, ...inOffice }, allow(key)), rule({}, one)]).found;
  expect(others).toEqual([]);
  expect(found?.facts.subject.groups).toEqual(['a']);
  expect(meetsRequirement(factors(1), found?.evidence ?? [])).toBe(true);
  expect(meetsRequirement(key, found?.evidence ?? [])).toBe(false);
});

test.each<[string, ConditionSet, boolean]>([
  ['named users', { users: { any: ['ann'] } }, true],
  ['all users but some', { users: { none: ['ann'] } }, false],
  ['a group', ofA, true],
  ['all users outside of a group', { groups: { none: ['a'] } }, false],
  ['a user type', { userType: { any: ['guest'] } }, true],
  ['an attribute', { attributes: { plan: { equals: 'gold' } } }, true],
  ['a time', { time: { days: [1], zone: 'UTC' } }, false],
])('a rule about %s', (_, who, isFound) => {
  expect(search([rule({ ...who, ...inOffice }, two), rule({}, one)]).found).toHaveLength(isFound ? 1 : 0);
});

test.each<[string, ConditionSet, readonly string[] | undefined]>([
  ['a network', inOffice, ['network.any']],
  ['all networks but one', { network: { none: ['office'] } }, undefined],
  ['a time', { time: { days: [1], zone: 'UTC' } }, ['time']],
  ['a scope', { scopes: { all: ['mail'] } }, ['scopes.all']],
  ['no scope', { scopes: { none: ['mail'] } }, undefined],
  ['a claim, which it does not compare', { claims: { any: ['email'] } }, undefined],
  ['a known device', { device: { known: true } }, ['device.known']],
  ['a new device', { device: { known: false } }, undefined],
  ['a registered device', { device: { registered: true } }, ['device.registered']],
  ['a device that is not registered', { device: { registered: false } }, undefined],
  ['a managed device', { device: { managed: true } }, ['device.managed']],
  ['an assurance', { device: { assurance: { any: ['patched'] } } }, ['device.assurance.any']],
  ['no assurance', { device: { assurance: { none: ['patched'] } } }, undefined],
  ['a system, which the browser says', { device: { os: ['macos'] } }, undefined],
  ['a network and a known device', { ...inOffice, device: { known: true } }, ['network.any', 'device.known']],
  ['alternatives', { any: [inOffice, { scopes: { any: ['mail'] } }] } as ConditionSet, ['any']],
  ['an alternative beside who the user is', { any: [inOffice, { groups: { any: ['b'] } }] } as ConditionSet, ['any']],
  ['an alternative that says `none`', { any: [inOffice, { scopes: { none: ['mail'] } }] } as ConditionSet, undefined],
  ['alternatives that are meant', { any: [{ network: { none: ['office'] } }] } as ConditionSet, undefined],
  ['an alternative beside a formula', { any: [inOffice, { claims: { any: ['email'] } }] } as ConditionSet, undefined],
])('a rule about a group with %s', (_, narrows, paths) => {
  const { found } = search([rule({ ...ofA, ...narrows }, two), rule({}, one)]);
  const named = found.map(({ missing }) => missing.map(({ condition, path }) => [condition, ...path].join('.')));
  expect(named).toEqual(paths === undefined ? [] : [paths]);
});

const strictRule = rule({ ...ofA, ...inOffice }, two);

test('what the session policy and the minimum of the app ask for is asked for below, too', () => {
  const always = (then: Rule['then']) => ({ name: 'session', rules: [rule({}, then)] });
  expect(search([strictRule, rule({}, one)], { session: always(two) }).found).toEqual([]);
  expect(search([strictRule, rule({}, one)], { session: always(deny) }).found).toEqual([]);
  expect(search([strictRule, rule({}, one)], { minimumAcr: '2fa' }).found).toEqual([]);
  expect(search([strictRule, rule({}, one)], { minimumAcr: 'pwd' }).found).toHaveLength(1);
  expect(minimumOf({ acrLevels, minimumAcr: '2fa' })).toEqual([factors(2)]);
  expect(minimumOf({ acrLevels })).toEqual([]);
});

test('the example is one in which the session policy asks for nothing further', () => {
  const mail: Conditions = { scopes: { any: ['mail'] } };
  const rules = [rule({ scopes: { none: ['mail'] } }, two), rule({}, one)];
  const { found } = search([strictRule, rule({}, one)], { session: { name: 'session', rules } });
  expect(found.map(({ facts }) => facts.request.scopes.includes('mail'))).toEqual([true]);
  const closed = [rule(mail, deny), rule({}, two)];
  expect(search([strictRule, rule({}, one)], { session: { name: 'session', rules: closed } }).found).toEqual([]);
});

test.each<[string, Requirement, Requirement]>([
  ['the rule below asks for the same', factors(2), factors(2)],
  ['it asks for more', factors(1), factors(2)],
  [
    'it asks for something else',
    factors(1, { demands: [{ authenticators: ['password'] }] }),
    factors(1, { demands: [{ authenticators: ['totp'] }] }),
  ],
])('quiet where %s', (_, above, below) => {
  const rules = [rule({ ...ofA, ...inOffice }, allow(above)), rule({}, allow(below))];
  expect(search(rules)).toEqual({ found: [], undecided: [], opaque: [] });
});

const chainOf = (...steps: readonly string[]): Requirement => ({
  chains: [steps.map((names) => ({ authenticators: names.split(' ') }))],
});
const six = chainOf(...Array<string>(6).fill('totp'));
const seven = chainOf(...Array<string>(7).fill('totp'));

test.each<[string, Requirement, Requirement, readonly string[]]>([
  ['a chain with fewer steps', chainOf('password', 'totp'), chainOf('password'), ['password']],
  [
    'a chain with more to choose from',
    chainOf('password', 'webauthn'),
    chainOf('password', 'totp webauthn'),
    ['password', 'totp'],
  ],
  ['a factor instead of a chain', chainOf('password', 'totp'), factors(1), ['password']],
  [
    'a chain instead of factors',
    factors(2, { demands: [{ authenticators: ['password'] }] }),
    chainOf('password'),
    ['password'],
  ],
  ['one of two enrollments', chainOf('totp', 'totp'), chainOf('totp'), ['totp']],
])('the rule below may ask for %s', (_, above, below, keys) => {
  const strict = rule({ ...ofA, ...inOffice }, allow(above));
  const { found, undecided } = search([strict, rule({}, allow(below))]);
  expect([found.map(({ evidence }) => evidence.map(({ authenticator }) => authenticator)), undecided]).toEqual([
    [keys],
    [],
  ]);
});

test.each<[string, Requirement, Requirement]>([
  ['a chain in another order', chainOf('password', 'totp'), chainOf('totp', 'password')],
  ['a chain with a further step', chainOf('password'), chainOf('password', 'totp')],
  ['another chain', chainOf('password', 'totp'), chainOf('password', 'email')],
])('and it is not weaker where it asks for %s', (_, above, below) => {
  const rules = [rule({ ...ofA, ...inOffice }, allow(above)), rule({}, allow(below))];
  expect(search(rules)).toEqual({ found: [], undecided: [], opaque: [] });
});

test('chains that cannot be compared leave it undecided, where the rule below decides', () => {
  const strict = rule({ ...ofA, ...inOffice }, allow(seven));
  expect(search([strict, rule({}, allow(six))])).toEqual({ found: [], undecided: [strict], opaque: [] });
  expect(search([strict, rule({}, two), rule({}, allow(six))])).toEqual({ found: [], undecided: [], opaque: [] });
});

test('three layers of seven authenticators are compared', () => {
  const session = { name: 'session', rules: [rule({}, two)] };
  const strong = allow(factors(2, { demands: [{ factor: 'possession', characteristics: ['phishingResistant'] }] }));
  const { found } = search([rule({ ...ofA, ...inOffice }, strong), rule({}, two)], { session, minimumAcr: '2fa' });
  expect(found.map(({ evidence }) => evidence.map(({ authenticator }) => authenticator))).toEqual([
    ['password', 'email'],
  ]);
});

const unknown: Conditions = { attributes: { nick: { equals: 'a*' } } };

test('nothing is found if no user is known about whom the rules decide', () => {
  const nothing = { found: [], undecided: [], opaque: [] };
  expect(search([strictRule, rule(unknown, one), rule({}, two)])).toEqual(nothing);
  const rules = [rule(unknown, one), rule({}, two)];
  expect(search([strictRule, rule({}, one)], { session: { name: 'session', rules } })).toEqual(nothing);
});

test.each<[string, Conditions]>([
  ['new, and it is not said to be', { device: { known: false }, risk: { none: ['newDevice'] } }],
  ['known, where failures of strangers never count', { device: { known: true }, risk: { any: ['recentFailures'] } }],
])('quiet where the rule below never decides, as its device is %s', (_, never) => {
  expect(search([strictRule, rule(never, one), rule({}, two)])).toEqual({ found: [], undecided: [], opaque: [] });
});

test('the example is of what can be, where the rule below asks for that or for what can not', () => {
  const failures: ConditionSet = { device: { known: true }, risk: { any: ['recentFailures'] } };
  const either = rule({ any: [failures, { groups: { all: ['b', 'c'] } }] }, one);
  const { found } = search([strictRule, either, rule({}, two)]);
  expect(found.map(({ facts }) => facts.subject.groups.toSorted())).toEqual([['a', 'b', 'c']]);
});

test('the example is a user in as few groups as possible', () => {
  const either = rule({ any: [{ groups: { all: ['b', 'c'] } }, { groups: { any: ['d'] } }] }, one);
  const ofAnn = rule({ users: { any: ['ann'] }, ...inOffice }, two);
  expect(search([ofAnn, either]).found.map(({ facts }) => facts.subject.groups)).toEqual([['d']]);
});

test('rules that are entangled on purpose leave it undecided, unless something else is found', () => {
  const maze = entangled.map((when) => rule(when, two));
  expect(search([...maze, strictRule, rule({}, one)])).toEqual({ found: [], undecided: [strictRule], opaque: [] });
  expect(search([...maze, strictRule, rule({}, two)])).toEqual({ found: [], undecided: [], opaque: [] });
  expect(search([strictRule, rule(inOffice, two), rule({}, one), ...maze]).found).toHaveLength(1);
});

describe('in the session policy', () => {
  const searchSession = (session: readonly Rule[], app: readonly Rule[] = [rule({}, one)]) => {
    const policies = policiesOf({ session: { name: 'session', rules: session }, app: { name: 'app', rules: app } });
    const whens = [...session, ...app].map(({ when }) => when);
    const { found, undecided } = weakerBelow(policies, ruleSpace(whens, offices), { layer: 'session' });
    expect(undecided).toEqual([]);
    for (const { weak, facts } of found) expect(findRule(policies.session, facts).rule).toBe(weak);
    return found.map((each) => [...new Set(each.evidence.map(({ authenticator }) => authenticator))].join());
  };
  const lasting = (idle: number) => allow(factors(1), { idle, absolute: 36_000 });

  test.each<[string, Rule['then'], Rule['then'], readonly string[]]>([
    ['fewer factors', two, one, ['password']],
    ['as many', two, two, []],
    ['more', one, two, []],
    ['as many, and lets sessions pause for longer', lasting(900), lasting(3_600), ['']],
    ['as many, and lets sessions pause for a shorter time', lasting(3_600), lasting(900), []],
    ['nothing, as it denies', two, deny, []],
    ['less than a denial', deny, one, []],
  ])('the rule below asks for %s', (_, above, below, evidence) => {
    expect(searchSession([rule({ ...ofA, ...inOffice }, above), rule({}, below)])).toEqual(evidence);
  });

  test('what every rule of the app asks for is asked for below, too', () => {
    const session = [strictRule, rule({}, one)];
    expect(searchSession(session, [rule({}, two)])).toEqual([]);
    expect(searchSession(session, [rule(inOffice, one), rule({}, two)])).toEqual([]);
    expect(searchSession(session, [rule(inOffice, two), rule({}, one)])).toEqual(['password']);
    expect(searchSession(session, [rule({}, deny)])).toEqual([]);
  });

  test('a rule that is told is not looked at again', () => {
    const policies = policiesOf({ session: { name: 'session', rules: [strictRule, rule({}, one)] } });
    const space = ruleSpace([strictRule.when, {}], offices);
    const found = (isTold: boolean) =>
      weakerBelow(policies, space, { layer: 'session', isTold: () => isTold }).found.length;
    expect([found(true), found(false)]).toEqual([0, 1]);
  });
});

describe('a rule below of a sign-on policy that asks for as much', () => {
  const asks = (more: Partial<AllowTerms> = {}, count: 1 | 2 = 2): Rule['then'] => ({
    kind: 'allow',
    requirement: factors(count),
    ...more,
  });
  const session: PolicyParts['session'] = {
    name: 'session',
    rules: [rule({}, allow(factors(1), { idle: 900, absolute: 36_000 }))],
  };

  test.each<[string, Rule['then'], Rule['then'], readonly LongerLimit['what'][]]>([
    ['and lets browsers remember it', asks(), asks({ remember: 60 }), ['remembered']],
    ['and lets browsers remember it for longer', asks({ remember: 60 }), asks({ remember: 61 }), ['remembered']],
    ['and lets browsers remember it for as long', asks({ remember: 60 }), asks({ remember: 60 }), []],
    ['and lets browsers remember nothing that it asks for', asks({}, 1), asks({ remember: 60 }, 1), []],
    ['and lets it count for longer', asks({ appSession: { absolute: 60 } }), asks(), ['at_app']],
    ['and lets it count for less long', asks(), asks({ appSession: { absolute: 60 } }), []],
    [
      'and lets it count for longer than any session',
      asks({ appSession: { absolute: 36_000 } }),
      asks({ appSession: { absolute: 36_001 } }),
      [],
    ],
    [
      'and lets it count for longer, and be remembered for less long',
      asks({ appSession: { absolute: 60 }, remember: 60 }),
      asks(),
      [],
    ],
    ['or more in return', asks({}, 1), asks({ remember: 60 }), []],
  ])('%s', (_, above, below, longer) => {
    const { found, undecided } = search([rule({ ...ofA, ...inOffice }, above), rule({}, below)], { session });
    expect(undecided).toEqual([]);
    expect(found.flatMap((weaker) => weaker.longer.map(({ what }) => what))).toEqual(longer);
    expect(found.flatMap(({ evidence }) => evidence)).toEqual([]);
  });

  describe('and lets refresh tokens count for longer than any session', () => {
    const limited = asks({ appSession: { absolute: 36_000 } });
    const offline: Conditions = { scopes: { any: ['offline_access'] } };
    const lifetime = 86_400;

    test.each<[string, Conditions, Rule['then'], RefreshTokens | undefined, readonly LongerLimit['what'][]]>([
      ['not at all', {}, asks(), { lifetime }, ['refreshed']],
      [
        'for as long as these live',
        {},
        asks({ appSession: { absolute: 36_000 + lifetime } }),
        { lifetime },
        ['refreshed'],
      ],
      ['where there are none', {}, asks(), undefined, []],
      ['where they end with the session', {}, asks(), { lifetime, endWithSession: true }, []],
      ['where no request asks for such', { scopes: { none: ['offline_access'] } }, asks(), { lifetime }, []],
      ['where requests ask for such', offline, asks(), { lifetime }, ['refreshed']],
    ])('%s', (_, when, below, refreshTokens, longer) => {
      const rules = [rule({ ...ofA, ...inOffice }, limited), rule(when, below)];
      const { found, undecided } = search(rules, { session }, refreshTokens);
      expect(undecided).toEqual([]);
      expect(found.flatMap((weaker) => weaker.longer.map(({ what }) => what))).toEqual(longer);
      for (const { facts } of found) expect(facts.request.scopes).toContain('offline_access');
    });
  });
});

test.each<[string, Conditions, boolean]>([
  ['each alternative', { any: [{ ...ofA, ...inOffice }, { users: { any: ['ann'] } }] }, true],
  ['one alternative only', { any: [{ ...ofA, ...inOffice }, { scopes: { any: ['mail'] } }] }, false],
])('users are named by %s', (_, when, isFound) => {
  const { found } = search([rule(when, two), rule({}, one)]);
  expect(found.map(({ facts }) => facts.subject.groups)).toEqual(isFound ? [['a']] : []);
});

test('an app without a policy has no such rule', () => {
  const { app: _, ...policies } = policiesOf();
  expect(weakerBelow(policies, ruleSpace([], offices))).toEqual({ found: [], undecided: [], opaque: [] });
});

describe('the rule protects the user of the example in another sign-in', () => {
  const either: Conditions = { groups: { any: ['a', 'b'] }, any: [inOffice, { groups: { any: ['b'] } }] };
  const groupsIn = (...rules: readonly Rule[]) => {
    const { found, undecided } = search(rules);
    expect(undecided).toEqual([]);
    return found.map(({ facts }) => facts.subject.groups);
  };

  test('and is not found where a rule above takes all of these', () => {
    expect(groupsIn(rule(inOffice, one), rule(either, two), rule({}, one))).toEqual([]);
    expect(groupsIn(rule({ ...ofA, ...inOffice }, one), rule(either, two), rule({}, one))).toEqual([]);
    expect(groupsIn(rule(either, two), rule({}, one))).toEqual([['a']]);
  });

  test('which may be of other users than the first that come to mind', () => {
    const ofMany: Conditions = { groups: { any: ['a', 'b', 'c'] }, any: [inOffice, { groups: { any: ['b'] } }] };
    const above = rule({ ...inOffice, groups: { none: ['c'] } }, one);
    expect(groupsIn(above, rule(ofMany, two), rule({}, one))).toEqual([['c']]);
  });

  test('and the user stays the same, whatever names them', () => {
    const named: Conditions = { users: { any: ['ann', 'bob'] }, any: [inOffice, { users: { any: ['bob'] } }] };
    expect(groupsIn(rule(inOffice, one), rule(named, two), rule({}, one))).toEqual([]);
    const attribute = (plan: string): ConditionSet => ({ attributes: { plan: { equals: plan } } });
    const typed: Conditions = { userType: { any: ['guest'] }, any: [inOffice, attribute('gold')] };
    expect(groupsIn(rule(inOffice, one), rule(typed, two), rule({}, one))).toEqual([]);
  });
});

test('where the steps for all rules have run out, a rule that protects named users stays undecided', () => {
  const mine = rule({ ...ofA, ...inOffice }, two);
  const alike = rule({ groups: { any: ['b'] } }, two);
  const rules = [mine, alike, rule({}, one)];
  const space = ruleSpace(
    rules.map(({ when }) => when),
    offices,
  );
  const foundIn = (budget: { steps: number }) =>
    weakerBelow(policiesOf({ app: { name: 'app', rules } }), space, { budget });
  const left = { steps: 1_000 };
  expect(foundIn(left)).toMatchObject({ found: [{ strict: mine }], undecided: [] });
  expect(left.steps).toBeLessThan(1_000);
  // Each pair of rules is a step, and the first pair is not weaker.
  expect(foundIn({ steps: 1 })).toEqual({ found: [], undecided: [mine], opaque: [] });
  expect(foundIn({ steps: 0 })).toEqual({ found: [], undecided: [mine], opaque: [] });
});
