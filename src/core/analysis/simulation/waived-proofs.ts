/** In which browsers a remembered proof stands for the second factor. */
import { wouldWaive } from '../../decision/waiver-forecast.ts';
import { methodName } from '../../model/authenticator-name.ts';
import type { Enrollment, Facts } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { isRememberable } from '../proofs/asked-proofs.ts';
import { enrollmentsOf } from './simulated-outcome.ts';

/** Names of the proofs (`totp`, `phone.sms`) that waive something for this user where the browser remembers them. */
export function waivedProofs(policies: PolicySet, facts: Facts): readonly string[] {
  const { now: at, subject } = facts;
  const names = subject?.enrollments.flatMap((enrollment) => {
    const { authenticator, id, factors, characteristics } = enrollment;
    const proof = { authenticator, enrollment: id, factors, characteristics, at, until: at + 1 };
    return methodsOf(enrollment, policies).flatMap((method) => {
      const isWaived = wouldWaive(policies, facts, { ...proof, ...(method !== undefined && { method }) });
      if (!isWaived) return [];
      return method === undefined ? authenticator : methodName(authenticator, method);
    });
  });
  return [...new Set(names)];
}

/** Undefined among them: it has no methods. */
function methodsOf({ authenticator, methods }: Enrollment, policies: PolicySet): readonly (string | undefined)[] {
  const descriptor = policies.authenticators.find(({ key }) => key === authenticator);
  if (descriptor === undefined || !isRememberable(descriptor)) return [];
  return methods ?? descriptor.methods ?? [undefined];
}

/** The facts of the user once everything is enrolled. */
export function withEverything({ authenticators }: PolicySet, facts: Facts): Facts {
  const { subject } = facts;
  if (subject === undefined) return facts;
  const missing = authenticators.filter(({ key }) => !subject.enrollments.some((own) => own.authenticator === key));
  const added = missing.flatMap((descriptor) => enrollmentsOf(descriptor, [descriptor.key]));
  return { ...facts, subject: { ...subject, enrollments: [...subject.enrollments, ...added] } };
}
