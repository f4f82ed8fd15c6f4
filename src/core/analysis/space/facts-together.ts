/** Relations between the facts of every sign-in, whatever the rules say: some facts exclude others. */

import type { AnyAllNone, ConditionSet, Conditions } from '../../model/conditions.ts';
import { type RiskScoring, riskSignals } from '../../model/risk.ts';
import type { Universe } from '../../policy/theories/theory.ts';
import { boundOf } from '../../policy/values/bound.ts';

export interface FactsTogether {
  /** Conditions that always hold. */
  readonly always: readonly Conditions[];
  /** Conditions that hold as soon as the user has proved something: before that, rules ignore the past. */
  readonly onceProved: readonly Conditions[];
}

/** The relations between the facts that these conditions ask about. The plainer facts come first. */
export function factsTogether(
  sets: readonly ConditionSet[],
  { risk: scoring, scopesOf }: Pick<Universe, 'risk' | 'scopesOf'>,
): FactsTogether {
  const always = claimsNeedScopes(sets, scopesOf);
  const unusual = sets.some(({ risk }) => risk !== undefined);
  const ages = sets.some(({ accountAge }) => accountAge !== undefined)
    ? [...(unusual ? [awayNeedsAge(scoring)] : []), ...pastNeedsAge(sets)]
    : [];
  if (!unusual) return { always: [...always, ...ages], onceProved: [] };
  const near = nearness(sets);
  // A browser that is not known is not usual.
  const browser: readonly ConditionSet[] = [{ device: { known: true } }, { risk: { any: ['newDevice'] } }];
  return {
    always: [
      ...always,
      ...ages,
      // A known browser is a usual one, and what strangers try never counts against it.
      { any: [{ risk: { none: ['newDevice', 'recentFailures'] } }, { device: { known: false } }] },
      // A usual network is where the user usually is.
      ...(near.distance ? [{ any: [near, { risk: { any: ['newNetwork' as const] } }] }] : []),
      { any: [{ risk: { none: riskSignals } }, ...browser] },
    ],
    onceProved: [{ any: browser }],
  };
}

/** A claim counts only together with a scope that releases it. */
function claimsNeedScopes(sets: readonly ConditionSet[], scopesOf: Universe['scopesOf']): readonly Conditions[] {
  const scopes = namesIn(sets.flatMap((set) => set.scopes ?? []));
  return namesIn(sets.flatMap((set) => set.claims ?? [])).flatMap((claim) => {
    const releasing = scopesOf(claim);
    const isAskedFor = releasing.some((scope) => scopes.includes(scope));
    return isAskedFor ? [{ any: [{ claims: { none: [claim] } }, { scopes: { any: releasing } }] }] : [];
  });
}

function namesIn(lists: readonly AnyAllNone[]): readonly string[] {
  return [...new Set(lists.flatMap(({ any = [], all = [], none = [] }) => [...any, ...all, ...none]))];
}

/** A user whose last sign-in was long ago had the account at that time. */
function awayNeedsAge({ away }: Pick<RiskScoring, 'away'>): Conditions {
  return { any: [{ risk: { none: ['longAway'] } }, { accountAge: { atLeast: away } }] };
}

/** An account is as old as its last sign-in. Without one, `notWithin` holds however long it is. */
function pastNeedsAge(sets: readonly ConditionSet[]): readonly Conditions[] {
  const bounds = sets.flatMap(({ lastSignIn: condition }) => (condition ? [boundOf(condition)] : []));
  const [longest, ...others] = [...new Set(bounds)].sort((a, b) => b - a);
  if (longest === undefined) return [];
  return others.map((age) => ({
    any: [{ lastSignIn: { notWithin: longest } }, { lastSignIn: { within: age } }, { accountAge: { atLeast: age } }],
  }));
}

/** The user is nearer than the smallest bound, if rules ask for distances. */
function nearness(sets: readonly ConditionSet[]): Pick<ConditionSet, 'distance'> {
  const bounds = sets.flatMap(({ distance: condition }) => (condition ? [boundOf(condition)] : []));
  return bounds.length === 0 ? {} : { distance: { within: Math.min(...bounds) } };
}
