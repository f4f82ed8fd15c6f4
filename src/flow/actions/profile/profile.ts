/**
 * The user fills in what the app requires, or skips what is optional. This file promises: only what the decision asks
 * for now is accepted, all of it is written in one commit, and a typed address is not verified.
 */
import type { ProfileRequest } from '../../../core/model/decision.ts';
import { oneHour } from '../../../core/model/durations.ts';
import type { TermsOfUse } from '../../../core/model/profile-policy.ts';
import { attemptCounter, credentialsKey, userKey } from '../../../stores/keys.ts';
import type { Limit } from '../../../stores/store.ts';
import { type Profile, serializeUser, type User } from '../../../users/record/user.ts';
import { moveUniqueValues, uniqueValueChange } from '../../../users/reservations/attribute-reservations.ts';
import { audit } from '../../audit.ts';
import { accountIn, auditContext, type Decided, type OpenTransaction } from '../../transaction/open-transaction.ts';
import { type ActionResult, type Fields, withTransaction } from '../verification/verify.ts';
import { inputName, profileFields, readTyped, type TypedProfile, withSummary } from './profile-fields.ts';

/** Profile forms per account. They are limited because each could reveal whether a unique value is taken. */
const answersPerUser: readonly Limit[] = [{ limit: 60, window: oneHour }];

/** Accepts the form only while the decision still asks for it. */
export async function completeProfile(
  context: OpenTransaction,
  { decision }: Decided,
  fields: Fields,
): Promise<ActionResult> {
  const account = await accountIn(context);
  if (decision.kind !== 'profile' || account === undefined) return { context, notices: [] };
  const { services, request, snapshot } = context;
  const { attributes: schema, identify } = snapshot.settings;
  const asked = profileFields(schema, account.user.profile, decision);
  const typed = readTyped(fields, { fields: asked, terms: decision.terms, country: identify.defaultCountry });
  if (typed.notices.length > 0) return { context, notices: typed.notices };
  const { granted, retryAfter } = await services.store.reserve(
    attemptCounter(account.user.id, 'profile'),
    answersPerUser,
  );
  if (!granted) {
    const params = { seconds: Math.max(1, retryAfter) };
    return { context, notices: [{ code: 'profile.exceeded', level: 'error', params }] };
  }
  const changed = changedProfile(account.user.profile, typed, schema.attributes);
  const now = services.now();
  const unique = uniqueValueChange(schema, account.user.profile, changed);
  const taken = await moveUniqueValues(request.unit, unique, { user: account.user.id, now });
  if (taken !== undefined) {
    const notice = { code: 'profile.taken', level: 'error', field: inputName(taken.attribute) } as const;
    return { context, notices: withSummary([notice]) };
  }
  saveProfile(context, {
    ...account.user,
    profile: changed,
    ...withAcceptedTerms(account.user, decision.terms, now),
    ...withOfferedAttributes(account.user, decision.optional),
    updatedAt: now,
  });
  auditProfile(context, 'profile.completed', [...Object.keys(typed.values), ...decision.terms.map(({ id }) => id)]);
  return withTransaction(context, { ...context.transaction });
}

/** Undefined if the page asks for something required. */
export async function skipProfile(
  context: OpenTransaction,
  { canSkip, optional }: ProfileRequest,
): Promise<OpenTransaction | undefined> {
  const account = await accountIn(context);
  if (!canSkip || account === undefined) return undefined;
  saveProfile(context, { ...account.user, ...withOfferedAttributes(account.user, optional) });
  auditProfile(context, 'profile.skipped', optional);
  return { ...context, transaction: { ...context.transaction } };
}

/** A typed address or number is unverified, even if the previous one was verified. */
export function changedProfile(
  profile: Profile,
  { values, emptied }: TypedProfile,
  attributes: Readonly<Record<string, { readonly verifiedBy?: string }>>,
): Profile {
  const kept = Object.entries(profile).filter(([name]) => !emptied.includes(name));
  const unverified = Object.keys(values).flatMap((name) => {
    const { verifiedBy } = attributes[name] ?? {};
    return verifiedBy === undefined || profile[name] === values[name] ? [] : [[verifiedBy, false] as const];
  });
  return { ...Object.fromEntries(kept), ...values, ...Object.fromEntries(unverified) };
}

/** Marks these terms as accepted by the user. */
export function withAcceptedTerms(
  { acceptedTerms }: Pick<User, 'acceptedTerms'>,
  terms: readonly TermsOfUse[],
  time: number,
): Pick<User, 'acceptedTerms'> {
  if (terms.length === 0) return {};
  return {
    acceptedTerms: {
      ...acceptedTerms,
      ...Object.fromEntries(terms.map(({ id, version }) => [id, { version, at: time }])),
    },
  };
}

function withOfferedAttributes(
  { offeredAttributes = [] }: User,
  optional: readonly string[],
): Pick<User, 'offeredAttributes'> {
  return optional.length === 0 ? {} : { offeredAttributes: [...new Set([...offeredAttributes, ...optional])] };
}

/** Compare-and-swap: if two tabs answer, one succeeds and the other shows the next step. */
function saveProfile({ request }: OpenTransaction, user: User): void {
  request.unit.replace(userKey(user.id), { value: serializeUser(user), refs: [credentialsKey(user.id)] });
}

/** Names only, because no log may contain what the user typed. */
function auditProfile(
  context: OpenTransaction,
  event: 'profile.completed' | 'profile.skipped',
  attributes: readonly string[],
): void {
  const { request, services } = context;
  audit(request.unit, services.audit, { event, outcome: 'success', ...auditContext(context), attributes });
}
