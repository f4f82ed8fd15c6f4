/** Examples get values for which parts of expressions are as the rules need them. */
import { describe, expect, test } from '@jest/globals';
import { findModel, newBudget } from '../../../../src/core/analysis/space/find-model.ts';
import { type RuleSpace, ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { CompiledExpression, Conditions, ExpressionPart } from '../../../../src/core/model/conditions.ts';
import type { RuleFacts } from '../../../../src/core/model/facts.ts';
import type { Universe, UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import { universe } from '../../support/universe.ts';

type Evaluate = ExpressionPart['evaluate'];

/** An opaque expression, with what it reads. */
function opaque(text: string, part: Omit<ExpressionPart, 'texts' | 'numbers'> & Partial<ExpressionPart>) {
  const { evaluate } = part;
  const expression: CompiledExpression = {
    ...{ written: text, aboutUser: true, varies: true, evaluate, logic: { text } },
    partOf: () => ({ texts: [], numbers: [], ...part }),
  };
  return { expression };
}

const isHit = (holds: (facts: RuleFacts) => boolean): Evaluate => {
  return (facts) => (holds(facts) ? 'hit' : 'miss');
};

/** Facts of a user for whom the first rule applies, or does not. */
function shown(rules: readonly Conditions[], outcome: 'applies' | 'misses', of: Universe = universe()) {
  const space = ruleSpace(rules, of);
  const [first = {}] = rules;
  const found = findModel([outcome === 'applies' ? space.applies(first) : space.misses(first)], newBudget());
  if (typeof found !== 'object') throw new Error(found);
  return { ...isShown(space, found.model), facts: space.factsOf(found.model) };
}

function isShown(space: RuleSpace, model: Parameters<RuleSpace['factsOf']>[0]) {
  return { isShown: space.isShownBy(space.factsOf(model), model) };
}

const identified = opaque('identifiers', {
  reads: ['user.identifiers'],
  texts: ['@corp.test'],
  evaluate: isHit(({ subject }) => subject?.identifiers.some((name) => name.endsWith('@corp.test')) ?? false),
});

describe('identifiers', () => {
  test('are made of the constants', () => {
    expect(shown([identified], 'applies')).toMatchObject({
      isShown: true,
      facts: { subject: { identifiers: ['user@corp.test'] } },
    });
  });

  test('stay as they are where that is enough', () => {
    expect(shown([identified], 'misses').facts.subject.identifiers).toEqual([]);
  });

  test('leave other conditions as they are', () => {
    const notThis: Conditions = { ...identified, users: { none: ['user@corp.test'] } };
    const { facts } = shown([notThis], 'applies');
    expect(facts.subject.identifiers).not.toContain('user@corp.test');
    expect(facts.subject.identifiers[0]).toContain('@corp.test');
  });
});

const sized = (size: number) =>
  opaque(`size ${size}`, {
    ...{ reads: ['user.profile.name'], numbers: [size] },
    evaluate: ({ subject }) => {
      const name = subject?.profile.name;
      if (typeof name !== 'string') return 'error';
      return name.length === size ? 'hit' : 'miss';
    },
  });

test('an attribute is given, so that nothing fails', () => {
  expect(shown([sized(4)], 'applies').facts.subject.profile).toEqual({ name: 'xxxx' });
  expect(shown([sized(4)], 'misses').facts.subject.profile).toEqual({ name: 'example' });
});

test('facts in which the part fails are examples of that', () => {
  const space = ruleSpace([sized(4)], universe());
  const fails = space.fails(sized(4));
  const found = fails && findModel([fails], newBudget());
  expect(typeof found === 'object' && space.factsOf(found.model).subject.profile).toEqual({});
});

test('two parts may need two facts', () => {
  const both = opaque('both', {
    ...{ reads: ['user.userType', 'now'], texts: ['robot'] },
    evaluate: isHit(({ subject, now }) => subject?.userType === 'robot' && new Date(now * 1000).getUTCHours() === 3),
  });
  const { facts } = shown([both], 'applies');
  expect(facts.subject.userType).toBe('robot');
  expect(new Date(facts.now * 1000).getUTCHours()).toBe(3);
});

test('what no value shows is said, and ends', () => {
  let count = 0;
  const evaluate = (completed: RuleFacts) => {
    count += 1;
    return isHit(() => completed.subject?.id === 'another')(completed);
  };
  const never = opaque('never', { reads: ['user.identifiers', 'user.groups', 'now'], numbers: [2], evaluate });
  const { isShown: isMet, facts } = shown([never], 'applies');
  expect(isMet).toBe(false);
  expect((facts satisfies UserFacts).subject.identifiers).toEqual([]);
  expect(count).toBeLessThan(600);
});
