/**
 * Users change their address, phone number and username. This file promises: an address or number counts only after the
 * code sent to it was entered in the same session; until then nothing shows whether another account has the address.
 * The caller has checked the form and Law 7.
 */
import type {
  Authenticator,
  AuthenticatorContext,
  Delivery,
  EnrollmentContinued,
  ProfileValueProof,
} from '../../authenticators/authenticator.ts';
import { messagesPerAccount } from '../../authenticators/shared/sending-quotas.ts';
import { oneDay, oneHour } from '../../core/model/durations.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { NoticeCode } from '../../core/step/notice-codes.ts';
import type { Notice } from '../../core/step/step.ts';
import { withdraw } from '../../delivery/outbox.ts';
import { canonicalIdentifier } from '../../identifier.ts';
import { accountClientId } from '../../policy/model/account-client-id.ts';
import { addressPlaceText } from '../../policy/schema/settings/zones.ts';
import { attemptCounter, credentialsKey, identifierKey, userKey } from '../../stores/keys.ts';
import type { Limit } from '../../stores/store.ts';
import { browserText } from '../../user-agent.ts';
import { type CurrentIdentifier, currentIdentifier, isUsername } from '../../users/identifiers/identifier-changes.ts';
import { identifyingValues } from '../../users/identifiers/identifier-kinds.ts';
import { isSameAddress, notificationAddresses } from '../../users/identifiers/notification-addresses.ts';
import { accountByIdentifier, type VersionedAccount } from '../../users/record/account.ts';
import { type AskedIdentifier, type IdentifierKind, serializeUser } from '../../users/record/user.ts';
import { audit } from '../audit.ts';
import { reserveChange } from '../change-limit.ts';
import { asResendRefusal, enqueueMessages, reserveSending, sendLimitsOf } from '../notify/enqueue-messages.ts';
import { refusalNoticeCode } from '../refusal-notice-code.ts';
import { serverMac } from '../server-mac.ts';
import { moveIdentifier } from './move-identifier.ts';
import { type OpenAccount, senderOf } from './open-account.ts';

/** Tries per account, over all values and codes. A success resets nothing. */
const tries: readonly Limit[] = [
  { limit: 5, window: 600 },
  { limit: 30, window: oneDay },
];
/** Usernames that an account may ask for. They are limited because each answer reveals whether the name is taken. */
const names: readonly Limit[] = [{ limit: 20, window: oneHour }];

const counter = 'identifier';

type Proving = Authenticator & { readonly profileValue: ProfileValueProof };

/** The input for each kind. */
export const identifierInputs: Readonly<Record<IdentifierKind, string>> = {
  email: 'userProfile.email',
  phone: 'userProfile.phone',
  username: 'identifier',
};

function wrong(code: NoticeCode, field?: string): Notice {
  return { code, level: 'error', ...omitUndefined({ field }) };
}

/** Identifying values that only administrators may write, in canonical form. */
function othersOf({ snapshot, account }: OpenAccount): readonly string[] {
  return identifyingValues(snapshot.settings.attributes, account.user.profile);
}

/** Undefined if the user has no value of this kind. */
export function presentIdentifier(context: OpenAccount, kind: IdentifierKind): CurrentIdentifier | undefined {
  return currentIdentifier(context.account.user, kind, othersOf(context));
}

/** Whether users may change this kind themselves. */
export function canChangeIdentifier(context: OpenAccount, kind: IdentifierKind): boolean {
  const { services, snapshot } = context;
  const { attributes, authenticators, account } = snapshot.settings;
  if (kind === 'username') return account.username === 'user';
  const proving = provingOf(context, kind);
  if (attributes.attributes[kind]?.write !== 'user' || !proving) return false;
  return kind === 'email' ? services.canMail() : authenticators[proving.descriptor.key]?.enabled === true;
}

function provingOf({ services }: OpenAccount, kind: IdentifierKind): Proving | undefined {
  for (const authenticator of services.authenticators.values()) {
    const { profileValue } = authenticator;
    if (profileValue?.attribute === kind) return { ...authenticator, profileValue };
  }
  return undefined;
}

/** The value that waits for its code. Undefined if there is none or it has expired. */
export function askedIdentifier(
  { account, services, session }: OpenAccount,
  kind: IdentifierKind,
): AskedIdentifier | undefined {
  const { askedIdentifier: asked } = account.user;
  const isOpen = asked?.kind === kind && asked.expires > services.now() && asked.session === session.uid;
  return isOpen ? asked : undefined;
}

