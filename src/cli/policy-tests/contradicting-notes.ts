/** What a recorded test comes to otherwise than the real sign-in, in sentences. */
import { authenticatorIn } from '../../core/model/authenticator-name.ts';
import type { AuditTrace } from '../../flow/audit-trace.ts';
import type { DecidedSignIn } from '../../flow/explain.ts';
import { askedSteps } from './asked-steps.ts';

/** How the real sign-in ended. */
export interface RealEnd {
  readonly isDenied: boolean;
  /** Of a user who got in. Absent: there is none. */
  readonly acr?: string;
  /** Why it was denied. */
  readonly reason?: string;
  readonly proved: AuditTrace['proved'];
  /** Authenticators whose enrollment the user skipped in it. */
  readonly skipped: readonly string[];
}

/** Whether the user of the test gets in by another `acr` than the real one. */
export function reachesOtherAcr({ isDenied, acr }: RealEnd, { steps }: DecidedSignIn): boolean {
  const end = steps.at(-1);
  return !isDenied && end?.kind === 'complete' && end.acr !== acr;
}

export function contradictingNotes(real: RealEnd, decided: DecidedSignIn): readonly string[] {
  const end = decided.steps.at(-1);
  const { isDenied, reason = 'denied', acr = 'none' } = real;
  const reached = end?.kind === 'complete' ? (end.acr ?? 'none') : 'none';
  return [
    ...(isDenied && end?.kind !== 'denied'
      ? [`then the sign-in was denied (${reason}), and by the test it is not`]
      : []),
    ...(!isDenied && end?.kind === 'denied'
      ? [`then the user was let in, and by the test the sign-in is denied (${end.reason})`]
      : []),
    ...(isDenied ? [] : proofsNote(real, decided)),
    ...(isDenied ? [] : skipsNote(real, decided)),
    ...(reachesOtherAcr(real, decided)
      ? [
          `then the acr was "${acr}", and the user of the test, who takes the first option of each page, reaches "${reached}": \`acr\` is left out`,
        ]
      : []),
  ];
}

/**
 * The proofs of this sign-in, oldest first, beside what the test asks for. What took the place of a proof, as a new
 * password does, is what the user of the test has.
 */
function proofsNote({ proved }: RealEnd, decided: DecidedSignIn): readonly string[] {
  const own = proved.filter(({ earlier, replacesProof }) => !earlier && !replacesProof).toReversed();
  const [given, setUp] = [false, true].map((isNew) =>
    own
      .filter(({ origin = 'sign_in' }) => (origin === 'enrollment') === isNew)
      .map(({ authenticator }) => authenticator),
  ) as [string[], string[]];
  const asked = askedSteps(decided).flatMap(({ kind, names }) =>
    kind === 'prove' ? [names.map(authenticatorIn)] : [],
  );
  const open = asked.filter((names) => !names.some((key) => setUp.includes(key)));
  const isSame = given.length === open.length && given.every((key) => open.some((names) => names.includes(key)));
  const words = asked.map((names) => [...new Set(names)].join(' or ')).join(', then ') || 'nothing';
  return [
    ...setUp.map((key) => `then the user set up ${key}, which the user of the test has already`),
    ...(isSame ? [] : [`then the user proved ${given.join(', then ') || 'nothing'}, and the test asks for ${words}`]),
  ];
}

/** A skip of this very sign-in is none of the test, where the policy will require the enrollment: it is offered. */
function skipsNote({ skipped }: RealEnd, decided: DecidedSignIn): readonly string[] {
  const offered = askedSteps(decided).flatMap(({ kind, names }) =>
    kind === 'offer' ? names.map(authenticatorIn) : [],
  );
  const keys = skipped.filter((key) => offered.includes(key));
  return keys.length === 0
    ? []
    : [`then the user skipped setting up ${keys.join(' or ')}, and the user of the test accepts the offer`];
}
