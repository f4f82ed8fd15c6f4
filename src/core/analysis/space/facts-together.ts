/** Relations between the facts of every sign-in, whatever the rules say: some facts exclude others. */

import type { AnyAllNone, ConditionSet, Conditions } from '../../model/conditions.ts';
import { type RiskScoring, riskSignals } from '../../model/risk.ts';
import type { RefusedNames } from '../../policy/claim-scopes.ts';
import { compileConditions, conditionSets } from '../../policy/rules/condition-table.ts';
import { withConditionsInside } from '../../policy/rules/expression-parts.ts';
import type { Universe, UserFacts } from '../../policy/theories/theory.ts';
import { boundOf } from '../../policy/values/bound.ts';

export interface FactsTogether {
  /** Conditions that hold for what is requested. */
  readonly requests: readonly Conditions[];
  /** Other conditions that always hold. */
  readonly always: readonly Conditions[];
  /** Conditions that hold as soon as the user has proved something: before that, rules ignore the past. */
  readonly onceProved: readonly Conditions[];
}

/** The relations between the facts that these conditions ask about. The plainer facts come first. */
export function factsTogether(
  sets: readonly ConditionSet[],
  universe: Pick<Universe, 'risk' | 'scopesOf' | 'clientIds' | 'refused'>,
): FactsTogether {
  const { risk: scoring } = universe;
  const requests = [...claimsNeedScopes(sets, universe.scopesOf), ...nothingRefused(sets, universe)];
  const unusual = sets.some(({ risk }) => risk !== undefined);
  const ages = sets.some(({ accountAge }) => accountAge !== undefined)
    ? [...(unusual ? [awayNeedsAge(scoring)] : []), ...pastNeedsAge(sets)]
    : [];
  if (!unusual) return { requests, always: ages, onceProved: [] };
  const near = nearness(sets);
  // A browser that is not known is not usual.
  const browser: readonly ConditionSet[] = [{ device: { known: true } }, { risk: { any: ['newDevice'] } }];
  return {
    requests,
    always: [
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

/** Whether the facts of a user who has proved something can be together, as far as rules with these conditions ask. */
export function canBeTogether(
  rules: readonly Conditions[],
  universe: Parameters<typeof factsTogether>[1],
): (facts: UserFacts) => boolean {
  const { requests, always, onceProved } = factsTogether(rules.flatMap(conditionSets), universe);
  const relations = [...requests, ...always, ...onceProved].flatMap(compileConditions);
  return (facts) => relations.every(({ test }) => test(facts) === 'hit');
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

/** Requests ask for nothing that their app cannot ask for, as far as conditions ask about it. */
function nothingRefused(
  sets: readonly ConditionSet[],
  { clientIds, refused }: Pick<Universe, 'clientIds' | 'refused'>,
): readonly Conditions[] {
  if (refused === undefined) return [];
  const all = withConditionsInside(sets);
  const [scopes, claims] = [namesAmong(all, 'scopes'), namesAmong(all, 'claims')];
  const askedAbout = (names: RefusedNames | undefined): RefusedNames => ({
    scopes: names?.scopes.filter((name) => scopes.has(name)) ?? [],
    claims: names?.claims.filter((name) => claims.has(name)) ?? [],
  });
  const alike = Map.groupBy(clientIds, (clientId) => JSON.stringify(askedAbout(refused(clientId))));
  return [...alike].flatMap(([text, apps]): readonly Conditions[] => {
    const names: RefusedNames = JSON.parse(text);
    if (names.scopes.length + names.claims.length === 0) return [];
    const asked: ConditionSet = { scopes: { none: names.scopes }, claims: { none: names.claims } };
    return [alike.size === 1 ? asked : { any: [{ apps: { none: apps } }, asked] }];
  });
}

function namesAmong(sets: readonly ConditionSet[], name: 'scopes' | 'claims'): ReadonlySet<string> {
  return new Set(namesIn(sets.flatMap((set) => set[name] ?? [])));
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
