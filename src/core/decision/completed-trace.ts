/** What a trace says beyond the rulings of its layers. */
import { mustEnroll } from '../enrollment/apply-policy.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { LayerTrace, Trace } from '../model/trace.ts';
import { countedRisk } from '../policy/values/risk.ts';
import { isProfileComplete } from '../profile/profile-terms.ts';
import type { SubjectEvaluation } from './denial.ts';

/** Adds to the trace whether enrollments or profile data are still missing, and which signals of risk were found. */
export function completedTrace(trace: Trace, evaluation: SubjectEvaluation): Trace {
  const { reported, context } = evaluation;
  const risk = countedRisk(context.facts);
  const isUnusual = risk !== undefined && (risk.reasons.length > 0 || risk.unknown !== undefined);
  const satisfied = satisfiedLayers(evaluation);
  const satisfiedReported = {
    ...satisfiedLayers({ ...evaluation, ...reported }),
    ...(usesDisabled(reported.toEnroll) && { enrollment: false }),
  };
  if (!satisfied && !reported.toEnroll && !reported.profile && !isUnusual) return trace;
  return {
    layers: trace.layers.map((layer) => ({
      ...layer,
      ...omitUndefined({ satisfied: satisfied?.[layer.layer] }),
      ...(layer.reported && {
        reported: { ...layer.reported, ...omitUndefined({ satisfied: satisfiedReported[layer.layer] }) },
      }),
    })),
    ...(isUnusual && { risk }),
  };
}

/** By layer: whether nothing is left to enroll or to fill in. Undefined: neither layer has terms. */
function satisfiedLayers({
  toEnroll,
  profile,
  subject,
}: Pick<SubjectEvaluation, 'toEnroll' | 'profile' | 'subject'>):
  | Partial<Record<LayerTrace['layer'], boolean>>
  | undefined {
  if (!toEnroll && !profile) return undefined;
  return {
    ...(toEnroll && { enrollment: mustEnroll(toEnroll).length === 0 }),
    ...(profile && { profile: isProfileComplete(profile, subject) }),
  };
}

/** Whether something was proved that would not count under these terms. */
function usesDisabled(toEnroll: SubjectEvaluation['toEnroll']): boolean {
  const { terms, capabilities } = toEnroll ?? {};
  return capabilities?.evidence.some(({ authenticator }) => terms?.disabled.includes(authenticator)) ?? false;
}
