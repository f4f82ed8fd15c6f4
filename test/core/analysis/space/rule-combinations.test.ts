/** Which rules of the policies of an app decide together, with facts for which they do. */
import { describe, expect, test } from '@jest/globals';
import { decideTogether, ruleCombinations } from '../../../../src/core/analysis/space/rule-combinations.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import {
  appRulesIn,
  decidingWith,
  type SignInScope,
  shown,
} from '../../../../src/core/analysis/space/sign-in-rules.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule } from '../../../../src/core/model/enrollment-policy.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { entangled } from '../../support/entangled.ts';
import { allow, enrollmentTerms, factors, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const inA: Conditions = { groups: { any: ['a'] } };
const inB: Conditions = { groups: { any: ['b'] } };
const notInA: Conditions = { groups: { none: ['a'] } };
const unknown: Conditions = { attributes: { nick: { equals: 'a*' } } };
const never: Conditions = { device: { known: false }, risk: { none: ['newDevice'] } };

const rule = (name: string, when: Conditions = {}, then: Rule['then'] = allow(factors(1))): Rule => {
  return { name, when, then };
};
const deny = (when: Conditions = {}) => rule('deny', when, { kind: 'deny' });
const terms = (name: string, when: Conditions = {}): EnrollmentRule => {
  return { name, when, then: enrollmentTerms() };
};

interface Parts {
  readonly session?: readonly Rule[];
  /** `null`: the app has no policy. */
  readonly app?: readonly Rule[] | null;
  readonly enrollment?: readonly EnrollmentRule[];
}

function policiesFrom({ session = [rule('session')], app = [rule('app')], enrollment }: Parts): PolicySet {
  const { app: _, ...others } = policiesOf();
  return {
    ...others,
    session: compilePolicy({ name: 'session', rules: session }),
    ...(app && { app: compilePolicy({ name: 'app', rules: app }) }),
    ...(enrollment && { enrollment: compilePolicy({ name: 'enrollment', rules: enrollment }) }),
  };
}

function spaceOf({ session = [], app, enrollment = [] }: Parts, ...more: readonly Conditions[]) {
  return ruleSpace([...[...session, ...(app ?? []), ...enrollment].map(({ when }) => when), ...more], universe());
}

function combinations(parts: Parts, steps?: number) {
  const budget = steps === undefined ? undefined : { steps };
  const { combinations: found, isPartial, open } = ruleCombinations(policiesFrom(parts), spaceOf(parts), budget);
  return {
    combinations: found.map(({ session, app, enrollment, facts }) =>
      [session.name, app.name, enrollment?.name ?? '-', ...facts.subject.groups.toSorted()].join(' '),
    ),
    isPartial,
    open: open.map(({ session, app }) => `${session.name} ${app.name}`),
  };
}

const complete = { isPartial: false, open: [] };
const [ab, rest]: readonly (readonly Rule[])[] = [
  [rule('a', inA), deny(inB), rule('other')],
  [rule('not a', notInA), rule('rest')],
];

describe('rules that decide together', () => {
  test.each<[string, Parts, readonly string[]]>([
    ['the only ones', {}, ['session app -']],
    ['none without a policy of the app', { app: null }, []],
    ['those that allow', { ...(ab && { app: ab }) }, ['session a - a', 'session other -']],
    ['those that allow a session', { ...(ab && { session: ab }) }, ['a app - a', 'other app -']],
    [
      'not those that exclude each other',
      { ...(ab && rest && { session: ab, app: rest }) },
      ['a rest - a', 'other not a -'],
    ],
    ['not those that never decide', { app: [rule('never', never), rule('rest')] }, ['session rest -']],
    [
      'with each rule of the enrollment policy',
      { enrollment: [terms('a', inA), terms('rest')] },
      ['session app a a', 'session app rest'],
    ],
    [
      'but not one that excludes them',
      { app: [rule('a', inA), deny()], enrollment: [terms('not a', notInA), terms('rest')] },
      ['session a rest a'],
    ],
    [
      'nor one that asks how the user signs in',
      { enrollment: [terms('totp', { authenticated: { any: ['totp'] } }), terms('rest')] },
      ['session app rest'],
    ],
  ])('are %s', (_, parts, expected) => {
    expect(combinations(parts)).toEqual({ combinations: expected, ...complete });
  });

  test.each<[string, Parts, readonly string[]]>([
    ['session', { session: [rule('unknown', unknown), rule('rest')] }, ['rest app -']],
    ['app', { app: [rule('unknown', unknown), rule('rest')] }, ['session rest -']],
    ['enrollment', { enrollment: [terms('unknown', unknown), terms('rest')] }, ['session app rest']],
  ])('are known in part where no users are known of whom a rule decides: %s', (_, parts, expected) => {
    expect(combinations(parts)).toEqual({ combinations: expected, isPartial: true, open: [] });
  });

  test('are open where the steps do not suffice', () => {
    const app = [...entangled.map((when) => deny(when)), rule('app')];
    expect(combinations({ app })).toEqual({ combinations: [], isPartial: true, open: ['session app'] });
    expect(combinations({}, 0)).toEqual({ combinations: [], isPartial: true, open: ['session app'] });
    // After the question about the pair a few steps are left, which do not suffice for the third rule.
    const third = { enrollment: [terms('a', inA), terms('rest')] };
    expect(combinations(third, 6)).toMatchObject({ isPartial: true, open: ['session app'] });
  });
});

test('the evaluator says whether rules decide together', () => {
  const parts: Parts = { session: [rule('s', inA), rule('t')], app: [rule('u', inA), rule('v')] };
  const enrollment = [terms('x', inA), terms('y')];
  const [policies, none] = [policiesFrom({ ...parts, enrollment }), policiesFrom({ ...parts, app: null })];
  const [found] = ruleCombinations(policies, spaceOf({ ...parts, enrollment })).combinations;
  if (found === undefined) throw new Error('no case');
  const { session, app, enrollment: own, facts } = found;
  const [other, third] = [policies.session.rules[1]?.rule, policies.enrollment?.rules[1]?.rule];
  if (other === undefined || third === undefined || own === undefined) throw new Error('no rules');
  const decides = (rules: Parameters<typeof decideTogether>[1], set = policies) => decideTogether(set, rules, facts);
  expect(decides({ session, app, enrollment: own })).toBe(true);
  expect(decides({ session: other, app, enrollment: own })).toBe(false);
  expect(decides({ session, app: other, enrollment: own })).toBe(false);
  expect(decides({ session, app, enrollment: third })).toBe(false);
  expect(decides({ session, app }, policiesFrom(parts))).toBe(true);
  expect(decides({ session, app }, none)).toBe(false);
});

describe('in a scope', () => {
  function scopeOf(parts: Parts, when: Conditions, besides: readonly Conditions[] = []): SignInScope {
    const space = spaceOf(parts, when, ...besides);
    return {
      policies: policiesFrom(parts),
      space,
      when,
      besides: [...besides.map(space.applies), ...space.onceProved],
      budget: { steps: 100_000 },
    };
  }

  function found(parts: Parts, when: Conditions, ...besides: readonly Conditions[]) {
    const scope = scopeOf(parts, when, besides);
    return appRulesIn(scope).flatMap((app) =>
      [...decidingWith(app, scope)].map(({ session, app: appRule, enrollment: enrollmentRule, findFacts }) => {
        const groups = findFacts()?.subject.groups.toSorted() ?? ['unknown'];
        return [session.name, appRule.name, enrollmentRule?.name ?? '-', ...groups].join(' ');
      }),
    );
  }

  const enrollment = [terms('a', inA), terms('rest')];
  const both = { any: [{ groups: { all: ['b', 'c'] } }, { groups: { any: ['d'] } }] };

  test.each<[string, Parts, readonly [Conditions, ...Conditions[]], readonly string[]]>([
    ['all rules that allow', { ...(ab && { app: ab }) }, [{}], ['session a - a', 'session other -']],
    ['none without a policy', { app: null }, [{}], []],
    ['those that it leaves', { ...(ab && { app: ab }) }, [inA], ['session a - a']],
    ['those that is left besides', { ...(ab && { app: ab }) }, [{}, notInA], ['session other -']],
    ['those of the session, the last first', { ...(ab && { session: ab }) }, [{}], ['other app -', 'a app - a']],
    [
      'those of the session that go together',
      { ...(ab && rest && { session: ab, app: rest }) },
      [{}],
      ['other not a -', 'a rest - a'],
    ],
    [
      'with those of the enrollment policy, the last first',
      { enrollment },
      [{}],
      ['session app rest', 'session app a a'],
    ],
    ['that it leaves', { enrollment }, [notInA], ['session app rest']],
    ['in as few groups as possible', {}, [both], ['session app - d']],
    ['in several, where it takes these', {}, [{ groups: { all: ['b', 'c'] } }], ['session app - b c']],
    ['of whom no user is known', {}, [unknown], ['session app - unknown']],
    [
      'of which no user is known',
      { app: [rule('unknown', unknown), rule('rest')] },
      [{}],
      ['session unknown - unknown', 'session rest -'],
    ],
  ])('%s', (_, parts, [when, ...besides], expected) => {
    expect(found(parts, when, ...besides)).toEqual(expected);
  });

  test('rules that cannot decide there are left out', () => {
    const scope = scopeOf({ app: [rule('a', inA), rule('b', inB), rule('rest')] }, notInA);
    expect(appRulesIn(scope).map(({ app }) => app.rule.name)).toEqual(['b', 'rest']);
  });

  test('facts are shown that are found and described', () => {
    const scope = scopeOf({}, inA);
    const groupsOf = (formulas: Parameters<typeof shown>[0], isFound: Parameters<typeof shown>[2] = () => true) =>
      shown(formulas, scope, isFound)?.subject.groups;
    const applying = [scope.space.applies(inA)];
    expect(groupsOf(applying)).toEqual(['a']);
    expect(groupsOf(applying, () => false)).toBeUndefined();
    expect(groupsOf([])).toBeUndefined();
    expect(groupsOf([scope.space.applies(inA), scope.space.misses(inA)])).toBeUndefined();
  });
});

test('where no step is left, what must hold for each rule of a long policy is not written down', () => {
  const app = Array.from({ length: 500 }, (_, at) => rule(`${at}`, { groups: { any: [`${at}`] } }));
  const space = spaceOf({ app });
  let written = 0;
  const counting = {
    ...space,
    get always() {
      written += 1;
      return space.always;
    },
  };
  const left = (steps: number) => {
    written = 0;
    return ruleCombinations(policiesFrom({ app }), counting, { steps }).open.length;
  };
  expect(left(0)).toBe(500);
  expect(written).toBe(0);
  expect(left(1_000)).toBeGreaterThan(400);
  expect(written).toBeLessThan(100);
});