/** Sends a code to the new value, which replaces one that was waiting. Returns the reason if this is not possible. */
export async function askForIdentifier(
  context: OpenAccount,
  kind: IdentifierKind,
  text: string,
): Promise<Notice | undefined> {
  const proving = provingOf(context, kind);
  if (!proving || !canChangeIdentifier(context, kind)) return wrong('account.identifier.admin');
  const field = identifierInputs[kind];
  const begun = proving.profileValue.ask(text, environmentOf(context, kind, proving));
  if (!begun.ok) return { ...wrong(refusalNoticeCode(begun.code), field), ...omitUndefined({ params: begun.params }) };
  const value = keptValue(kind, begun.nextStage);
  if (value === undefined) return wrong(refusalNoticeCode('email.invalid'), field);
  const present = presentIdentifier(context, kind);
  if (present?.verified && isSameAddress(present.value, value)) return wrong('account.identifier.same', field);
  const isResend = askedIdentifier(context, kind)?.value === value;
  return send(context, proving, { kind, value, stage: begun.nextStage, isResend });
}

/** Sends another code to the waiting value. The previous code no longer counts. */
export async function askIdentifierAgain(context: OpenAccount, kind: IdentifierKind): Promise<Notice | undefined> {
  const asked = askedIdentifier(context, kind);
  const proving = provingOf(context, kind);
  if (!asked || !proving) return wrong('challenge.expired');
  const begun = proving.profileValue.ask(asked.value, environmentOf(context, kind, proving));
  if (!begun.ok) return wrong(refusalNoticeCode(begun.code));
  const refusal = await send(context, proving, { kind, value: asked.value, stage: begun.nextStage, isResend: true });
  return refusal && asResendRefusal(refusal);
}

/**
 * In the form that the profile stores. Undefined if mail would go to another mailbox than the one that the identifier
 * names.
 */
function keptValue(kind: IdentifierKind, { public: shown }: EnrollmentContinued['nextStage']): string | undefined {
  const address = String(shown.address);
  const canonical = canonicalIdentifier(address);
  if (kind !== 'email') return address;
  return canonical.ok && canonical.value === address.toLowerCase() ? canonical.value : undefined;
}

interface Sending {
  readonly kind: IdentifierKind;
  readonly value: string;
  readonly stage: EnrollmentContinued['nextStage'];
  readonly isResend: boolean;
}

async function send(
  context: OpenAccount,
  proving: Proving,
  { kind, value, stage, isResend }: Sending,
): Promise<Notice | undefined> {
  const { services, account, unit } = context;
  const newIdentifier = newIdentifierOf(context, kind, value);
  const holder = newIdentifier === undefined ? undefined : await holderOf(context, newIdentifier);
  const { deliver = [], quotas, expires, private: pending } = holder ? toOwner(context, holder, stage) : stage;
  const refusal = await reserveSending(services, {
    counter: attemptCounter(account.user.id, `${counter}.send`),
    // Over all values. The quotas of the authenticator apply as well.
    limits: sendLimitsOf(proving.sendLimits ?? messagesPerAccount, isResend),
    deliveries: stage.deliver ?? [],
    quotas,
  });
  if (refusal) return refusal;
  const outbox = enqueueMessages(senderOf(context), deliver);
  auditIdentifier(context, { event: 'message.queued', outcome: 'success', channel: stage.deliver?.[0]?.channel ?? '' });
  withdraw(unit, account.user.askedIdentifier?.outbox ?? []);
  const asked = { kind, value, pending, session: context.session.uid, expires, outbox };
  const user = { ...account.user, askedIdentifier: asked };
  unit.replace(userKey(user.id), { value: serializeUser(user), refs: [credentialsKey(user.id)] });
  return undefined;
}

/**
 * An address always identifies the user. A number does so only if the configuration says so, or if the previous number
 * did.
 */
function newIdentifierOf(context: OpenAccount, kind: IdentifierKind, value: string): string | undefined {
  const { attributes } = context.snapshot.settings.attributes;
  const identifies =
    kind !== 'phone' || attributes[kind]?.identifies || presentIdentifier(context, kind)?.identifier !== undefined;
  const canonical = canonicalIdentifier(value);
  return identifies && canonical.ok ? canonical.value : undefined;
}

/** Another account that has this identifier. */
async function holderOf({ unit, account }: OpenAccount, identifier: string): Promise<VersionedAccount | undefined> {
  const { entries } = await unit.load([identifierKey(identifier)]);
  const holder = accountByIdentifier(entries, identifier);
  return holder?.user.id === account.user.id ? undefined : holder;
}

