/**
 * The trace that the audit log keeps of a decision: which layer asked, by which rule and why, and what was proved when.
 * Its size is bounded, whatever policies and evidence there are. Requirements are not in it: they stand in the revision
 * that the line names. It holds nothing about the user but what was proved, and of the browser only what rules asked
 * about. See decision 91.
 */
import { randomBytes } from 'node:crypto';
import type { GovernedChange } from '../core/model/account-policy.ts';
import type { Decision } from '../core/model/decision.ts';
import type { Characteristic, Evidence, Facts, OperatingSystem, Platform, Seconds } from '../core/model/facts.ts';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import type { RiskSignal } from '../core/model/risk.ts';
import type { ConditionTrace, LayerTrace, RuleTrace, Trace } from '../core/model/trace.ts';
import { riskInWords } from '../core/policy/values/risk.ts';

/** A rule before the one that decided, and the condition that kept it from deciding. */
export interface PassedRule {
  readonly rule: string;
  /** e.g. `groups.any`; of `any` its name alone. */
  readonly because: string;
}

/** One layer of a decision. */
export interface TracedLayer extends Pick<LayerTrace, 'layer' | 'policy' | 'outcome' | 'maxAge'> {
  /** The rule that decided. */
  readonly rule?: string;
  /** The condition of it that could not be found out, and so denied. */
  readonly failed?: string;
  /** The evidence met what the layer asked for, or did not. Absent: it asked for nothing. */
  readonly met?: boolean;
  /** The rules right before the one that decided, in their order, and how many more there were. */
  readonly passed?: readonly PassedRule[];
  readonly morePassed?: number;
  readonly acrValues?: readonly string[];
  readonly remembered?: readonly string[];
  readonly change?: GovernedChange;
}

/** One proof that the user had given. */
export interface TracedProof {
  readonly authenticator: string;
  readonly method?: string;
  /** Seconds before the decision. */
  readonly age: Seconds;
  readonly factors: readonly string[];
  readonly characteristics?: readonly Characteristic[];
  /** How it came about, where it was no proof at a sign-in. */
  readonly origin?: Evidence['origin'];
  /** It was given before this sign-in, and the session held it. */
  readonly earlier?: true;
  /** The longest time without activity since (seconds). */
  readonly idle?: Seconds;
}

/** What one decision rested on. */
export interface AuditTrace {
  readonly layers: readonly TracedLayer[];
  /** Newest first. */
  readonly proved: readonly TracedProof[];
  readonly zones?: readonly string[];
  /** `known`: the user had signed in with this browser before. The rest only where a rule asked about it. */
  readonly device: {
    readonly known: boolean;
    readonly platform?: Platform;
    readonly os?: OperatingSystem;
    /** What was believed of it: `registered`, `managed`, names of assurances. */
    readonly signals?: readonly string[];
  };
  /** What was unusual, as far as it counted. Absent: no rule asked. */
  readonly risk?: readonly RiskSignal[];
  /** What could not be found out. */
  readonly unknownRisk?: readonly RiskSignal[];
  /** As in the facts, where a rule asked. `none`: the user has no usual place. */
  readonly distance?: NonNullable<Facts['distance']> | 'none';
  /** Seconds since the last sign-in before the session, where a rule asked. `never`: none is on record. */
  readonly lastSignIn?: Seconds | 'never';
  /** Seconds since sign-ins are recorded, where a rule asked about the last one, and an older account has none. */
  readonly recordedSince?: Seconds;
  readonly scopes: readonly string[];
  readonly acrValues?: readonly string[];
  readonly acrEssential?: true;
  readonly maxAge?: Seconds;
  readonly promptLogin?: true;
  /** The session was to be kept. */
  readonly kept?: true;
  /** Id of the transaction that this one continues, for the same request. */
  readonly began?: string;
}

/** Most entries of a list, and most characters of a text that an app sent. */
const limits = { layers: 16, passed: 8, proved: 12, names: 20, text: 100 };

/** What the line of this decision keeps. `transaction`: the id that the line has. */
export function auditTrace(
  { trace }: { readonly trace: Trace },
  facts: Facts,
  transaction?: string,
): { readonly trace: AuditTrace } {
  const { request, network } = facts;
  const asks = new Set(trace.layers.flatMap(({ rules }) => rules.flatMap(({ conditions }) => leafNames(conditions))));
  const began = facts.transaction?.id;
  return {
    trace: omitUndefined({
      layers: trace.layers.slice(0, limits.layers).map(tracedLayer),
      proved: provedBy(facts),
      zones: network.zones.length > 0 ? network.zones.slice(0, limits.names) : undefined,
      device: tracedDevice(facts, asks),
      risk: asksAbout('risk', asks) ? (trace.risk?.reasons ?? []).map(({ signal }) => signal) : undefined,
      unknownRisk: asksAbout('risk', asks) ? trace.risk?.unknown : undefined,
      ...tracedPast(facts, asks),
      scopes: sent(request.scopes),
      acrValues: request.acrValues.length > 0 ? sent(request.acrValues) : undefined,
      acrEssential: request.acrEssential ? (true as const) : undefined,
      maxAge: request.maxAge,
      promptLogin: request.promptLogin ? (true as const) : undefined,
      kept: facts.keepSignedIn ? (true as const) : undefined,
      began: began === transaction ? undefined : began,
    }),
  };
}

