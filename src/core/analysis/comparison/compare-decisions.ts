/**
 * Compares what two configurations decide about one real sign-in. Both are evaluated with the facts at its end. Its
 * proofs are those that the active configuration asked for. So both are also evaluated after each proof, to see how
 * many proofs would have been enough.
 */
import { evaluate } from '../../decision/evaluate.ts';
import { evaluateIssuance } from '../../decision/token-issuance.ts';
import type { Decision } from '../../model/decision.ts';
import type { Facts, Seconds } from '../../model/facts.ts';
import { omitUndefined } from '../../model/omit-undefined.ts';
import type { Trace } from '../../model/trace.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';

/** The result under one configuration, as reports count and show it. */
export interface DecisionSummary {
  readonly outcome: 'allow' | 'deny' | 'ask';
  /** Why it denies. */
  readonly reason?: string;
  /** What it still asks for: `challenge totp or webauthn`, `enroll webauthn`, `profile`. */
  readonly asks?: string;
  /** The number of proofs of this sign-in that were needed. Absent: it does not allow. */
  readonly proofs?: number;
  /** The rules that decided, as audit lines name them. */
  readonly rule: string;
}

/**
 * What the other configuration changes: it denies, it lets in a user who was denied, it asks for more or less, it
 * decides by another rule, or nothing.
 */
export const changes = ['denied', 'admitted', 'more', 'less', 'rule', 'none'] as const;

export type DecisionChange = (typeof changes)[number];

export interface DecisionComparison {
  readonly change: DecisionChange;
  readonly before: DecisionSummary;
  readonly after: DecisionSummary;
}

/** One configuration, with the facts as it sees them: zones are its own. */
export interface ComparedSide {
  /** Absent: it does not have the app. */
  readonly policies?: PolicySet;
  readonly facts: Facts;
}

/** The same facts with the zones of another configuration, which places addresses itself. */
export function withZones(facts: Facts, zonesOf: (ip: string) => Omit<Facts['network'], 'ip'>): Facts {
  const { ip } = facts.network;
  return { ...facts, network: { ip, ...zonesOf(ip) } };
}

/** A sign-in that ended: both sides see the same user, request and evidence. */
export function compareSignIn(before: ComparedSide, after: ComparedSide): DecisionComparison {
  return comparison(signInSummary(before), signInSummary(after));
}

/** When an exchange was (epoch seconds), and from when on sign-ins were compared, too. */
export interface ExchangeTimes {
  readonly time: Seconds;
  readonly since: Seconds;
}

/**
 * An exchange for tokens; the facts are those of the authorization. If the sign-in was compared, too, and the other
 * configuration would not have let the user in with these proofs, there would have been nothing to exchange. What it
 * changes is told of the sign-in.
 */
export function compareIssuance(
  before: ComparedSide,
  after: ComparedSide,
  { time, since }: ExchangeTimes,
): DecisionComparison {
  const { now } = before.facts;
  const compared = comparison(issuanceSummary(before, time), issuanceSummary(after, time));
  const isOfSignIn = compared.change === 'denied' && now >= since && issuanceSummary(after, now).outcome === 'deny';
  return isOfSignIn ? { ...compared, change: 'none' } : compared;
}

function comparison(before: DecisionSummary, after: DecisionSummary): DecisionComparison {
  return { change: changeOf(before, after), before, after };
}

function changeOf(before: DecisionSummary, after: DecisionSummary): DecisionChange {
  if (before.outcome !== after.outcome) {
    if (after.outcome === 'deny') return 'denied';
    if (before.outcome === 'deny') return 'admitted';
    return after.outcome === 'ask' ? 'more' : 'less';
  }
  const [taken, wouldTake] = [before.proofs ?? 0, after.proofs ?? 0];
  if (taken !== wouldTake) return wouldTake > taken ? 'more' : 'less';
  return before.rule === after.rule && before.asks === after.asks ? 'none' : 'rule';
}

/** The summary at the end of the sign-in. Where it allows, also the first proof after which it would have allowed. */
function signInSummary({ policies, facts }: ComparedSide): DecisionSummary {
  if (policies === undefined) return noApp;
  const decision = evaluate(policies, facts);
  const rule = rulesOf(decision.trace);
  if (decision.kind === 'deny') return { outcome: 'deny', reason: decision.reason, rule };
  if (decision.kind !== 'allow') return { outcome: 'ask', asks: askedBy(decision), rule };
  return { outcome: 'allow', proofs: proofsTaken(policies, facts), rule };
}

function issuanceSummary({ policies, facts }: ComparedSide, time: Seconds): DecisionSummary {
  if (policies === undefined) return noApp;
  const decision = evaluateIssuance(policies, facts, time);
  const rule = rulesOf(decision.trace);
  return decision.allow ? { outcome: 'allow', rule } : { outcome: 'deny', reason: decision.reason, rule };
}

const noApp: DecisionSummary = { outcome: 'deny', reason: 'no_app', rule: '' };

function proofsTaken(policies: PolicySet, facts: Facts): number {
  const own = facts.evidence.filter(isOwn);
  const earlier = facts.evidence.filter((evidence) => !isOwn(evidence));
  for (let count = 0; count < own.length; count += 1) {
    const then = { ...facts, evidence: [...earlier, ...own.slice(0, count)] };
    if (evaluate(policies, then).kind === 'allow') return count;
  }
  return own.length;

  function isOwn({ transaction }: Facts['evidence'][number]): boolean {
    return transaction === facts.transaction?.id;
  }
}

function askedBy(decision: Decision): string {
  if (decision.kind === 'challenge')
    return `challenge ${decision.options
      .map(({ authenticator }) => authenticator)
      .toSorted()
      .join(' or ')}`;
  if (decision.kind === 'enroll') return `enroll ${decision.choices.toSorted().join(' or ')}`;
  return decision.kind;
}

function rulesOf({ layers }: Trace): string {
  const names = layers.flatMap(({ layer, decidedBy }) => (decidedBy === undefined ? [] : `${layer}: ${decidedBy}`));
  // The account policy has one entry for each authenticator that could be enrolled.
  return [...new Set(names)].join('; ');
}

/** One kind of difference: sign-ins that differ in the same way are reported together. */
export interface DecisionDifference extends DecisionComparison {
  readonly client: string;
  readonly kind: 'sign_in' | 'token';
}

/** The name of a difference: equal for equal ones. */
export function differenceKey({ client, kind, change, before, after }: DecisionDifference): string {
  const of = ({ outcome, reason, asks, proofs, rule }: DecisionSummary) =>
    omitUndefined({ outcome, reason, asks, proofs, rule });
  return JSON.stringify([client, kind, change, of(before), of(after)]);
}
