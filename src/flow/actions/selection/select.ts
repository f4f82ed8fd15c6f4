/** Which options a page shows, and which one the user selected. */

import { isRecovering, recoverableAuthenticator } from '../../../core/decision/recovery.ts';
import type { Facts } from '../../../core/model/facts.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { askedMethods } from '../../../core/queries/asked-methods.ts';
import { identifierPageSecret, offersToKeep } from '../../../core/queries/identifier-page-secret.ts';
import type { StepContext } from '../../../core/step/next-step.ts';
import { optionsToSelect } from '../../../core/step/options.ts';
import { picked, selecting } from '../../../core/step/transitions.ts';
import type { Profile } from '../../../users/record/user.ts';
import { credentialsOf, type Decided, type OpenTransaction } from '../../transaction/open-transaction.ts';
import { wouldEndOtherSessions } from '../enrollment/enroll.ts';
import { workDueFor } from '../guessing/guessing-network.ts';
import { profileFields } from '../profile/profile-fields.ts';
import { registrationView } from '../registration/registration-form.ts';
import { authenticatorNames } from '../verification/authenticator-names.ts';
import { spellingsOf } from '../verification/typed-identifier.ts';

/** The user has proved something, in this transaction or in the session of this browser. */
export function hasProved({ subject, evidence }: Facts): boolean {
  return evidence.some((proof) => proof.subject === subject?.id);
}

/**
 * Before a proof, a page must not show how many authenticators of a kind the user has, nor their names, since that
 * would reveal whether the account exists. After a proof, two of a kind are shown with their names, unless one
 * challenge serves both.
 */
export async function viewOf(context: OpenTransaction, { facts, decision }: Decided): Promise<StepContext> {
  const { services, snapshot, app, transaction } = context;
  const policies = await snapshot.policies(app);
  const isIdentify = decision.kind === 'identify' && !isRecovering(facts);
  const recoverable = isRecovering(facts) ? undefined : recoverableAuthenticator(policies);
  const identifyWith = isIdentify ? identifierPageSecret(policies, facts) : undefined;
  const isProved = hasProved(facts);
  const isSingleOption = (key: string) => !isProved || services.authenticators.get(key)?.sharedChallenge === true;
  const enrollments = facts.subject?.enrollments ?? [];
  const showsName = (key: string) =>
    isProved && (!isSingleOption(key) || enrollments.filter(({ authenticator }) => authenticator === key).length === 1);
  const named = enrollments.filter(({ authenticator }) => showsName(authenticator));
  const credentials = await credentialsOf(context);
  const names = authenticatorNames(services, credentials);
  const labels = new Map(named.map(({ id }) => [id, names.get(id)]));
  const spellings = spellingsOf(transaction.subject?.identifier ?? '', snapshot.settings);
  const typed = credentials.filter((credential) =>
    spellings.some((spelling) =>
      services.authenticators.get(credential.authenticator)?.matchesIdentifier?.(credential, spelling),
    ),
  );
  return {
    ...omitUndefined({ identifyWith, recoverable, lastUsed: facts.device.lastUsed }),
    ...(isIdentify ? await registrationView(context, facts) : {}),
    profileFields: (asked) => profileFields(snapshot.settings.attributes, profileOf(facts), asked),
    ...(workDueFor(context) !== undefined && { isGuessingNetwork: true as const }),
    canKeep: isIdentify && offersToKeep(policies, facts),
    labels: (id) => labels.get(id),
    isSingleOption,
    namedByIdentifier: typed.map(({ id }) => id),
    askedMethods: (key) => askedMethods(policies, facts, key),
    soleMethod: (key) => {
      const [method, ...others] = askedMethods(policies, facts, key) ?? [];
      const all = services.authenticators.get(key)?.descriptor.methods ?? [];
      return others.length === 0 && all.length > 1 ? method : undefined;
    },
    endsOtherSessions: (key) => wouldEndOtherSessions(context, policies, { facts, key }),
  };
}

function profileOf({ subject }: Facts): Profile {
  return (subject?.profile ?? {}) as Profile;
}

/**
 * The user asks for the list of options, or selects one. `id` is `<authenticator>` or `<authenticator>:<enrollment>`.
 */
export async function select(
  context: OpenTransaction,
  decided: Decided,
  id: string | undefined,
): Promise<OpenTransaction> {
  if (!id) return { ...context, transaction: selecting(context.transaction) };
  return (await selectOption(context, decided, id)) ?? context;
}

/** Undefined if the page has no such option, so that nothing is selected. */
export async function selectOption(
  context: OpenTransaction,
  decided: Decided,
  id: string,
): Promise<OpenTransaction | undefined> {
  const [authenticator = '', enrollment] = id.split(':');
  const options = optionsToSelect(decided.decision, await viewOf(context, decided));
  const isThere = options.some(
    (option) =>
      option.authenticator === authenticator && (enrollment === undefined || option.enrollment === enrollment),
  );
  if (!isThere) return undefined;
  const purpose = decided.decision.kind === 'enroll' ? 'enroll' : 'challenge';
  const choice = { purpose, authenticator, ...omitUndefined({ enrollment }) } as const;
  return { ...context, transaction: picked(context.transaction, choice) };
}
