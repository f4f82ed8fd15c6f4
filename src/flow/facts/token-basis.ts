/**
 * The basis of tokens: the facts of the authorization that led to them. They are passed from the sign-in to the code,
 * and from token to token, however long ago the session ended. A token request comes from the address of the app's
 * server and cannot ask the user anything, so the exchange is decided by these facts (Law 5).
 */

import type { Assurance } from '../../core/model/decision.ts';
import type { Facts, RuleFacts, Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { riskSignals } from '../../core/model/risk.ts';
import { withClaimScopes } from '../../core/policy/claim-scopes.ts';
import { riskOf } from '../../core/policy/values/risk.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import type { VersionedAccount } from '../../users/record/account.ts';
import { toSubject } from '../../users/record/user.ts';
import { hasEveryFact, type UnknownInBasis } from './fact-table.ts';

/** The facts of an authorization without the user, whose present record is used at the exchange. */
export interface TokenBasis extends Omit<Facts, 'subject' | 'network'> {
  /** Zones are defined by the policies, so those of the newest revision apply. */
  readonly network: Pick<Facts['network'], 'ip'>;
  /** The scopes granted by the authorization. No token gets more, whatever rules say later. Absent: all. */
  readonly granted?: readonly string[];
  /** How the user signed in, by more proofs than the tokens rest on. Absent: no rule asked. */
  readonly signedInWith?: readonly string[];
}

/**
 * Stores what a later decision about the same tokens may depend on. `waived`: authenticators whose proof the browser
 * remembered.
 */
export function tokenBasisOf(
  facts: Facts,
  {
    assurance,
    waived = [],
    scopes: granted,
    signedInWith,
  }: {
    readonly assurance: Assurance;
    readonly waived?: readonly string[] | undefined;
    readonly scopes?: readonly string[] | undefined;
    readonly signedInWith?: readonly string[] | undefined;
  },
): TokenBasis {
  const { subject: _user, network, device, ...rest } = facts;
  const { lastUsed: _order, remembered = [], ...kept } = device;
  const proofs = remembered.filter(({ authenticator }) => waived.includes(authenticator));
  return {
    ...rest,
    network: { ip: network.ip },
    device: { ...kept, ...(proofs.length > 0 ? { remembered: proofs } : {}) },
    evidence: assurance.supportingEvidence,
    ...omitUndefined({ granted, signedInWith }),
  };
}

/**
 * The facts of an exchange: the original authorization with the present user and zones at `now` (epoch seconds).
 * Undefined if the basis lacks a fact that every release stores. The fact table says what else may be missing.
 */
export function issuanceFacts(
  basis: TokenBasis,
  {
    account,
    snapshot,
    now,
  }: { readonly account: VersionedAccount; readonly snapshot: Snapshot; readonly now: Seconds },
): RuleFacts | undefined {
  if (!hasEveryFact(basis)) return undefined;
  const { granted: _cut, ...authorized } = basis;
  const request = withClaimScopes(basis.request, snapshot.settings.scopes);
  const { ip } = basis.network;
  const subject = toSubject(account.user, account.credentials, now);
  return { ...authorized, request, ...unrecorded(basis, snapshot), network: { ip, ...snapshot.zonesOf(ip) }, subject };
}

/**
 * If the authorization is older than the first rule about the past, nothing about its past is recorded. Such a rule
 * then denies where the past makes a difference (Law 4).
 */
function unrecorded(
  { now, lastSignIn, risk }: TokenBasis,
  { historySince = 0, recordsPlaces, settings }: Snapshot,
): Pick<Facts, UnknownInBasis> {
  return {
    ...(lastSignIn === undefined && now < historySince && { lastSignIn: 'unknown' as const }),
    ...(risk === undefined &&
      recordsPlaces && { risk: riskOf([], riskSignals, settings.risk), distance: 'unknown' as const }),
  };
}
