/**
 * What tokens rest on: the facts of the authorization that led to them. They go from the sign-in to the code, and from
 * there from token to token, however long ago the session ended. The address of a token request is that of the app's
 * server, and the user can be asked nothing there, so the exchange is decided on these (Law 5).
 */

import type { Assurance } from '../../core/model/decision.ts';
import type { Facts, Seconds } from '../../core/model/facts.ts';
import { riskSignals } from '../../core/model/risk.ts';
import { withClaimScopes } from '../../core/policy/claim-scopes.ts';
import { riskOf } from '../../core/policy/values/risk.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import type { VersionedAccount } from '../../users/record/account.ts';
import { toSubject } from '../../users/record/user.ts';

/** The facts of an authorization, without the user, who counts as they are at the exchange. */
export interface TokenBasis extends Omit<Facts, 'subject' | 'network'> {
  /** What the zones are is a matter of the policies, and so of the newest revision. */
  readonly network: Pick<Facts['network'], 'ip'>;
  /** The scopes that the authorization granted: no token carries more, whatever rules say later. Absent: all. */
  readonly granted?: readonly string[];
}

/**
 * Keeps what a later decision on the same tokens may depend on. `waived`: authenticators whose proof the browser
 * remembered.
 */
export function tokenBasisOf(
  facts: Facts,
  {
    assurance,
    waived = [],
    scopes: granted,
  }: {
    readonly assurance: Assurance;
    readonly waived?: readonly string[] | undefined;
    readonly scopes?: readonly string[] | undefined;
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
    ...(granted && { granted }),
  };
}

/** The facts of an exchange: the authorization as it was, the user and the zones as they are `now` (epoch seconds). */
export function issuanceFacts(
  basis: TokenBasis,
  {
    account,
    snapshot,
    now,
  }: { readonly account: VersionedAccount; readonly snapshot: Snapshot; readonly now: Seconds },
): Facts {
  const { granted: _cut, ...authorized } = basis;
  const request = withClaimScopes(basis.request, snapshot.settings.scopes);
  const { ip } = basis.network;
  const subject = toSubject(account.user, account.credentials, now);
  return { ...authorized, request, ...unrecorded(basis, snapshot), network: { ip, ...snapshot.zonesOf(ip) }, subject };
}

/**
 * The authorization is older than the first rule about what is unusual: nothing of it is known, so that such a rule
 * denies where it makes a difference (Law 4).
 */
function unrecorded(basis: TokenBasis, { recordsPlaces, settings }: Snapshot): Pick<Facts, 'risk' | 'distance'> {
  if (!recordsPlaces || basis.risk !== undefined) return {};
  return { risk: riskOf([], riskSignals, settings.risk), distance: 'unknown' };
}
