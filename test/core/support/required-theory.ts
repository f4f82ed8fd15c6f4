/** The theory of a condition, for tests of conditions that must have one. */
import type { ConditionName } from '../../../src/core/model/conditions.ts';
import type { ConditionDescriptor } from '../../../src/core/policy/condition-descriptor.ts';
import type { ConditionTheory } from '../../../src/core/policy/theories/theory.ts';

export function requiredTheory<Name extends ConditionName>({
  theory,
}: ConditionDescriptor<Name>): ConditionTheory<Name> {
  if (theory === 'independent') throw new Error('the condition has no theory');
  return theory;
}
