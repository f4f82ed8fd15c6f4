/** Rules of both policies that let users in, where a browser chooses between them: compared with brute force. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SignInLayer } from '../../../../src/core/analysis/findings/asks-less.ts';
import { spoofable } from '../../../../src/core/analysis/findings/spoofable.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import { oneHour } from '../../../../src/core/model/durations.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { AppSession, Rule, SessionTerms } from '../../../../src/core/model/policy.ts';
import type { RefreshTokens } from '../../../../src/core/model/refresh-tokens.ts';
import { systemsOfPlatform } from '../../../../src/core/policy/conditions/device.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import { allow, factors, factsOf, policiesOf, userWith } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

/** From the strictest. */
const thens: readonly [Rule['then'], Rule['then'], Rule['then']] = [
  { kind: 'deny' },
  allow(factors(2)),
  allow(factors(1)),
];
const [deny, two, one] = thens;

const browsers = Object.entries(systemsOfPlatform).flatMap(([platform, systems]) =>
  systems.map((os) => ({ known: false, platform: platform as Facts['device']['platform'], os })),
);
const users = [[], ['a']].map((groups) => userWith([], { groups }));

const rule = (when: Conditions, then: Rule['then'], name = 'rule'): Rule => ({ name, when, then });
const mobile: Conditions = { device: { platform: ['mobile'] } };

function search(
  layer: SignInLayer,
  { session, app }: { readonly session: readonly Rule[]; readonly app: readonly Rule[] },
  refreshTokens?: RefreshTokens,
) {
  const policies = policiesOf({ session: { name: 'session', rules: session }, app: { name: 'app', rules: app } });
  const whens = [...session, ...app].map(({ when }) => when);
  const space = ruleSpace(whens, universe());
  return spoofable({ ...policies, ...(refreshTokens && { refreshTokens }) }, space, { layer });
}

const drawnWhen = fc.constantFrom<Conditions>(
  mobile,
  { device: { os: ['ios', 'windows'] } },
  { groups: { any: ['a'] } },
  { any: [{ device: { os: ['linux'] } }, { groups: { any: ['a'] } }] },
);
const drawn = fc
  .tuple(
    fc.array(fc.record({ when: drawnWhen, then: fc.constantFrom(...thens) }), { maxLength: 2 }),
    fc.constantFrom(...thens),
  )
  .map(([some, rest]) => [...some, { when: {}, then: rest }].map((each, at): Rule => ({ ...each, name: `${at}` })));

test('a rule of either policy is found where another browser is asked for less by both together', () => {
  const counts = { found: 0, quiet: 0 };
  fc.assert(
    fc.property(drawn, drawn, fc.constantFrom<SignInLayer>('session', 'app'), (session, app, layer) => {
      const [mine, beside] = layer === 'app' ? [app, session] : [session, app];
      const [own, other] = [mine, beside].map((rules) => compilePolicy({ name: 'policy', rules }));
      if (own === undefined || other === undefined) throw new Error('there are two policies');
      const asks = ({ when: { any = [], device } }: Rule) => device !== undefined || any.some((each) => each.device);
      const rankOf = (of: Rule | undefined) => (of ? thens.indexOf(of.then) : 0);
      const decided = users.map((subject) =>
        browsers.map((says) => {
          const facts = factsOf({ subject, device: says });
          return { own: findRule(own, facts).rule, beside: findRule(other, facts).rule };
        }),
      );
      const isLess = (strict: (typeof decided)[number][number], weak: typeof strict) => {
        if (strict.own === weak.own || rankOf(weak.own) === 0 || rankOf(weak.beside) === 0) return false;
        if (rankOf(strict.own) === 0) return true;
        return (
          rankOf(strict.beside) > 0 && rankOf(strict.own) === 1 && rankOf(weak.own) === 2 && rankOf(weak.beside) === 2
        );
      };
      const isChosen = (asking: Rule) =>
        decided.some((all) =>
          all.some((strict) =>
            all.some((weak) => (strict.own === asking || weak.own === asking) && isLess(strict, weak)),
          ),
        );
      const { found, undecided } = search(layer, { session, app });
      expect(undecided).toEqual([]);
      expect(found.map(({ asking }) => asking)).toEqual(mine.filter((each) => asks(each) && isChosen(each)));
      for (const { asking, strict, weak, facts, longer } of found) {
        expect([strict, weak]).toContain(asking);
        expect(longer).toEqual([]);
        expect(findRule(own, facts).rule).toBe(weak);
        expect(rankOf(findRule(other, facts).rule)).toBeGreaterThan(0);
        const others = browsers.map((says) => findRule(own, { ...facts, device: { ...facts.device, ...says } }).rule);
        expect(others).toContain(strict);
      }
      counts[found.length > 0 ? 'found' : 'quiet'] += 1;
    }),
    seeded(200),
  );
  expect(Math.min(counts.found, counts.quiet)).toBeGreaterThan(enough(20));
});

const lasting = (session: SessionTerms, count: 1 | 2 = 1): Rule['then'] => allow(factors(count), session);
const short: SessionTerms = { idle: oneHour, absolute: 8 * oneHour };
const long: SessionTerms = { idle: oneHour, absolute: 9 * oneHour };

