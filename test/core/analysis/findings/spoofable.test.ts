/** Rules that a browser chooses, compared with brute force: every user of a small universe says to be every browser. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { spoofable } from '../../../../src/core/analysis/findings/spoofable.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { systemsOfPlatform } from '../../../../src/core/policy/conditions/device.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import { entangled } from '../../support/entangled.ts';
import { allow, factors, factsOf, policiesOf, userWith } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

/** From the strictest. */
const [deny, two, one]: readonly [Rule['then'], Rule['then'], Rule['then']] = [
  { kind: 'deny' },
  allow(factors(2)),
  allow(factors(1)),
];
const thens = [deny, two, one];

const browsers = Object.entries(systemsOfPlatform).flatMap(([platform, systems]) =>
  systems.map((os) => ({ known: false, platform: platform as Facts['device']['platform'], os })),
);
const users = [[], ['a'], ['b'], ['a', 'b']].map((memberOf) => userWith([], { groups: memberOf }));

function policiesWith(rules: readonly Rule[]): PolicySet {
  return policiesOf({ app: { name: 'app', rules } });
}

function search(...rules: readonly Rule[]) {
  const whens = rules.map(({ when }) => when);
  return spoofable(policiesWith(rules), ruleSpace(whens, universe()));
}

const rule = (when: Conditions, then: Rule['then']): Rule => ({ name: 'rule', when, then });
const windows: Conditions = { device: { os: ['windows'] } };

const device = fc.constantFrom<Conditions>(
  windows,
  { device: { os: ['linux', 'other'] } },
  { device: { platform: ['mobile'] } },
  { device: { platform: ['other', 'desktop'], os: ['other', 'macos'] } },
);
const groups = fc.constantFrom<Conditions>({ groups: { any: ['a'] } }, { groups: { none: ['b'] } });
const both = fc.tuple(device, groups).map(([first, second]) => ({ ...first, ...second }));
const either = fc.tuple(device, groups).map(([first, second]): Conditions => ({ any: [first, second] }));
const drawnWhen = fc.oneof(device, groups, both, either);
const drawn = fc.array(fc.record({ when: drawnWhen, then: fc.constantFrom(...thens) }), { maxLength: 4 });

test('a rule that asks what the browser is is found exactly where another browser is asked for more or less', () => {
  const counts = { found: 0, quiet: 0 };
  fc.assert(
    fc.property(drawn, fc.constantFrom(...thens), (some, rest) => {
      const rules: readonly Rule[] = [...some, { when: {}, then: rest }].map((each, at) => ({
        ...each,
        name: `${at}`,
      }));
      const app = compilePolicy({ name: 'app', rules });
      const rankOf = ({ then }: Rule) => thens.indexOf(then);
      const decided = users.map((subject) => browsers.map((says) => findRule(app, factsOf({ subject, device: says }))));
      const isChosen = (mine: Rule) =>
        decided.some((all) => {
          const deciding = all.flatMap(({ rule: other }) => other ?? []) as readonly Rule[];
          return deciding.includes(mine) && deciding.some((other) => rankOf(other) !== rankOf(mine));
        });
      const asks = ({ when: { any = [], device: own } }: Rule) => own !== undefined || any.some((set) => set.device);
      const expected = rules.filter((mine) => asks(mine) && isChosen(mine));
      const { found, undecided } = search(...rules);
      expect(undecided).toEqual([]);
      const about = found.map(({ strict, weak }) => [strict, weak]);
      expect(about).toEqual(expected.map((mine, at) => (about[at]?.includes(mine) ? about[at] : mine)));
      for (const { strict, weak, facts } of found) {
        expect(rankOf(strict)).toBeLessThan(rankOf(weak));
        expect(findRule(app, facts).rule).toBe(weak);
        const others = browsers.map((says) => findRule(app, { ...facts, device: { ...facts.device, ...says } }).rule);
        expect(others).toContain(strict);
      }
      counts[found.length > 0 ? 'found' : 'quiet'] += 1;
    }),
    seeded(200),
  );
  expect(Math.min(counts.found, counts.quiet)).toBeGreaterThan(enough(40));
});

