/**
 * The registration form. This file promises: for an address that already has an account, the user gets the same pages
 * with the same work, and one message goes to the owner; nothing is written but the transaction.
 */

import type { Authenticator, Delivery, EnrollmentContinued } from '../../../authenticators/authenticator.ts';
import { oneDay } from '../../../core/model/durations.ts';
import type { Facts, Subject } from '../../../core/model/facts.ts';
import { mailAddress } from '../../../core/model/mail-address.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { newcomer, type RegistrationOffer, registrationOffer } from '../../../core/profile/profile-terms.ts';
import type { StepContext } from '../../../core/step/next-step.ts';
import type { Notice } from '../../../core/step/step.ts';
import type { Registration, RegistrationForm } from '../../../core/step/transaction.ts';
import { canonicalIdentifier } from '../../../identifier.ts';
import { addressPlaceText } from '../../../policy/schema/settings/zones.ts';
import { identifierKey } from '../../../stores/keys.ts';
import { browserText } from '../../../user-agent.ts';
import { isSameAddress, notificationAddresses } from '../../../users/identifiers/notification-addresses.ts';
import { accountByIdentifier, type VersionedAccount } from '../../../users/record/account.ts';
import { takenValue, type UniqueValue, uniqueValues } from '../../../users/reservations/attribute-reservations.ts';
import { sendWithin } from '../../notify/enqueue-messages.ts';
import {
  type Decided,
  environmentOf,
  newPasswordTerms,
  type OpenTransaction,
} from '../../transaction/open-transaction.ts';
import { admitted } from '../guessing/proof-of-work.ts';
import { inputName, profileFields, readTyped, withSummary } from '../profile/profile-fields.ts';
import {
  type ActionResult,
  credentialInput,
  type Fields,
  refused,
  withError,
  withTransaction,
} from '../verification/verify.ts';

/** The attribute that identifies a new user and receives messages. */
export const addressAttribute = 'email';

/** What the app offers to new users, and the authenticator that proves the address. */
export interface OpenRegistration {
  readonly offer: RegistrationOffer;
  readonly authenticator: Authenticator & { readonly register: NonNullable<Authenticator['register']> };
}

/** Undefined if no user can register here. */
export async function openRegistration(
  { services, snapshot, app, transaction }: OpenTransaction,
  facts: Facts,
): Promise<OpenRegistration | undefined> {
  const { subject, expectedSubject, recovering } = transaction;
  if (subject || recovering || expectedSubject !== undefined || !services.canMail()) return undefined;
  const policies = await snapshot.policies(app);
  const offer = registrationOffer(policies, facts);
  if (offer === undefined) return undefined;
  for (const authenticator of services.authenticators.values()) {
    const { register, descriptor } = authenticator;
    if (register && policies.authenticators.some(({ key }) => key === descriptor.key))
      return { offer, authenticator: { ...authenticator, register } };
  }
  return undefined;
}

/**
 * The user opens the form, or returns to it from the code page to correct the address. What the user typed stays, and
 * the sent code no longer counts. Undefined if the page has no such option.
 */
export async function beginRegistration(
  context: OpenTransaction,
  { decision, facts }: Decided,
): Promise<OpenTransaction | undefined> {
  if (decision.kind !== 'identify' || !(await openRegistration(context, facts))) return undefined;
  const { form } = context.transaction.registration ?? {};
  return { ...context, transaction: { ...context.transaction, registration: omitUndefined({ form }) } };
}

/** What the form asks for. */
export async function registrationView(
  context: OpenTransaction,
  facts: Facts,
): Promise<Pick<StepContext, 'registration'>> {
  const open = await openRegistration(context, facts);
  if (open === undefined) return {};
  const { offer } = open;
  const secret = offer.password ? await newSecretOffer(context, { facts, offer }) : undefined;
  return {
    registration: { fields: registrationFields(context, offer), terms: offer.terms, ...omitUndefined({ secret }) },
  };
}

