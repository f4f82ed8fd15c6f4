/** What a user can do once enrollments were made that are only thought of so far. */
import type { CountedEvidence } from '../evidence/counted-evidence.ts';
import type { AssessedEvidence } from '../evidence/requirement.ts';
import type { Enrollment, Evidence } from '../model/facts.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import { type AuthenticatorState, type Capabilities, provable } from './capabilities.ts';

/** The capabilities once the user has made these enrollments. */
export function afterEnrolling(made: readonly AssessedEvidence[], capabilities: Capabilities): Capabilities {
  const { policies, accountManagement } = capabilities;
  const withMade = ({ enrollments }: AuthenticatorState) => [...enrollments, ...made.map(enrollmentOf)];
  const authenticators = policies.authenticators.map((descriptor) => {
    const { key, enrollmentsLeft } = descriptor;
    if (enrollmentsLeft === undefined || !made.some(({ authenticator }) => authenticator === key)) return descriptor;
    return { ...descriptor, enrollable: enrollmentsLeft > 1, enrollmentsLeft: enrollmentsLeft - 1 };
  });
  return {
    ...capabilities,
    policies: { ...policies, authenticators },
    enrollments: withMade(capabilities),
    accountManagement: { ...accountManagement, enrollments: withMade(accountManagement) },
  };
}

/** The same once the user has made this enrollment in the sign-in, which proves it. */
export function onceEnrolled(made: AssessedEvidence, capabilities: Capabilities): Capabilities {
  const { toEnroll: _, ...proof } = made;
  const given = proofOf({ ...proof, enrollment: madeBy(made) }, 'enrollment');
  return withProofs(afterEnrolling([made], capabilities), () => [given]);
}

/** The same once the user has proved this enrollment, or each that there is. */
export function afterProving(capabilities: Capabilities, enrollment?: string): Capabilities {
  const { policies } = capabilities;
  return withProofs(capabilities, ({ enrollments }) =>
    provable({ enrollments, policies })
      .filter((proof) => enrollment === undefined || proof.enrollment === enrollment)
      .map((proof) => proofOf(proof, 'sign_in')),
  );
}

function withProofs(
  { accountManagement, ...capabilities }: Capabilities,
  proofsOf: (state: AuthenticatorState) => readonly CountedEvidence[],
): Capabilities {
  const evidenceOf = (state: AuthenticatorState) => [...proofsOf(state), ...state.evidence];
  return {
    ...capabilities,
    evidence: evidenceOf(capabilities),
    accountManagement: { ...accountManagement, evidence: evidenceOf(accountManagement) },
  };
}

function proofOf(given: AssessedEvidence, origin: Evidence['origin']): CountedEvidence {
  const { authenticator, enrollment, factors, characteristics } = given;
  const shown = { authenticator, enrollment, subject: '', factors, characteristics, amr: [] };
  return { ...given, evidence: { ...shown, at: 0, transaction: '', origin } };
}

/** The id of what the action makes. It differs from those of the enrollments that may follow. */
function madeBy({ enrollment }: AssessedEvidence): string {
  return `made ${enrollment}`;
}

function enrollmentOf(action: AssessedEvidence): Enrollment {
  const { authenticator, methods, factors, characteristics, auxiliary, recovered } = action;
  const id = madeBy(action);
  return omitUndefined({ id, authenticator, methods, factors, characteristics, auxiliary, recovered });
}
