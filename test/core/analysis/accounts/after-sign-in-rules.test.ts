/** Which rules of the enrollment policy decide once a user has signed in, and what must hold for it. */
import { describe, expect, test } from '@jest/globals';
import {
  afterSignInAlike,
  afterSignInFormulas,
  ruleAfterSignIn,
} from '../../../../src/core/analysis/accounts/after-sign-in-rules.ts';
import { findModel, newBudget } from '../../../../src/core/analysis/space/find-model.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { EnrollmentRule } from '../../../../src/core/model/enrollment-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import { enrollmentTerms, factsOf, policiesOf, userWith } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const rule = (name: string, when: EnrollmentRule['when'] = {}): EnrollmentRule => ({
  name,
  when,
  then: enrollmentTerms(),
});
const mailInA = rule('by mail, in a', { authenticated: { any: ['email'] }, groups: { any: ['a'] } });
const bySms = rule('by text message', { authenticated: { all: ['phone.sms', 'password'] } });
const inB = rule('in b', { groups: { any: ['b'] } });
const rest = rule('rest');

function policies(...rules: readonly EnrollmentRule[]): PolicySet {
  return { ...policiesOf(), enrollment: compilePolicy({ name: 'enrollment', rules }) };
}
const asking = policies(mailInA, bySms, inB, rest);

function factsIn(...groups: readonly string[]): UserFacts {
  const subject = userWith([], { groups });
  return { ...factsOf({ subject }), subject, signedInWith: ['webauthn'] };
}

describe('after a sign-in', () => {
  test.each<[string, readonly string[], readonly string[], EnrollmentRule]>([
    ['by mail of a user in the group', ['email'], ['a'], mailInA],
    ['by mail of others', ['email'], ['b'], inB],
    ['by a method', ['password', 'phone', 'phone.sms'], [], bySms],
    ['by another method', ['password', 'phone', 'phone.voice'], [], rest],
    ['by something else', ['password'], ['a'], rest],
  ])('%s', (_, signedInWith, groups, expected) => {
    expect(ruleAfterSignIn(asking, factsIn(...groups), signedInWith)).toEqual({ rule: expected, signedInWith });
  });

  test('no other rule decides where none asks for it, or none is there', () => {
    expect(ruleAfterSignIn(policies(inB, rest), factsIn('b'), ['email'])).toBeUndefined();
    expect(ruleAfterSignIn(policiesOf(), factsIn('b'), ['email'])).toBeUndefined();
  });

  test('no rule decides where none applies', () => {
    expect(ruleAfterSignIn(policies(mailInA), factsIn('b'), ['email'])).toBeUndefined();
  });
});

describe('for the rule to decide', () => {
  /** The groups of a user about whom it decides, as few as the search finds. */
  function groupsFor(decider: EnrollmentRule, signedInWith: readonly string[], set: PolicySet = asking) {
    const space = ruleSpace(
      [mailInA, bySms, inB, rest].map(({ when }) => when),
      universe(),
    );
    const found = findModel(afterSignInFormulas({ rule: decider, signedInWith }, set, space), newBudget());
    return typeof found === 'object' ? space.factsOf(found.model).subject.groups : found;
  }

  test.each<[string, EnrollmentRule, readonly string[], readonly string[] | 'impossible']>([
    ['its own conditions hold', mailInA, ['email'], ['a']],
    ['the user signs in as it says', mailInA, ['password'], 'impossible'],
    ['the user signs in by all that it names', bySms, ['phone', 'phone.sms'], 'impossible'],
    ['no rule above it applies', inB, ['email'], ['b']],
    ['no rule above it takes all', rest, ['phone', 'phone.sms', 'password'], 'impossible'],
    ['nothing more, where no other does', bySms, ['phone', 'phone.sms', 'password'], []],
  ])('%s', (_, decider, signedInWith, expected) => {
    expect(groupsFor(decider, signedInWith)).toEqual(expected);
  });

  test('the first rule does not apply either', () => {
    const inA = rule('in a', { groups: { any: ['a'] } });
    expect(groupsFor(inA, ['email'], policies(mailInA, inA, rest))).toBe('impossible');
    expect(groupsFor(inA, ['password'], policies(mailInA, inA, rest))).toEqual(['a']);
  });

  test('rules below it do not count', () => {
    expect(groupsFor(mailInA, ['email'], policies(mailInA, rest, mailInA))).toEqual(['a']);
  });
});

test('are the same for other users if a rule with the same terms decides', () => {
  const strict: EnrollmentRule = {
    ...rule('strict', { groups: { any: ['a'] } }),
    then: { ...rest.then, disabled: ['totp'] },
  };
  const set = policies(strict, inB, rule('in c', { groups: { any: ['c'] } }), { ...strict, name: 'others', when: {} });
  const space = ruleSpace([strict.when, inB.when, { groups: { any: ['c'] } }], universe());
  const isAlike = (decider: EnrollmentRule, ...groups: readonly string[]) => {
    const names = ['a', 'b', 'c'];
    const all = names.filter((name) => groups.includes(name));
    const formulas = [space.applies({ groups: { all, none: names.filter((name) => !all.includes(name)) } })];
    const alike = afterSignInAlike({ rule: decider, signedInWith: [] }, set, space);
    return findModel([...formulas, alike], newBudget()) !== 'impossible';
  };
  expect([isAlike(inB, 'b'), isAlike(inB, 'c'), isAlike(inB, 'a'), isAlike(inB)]).toEqual([true, true, false, false]);
  expect([isAlike(strict, 'a'), isAlike(strict), isAlike(strict, 'b')]).toEqual([true, true, false]);
});
