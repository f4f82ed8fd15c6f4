/** Which enrollments a user may use, and by which methods. */
import { recoveredPart } from '../evidence/recovered-password.ts';
import type { AuthenticatorDescriptor, Enrollment, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';

/** The user's enrollments of enabled authenticators, in the order of the authenticators. */
export function usableEnrollments(subject: Subject, policies: PolicySet): readonly Enrollment[] {
  const usable: Enrollment[] = [];
  for (const descriptor of policies.authenticators)
    for (const enrollment of subject.enrollments) {
      if (enrollment.authenticator !== descriptor.key || enrollment.consumed) continue;
      const isPlain = !descriptor.auxiliary && !subject.recovery && !descriptor.methods;
      usable.push(isPlain ? enrollment : usableHere(enrollment, descriptor, subject));
    }
  return usable;
}

/** The enrollment with only the methods that may be used here, and with the properties that requirements test. */
function usableHere(enrollment: Enrollment, descriptor: AuthenticatorDescriptor, subject: Subject): Enrollment {
  const { auxiliary, methods } = descriptor;
  const recovered = recoveredPart(subject, descriptor, enrollment.id);
  const own = methods && { methods: methods.filter((method) => enrollment.methods?.includes(method) ?? true) };
  return { ...enrollment, ...own, ...(auxiliary && { auxiliary }), ...(recovered && { recovered }) };
}
