/** Where the refresh tokens of an app count longer after a change. */
import type { UserFacts } from '../../policy/theories/theory.ts';
import { asksOffline, mayBeOffline, refreshLimits } from '../proofs/refreshed-proofs.ts';
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