test.each<[string, NonNullable<Conditions['device']>, boolean]>([
  ['its kind, which it says itself', { platform: ['mobile'] }, true],
  ['its system, which it says itself', { os: ['windows'] }, true],
  ['whether the user knows it', { known: true }, false],
  ['whether it is registered', { registered: true }, false],
  ['whether it is managed', { managed: true }, false],
  ['what is assured of it', { assurance: { any: ['patched'] } }, false],
])('a rule about a device asks %s', (_, asked, isFound) => {
  expect(search(rule({ device: asked }, two), rule({}, one)).found).toHaveLength(isFound ? 1 : 0);
});

test.each<[string, Conditions]>([
  ['the network', { network: { any: ['office'] } }],
  ['an attribute of that name', { attributes: { os: { equals: 'windows' } } }],
])('%s is not for the browser to say', (_, when) => {
  expect(search(rule(when, two), rule({}, one)).found).toEqual([]);
});

const unknown: Conditions = { attributes: { nick: { equals: 'a*' } } };

test.each<[string, readonly Rule[]]>([
  ['is under the stricter rule', [rule({ ...windows, ...unknown }, two), rule({}, one)]],
  ['is under the weaker rule', [rule(windows, two), rule(unknown, one), rule({}, two)]],
  [
    'can sign in under the weaker rule',
    [rule(windows, two), rule({ device: { known: false }, risk: { none: ['newDevice'] } }, one), rule({}, two)],
  ],
])('quiet where no user is known who %s', (_, rules) => {
  expect(search(...rules)).toEqual({ found: [], undecided: [], opaque: [] });
});

test.each<[string, Rule['then'], Rule['then']]>([
  ['both deny', deny, { kind: 'deny' }],
  ['both ask for the same', two, allow(factors(2))],
  [
    'each asks for what the other does not',
    allow(factors(1, { demands: [{ authenticators: ['password'] }] })),
    allow(factors(1, { demands: [{ authenticators: ['totp'] }] })),
  ],
])('quiet where %s', (_, here, there) => {
  expect(search(rule(windows, here), rule({}, there))).toEqual({ found: [], undecided: [], opaque: [] });
});

const chainOf = (...steps: readonly string[]) =>
  allow({ chains: [steps.map((names) => ({ authenticators: names.split(' ') }))] });

test('chains are compared step by step', () => {
  const [long, short] = [rule(windows, chainOf('password', 'totp')), rule({}, chainOf('password'))];
  expect(search(long, short).found).toMatchObject([{ strict: long, weak: short }]);
  expect(search(rule(windows, chainOf('password', 'totp')), rule({}, chainOf('totp', 'password')))).toEqual({
    found: [],
    undecided: [],
    opaque: [],
  });
});

test('chains that cannot be compared leave it undecided', () => {
  const totps = (count: number) => chainOf(...Array<string>(count).fill('totp'));
  const [six, seven] = [rule(windows, totps(6)), rule({}, totps(7))];
  expect(search(six, seven)).toEqual({ found: [], undecided: [six], opaque: [] });
  expect(search(rule(windows, totps(6)), rule({}, deny))).toMatchObject({ found: [{}], undecided: [] });
});

test('an app without a policy has no such rule', () => {
  const { app: _, ...policies } = policiesOf();
  expect(spoofable(policies, ruleSpace([], universe()))).toEqual({ found: [], undecided: [], opaque: [] });
});

test('rules that are entangled on purpose leave it undecided', () => {
  const mine = rule(windows, two);
  expect(search(...entangled.map((conditions) => rule(conditions, two)), mine, rule({}, one))).toEqual({
    found: [],
    undecided: [mine],
    opaque: [],
  });
});

test('where the steps for all rules have run out, a rule that asks what the browser is stays undecided', () => {
  const mine = rule(windows, two);
  const rules = [mine, rule({}, one)];
  const space = ruleSpace(
    rules.map(({ when }) => when),
    universe(),
  );
  const foundIn = (budget: { steps: number }) => spoofable(policiesWith(rules), space, { budget });
  const left = { steps: 1_000 };
  expect(foundIn(left)).toMatchObject({ found: [{ asking: mine }], undecided: [] });
  expect(left.steps).toBeLessThan(1_000);
  expect(foundIn({ steps: 0 })).toEqual({ found: [], undecided: [mine], opaque: [] });
});
