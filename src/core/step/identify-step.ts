/** The first page: it asks who the user is, or shows the registration form. */
import { omitUndefined } from '../model/omit-undefined.ts';
import type { TermsOfUse } from '../model/profile-policy.ts';
import type { NewSecretField, ProfileField, Step } from './step.ts';
import type { Transaction } from './transaction.ts';

/** The registration form. */
export interface RegistrationView {
  readonly fields: readonly ProfileField[];
  readonly terms: readonly TermsOfUse[];
  readonly secret?: NewSecretField;
}

/** What the first page depends on besides the transaction. */
export interface IdentifyContext {
  /** From `identifierPageSecret`. */
  readonly identifyWith?: string;
  /** The authenticator whose secret can be recovered here. */
  readonly recoverable?: string;
  /** From `offersToKeep`. */
  readonly canKeep: boolean;
  /** Many wrong passwords came from the browser's network. */
  readonly isGuessingNetwork?: true;
  /** What a new user is asked for. Absent if no user can register. */
  readonly registration?: RegistrationView;
}

/** The registration form, then the page for the code sent to the address. Undefined if the user does not register. */
function registrationStep(
  { registration, work, challengeService }: Transaction,
  { registration: asked }: IdentifyContext,
): Step | undefined {
  if (registration === undefined || asked === undefined) return undefined;
  const { pending, form } = registration;
  if (pending === undefined)
    return omitUndefined({
      kind: 'profile' as const,
      ...asked,
      registers: true as const,
      accepted: form && (true as const),
      work,
      challengeService: isAsked(challengeService),
      notices: [],
    });
  const { authenticator, inputs, public: challenge } = pending;
  return { kind: 'challenge', authenticator, inputs, challenge, alternatives: false, registers: true, notices: [] };
}

function isAsked(service: Transaction['challengeService']): true | undefined {
  return service === 'asked' || undefined;
}

/** The page that asks for the identifier, unless the user is registering. */
export function identifyStep(transaction: Transaction, context: IdentifyContext): Step {
  return registrationStep(transaction, context) ?? askedStep(transaction, context);
}

function askedStep(
  { prefilledIdentifier, subject, keepSignedIn, recovering, work, challengeService }: Transaction,
  { identifyWith, canKeep, recoverable, registration, isGuessingNetwork }: IdentifyContext,
): Step {
  return omitUndefined({
    kind: 'identify' as const,
    identifyWith,
    identifier: subject?.identifier ?? prefilledIdentifier,
    canRegister: registration && (true as const),
    keepSignedIn: canKeep ? keepSignedIn === true : undefined,
    work: (recovering || isGuessingNetwork) && work,
    challengeService: (recovering || isGuessingNetwork) && isAsked(challengeService),
    recoverable: identifyWith !== undefined && identifyWith === recoverable ? (true as const) : undefined,
    notices: [],
  });
}
