/** Asks for the enrollment that the enrollment policy requires or offers, or says why the user cannot make it. */
import {
  addableOf,
  type EnrollmentContext,
  enrollmentStep,
  mustEnroll,
  requiredStep,
  unsatisfiable,
} from '../enrollment/apply-policy.ts';
import type { DecisionOutcome, Denial } from '../model/decision.ts';
import type { RequiredEnrollment } from '../model/enrollment-policy.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import { additionDenial } from './addition-denial.ts';
import type { EvaluationContext } from './evaluation-context.ts';

/** Undefined: there is nothing to enroll. */
export function requiredEnrollmentStep({
  context,
  toEnroll,
}: {
  readonly context: EvaluationContext;
  readonly toEnroll: EnrollmentContext | undefined;
}): DecisionOutcome | undefined {
  if (toEnroll === undefined) return undefined;
  const step = enrollmentStep(toEnroll);
  if (step?.kind !== 'out_of_reach') return step;
  return { kind: 'deny', ...(ruledOut(step.required, toEnroll, context) ?? byLaw(step.required, toEnroll)) };
}

/**
 * The denial if the user can enroll nothing of what the enrollment policy requires, whatever the user proves. The
 * enrollment policy itself is the cause where no user can enroll it here.
 */
export function requiredNotEnrollable(toEnroll: EnrollmentContext, context: EvaluationContext): Denial | undefined {
  const hopeless = mustEnroll(toEnroll).find((required) => addableOf(required, toEnroll.capabilities).length === 0);
  return hopeless && (ruledOut(hopeless, toEnroll, context) ?? unsatisfiable(toEnroll));
}

/** Undefined: no rule of the account policy is the cause. */
function ruledOut(
  required: RequiredEnrollment,
  { capabilities, facts, rule, terms }: EnrollmentContext,
  context: EvaluationContext,
): Denial | undefined {
  return additionDenial(
    {
      keys: required.anyOf,
      capabilities,
      isEnough: (able) => requiredStep(required, { capabilities: able, facts, terms }) !== undefined,
      ...omitUndefined({ enrollmentRule: rule }),
    },
    context,
  );
}

/** The account-management requirement (Law 7) comes before it, and is out of reach. No layer is the cause. */
function byLaw({ anyOf }: RequiredEnrollment, { rule }: EnrollmentContext): Denial {
  return {
    reason: 'authenticator_not_enrollable',
    missingEnrollment: omitUndefined({ authenticators: anyOf, enrollmentRule: rule }),
  };
}
