/** Expressions over facts that other conditions ask about, compared with all users and the rules beside them. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findModel, newBudget } from '../../../../../src/core/analysis/space/find-model.ts';
import { ruleSpace } from '../../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions, ExpressionLogic } from '../../../../../src/core/model/conditions.ts';
import { oneDay } from '../../../../../src/core/model/durations.ts';
import type { Facts, Platform, Subject } from '../../../../../src/core/model/facts.ts';
import { neutralRequest } from '../../../../../src/core/model/neutral-facts.ts';
import { systemsOfPlatform } from '../../../../../src/core/policy/conditions/device.ts';
import { compilePolicy } from '../../../../../src/core/policy/rules/compile.ts';
import { compileConditions } from '../../../../../src/core/policy/rules/condition-table.ts';
import { findRule } from '../../../../../src/core/policy/rules/rules.ts';
import { type Formula, negated, plainTime } from '../../../../../src/core/policy/theories/theory.ts';
import { compileExpression } from '../../../../../src/policy/schema/expressions/expression.ts';
import { factsOf, userWith } from '../../../../core/support/fixtures.ts';
import { ruleVerdicts } from '../../../../core/support/rule-verdicts.ts';
import { enough, seeded } from '../../../../core/support/seeded.ts';
import { universe } from '../../../../core/support/universe.ts';

const day = (number: number) => new Date((plainTime + number * oneDay) * 1000).toISOString().slice(0, 10);
const [yesterday, today, tomorrow] = [day(-1), day(0), day(1)] as const;
const name = 'user.profile.name';

test.each([
  ['user.profile.name == request.clientId', 'user.profile.name == "a"'],
  ['[request.clientId].exists(c, c == user.id)', '["a"].exists(c, c == user.id)'],
  ['user.groups.exists(request, request.clientId == "a")', 'user.groups.exists(request, request.clientId == "a")'],
  ['has(request.clientId) == has(user.userType)', 'has(request.clientId) == has(user.userType)'],
])('at one app, %s is %s', (written, expected) => {
  const { atApp: logicAt } = compileExpression(written).partOf?.(written) ?? {};
  expect(logicAt?.('a')).toEqual(compileExpression(expected).logic);
});

describe('an expression is taken apart', () => {
  const attribute = (of: string, more: object, text: string) => ({ attribute: of, ...more, text });
  test.each<[string, ExpressionLogic]>([
    ['has(user.profile.name)', attribute('name', {}, 'has(user.profile.name)')],
    [`${name} == "hr"`, attribute('name', { test: { in: ['hr'] } }, `${name} == "hr"`)],
    [`"hr" == ${name}`, attribute('name', { test: { in: ['hr'] } }, `"hr" == ${name}`)],
    [`${name} != "hr"`, { not: attribute('name', { test: { in: ['hr'] } }, `${name} == "hr"`) }],
    [`${name} in ["hr", "it"]`, attribute('name', { test: { in: ['hr', 'it'] } }, `${name} in ["hr", "it"]`)],
    [`${name} == ""`, attribute('name', { test: { in: [] } }, `${name} == ""`)],
    [`${name}.startsWith("h")`, attribute('name', { test: { matches: 'h*' } }, `${name}.startsWith("h")`)],
    [`${name}.contains("h*")`, { text: `${name}.contains("h*")` }],
    [`${name} == "h*"`, { text: `${name} == "h*"` }],
    ['user.profile.member', attribute('member', { test: { equals: true } }, 'user.profile.member')],
    ['user.profile.level >= 3', attribute('level', { test: { atLeast: 3 } }, 'user.profile.level >= 3')],
    ['3.5 > user.profile.level', attribute('level', { test: { below: 3.5 } }, '3.5 > user.profile.level')],
    [
      '"a" in user.profile.roles',
      attribute('roles', { test: { in: ['a'] }, isMember: true }, '"a" in user.profile.roles'),
    ],
    ['"a" in user.groups', { when: { groups: { any: ['a'] } } }],
    ['user.groups.exists(g, g == "a")', { when: { groups: { any: ['a'] } } }],
    ['user.groups.exists(g, "a" == g)', { when: { groups: { any: ['a'] } } }],
    ['user.groups.exists(g, g in ["a", "b"])', { when: { groups: { any: ['a', 'b'] } } }],
    ['request.scopes.exists(s, s == "a")', { when: { scopes: { any: ['a'] } } }],
    [
      'user.profile.roles.exists(r, r == "a")',
      attribute('roles', { test: { in: ['a'] }, isMember: true }, 'user.profile.roles.exists(r, r == "a")'),
    ],
    ['user.groups.exists(g, g == user.id)', { text: 'user.groups.exists(g, g == user.id)' }],
    ['user.groups.exists(g, g.startsWith("a"))', { text: 'user.groups.exists(g, g.startsWith("a"))' }],
    ['user.groups.exists(g, g == 1)', { text: 'user.groups.exists(g, g == 1)' }],
    ['"a" in request.scopes', { when: { scopes: { any: ['a'] } } }],
    ['"a" in network.zones', { zones: ['a'], text: '"a" in network.zones' }],
    ['request.clientId == "a"', { when: { apps: { any: ['a'] } } }],
    ['request.clientId in ["a", "b"]', { when: { apps: { any: ['a', 'b'] } } }],
    ['request.clientId == user.id', { text: 'request.clientId == user.id' }],
    ['device.known != true', { not: { when: { device: { known: true } } } }],
    ['device.platform in ["mobile", "watch"]', { when: { device: { platform: ['mobile'] } } }],
    ['user.userType == "x"', { userType: ['x'] }],
    ['has(user.userType)', { userType: 'any' }],
    [`size(${name}) == 2`, { text: `size(${name}) == 2` }],
    [`${name} == user.id`, { text: `${name} == user.id` }],
    ['[user.profile.name] == ["a"]', { text: '[user.profile.name] == ["a"]' }],
  ])('%s', (written, expected) => {
    expect(compileExpression(written).logic).toEqual(expected);
  });

  test.each([
    ['request.clientId == 1', 'miss', 'miss'],
    ['request.clientId.startsWith("a")', 'hit', 'miss'],
    ['request.clientId.substring(2) == "c"', 'hit', 'error'],
  ])('%s is known for each app', (written, ...results) => {
    const { logic } = compileExpression(written);
    expect('ofApp' in logic ? ['abc', 'b'].map(logic.ofApp) : logic).toEqual(results);
  });
});

const leaves = [
  'has(user.profile.name)',
  `${name} == "ab"`,
  `"b" != ${name}`,
  `${name} in ["ab", "c"]`,
  `${name} == ""`,
  `${name}.startsWith("a")`,
  `${name}.endsWith("b")`,
  `${name}.contains("b")`,
  'has(user.profile.level)',
  'user.profile.level == 3.0',
  'user.profile.level >= 3',
  '2 < user.profile.level',
  'user.profile.level <= 3.5',
  'user.profile.member',
  'user.profile.member == false',
  'has(user.profile.member)',
  'has(user.profile.roles)',
  '"a" in user.profile.roles',
  '"b" in user.profile.roles',
  'user.profile.roles.exists(r, r in ["a", "b"])',
  'has(user.profile.ends)',
  `user.profile.ends < "${today}"`,
  `user.profile.ends >= "${tomorrow}"`,
  `date(user.profile.ends) > date("${today}")`,
  `date("${today}") >= date(user.profile.ends)`,
  'has(user.profile.plan) && user.profile.plan == "gold"',
  'user.profile.plan != "silver"',
  '"a" in user.groups',
  'user.groups.exists(g, g == "a")',
  'has(user.userType)',
  'user.userType == "x"',
  'user.userType in ["x", "y"]',
  'device.known',
  // All sign-ins are to the app `a`.
  `request.clientId == ${name}`,
  `${name}.startsWith(request.clientId)`,
  'request.clientId in user.profile.roles',
  'user.profile.roles.exists(r, r == request.clientId)',
  'request.clientId in user.groups',
  'user.groups.exists(g, g == request.clientId)',
  'request.clientId + "b" != user.profile.name',
];
const atApp = universe({ clientIds: ['a'], isOneApp: true });
const structured: readonly Conditions[] = [
  { attributes: { name: { equals: 'ab' } } },
  { attributes: { name: { present: false } } },
  { attributes: { level: { atLeast: 3 } } },
  { attributes: { member: { not: { equals: true } } } },
  { attributes: { roles: { in: ['a', 'c'] } } },
  { attributes: { ends: { before: { written: today, from: plainTime, to: plainTime + oneDay } } } },
  { attributes: { plan: { present: true } } },
  { groups: { none: ['a'] } },
  { userType: { any: ['x'] } },
  { device: { known: true } },
];

/** Conditions about these facts, so that they meet each other. */
function conditionsAbout(about: readonly string[]): fc.Arbitrary<Conditions> {
  const isAbout = (text: string) => about.some((topic) => text.includes(topic));
  const leaf = fc.constantFrom(...leaves.filter(isAbout));
  const { written } = fc.letrec<{ written: string }>((tie) => ({
    written: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      leaf,
      fc.tuple(tie('written'), fc.constantFrom('&&', '||'), tie('written')).map(([a, op, b]) => `(${a}) ${op} (${b})`),
      tie('written').map((text) => `!(${text})`),
    ),
  }));
  const expression = written.map((text): Conditions => ({ expression: compileExpression(text) }));
  const other = fc.constantFrom(...structured.filter((conditions) => isAbout(JSON.stringify(conditions))));
  const oneSet = fc.oneof(
    { weight: 3, arbitrary: expression },
    { weight: 1, arbitrary: other },
    {
      weight: 1,
      arbitrary: fc.tuple(expression, other).map(([formula, more]): Conditions => ({ ...formula, ...more })),
    },
  );
  return fc.oneof(
    { weight: 3, arbitrary: oneSet },
    { weight: 1, arbitrary: fc.tuple(oneSet, oneSet).map(([a, b]): Conditions => ({ any: [a, b] })) },
  );
}