/** Filled in with what the user typed before, or with the app's hint. */
function registrationFields({ snapshot, transaction }: OpenTransaction, offer: RegistrationOffer) {
  const { prefilledIdentifier, registration: { form } = {} } = transaction;
  const hinted = form?.address ?? (prefilledIdentifier === undefined ? undefined : mailAddress(prefilledIdentifier));
  const others = profileFields(
    snapshot.settings.attributes,
    {},
    {
      required: offer.required.filter((name) => name !== addressAttribute),
      optional: offer.optional.filter((name) => name !== addressAttribute),
    },
  );
  const [address] = profileFields(snapshot.settings.attributes, {}, { required: [addressAttribute], optional: [] });
  return [
    ...(address ? [{ ...address, ...omitUndefined({ value: hinted }) }] : []),
    ...others.map((field) => ({ ...field, ...omitUndefined({ value: shownValue(form?.profile, field.name) }) })),
  ];
}

function shownValue(profile: RegistrationForm['profile'] | undefined, name: string) {
  const value = profile && Object.hasOwn(profile, name) ? profile[name] : undefined;
  return Array.isArray(value) ? undefined : (value as Exclude<typeof value, readonly string[]>);
}

interface NewSecret {
  readonly facts: Facts;
  readonly offer: RegistrationOffer;
}

/** The new user as the password policy sees them: they have only the groups that new accounts get. */
function withNewcomer({ facts, offer }: NewSecret, about: Partial<Subject> = {}) {
  return { ...facts, subject: { ...newcomer, groups: offer.groups, ...about } };
}

async function passwordIn(context: OpenTransaction, asked: NewSecret, about: Partial<Subject> = {}) {
  const facts = withNewcomer(asked, about);
  const policies = await context.snapshot.policies(context.app);
  const key = policies.authenticators.find(({ underPasswordPolicy }) => underPasswordPolicy)?.key ?? '';
  const authenticator = context.services.authenticators.get(key);
  if (authenticator === undefined) return undefined;
  const env = { ...environmentOf(context, key, []), ...(await newPasswordTerms(context, key, facts)) };
  return { key, authenticator, env, subject: facts.subject };
}

async function newSecretOffer(context: OpenTransaction, asked: NewSecret) {
  const password = await passwordIn(context, asked);
  if (password === undefined) return undefined;
  const { inputs, public: offer } = await password.authenticator.beginEnrollment(password.subject, password.env);
  return { authenticator: password.key, inputs, offer };
}

/**
 * Accepts the form. Nothing visible depends on whether an account has the address: in both cases the password is
 * hashed, the limits are counted and one message is sent.
 */
export async function takeRegistration(
  opened: OpenTransaction,
  { facts }: Decided,
  fields: Fields,
): Promise<ActionResult> {
  const open = await openRegistration(opened, facts);
  if (open === undefined) return withError(opened, 'form.stale');
  const { offer } = open;
  const { attributes: schema, identify } = opened.snapshot.settings;
  const asked = { fields: registrationFields(opened, offer), terms: offer.terms, country: identify.defaultCountry };
  const typed = readTyped(fields, asked);
  const { [addressAttribute]: given = '', ...profile } = typed.values;
  if (typed.notices.length > 0) return { context: opened, notices: typed.notices };
  const read = readAddress(String(given));
  if (read === undefined) return { context: opened, notices: withSummary([wrongAddress]) };
  const { address, identifier } = read;
  const about = { identifiers: [identifier], profile };
  const admission = await admitted(opened, fields);
  if (!admission.admitted) return admission.refusal;
  const context = admission.refused;
  const secret = offer.password ? await newSecret(context, { facts, offer, about }, fields) : undefined;
  if (secret && 'notices' in secret) return { context, notices: secret.notices };
  const unique = uniqueValues(schema, profile);
  const { entries } = await context.request.unit.load([identifierKey(identifier), ...unique.map(({ key }) => key)]);
  const taken = takenValue(entries, unique, { user: undefined, now: context.services.now() });
  if (taken) return { context, notices: takenNotices(taken) };
  const form: RegistrationForm = {
    identifier,
    address,
    profile,
    terms: offer.terms,
    offered: offer.optional,
    ...omitUndefined({ secret }),
  };
  return sendCode(admission.afterwards, open, { form, account: accountByIdentifier(entries, identifier) });
}

