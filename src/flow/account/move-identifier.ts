/**
 * Replaces one identifier by another. This file promises: everything is written in one commit (of two users who ask for
 * one identifier, one gets it); for some days no other user can get the former value; every address is notified, and
 * the former address can undo the change.
 */

import type {
  Authenticator,
  AuthenticatorContext,
  Credential,
  NewCredential,
  ProfileValueProof,
} from '../../authenticators/authenticator.ts';
import { oneDay } from '../../core/model/durations.ts';
import { maskedAddress } from '../../core/model/mail-address.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { Notice } from '../../core/step/step.ts';
import { withdraw } from '../../delivery/outbox.ts';
import { accountClientId } from '../../policy/model/account-client-id.ts';
import { credentialsKey, userKey } from '../../stores/keys.ts';
import { type CurrentIdentifier, undoPeriod, withIdentifier } from '../../users/identifiers/identifier-changes.ts';
import { nextValidAfter } from '../../users/record/account.ts';
import {
  type FormerIdentifier,
  type IdentifierKind,
  newUserId as newId,
  serializeUser,
  type User,
} from '../../users/record/user.ts';
import { moveUniqueValues, uniqueValueChange } from '../../users/reservations/attribute-reservations.ts';
import { holdIdentifier, reserveIdentifierInUnit } from '../../users/reservations/identifier-reservations.ts';
import { audit } from '../audit.ts';
import { endOtherSessions } from '../browser/other-sessions.ts';
import { createLink } from '../notify/account-links.ts';
import { type AccountChange, accountChanged, type NotificationLink } from '../notify/account-notification.ts';
import { enqueueMessages } from '../notify/enqueue-messages.ts';
import { notify } from '../notify/notify.ts';
import { type OpenAccount, senderOf } from './open-account.ts';
import { notifierOf } from './recorded-changes.ts';

export interface Move {
  readonly kind: IdentifierKind;
  /** In the form that the profile stores. */
  readonly value: string;
  /** Absent if the user had no value of this kind. */
  readonly former: CurrentIdentifier | undefined;
  /** Canonical. Absent if the user is not identified by the value. */
  readonly newIdentifier: string | undefined;
  /** Absent if the value needs no proof. */
  readonly proof?: MoveProof;
}

export interface MoveProof {
  readonly authenticator: Authenticator & { readonly profileValue: ProfileValueProof };
  readonly credential: NewCredential;
  readonly environment: AuthenticatorContext;
}

const changes: Readonly<Record<IdentifierKind, AccountChange>> = {
  email: 'email_replaced',
  phone: 'phone_replaced',
  username: 'username_changed',
};

/** Returns a notice if nothing was changed. */
export async function moveIdentifier(context: OpenAccount, move: Move): Promise<Notice | undefined> {
  const { unit, services, account, snapshot } = context;
  const { kind, value, former, newIdentifier } = move;
  const owner = { user: account.user.id, now: services.now() };
  if (newIdentifier !== undefined && !(await reserveIdentifierInUnit(unit, newIdentifier, owner))) return taken;
  const { askedIdentifier: asked, ...present } = account.user;
  const moved = withIdentifier(present, { kind, value, newIdentifier, formerIdentifier: former?.identifier });
  const unique = uniqueValueChange(snapshot.settings.attributes, present.profile, moved.profile);
  if ((await moveUniqueValues(unit, unique, owner)) !== undefined) return taken;
  const credentials = movedCredentials(context, move);
  const kept = former && formerOf(context, move, former);
  if (kept?.identifier !== undefined) await holdIdentifier(unit, kept.identifier, { ...owner, until: kept.until });
  withdraw(unit, asked?.outbox ?? []);
  const alive = (present.formerIdentifiers ?? []).filter(({ until }) => until > owner.now);
  const user: User = { ...moved, formerIdentifiers: [...alive, ...(kept ? [kept] : [])], updatedAt: owner.now };
  const otherSessionsEnded = credentials !== undefined;
  if (credentials) await save(context, user, credentials);
  else unit.replace(userKey(user.id), { value: serializeUser(user), refs: [credentialsKey(user.id)] });
  notifyOwner(context, move, { kept: former?.verified ? kept : undefined, otherSessionsEnded });
  audit(unit, services.audit, {
    event: 'account.identifier_changed',
    outcome: 'success',
    subject: user.id,
    client: accountClientId,
    ip: context.visitor.ip,
    policyRevision: snapshot.revision,
    attributes: [kind],
    ...(otherSessionsEnded ? { otherSessionsEnded } : {}),
  });
  return undefined;
}

