/** The scopes with which fresh sign-ins to an app are compared: those sets that rules tell apart. */

import { protocolScopes } from '../../../../core/decision/granted-scopes.ts';
import type { AnyAllNone, ConditionSet } from '../../../../core/model/conditions.ts';
import { withConditionsInside } from '../../../../core/policy/rules/expression-parts.ts';
import { namesIn } from '../../../../core/policy/theories/membership-theory.ts';
import type { AppPair } from '../compared/app-pairs.ts';
import { comparableScopes, grantsOf } from '../compared/carried-scopes.ts';

/** Sets of scopes in which conditions may be met, beside `openid`. */
export interface ComparedScopes {
  /** The first is `openid` alone. */
  readonly scopes: readonly (readonly string[])[];
  /** Rules tell more sets apart than these. */
  readonly isPartial: boolean;
}

/** With more sets, only the likeliest are compared. */
const most = 64;

/** `openid` alone, with each scope that a rule names, and with as many of them together as rules tell apart. */
export function comparedScopes(sets: readonly ConditionSet[], pair: AppPair): ComparedScopes {
  const written = withConditionsInside(sets).flatMap(({ scopes }) => (scopes ? [JSON.stringify(scopes)] : []));
  const conditions = [...new Set(written)].map((text): AnyAllNone => JSON.parse(text));
  const askable = comparableScopes(pair);
  const all = new Set(conditions.flatMap(namesIn));
  const named = [...all].filter((scope) => scope !== 'openid' && askable.has(scope));
  const isGranted = [pair.active, pair.next].flatMap(grantsOf).length > 0;
  const choices = isGranted ? named.map((scope) => [[], [scope]]) : choicesAmong(named, conditions);
  const isTooMuch = choices.reduce((product, { length }) => product * length, 1) > most;
  const some = isTooMuch ? likelySets(named, conditions) : combinations(choices);
  const alone = [...named, ...consentedScopes(all, pair)].map((scope) => [scope]);
  // Each scope alone stays, so that words name all with which something holds.
  const kept = unique([[], ...alone, ...some]);
  // Requests without `openid` are not compared.
  return { scopes: kept.map((scopes) => ['openid', ...scopes]), isPartial: isTooMuch || all.has('openid') };
}

type Scopes = readonly string[];

/** For scopes that occur in the same lists, what of them may be asked for: none, one, or all of them. */
function choicesAmong(named: Scopes, conditions: readonly AnyAllNone[]): readonly (readonly Scopes[])[] {
  const lists = conditions.flatMap(({ any, all, none }) => [any, all, none]);
  const listed = (scope: string) => lists.map((list) => list?.includes(scope) === true).join();
  return [...Map.groupBy(named, listed).values()].map((alike) => {
    const areTogether = conditions.some(({ all }) => alike.every((scope) => all?.includes(scope)));
    return [[], alike.slice(0, 1), ...(alike.length > 1 && areTogether ? [alike] : [])];
  });
}

function combinations(choices: readonly (readonly Scopes[])[]): readonly Scopes[] {
  return choices.reduce<readonly Scopes[]>(
    (all, own) => all.flatMap((before) => own.map((more) => [...before, ...more])),
    [[]],
  );
}

/** What each condition needs at least, and what two of them need together; and all scopes, which `none` asks about. */
function likelySets(named: Scopes, conditions: readonly AnyAllNone[]): readonly Scopes[] {
  const needs = unique(
    conditions.flatMap(({ any, all = [] }) => {
      const needed = named.filter((scope) => all.includes(scope));
      const first = any && named.filter((scope) => any.includes(scope)).slice(0, 1);
      return [[...new Set([...needed, ...(first ?? [])])]];
    }),
  );
  const both = needs.flatMap((need, at) => needs.slice(at + 1).map((other) => [...new Set([...need, ...other])]));
  return unique([...needs, ...both.slice(0, most), named]);
}

/**
 * Each scope that no rule names, where the user may be asked for consent to it. `offline_access` alone is not asked
 * about.
 */
function consentedScopes(named: ReadonlySet<string>, pair: AppPair): readonly string[] {
  if ([pair.active, pair.next].every(({ policies }) => policies.consent === undefined)) return [];
  const others = [...comparableScopes(pair)].filter((scope) => !named.has(scope));
  return others.filter((scope) => !protocolScopes.includes(scope));
}

function unique(sets: readonly Scopes[]): readonly Scopes[] {
  return [...new Map(sets.map((scopes) => [scopes.toSorted().join(' '), scopes])).values()];
}