const topics = fc.subarray(['name', 'level', 'member', 'roles', 'ends', 'plan', 'groups', 'userType', 'known'], {
  minLength: 1,
  maxLength: 2,
});

/** What the leaves tell apart, attribute by attribute. */
const values = {
  name: [undefined, 'a', 'ab', 'aab', 'abc', 'b', 'cb', 'c', 'aa', 'cbc', 'x'],
  level: [undefined, 0, 2, 2.5, 3, 3.2, 3.5, 5],
  member: [undefined, true, false],
  roles: [undefined, [], ['a'], ['b'], ['c'], ['a', 'b'], ['a', 'c'], ['b', 'c'], ['a', 'b', 'c']],
  ends: [undefined, yesterday, today, tomorrow],
  plan: [undefined, 'gold', 'silver'],
} as const;
const others = [[], ['a']].flatMap((groups) =>
  [undefined, 'x', 'y', 'z'].flatMap((userType) =>
    [false, true].map((known) => ({
      known,
      user: { groups, ...(userType !== undefined && { userType }) } satisfies Partial<Subject>,
    })),
  ),
);

/** All users who differ in what the rules ask about. */
function usersFor(text: string): readonly Facts[] {
  const profiles = Object.entries(values).reduce<readonly Readonly<Record<string, unknown>>[]>(
    (all, [attribute, some]) =>
      text.includes(attribute)
        ? all.flatMap((profile) =>
            some.map((value) => (value === undefined ? profile : { ...profile, [attribute]: value })),
          )
        : all,
    [{}],
  );
  return profiles.flatMap((profile) =>
    others.map(({ known, user }) =>
      factsOf({
        now: plainTime,
        device: { known, platform: 'desktop', os: 'windows' },
        request: neutralRequest('a'),
        subject: userWith([], { ...user, profile } as Partial<Subject>),
      }),
    ),
  );
}

