/**
 * A former address undoes its change (the exception to Law 7). This file promises: the value from before the change is
 * restored, whatever the user did with it since, and nothing else of the account changes; later changes by an
 * administrator stay; every session and token ends, since it is unknown who holds them; every address is notified.
 */
import type { Credential } from '../../authenticators/authenticator.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { maskedAddress } from '../../core/model/mail-address.ts';
import { withdraw } from '../../delivery/outbox.ts';
import { accountClientId } from '../../policy/model/account-client-id.ts';
import { identifierKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { currentIdentifier, withIdentifier } from '../../users/identifiers/identifier-changes.ts';
import { nextValidAfter, type VersionedAccount } from '../../users/record/account.ts';
import type { FormerIdentifier, User } from '../../users/record/user.ts';
import { moveUniqueValues, uniqueValueChange } from '../../users/reservations/attribute-reservations.ts';
import {
  freeIdentifier,
  isFreeFor,
  reserveIdentifierInUnit,
} from '../../users/reservations/identifier-reservations.ts';
import { audit } from '../audit.ts';
import { endOtherSessions } from '../browser/other-sessions.ts';
import type { Visitor } from '../browser/visitor.ts';
import { loadAccount } from '../facts/account.ts';
import { consumeLink, readLink } from '../notify/account-links.ts';
import { accountChanged } from '../notify/account-notification.ts';
import { notify } from '../notify/notify.ts';
import type { Services } from '../services.ts';
import { notifierOf, recordChange } from './recorded-changes.ts';

/** What following the link of a former address would do. */
export type Undo =
  | {
      readonly kind: 'open';
      readonly account: VersionedAccount;
      /** The change to undo, and later changes of the same kind by the user. */
      readonly changes: readonly [FormerIdentifier, ...FormerIdentifier[]];
    }
  /** The link was used or has expired. */
  | { readonly kind: 'over' }
  /** An administrator has changed the same value since. */
  | { readonly kind: 'superseded' };

interface UndoRequest {
  readonly services: Services;
  readonly unit: UnitOfWork;
  readonly visitor: Visitor;
}

export async function readUndo({ services, unit }: UndoRequest, token: unknown): Promise<Undo> {
  const link = await readLink(unit, 'undo', token);
  const account = link && (await loadAccount(unit, link.user));
  if (!account) return { kind: 'over' };
  const all = account.user.formerIdentifiers ?? [];
  const index = all.findIndex(({ id }) => id === link.change);
  const first = all[index];
  const now = services.now();
  if (!first || first.until <= now) return { kind: 'over' };
  const later = all.slice(index + 1).filter(({ kind: laterKind }) => laterKind === first.kind);
  if (!isPresent(account.user, [first, ...later])) return { kind: 'superseded' };
  const { identifier, kind } = first;
  if (identifier !== undefined) {
    const { entries } = await unit.load([identifierKey(identifier)]);
    if (!isFreeFor(entries, identifier, { user: account.user.id, now })) return { kind: 'superseded' };
  }
  return kind === 'username' ? { kind: 'over' } : { kind: 'open', account, changes: [first, ...later] };
}

/** Whether only the user's own changes led from the first change to the present value. */
function isPresent(user: User, changes: readonly FormerIdentifier[]): boolean {
  const isChain = changes.every(({ value }, index) => index === 0 || changes[index - 1]?.replacedBy === value);
  const last = changes.at(-1);
  const present = last && currentIdentifier(user, last.kind, []);
  return isChain && present?.value === last?.replacedBy && present?.identifier === last?.newIdentifier;
}

/** The caller has checked that the form comes from the page of the link. Rejects with `StoreUnavailable`. */
export async function undoChange(request: UndoRequest, token: string): Promise<Undo> {
  const undo = await readUndo(request, token);
  if (undo.kind !== 'open') return undo;
  const { services, unit, visitor } = request;
  const { account, changes } = undo;
  const [first] = changes;
  const { user } = account;
  const owner = { user: user.id, now: services.now() };
  const restored = { ...account, user: restoredUser(user, changes) };
  const { attributes } = (await services.snapshot(unit)).settings;
  const unique = uniqueValueChange(attributes, user.profile, restored.user.profile);
  if ((await moveUniqueValues(unit, unique, owner)) !== undefined) return { kind: 'superseded' };
  if (first.identifier !== undefined) await reserveIdentifierInUnit(unit, first.identifier, owner);
  consumeLink(unit, token);
  for (const { newIdentifier } of changes)
    if (newIdentifier !== undefined && newIdentifier !== first.identifier)
      await freeIdentifier(unit, newIdentifier, user.id);
  withdraw(unit, [...(user.askedIdentifier?.outbox ?? []), ...(user.askedAddress?.outbox ?? [])]);
  const ended = { services, unit, visitor, account: restored, session: undefined, withTokens: false };
  await endOtherSessions(
    ended,
    account.credentials.map((credential) => restoredCredential(credential, first, nextValidAfter(user, owner.now))),
  );
  await record(request, undo);
  return undo;
}

function restoredUser(
  { askedIdentifier: _asked, askedAddress: _address, deletion: _deletion, ...user }: User,
  changes: Extract<Undo, { kind: 'open' }>['changes'],
): User {
  const [{ kind, value, identifier }] = changes;
  const formerIdentifier = changes.at(-1)?.newIdentifier;
  const restored = withIdentifier(user, { kind, value, formerIdentifier, newIdentifier: identifier });
  return { ...restored, formerIdentifiers: (user.formerIdentifiers ?? []).filter((other) => !changes.includes(other)) };
}

/**
 * A credential that was removed since stays removed. Proofs of the other address from before (`movedAt`) no longer
 * count.
 */
function restoredCredential(credential: Credential, { credentials }: FormerIdentifier, movedAt: Seconds): Credential {
  const former = credentials.find(({ id }) => id === credential.id);
  if (!former) return credential;
  const { label: _label, address: _address, methods: _methods, remembered: _remembered, ...rest } = credential;
  return { ...rest, ...former, movedAt };
}

async function record({ services, unit, visitor }: UndoRequest, undo: Extract<Undo, { kind: 'open' }>): Promise<void> {
  const { account, changes } = undo;
  const [{ kind, value }] = changes;
  const snapshot = await services.snapshot(unit);
  const isEmail = kind === 'email';
  const what = { otherSessionsEnded: true as const, ...(isEmail ? { address: maskedAddress(value) } : {}) };
  const newAddresses = isEmail ? [value] : [];
  const event = isEmail ? 'email_restored' : 'phone_restored';
  notify(notifierOf({ services, unit, visitor, account, snapshot }), accountChanged(event, what), { newAddresses });
  if (account.user.deletion)
    recordChange({ services, unit, visitor, account, snapshot }, 'deletion_cancelled', { newAddresses });
  audit(unit, services.audit, {
    event: 'account.identifier_restored',
    outcome: 'success',
    subject: account.user.id,
    client: accountClientId,
    ip: visitor.ip,
    policyRevision: snapshot.revision,
    attributes: [kind],
    otherSessionsEnded: true,
  });
}
