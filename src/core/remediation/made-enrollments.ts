/** What a user can do once enrollments were made that are only thought of so far. */
import type { CountedEvidence } from '../evidence/counted-evidence.ts';
import type { AssessedEvidence } from '../evidence/requirement.ts';
import type { Enrollment } from '../model/facts.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { AuthenticatorState, Capabilities } from './capabilities.ts';

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
  const { accountManagement, ...able } = afterEnrolling([made], capabilities);
  const proof = proofOf(made);
  const withProof = ({ evidence }: AuthenticatorState) => [proof, ...evidence];
  return {
    ...able,
    evidence: withProof(able),
    accountManagement: { ...accountManagement, evidence: withProof(accountManagement) },
  };
}

function proofOf({ toEnroll: _, ...made }: AssessedEvidence): CountedEvidence {
  const { authenticator, factors, characteristics } = made;
  const enrollment = madeBy(made);
  const shown = { authenticator, enrollment, subject: '', factors, characteristics, amr: [] };
  return { ...made, enrollment, evidence: { ...shown, at: 0, transaction: '', origin: 'enrollment' } };
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