const textOf = (whens: readonly Conditions[]) =>
  JSON.stringify(whens, (key, value: unknown) => (key === 'logic' ? undefined : value));

test('a rule decides about some user, or is proved to decide about none, or only where it fails: nothing is left undecided', () => {
  const counts = { dead: 0, decides: 0, fails: 0 };
  const someRules = topics.chain((some) => fc.array(conditionsAbout(some), { minLength: 2, maxLength: 4 }));
  fc.assert(
    fc.property(someRules, (whens) => {
      const rules = whens.map((when, at) => ({ name: `rule ${at}`, when, then: { kind: 'deny' as const } }));
      const policy = compilePolicy({ name: 'p', rules });
      const found = usersFor(textOf(whens)).map((facts) => findRule(policy, facts));
      const decided = new Set(found.map(({ rule }) => rule));
      const failed = new Set(found.map(({ failed: failing }) => failing));
      const verdicts = ruleVerdicts(policy, ruleSpace(whens, atApp));
      for (const [position, rule] of rules.entries()) {
        const verdict = verdicts[position];
        const kind = verdict?.kind;
        expect(kind === 'decides').toBe(decided.has(rule));
        expect(kind).not.toBe('undecided');
        counts[kind === 'decides' ? 'decides' : 'dead'] += 1;
        if (verdict?.kind !== 'shadowed' && verdict?.kind !== 'contradictory') continue;
        expect(verdict.failure).toBe(failed.has(rule) ? 'shown' : undefined);
        if (failed.has(rule)) counts.fails += 1;
      }
    }),
    seeded(600),
  );
  expect(counts.dead).toBeGreaterThan(enough(100));
  expect(counts.decides).toBeGreaterThan(enough(100));
  expect(counts.fails).toBeGreaterThan(enough(20));
});

