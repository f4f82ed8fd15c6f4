/** The condition `expression`: a formula over the facts, given as a function. */
import type { ConditionDescriptor } from '../condition-descriptor.ts';
import { expressionTheory } from '../theories/expression-theory.ts';

export const expressionCondition: ConditionDescriptor<'expression'> = {
  about: 'anything',
  units: {},
  compile: ({ written, aboutUser, varies, evaluate, partOf }) => {
    const reads = partOf?.(written).reads;
    return [
      {
        name: 'expression',
        varies,
        test: (facts) => (aboutUser && facts.subject === undefined ? 'unknown' : evaluate(facts)),
        ...(reads && { reads }),
      },
    ];
  },
  varies: true,
  theory: expressionTheory,
};