/**
 * Undefined if mail cannot be sent there, or would go to another mailbox than the one that the identifier names
 * (because folding replaced a ligature or another letter).
 */
function readAddress(given: string): { readonly address: string; readonly identifier: string } | undefined {
  const address = mailAddress(given);
  const canonical = canonicalIdentifier(given);
  if (address === undefined || !canonical.ok || canonical.value !== address.toLowerCase()) return undefined;
  return { address, identifier: canonical.value };
}

const wrongAddress: Notice = { code: 'profile.invalid.email', level: 'error', field: inputName(addressAttribute) };

/** Another user has a value that must be unique. */
export function takenNotices({ attribute }: Pick<UniqueValue, 'attribute'>): readonly Notice[] {
  return withSummary([{ code: 'profile.taken', level: 'error', field: inputName(attribute) }]);
}

async function newSecret(
  context: OpenTransaction,
  { about, ...asked }: NewSecret & { readonly about: Partial<Subject> },
  fields: Fields,
): Promise<NonNullable<RegistrationForm['secret']> | Pick<ActionResult, 'notices'> | undefined> {
  const password = await passwordIn(context, asked, about);
  if (password === undefined) return undefined;
  const { key, authenticator, env, subject } = password;
  const result = await authenticator.enroll(subject, { pending: {}, input: credentialInput(fields) }, env);
  if (!result.ok) return { notices: withSummary(refused(context, key, result).notices) };
  if ('nextStage' in result) return undefined;
  return { credential: result.credential, proof: result.proof, at: env.now };
}

interface CodeToSend {
  readonly form: RegistrationForm;
  /** The account that has the address. */
  readonly account: VersionedAccount | undefined;
  readonly isResend?: boolean;
}

/** Sends the code to the address, or a message to the owner if an account has it. */
export async function sendCode(
  context: OpenTransaction,
  { authenticator }: OpenRegistration,
  { form, account, isResend = false }: CodeToSend,
): Promise<ActionResult> {
  const { key } = authenticator.descriptor;
  const asSubject = { id: identifierKey(form.identifier), identifier: form.address, decoy: true };
  const counting = { ...context, transaction: { ...context.transaction, subject: asSubject } };
  const begun = authenticator.register(form.address, environmentOf(context, key, []));
  if (!begun.ok) return { context, notices: withSummary([wrongAddress]) };
  const { nextStage } = account ? { nextStage: toOwner(begun.nextStage, account, context) } : begun;
  const { deliver: _deliver, quotas: _quotas, undeliverable: _undeliverable, ...rest } = nextStage;
  const { notices, outbox } = await sendWithin(counting, key, { ...nextStage, isResend });
  if (notices.length > 0) return { context, notices };
  const expires = Math.min(nextStage.expires, context.transaction.expiresAt);
  const pending = { purpose: 'enroll' as const, authenticator: key, ...rest, expires, outbox };
  const registration: Registration = { form, pending };
  return withTransaction(context, { ...context.transaction, registration });
}

/** The same stage, but without a valid code. The message goes to the stored address of the owner instead. */
function toOwner(
  stage: EnrollmentContinued['nextStage'],
  account: VersionedAccount,
  { app, services, snapshot, request: { visitor } }: OpenTransaction,
): EnrollmentContinued['nextStage'] {
  const [typed] = stage.deliver ?? [];
  const known = notificationAddresses(account).map(({ address }) => address);
  const to = known.find((address) => isSameAddress(address, typed?.to ?? '')) ?? known[0];
  const params = { app: app.name, ip: addressPlaceText(snapshot, visitor.ip), ...browserText(visitor.userAgent) };
  const message: Delivery | undefined =
    to === undefined
      ? undefined
      : { channel: 'email', to, template: 'registered', params, expires: services.now() + oneDay };
  const { deliver: _deliver, ...rest } = stage;
  return { ...rest, private: { ...stage.private, code: '' }, ...(message && { deliver: [message] }) };
}
