/** What a sign-in of a class of users comes to in one circumstance: requirements, steps, tokens, session. */
import { asksOf, type RulesInEffect, rulesInEffect } from '../../../../core/analysis/proofs/rules-in-effect.ts';
import { type AcrOfWay, acrOfWays } from '../../../../core/analysis/simulation/acr-of-ways.ts';
import { type AskedInAll, askedInAll } from '../../../../core/analysis/simulation/asked-in-all.ts';
import { type LeastOfWay, leastOfWays } from '../../../../core/analysis/simulation/least-steps.ts';
import { simulate } from '../../../../core/analysis/simulation/simulate.ts';
import type { SimulatedStep } from '../../../../core/analysis/simulation/simulated-answers.ts';
import type { Facts } from '../../../../core/model/facts.ts';
import type { AllowTerms, Rule, SessionLimits } from '../../../../core/model/policy.ts';
import type { PolicySet } from '../../../../core/policy/rules/compile.ts';
import { durationText } from '../../../../policy/model/duration-text.ts';
import { carriedScopes } from './carried-scopes.ts';
import { type RememberedSecondFactor, rememberedSecondFactor } from './remembered-second-factor.ts';

/** What a sign-in comes to, wherever the rules are written that decide. */
export interface SignInContent {
  readonly asks: RulesInEffect['asks'];
  readonly steps: readonly SimulatedStep[];
  /** Computed on first use. Undefined: the user does not get in. */
  readonly asked: AskedInAll | undefined;
  /** What each way in asks of a user who skips whatever may be skipped. Computed on first use. */
  readonly least: readonly LeastOfWay[];
  /** Computed on first use. Empty: the user does not get in. */
  readonly acrs: readonly AcrOfWay[];
  /** Equal where the same proofs have the same `acr`. */
  readonly acrTerms: string;
  /** How long proofs count. Empty if the user is not let in. */
  readonly lifetimes: readonly SessionLength[];
  /** Computed on first use. Undefined: no browser may remember a second factor. */
  readonly remembered: RememberedSecondFactor | undefined;
  /**
   * Scopes that tokens carry if the app requests them, without those of the protocol. Empty if the user is not let in.
   */
  readonly scopes: readonly string[];
  readonly recovery: RulesInEffect['asks'];
  /** Distinct factor types of the user's authenticators. */
  readonly factors: number;
}

/** One limit of a session, in words: `a session lasts` `8 h`. */
export interface SessionLength {
  readonly what: string;
  readonly length: string;
  /** The policy that sets it. */
  readonly by: 'session' | 'app';
}

/** `free`: from `freeScopes`. */
export function contentOf(policies: PolicySet, facts: Facts, free: readonly string[]): SignInContent {
  const rules = rulesInEffect(policies, facts);
  const { asks, session, app } = rules;
  const asked = computedOnce(() => askedInAll(policies, facts));
  const least = computedOnce(() => leastOfWays(policies, facts, asked()));
  const acrs = computedOnce(() => {
    const ways = asked();
    return ways ? acrOfWays(policies, facts, ways) : [];
  });
  const remembered = computedOnce(() => rememberedSecondFactor(policies, facts, { rules, asked }));
  return {
    asks,
    steps: simulate(policies, facts),
    get asked() {
      return asked();
    },
    get least() {
      return least();
    },
    get acrs() {
      return acrs();
    },
    get remembered() {
      return remembered();
    },
    acrTerms: JSON.stringify([policies.acrLevels, facts.request.acrValues]),
    lifetimes: asks === 'denied' ? [] : [...sessionLifetimes(session), ...appLifetimes(app)],
    scopes: asks === 'denied' ? [] : carriedScopes(free, facts.request, app),
    recovery: asksOf(policies.recovery, facts),
    factors: factorsOf(facts),
  };
}

function computedOnce<Value>(compute: () => Value): () => Value {
  let found: { readonly value: Value } | undefined;
  return () => {
    found ??= { value: compute() };
    return found.value;
  };
}

function sessionLifetimes(rule: Rule | undefined): readonly SessionLength[] {
  const terms = rule?.then.kind === 'allow' ? rule.then.session : undefined;
  if (terms === undefined) return [];
  const { idle, absolute, keep } = terms;
  return [
    { what: 'a session lasts', length: durationText(absolute), by: 'session' },
    { what: 'a session ends without use after', length: durationText(idle), by: 'session' },
    { what: 'keeping a session is', length: keep ? 'offered' : 'not offered', by: 'session' },
    ...(keep ? keptLifetimes(keep) : []),
  ];
}

function keptLifetimes({ absolute, idle }: SessionLimits): readonly SessionLength[] {
  return [
    { what: 'a kept session lasts', length: durationText(absolute), by: 'session' },
    { what: 'a kept session ends without use after', length: durationText(idle), by: 'session' },
  ];
}

function appLifetimes(rule: Rule | undefined): readonly SessionLength[] {
  const { appSession }: Partial<AllowTerms> = rule?.then.kind === 'allow' ? rule.then : {};
  const counts = appSession?.absolute;
  return [
    {
      what: 'at this app a session counts',
      length: counts === undefined ? 'as long as it lasts' : `for ${durationText(counts)}`,
      by: 'app',
    },
    {
      what: 'at this app a kept session counts',
      length: appSession?.unkept ? 'like any other' : 'as a kept one',
      by: 'app',
    },
  ];
}

/** Counts the factor types of the enrollments that can be used more than once. */
function factorsOf({ subject }: Facts): number {
  const lasting = subject?.enrollments.filter(({ temporary, consumed }) => !temporary && !consumed) ?? [];
  return new Set(lasting.flatMap(({ factors }) => factors)).size;
}
