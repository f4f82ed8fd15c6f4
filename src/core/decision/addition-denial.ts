/** Which rule of the account policy keeps the user from an enrollment that is needed. See decision 163. */
import type { Denial, Layer } from '../model/decision.ts';
import type { MissingEnrollment } from '../model/enrollment-policy.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import { usablePolicies } from '../policy/rules/enrollment-terms.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { additionLayers } from './account-policy.ts';
import type { EvaluationContext } from './evaluation-context.ts';

/** An enrollment that is needed, and that the user cannot make. */
export interface NeededEnrollment extends Pick<MissingEnrollment, 'enrollmentRule'> {
  /** Keys of the authenticators that may help. */
  readonly keys: readonly string[];
  readonly capabilities: Capabilities;
  /** Whether the user could go on with these capabilities. */
  readonly isEnough: (capabilities: Capabilities) => boolean;
}

/**
 * Undefined: the account policy is not the cause, since the user could not go on without its rules either. Where
 * several rules are in the way, the denial names one that must be changed: one that is enough alone, if there is any.
 * Of these it names the first that asks for a proof, in the order of the authenticators. A rule that forbids comes
 * after them: it says what its author means, while one that asks for a proof may overlook the users who lack it.
 */
export function additionDenial(needed: NeededEnrollment, context: EvaluationContext): Denial | undefined {
  const { keys, capabilities, isEnough, enrollmentRule } = needed;
  const isEnoughWithout = (some: readonly Layer[]) =>
    isEnough(withoutRulingsOn(some.flatMap(keyOf), capabilities, context));
  const rulings = additionLayers(keys, context.policies, context.facts).toSorted(
    (one, other) => Number(isForbidding(one)) - Number(isForbidding(other)),
  );
  if (rulings.length === 0 || !isEnoughWithout(rulings)) return undefined;
  const alone = rulings.filter((ruling) => isEnoughWithout([ruling]));
  const [cause] = alone.length > 0 ? alone : necessary(rulings, isEnoughWithout);
  if (cause === undefined) return undefined;
  const rule = cause.trace.decidedBy;
  const same = alone.filter((other) => other.trace.decidedBy === rule && isForbidding(other) === isForbidding(cause));
  const authenticators = (same.length > 0 ? same : [cause]).flatMap(keyOf);
  return omitUndefined({
    reason: isForbidding(cause) ? ('enrollment_forbids' as const) : ('authenticator_not_enrollable' as const),
    layer: 'account' as const,
    rule,
    missingEnrollment: omitUndefined({ authenticators, enrollmentRule }),
  });
}

/** Without any one of these, the others would still be in the way. */
function necessary(
  rulings: readonly Layer[],
  isEnoughWithout: (rulings: readonly Layer[]) => boolean,
): readonly Layer[] {
  return rulings.toReversed().reduce((left, ruling) => {
    const fewer = left.filter((other) => other !== ruling);
    return isEnoughWithout(fewer) ? fewer : left;
  }, rulings);
}

function isForbidding({ requirement }: Layer): boolean {
  return requirement === undefined;
}

function keyOf({ trace: { change } }: Layer): readonly string[] {
  return change ? [change.of] : [];
}

/** The capabilities if the account policy said nothing about these authenticators. */
export function withoutRulingsOn(
  keys: readonly string[],
  { additions, policies, ...capabilities }: Capabilities,
  context: EvaluationContext,
): Capabilities {
  const unruled = usablePolicies(context.policies, context.enrollment.terms).authenticators;
  const authenticators = policies.authenticators.map((descriptor) =>
    keys.includes(descriptor.key) ? (unruled.find(({ key }) => key === descriptor.key) ?? descriptor) : descriptor,
  );
  const left = new Map([...(additions ?? [])].filter(([key]) => !keys.includes(key)));
  return { ...capabilities, policies: { ...policies, authenticators }, additions: left };
}