test.each<[string, SessionTerms, SessionTerms, boolean]>([
  ['last as long', short, short, false],
  ['last longer', short, long, true],
  ['may pause for longer', short, { ...short, idle: 2 * oneHour }, true],
  ['may be kept', short, { ...short, keep: { idle: 8 * oneHour, absolute: 8 * oneHour } }, true],
  ['last longer, and pause no longer', short, { idle: oneHour / 2, absolute: 9 * oneHour }, false],
])('where as much is asked for, and sessions under the other rule %s', (_, strict, weak, isFound) => {
  const session = [rule(mobile, lasting(weak), 'weak'), rule({}, lasting(strict), 'strict')];
  const { found } = search('session', { session, app: [rule({}, one)] });
  expect(found.map((each) => [each.strict.name, each.weak.name, each.longer.length > 0])).toEqual(
    isFound ? [['strict', 'weak', true]] : [],
  );
  expect(search('app', { session, app: [rule({}, one)] }).found).toEqual([]);
});

test.each<[string, AppSession, boolean]>([
  ['a shorter one', { absolute: 8 * oneHour }, false],
  ['one that is between both', { absolute: 8.5 * oneHour }, true],
  ['none that is kept', { unkept: true }, true],
])('the app leaves %s of a longer session', (_, appSession, isFound) => {
  const app: Rule['then'] = { kind: 'allow', requirement: factors(1), appSession };
  const session = [rule(mobile, lasting(long)), rule({}, lasting(short))];
  expect(search('session', { session, app: [rule({}, app)] }).found).toHaveLength(isFound ? 1 : 0);
  const kept = { ...short, keep: { idle: 8 * oneHour, absolute: 80 * oneHour } };
  const keeping = [
    rule(mobile, lasting(kept)),
    rule({}, lasting({ ...kept, keep: { ...kept.keep, absolute: 8 * oneHour } })),
  ];
  expect(search('session', { session: keeping, app: [rule({}, app)] }).found).toHaveLength(
    appSession.absolute === 8.5 * oneHour ? 1 : 0,
  );
});

test.each<[string, RefreshTokens | undefined, Conditions, boolean]>([
  ['there may be some', { lifetime: oneHour }, {}, true],
  ['there are none', undefined, {}, false],
  ['they end with the session', { lifetime: oneHour, endWithSession: true }, {}, false],
  ['no request asks for such', { lifetime: oneHour }, { scopes: { none: ['offline_access'] } }, false],
])('refresh tokens that count for longer than any session: %s', (_, refreshTokens, when, isFound) => {
  const limited: Rule['then'] = { kind: 'allow', requirement: factors(1), appSession: { absolute: 8 * oneHour } };
  const app = [rule({ ...mobile, ...when }, one), rule({}, limited)];
  const { found } = search('app', { session: [rule({}, lasting(short))], app }, refreshTokens);
  expect(found.map(({ longer }) => longer.map(({ what }) => what))).toEqual(isFound ? [['refreshed']] : []);
  for (const { facts } of found) expect(facts.request.scopes).toContain('offline_access');
});

test('what one policy lets count for longer makes no rule of the other weaker', () => {
  const counting = (absolute: number): Rule['then'] => {
    return { kind: 'allow', requirement: factors(1), appSession: { absolute } };
  };
  const session = [rule(mobile, lasting(short)), rule({}, lasting(short))];
  const app = [rule(mobile, counting(8 * oneHour)), rule({}, counting(oneHour))];
  expect(search('app', { session, app }).found).toMatchObject([{ longer: [{ what: 'at_app' }] }]);
  expect(search('session', { session, app }).found).toEqual([]);
  const lifetimes = [rule(mobile, lasting(long)), rule({}, lasting(short))];
  const same = [rule(mobile, one), rule({}, one)];
  expect(search('session', { session: lifetimes, app: same }).found).toMatchObject([
    { longer: [{ what: 'absolute' }] },
  ]);
  expect(search('app', { session: lifetimes, app: same }).found).toEqual([]);
});

test('less that is asked for counts, however short the session', () => {
  const session = [rule(mobile, lasting(short, 1)), rule({}, lasting(long, 2))];
  expect(search('session', { session, app: [rule({}, one)] }).found).toMatchObject([{ longer: [] }]);
  expect(search('session', { session, app: [rule({}, two)] }).found).toEqual([]);
});

test('a rule that is told is not looked at again, and another one is', () => {
  const session = [rule(mobile, one, 'asking'), rule({}, two)];
  const policies = policiesOf({ session: { name: 'session', rules: session } });
  const space = ruleSpace([mobile, {}], universe());
  const found = (name: string) =>
    spoofable(policies, space, { layer: 'session', isTold: (each) => each.name === name }).found.length;
  expect([found('asking'), found('rule')]).toEqual([0, 1]);
});

test('a denial that no other policy lets past is no choice', () => {
  const session = [rule(mobile, one), rule({}, deny)];
  expect(search('session', { session, app: [rule({}, one)] }).found).toHaveLength(1);
  expect(search('session', { session, app: [rule(mobile, deny), rule({}, one)] }).found).toEqual([]);
});