test('a rule may fail for some user, or is proved to fail for none', () => {
  const counts = { fails: 0, never: 0 };
  fc.assert(
    fc.property(topics.chain(conditionsAbout), (when) => {
      const space = ruleSpace([when], atApp);
      const fails = space.fails(when);
      const found = fails && findModel([...space.always, fails], newBudget());
      const policy = compilePolicy({ name: 'p', rules: [{ name: 'r', when, then: { kind: 'deny' } }] });
      const some = usersFor(textOf([when])).some((facts) => findRule(policy, facts).failed !== undefined);
      expect(found !== undefined && found !== 'impossible').toBe(some);
      counts[some ? 'fails' : 'never'] += 1;
    }),
    seeded(400),
  );
  expect(Math.min(counts.fails, counts.never)).toBeGreaterThan(enough(40));
});

test('dates are compared with the present, at any time', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom(
          'has(user.profile.ends)',
          'date(user.profile.ends) < now',
          'now <= date(user.profile.ends)',
          'date(user.profile.ends) > now + duration("24h")',
          'now - duration("48h") >= date(user.profile.ends)',
          `user.profile.ends > "${today}"`,
        ),
        { minLength: 1, maxLength: 3 },
      ),
      fc.array(fc.constantFrom('', '!'), { minLength: 3, maxLength: 3 }),
      (texts, signs) => {
        const whens = texts.map((text, at): Conditions => ({ expression: compileExpression(`${signs[at]}(${text})`) }));
        const rules = whens.map((when, at) => ({ name: `rule ${at}`, when, then: { kind: 'deny' as const } }));
        const policy = compilePolicy({ name: 'p', rules });
        const users = [undefined, -3, -2, -1, 0, 1, 2, 3].flatMap((number) =>
          [-oneDay, -1, 0, 1, oneDay / 2, oneDay].map((shift) =>
            factsOf({
              now: plainTime + shift,
              subject: userWith([], { profile: number === undefined ? {} : { ends: day(number) } }),
            }),
          ),
        );
        const decided = new Set(users.map((facts) => findRule(policy, facts).rule));
        const verdicts = ruleVerdicts(policy, ruleSpace(whens, universe()));
        rules.forEach((rule, at) => {
          const { kind } = verdicts[at] ?? {};
          if (decided.has(rule)) expect(kind).toBe('decides');
          expect(kind).not.toBe('undecided');
        });
      },
    ),
    seeded(200),
  );
});

