/** The condition `expression`: a formula over the facts, given as a function. */
import type { ConditionDescriptor } from '../condition-descriptor.ts';
import { expressionTheory } from '../theories/expression-theory.ts';

export const expressionCondition: ConditionDescriptor<'expression'> = {
  about: 'anything',
  holdsSeconds: false,
  compile: ({ aboutUser, varies, evaluate }) => [
    {
      name: 'expression',
      varies,
      test: (facts) => (aboutUser && facts.subject === undefined ? 'unknown' : evaluate(facts)),
    },
  ],
  varies: true,
  theory: expressionTheory,
};