const taken: Notice = { code: 'profile.taken', level: 'error' };

/** Saves a change that replaces the credentials of the old value. It ends other sessions (decision 21). */
async function save(context: OpenAccount, user: User, credentials: readonly Credential[]): Promise<void> {
  const { services, unit, visitor, account, session } = context;
  const request = { services, unit, visitor, account: { ...account, user }, session: session.uid, withTokens: true };
  await endOtherSessions(request, credentials);
}

/**
 * Turns the credentials of the former value into those of the new one. They keep their ids: the account's memory of a
 * recovery refers to them, and moving to another mailbox must not erase it (decision 33). Undefined if nothing changes.
 */
function movedCredentials({ account, services }: OpenAccount, { former, value, proof }: Move) {
  if (!proof || former === undefined) return undefined;
  const { authenticator, credential } = proof;
  const own = account.credentials.filter((candidate) => candidate.authenticator === authenticator.descriptor.key);
  const proves = (candidate: Credential, text: string) => authenticator.matchesIdentifier?.(candidate, text) === true;
  const isThere = own.some((candidate) => proves(candidate, value));
  const old = own.filter((candidate) => proves(candidate, former.value));
  if (isThere || old.length === 0) return undefined;
  return account.credentials.map((existing): Credential => {
    if (!old.includes(existing)) return existing;
    const { remembered: _remembered, methods: _methods, label, ...rest } = existing;
    const isMask = label === authenticator.maskedAddress?.(existing);
    const now = services.now();
    const changed = { ...rest, ...credential, createdAt: now, movedAt: nextValidAfter(account.user, now) };
    const newLabel = isMask ? authenticator.maskedAddress?.(changed) : label;
    return { ...changed, ...(label === undefined || newLabel === undefined ? {} : { label: newLabel }) };
  });
}

function formerOf(
  { account, services }: OpenAccount,
  { kind, value, newIdentifier, proof }: Move,
  former: CurrentIdentifier,
): FormerIdentifier {
  const { authenticator } = proof ?? {};
  const old = account.credentials.filter(
    (credential) =>
      credential.authenticator === authenticator?.descriptor.key &&
      authenticator.matchesIdentifier?.(credential, former.value) === true,
  );
  return {
    id: newId(),
    kind,
    value: former.value,
    ...omitUndefined({ identifier: former.identifier }),
    replacedBy: value,
    ...omitUndefined({ newIdentifier }),
    credentials: old.map(({ id, label, address, methods, secret }) => ({
      id,
      secret,
      ...omitUndefined({ label, address, methods }),
    })),
    until: services.now() + undoPeriod,
  };
}

interface Notified {
  /** The former value, if it was verified and can therefore be restored. */
  readonly kept: FormerIdentifier | undefined;
  readonly otherSessionsEnded: boolean;
}

/** The former address can undo the change. A username can be changed back at `/account`. */
function notifyOwner(context: OpenAccount, { kind, value, proof }: Move, { kept, otherSessionsEnded }: Notified): void {
  const { services, unit } = context;
  const what = {
    ...(kind === 'email' ? { address: maskedAddress(value) } : {}),
    ...(otherSessionsEnded ? { otherSessionsEnded } : {}),
  };
  const newAddresses = kind === 'email' ? [proof?.credential.address ?? value] : [];
  const canUndo = kept !== undefined && kind !== 'username';
  const url = canUndo
    ? createLink({ services, unit }, { kind: 'undo', user: context.account.user.id, change: kept.id }, undoPeriod)
    : '';
  const link: NotificationLink | undefined =
    canUndo && kind === 'email' ? { url, does: 'undo', until: kept.until, to: kept.value } : undefined;
  notify(notifierOf(context), accountChanged(changes[kind], what), { newAddresses, link });
  if (!canUndo || !proof) return;
  const undo = { link: url, expires: services.now() + oneDay };
  const message = proof.authenticator.profileValue.notifyFormer?.(kept.value, undo, proof.environment);
  if (message) enqueueMessages(senderOf(context), [message]);
}