/** The same stage, but without a valid code. The message goes to the stored address of the owner instead. */
function toOwner(
  { services, snapshot, visitor }: OpenAccount,
  holder: VersionedAccount,
  stage: EnrollmentContinued['nextStage'],
): EnrollmentContinued['nextStage'] {
  const [typed] = stage.deliver ?? [];
  const known = notificationAddresses(holder).map(({ address }) => address);
  const to = known.find((address) => isSameAddress(address, typed?.to ?? '')) ?? known[0];
  const app = snapshot.settings.brand.name;
  const params = { app, ip: addressPlaceText(snapshot, visitor.ip), ...browserText(visitor.userAgent) };
  const expires = services.now() + oneDay;
  const deliver: readonly Delivery[] =
    to === undefined ? [] : [{ channel: 'email', to, template: 'registered', params, expires }];
  return { ...stage, private: { ...stage.private, code: '' }, deliver };
}

/** Replaces the value by the waiting one if the code is correct. Otherwise returns the reason. */
export async function confirmIdentifier(
  context: OpenAccount,
  kind: IdentifierKind,
  passcode: string,
): Promise<Notice | undefined> {
  const { services, account, facts } = context;
  const asked = askedIdentifier(context, kind);
  const proving = provingOf(context, kind);
  if (!asked || !proving || facts.subject === undefined) return wrong('challenge.expired');
  const { granted, retryAfter } = await services.store.reserve(attemptCounter(account.user.id, counter), tries);
  if (!granted) return { ...wrong('attempts.exceeded', 'passcode'), params: { seconds: Math.max(1, retryAfter) } };
  const answer = { pending: asked.pending, input: { passcode } };
  const result = await proving.enroll(facts.subject, answer, environmentOf(context, kind, proving));
  if (!result.ok) {
    const { key } = proving.descriptor;
    auditIdentifier(context, { event: 'account.identifier_refused', outcome: 'failure', reason: result.code });
    return { ...wrong(refusalNoticeCode(result.code), 'passcode'), authenticator: key };
  }
  if ('nextStage' in result) return wrong('challenge.expired');
  const tooMany = await reserveChange(context);
  if (tooMany) return tooMany;
  return moveIdentifier(context, {
    kind,
    value: asked.value,
    former: presentIdentifier(context, kind),
    newIdentifier: newIdentifierOf(context, kind, asked.value),
    proof: {
      authenticator: proving,
      credential: result.credential,
      environment: environmentOf(context, kind, proving),
    },
  });
}

/** A username needs no proof: it goes to the first user who asks for it. */
export async function changeUsername(context: OpenAccount, text: string): Promise<Notice | undefined> {
  const field = identifierInputs.username;
  if (!canChangeIdentifier(context, 'username')) return wrong('account.identifier.admin');
  if (text.trim() === '') return wrong('profile.required', field);
  const canonical = canonicalIdentifier(text);
  const isMarkup = /[<>{}]/.test(text);
  if (!canonical.ok || isMarkup || !isUsername(canonical.value, [])) return wrong('account.username.invalid', field);
  const former = presentIdentifier(context, 'username');
  if (former?.value === canonical.value) return wrong('account.identifier.same', field);
  const { services, account } = context;
  const { granted, retryAfter } = await services.store.reserve(attemptCounter(account.user.id, counter), names);
  if (!granted) return { ...wrong('attempts.exceeded', field), params: { seconds: Math.max(1, retryAfter) } };
  const tooMany = await reserveChange(context);
  if (tooMany) return tooMany;
  const { value } = canonical;
  return moveIdentifier(context, { kind: 'username', value, former, newIdentifier: value });
}

function environmentOf(context: OpenAccount, kind: IdentifierKind, { descriptor }: Proving): AuthenticatorContext {
  const { services, snapshot, account, session, visitor } = context;
  const { settings } = snapshot;
  return {
    now: services.now(),
    issuer: services.issuer,
    brand: settings.brand.name,
    app: settings.brand.name,
    subjectId: account.user.id,
    // A code counts only for this account, this session and this kind.
    transactionId: `${account.user.id}.${session.uid}.${kind}`,
    visitor: { ...visitor, place: addressPlaceText(snapshot, visitor.ip) },
    mayShowDetails: true,
    enrolled: [],
    settings: { ...settings.authenticators[descriptor.key] },
    warn: services.warn,
    mac: (purpose, ...parts) => serverMac(services.secrets(), purpose, parts),
    decoyMac: (purpose, ...parts) => serverMac(services.secrets().slice(-1), purpose, parts),
  };
}

function auditIdentifier(
  { unit, services, account, visitor, snapshot }: OpenAccount,
  event:
    | { readonly event: 'message.queued'; readonly outcome: 'success'; readonly channel: string }
    | { readonly event: 'account.identifier_refused'; readonly outcome: 'failure'; readonly reason: string },
): void {
  const where = { client: accountClientId, ip: visitor.ip, policyRevision: snapshot.revision };
  audit(unit, services.audit, { ...event, subject: account.user.id, ...where });
}
