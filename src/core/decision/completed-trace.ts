/** What a trace says beyond the rulings of its layers. */
import { mustEnroll } from '../enrollment/apply-policy.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { LayerTrace, Trace } from '../model/trace.ts';
import { countedRisk } from '../policy/values/risk.ts';
import { isProfileComplete } from '../profile/profile-terms.ts';
import type { SubjectEvaluation } from './denial.ts';

/** Adds to the trace whether enrollments or profile data are still missing, and which signals of risk were found. */
export function completedTrace(trace: Trace, { toEnroll, profile, subject, context }: SubjectEvaluation): Trace {
  const risk = countedRisk(context.facts);
  const isUnusual = risk !== undefined && (risk.reasons.length > 0 || risk.unknown !== undefined);
  if (!toEnroll && !profile && !isUnusual) return trace;
  const satisfied: Partial<Record<LayerTrace['layer'], boolean>> = {
    ...(toEnroll && { enrollment: mustEnroll(toEnroll).length === 0 }),
    ...(profile && { profile: isProfileComplete(profile, subject) }),
  };
  return {
    layers: trace.layers.map((layer) => ({ ...layer, ...omitUndefined({ satisfied: satisfied[layer.layer] }) })),
    ...(isUnusual && { risk }),
  };
}