/** Whether a rule asked about a condition, or a part of it. */
function asksAbout(condition: string, asks: ReadonlySet<string>): boolean {
  return [...asks].some((name) => name === condition || name.startsWith(`${condition}.`));
}

function tracedDevice({ device }: Facts, asks: ReadonlySet<string>): AuditTrace['device'] {
  const { known, platform, os, registered, managed, assurances = [] } = device;
  const asksSignals = ['registered', 'managed', 'assurance'].some((name) => asks.has(`device.${name}`));
  const signals = [...(registered ? ['registered'] : []), ...(managed ? ['managed'] : []), ...assurances];
  return omitUndefined({
    known,
    platform: asks.has('device.platform') ? platform : undefined,
    os: asks.has('device.os') ? os : undefined,
    signals: asksSignals ? signals.slice(0, limits.names) : undefined,
  });
}

function tracedPast(
  { now, distance, lastSignIn, isLastSignInAssumed }: Facts,
  asks: ReadonlySet<string>,
): Pick<AuditTrace, 'distance' | 'lastSignIn' | 'recordedSince'> {
  const since = lastSignIn === undefined ? undefined : Math.max(0, now - lastSignIn);
  return omitUndefined({
    distance: asks.has('distance') ? (distance ?? ('none' as const)) : undefined,
    lastSignIn: asks.has('lastSignIn') && !isLastSignInAssumed ? (since ?? ('never' as const)) : undefined,
    recordedSince: asks.has('lastSignIn') && isLastSignInAssumed ? since : undefined,
  });
}

/** The reference of a sign-in for which no page was shown. */
export function newReference(): string {
  return randomBytes(16).toString('base64url');
}

/** What an app sent, shortened. */
function sent(texts: readonly string[]): readonly string[] {
  return texts.slice(0, limits.names).map((text) => text.slice(0, limits.text));
}

function leafNames(conditions: readonly ConditionTrace[]): readonly string[] {
  return conditions.flatMap(({ condition, alternatives }) =>
    alternatives === undefined ? [condition] : alternatives.flatMap(leafNames),
  );
}

function tracedLayer(layer: LayerTrace): TracedLayer {
  const { decidedBy, rules, satisfied, acrValues, maxAge, remembered, change } = layer;
  const decider = decidedBy === undefined ? undefined : rules.at(-1);
  const passed = decider === undefined ? rules : rules.slice(0, -1);
  return omitUndefined({
    layer: layer.layer,
    policy: layer.policy,
    outcome: layer.outcome,
    rule: decidedBy,
    failed: decider?.result === 'error' ? firstWith(decider, 'error') : undefined,
    met: satisfied,
    passed: passed.length > 0 ? passed.slice(-limits.passed).map(passedRule) : undefined,
    morePassed: passed.length > limits.passed ? passed.length - limits.passed : undefined,
    acrValues: acrValues && sent(acrValues),
    maxAge,
    remembered,
    change,
  });
}

function passedRule(rule: RuleTrace): PassedRule {
  return { rule: rule.rule, because: firstWith(rule, rule.result) };
}

/** The first condition that resulted in this. */
function firstWith({ conditions }: RuleTrace, result: RuleTrace['result']): string {
  return conditions.find((one) => one.result === result)?.condition ?? '';
}

function provedBy({ evidence, now, subject, transaction }: Facts): readonly TracedProof[] {
  return evidence
    .filter((one) => one.subject === subject?.id)
    .toSorted((a, b) => b.at - a.at)
    .slice(0, limits.proved)
    .map(({ authenticator, method, at, factors, characteristics, origin, idle, ...one }) =>
      omitUndefined({
        authenticator,
        method,
        age: Math.max(0, now - at),
        factors,
        characteristics: characteristics.length > 0 ? characteristics : undefined,
        origin: origin === 'sign_in' ? undefined : origin,
        earlier: one.transaction === transaction?.id ? undefined : (true as const),
        idle: idle || undefined,
      }),
    );
}

/** The rules that decided, layer by layer, each once, as the audit line and `explain` name them. */
export function decidingRule({ trace }: Pick<Decision, 'trace'>): string {
  const layers = trace.layers.filter((layer) => layer.decidedBy !== undefined);
  // The account policy decides about each authenticator that could be enrolled.
  return [...new Set(layers.map(({ layer, decidedBy }) => `${layer}: ${decidedBy}`))].join('; ');
}

/** The same for an audit line, with the rules that only report. */
export function decidingRules(decision: Pick<Decision, 'trace'>): {
  readonly rule: string;
  readonly reported?: string;
  readonly risk?: string;
} {
  const { layers, risk } = decision.trace;
  const reported = layers.flatMap(({ layer, reported: one }) => {
    if (one === undefined) return [];
    const outcome = one.outcome === 'allow' && one.satisfied === false ? 'unmet' : one.outcome;
    return [`${layer}: ${one.rule} (${one.result === 'error' ? 'error' : outcome})`];
  });
  return {
    rule: decidingRule(decision),
    ...(reported.length > 0 && { reported: reported.join('; ') }),
    ...(risk && { risk: riskInWords(risk) }),
  };
}
