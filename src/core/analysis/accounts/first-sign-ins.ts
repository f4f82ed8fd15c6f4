/**
 * What is true of the first sign-in of an account and of its second one, as far as rules ask about the past. In between
 * the browser becomes known, the place usual, and the first sign-in the last one.
 */
import type { ConditionSet, Conditions } from '../../model/conditions.ts';
import { oneDay } from '../../model/durations.ts';
import { riskSignals } from '../../model/risk.ts';
import type { CompiledPolicy } from '../../policy/rules/compile.ts';
import { conditionSets } from '../../policy/rules/condition-table.ts';
import { withConditionsInside } from '../../policy/rules/expression-parts.ts';
import { boundOf } from '../../policy/values/bound.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { type DeniedSignInSearch, type DeniedSignIns, deniedSignIns } from './denied-sign-ins.ts';

/**
 * What is true of each first sign-in, as far as these rules ask about the past. Undefined: none does, so that a first
 * sign-in is one like any other.
 */
export function firstSignIn(rules: readonly Conditions[]): Conditions | undefined {
  const past = pastIn(rules);
  if (past === undefined) return undefined;
  const { ages, distances, asksRisk } = past;
  const first: ConditionSet = {
    device: { known: false },
    ...(asksRisk && { risk: { any: ['newDevice' as const], none: comparedWithThePast } }),
    ...(ages.length > 0 && { lastSignIn: { notWithin: Math.max(...ages) } }),
    ...(distances.length > 0 && { distance: { within: Math.min(...distances) } }),
  };
  return first;
}

/** Signals of risk that need an earlier sign-in. */
const comparedWithThePast = riskSignals.filter((signal) => signal !== 'newDevice' && signal !== 'recentFailures');

/**
 * What is true of a sign-in with the same browser and from the same place, a day after the first one. All of these
 * hold. Undefined: no rule asks about the past.
 */
export function secondSignIn(rules: readonly Conditions[]): readonly Conditions[] | undefined {
  const past = pastIn(rules);
  if (past === undefined) return undefined;
  const { ages, distances, asksRisk } = past;
  const asBefore: ConditionSet = {
    device: { known: true },
    ...(asksRisk && { risk: { none: riskSignals } }),
    ...(distances.length > 0 && { distance: { within: Math.min(...distances) } }),
  };
  const aDayAgo: readonly ConditionSet[] = [
    { lastSignIn: { notWithin: oneDay } },
    { lastSignIn: { within: oneDay + 1 } },
  ];
  return [asBefore, ...(ages.length > 0 ? aDayAgo : [])];
}

interface PastAsked {
  /** Bounds on the time since the last sign-in, in seconds. */
  readonly ages: readonly number[];
  /** Bounds on the distance to usual places, in kilometres. */
  readonly distances: readonly number[];
  readonly asksRisk: boolean;
}

/** What the rules ask about the past. Undefined: nothing. */
function pastIn(rules: readonly Conditions[]): PastAsked | undefined {
  const sets = withConditionsInside(rules.flatMap(conditionSets));
  const bounds = (name: 'lastSignIn' | 'distance') =>
    sets.flatMap((set) => {
      const one = set[name];
      return one === undefined ? [] : [boundOf(one)];
    });
  const [ages, distances] = [bounds('lastSignIn'), bounds('distance')];
  const asksRisk = sets.some(({ risk }) => risk !== undefined);
  const asksKnown = sets.some(({ device }) => device?.known !== undefined);
  return asksRisk || asksKnown || ages.length + distances.length > 0 ? { ages, distances, asksRisk } : undefined;
}

/**
 * Rules that deny each first sign-in of some users, and let them in later. `space`: made of the rules of the policy and
 * of `first`.
 */
export function neverFirst(policy: CompiledPolicy, first: Conditions, space: RuleSpace): DeniedSignInSearch {
  return deniedSignIns({ policy, space, there: [space.applies(first)], otherwise: space.onceProved });
}

/** Rules of a policy, and what decides before it. */
export interface LaterSignIns extends Pick<DeniedSignIns, 'policy' | 'space' | 'isReached'> {
  /** What must hold so that a user gets as far as the policy. */
  readonly before: DeniedSignIns['there'];
  readonly first: Conditions;
  readonly second: readonly Conditions[];
}

/**
 * Rules that deny each second sign-in of some users who were let in for the first time. `space`: made of the rules of
 * the policies, of `first` and of `second`.
 */
export function neverAgain({ before, first, second, space, ...policy }: LaterSignIns): DeniedSignInSearch {
  const always = [...space.onceProved, ...before];
  const there = [...always, ...second.map(space.applies)];
  return deniedSignIns({ ...policy, space, there, otherwise: [...always, space.applies(first)] });
}
