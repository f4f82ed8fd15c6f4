/** Where what was proved counts longer at an app after a change, also by refresh tokens. */
import type { Seconds } from '../../model/facts.ts';
import type { Requirement } from '../../model/policy.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { asksOffline, mayBeOffline, refreshLimits } from '../proofs/refreshed-proofs.ts';
import { withMaxAge } from '../proofs/younger-proofs.ts';
import { compareAsks, type UsableThen } from './compare-asks.ts';
import { factsFor, type NoFacts, type Pairing, type SidesInSpace } from './deciding-together.ts';
import { type LimitingTerms, type LongerLimit, longerLimits } from './longer-limits.ts';

interface MaybeLonger {
  readonly longer?: readonly LongerLimit[];
}

/** Where requests cannot ask for `offline_access`, refresh tokens end with the session. */
export function longerIn(
  { formulas }: Pairing,
  { before, now }: Readonly<Record<'before' | 'now', LimitingTerms>>,
  { next, space }: Pick<SidesInSpace, 'next' | 'space'>,
): readonly LongerLimit[] {
  const longer = longerLimits(before, now, refreshLimits(next));
  if (!isByTokens({ longer }) || mayBeOffline(next, formulas, space)) return longer;
  return longerLimits(before, now, refreshLimits(next, false));
}

function isByTokens({ longer = [] }: MaybeLonger): boolean {
  return longer.some(({ what }) => what === 'refreshed');
}

/** Facts of a request that asks for refresh tokens without a session, if these are what counts longer. */
export function factsShowing(granted: MaybeLonger, pair: Pairing, search: SidesInSpace): UserFacts | NoFacts {
  const { next, space } = search;
  if (!isByTokens(granted) || !mayBeOffline(next, pair.formulas, space)) return factsFor(pair, search);
  return factsFor({ ...pair, formulas: [...pair.formulas, asksOffline(space)] }, search);
}

/** What the rules ask for, with the terms of before. */
interface AskedTogether {
  readonly before: readonly Requirement[];
  readonly now: readonly Requirement[];
  readonly terms: LimitingTerms;
  /** Of refresh tokens. 0: there are none. */
  readonly lifetime: Seconds;
}

/** Leaves out limits at the app that no proof reaches, as the rules themselves ask for younger ones. */
export function withinAges(
  longer: readonly LongerLimit[],
  { before, now, terms, lifetime }: AskedTogether,
  usable: UsableThen,
): readonly LongerLimit[] {
  const youngest = limitAtApp(terms) - lifetime;
  if (!longer.some(isAtApp) || youngest <= 0) return longer;
  const aged = before.map((requirement) => withMaxAge(requirement, youngest));
  const isReached = compareAsks(now, aged, usable) !== 'as_strict';
  return isReached ? longer : longer.filter((limit) => !isAtApp(limit));
}

function isAtApp({ what }: LongerLimit): boolean {
  return what === 'at_app' || what === 'kept_at_app' || what === 'refreshed';
}

/** The shortest age or pause that the rule of the app accepts no more. */
function limitAtApp({ session: { session }, app: { appSession } }: LimitingTerms): Seconds {
  const ofSession = appSession?.unkept && session ? [session.absolute, session.idle] : [];
  return Math.min(appSession?.absolute ?? Number.POSITIVE_INFINITY, ...ofSession);
}