test('an attribute that the schema does not have, or has with another type, may be anything', () => {
  const verdictsOf = (...texts: readonly string[]) => {
    const whens = texts.map((text): Conditions => ({ expression: compileExpression(text) }));
    const rules = whens.map((when, at) => ({ name: `rule ${at}`, when, then: { kind: 'deny' as const } }));
    return ruleVerdicts(compilePolicy({ name: 'p', rules }), ruleSpace(whens, universe())).map(({ kind }) => kind);
  };
  expect(verdictsOf('user.profile.other == "a" && user.profile.other == "b"')).toEqual(['undecided']);
  expect(verdictsOf('user.profile.level == "a"')).toEqual(['undecided']);
  expect(verdictsOf('"a" in user.profile.name')).toEqual(['undecided']);
  expect(verdictsOf('user.profile.roles == "a"')).toEqual(['undecided']);
  expect(verdictsOf('user.profile.ends.startsWith("2027")')).toEqual(['undecided']);
  // A value is found for which it holds.
  expect(verdictsOf(`${name} < "${today}"`)).toEqual(['decides']);
  expect(verdictsOf(`${name} == "a" && ${name} == "b"`)).toEqual(['contradictory']);
});

test('the user of an example is one about whom the evaluator decides alike', () => {
  fc.assert(
    fc.property(topics.chain(conditionsAbout), (when) => {
      const space = ruleSpace([when], atApp);
      const found = findModel([...space.always, space.applies(when)], newBudget());
      const facts = typeof found === 'object' ? space.factsOf(found.model) : undefined;
      const results = facts && compileConditions(when).map((each) => each.test(facts));
      expect(results ?? []).toEqual((results ?? []).map(() => 'hit'));
    }),
    seeded(300),
  );
});

const placesTold = [[], ['office'], ['lab'], ['lab', 'office']].map((zones, at) => ({ ip: `203.0.113.${at}`, zones }));
const circumstances = Object.entries(systemsOfPlatform).flatMap(([platform, systems]) =>
  systems.flatMap((os) =>
    [false, true].flatMap((known) =>
      placesTold.map((network) =>
        factsOf({ network, device: { known, platform: platform as Platform, os }, subject: userWith([]) }),
      ),
    ),
  ),
);
const circumstanceLeaves = [
  'device.known',
  'device.os == "ios"',
  'device.os.startsWith("i")',
  'device.platform in ["mobile", "other"]',
  '(device.platform == "mobile") == device.known',
  'device.known ? device.os == "windows" : device.os == "android"',
  'size(device.os) > 5',
  '"office" in network.zones',
  'network.zones.exists(z, z in ["lab", "office"])',
];

test('what an expression asks of the browser and of zones is known, and so is what its parts say', () => {
  const { written } = fc.letrec<{ written: string }>((tie) => ({
    written: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom(...circumstanceLeaves),
      fc.tuple(tie('written'), fc.constantFrom('&&', '||'), tie('written')).map(([a, op, b]) => `(${a}) ${op} (${b})`),
      tie('written').map((text) => `!(${text})`),
    ),
  }));
  const counts = { decides: 0, dead: 0 };
  const within = universe({ places: placesTold, areZonesAsWritten: true });
  fc.assert(
    fc.property(fc.array(written, { minLength: 1, maxLength: 3 }), (texts) => {
      const whens = texts.map((text): Conditions => ({ expression: compileExpression(text) }));
      const rules = whens.map((when, at) => ({ name: `rule ${at}`, when, then: { kind: 'deny' as const } }));
      const policy = compilePolicy({ name: 'p', rules });
      const decided = new Set(circumstances.map((facts) => findRule(policy, facts).rule));
      const space = ruleSpace(whens, within);
      for (const [at, { kind }] of ruleVerdicts(policy, space).entries()) {
        const isDecided = decided.has(rules[at]);
        expect(kind === 'decides').toBe(isDecided);
        expect(kind).not.toBe('undecided');
        counts[isDecided ? 'decides' : 'dead'] += 1;
      }
      for (const when of whens) {
        const parts: Formula = { all: space.takenApart(when).map(({ formula }) => formula) };
        expect(findModel([space.applies(when), negated(parts)], newBudget())).toBe('impossible');
        expect(findModel([parts, space.misses(when)], newBudget())).toBe('impossible');
      }
    }),
    seeded(300),
  );
  expect(Math.min(counts.decides, counts.dead)).toBeGreaterThan(enough(30));
});
