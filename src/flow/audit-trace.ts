/**
 * The trace of a decision in the audit log: which layer asked, by which rule and why, and what was proved when. Its
 * size is bounded for all policies and evidence. It contains no requirements: these are in the revision that the line
 * names. About the user it contains only what was proved, and about the browser only what rules asked for. See decision
 * 91.
 */
import { randomBytes } from 'node:crypto';
import type { GovernedChange } from '../core/model/account-policy.ts';
import type { Decision, Denial } from '../core/model/decision.ts';
import type { MissingEnrollment } from '../core/model/enrollment-policy.ts';
import type { Evidence, Facts, OperatingSystem, Platform, Seconds } from '../core/model/facts.ts';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import type { KeptPassword, PasswordToReplace } from '../core/model/password-policy.ts';
import type { RiskSignal } from '../core/model/risk.ts';
import type { LayerTrace, RuleTrace, Trace } from '../core/model/trace.ts';
import { riskText } from '../core/policy/values/risk.ts';
import { factsTested } from '../core/queries/facts-asked-for.ts';
import {
  mostTraced,
  type TracedEvidence,
  type TracedMemory,
  type TracedSkips,
  tracedMemories,
  tracedSkips,
} from './traced-memories.ts';

/** A rule before the deciding one, and the condition because of which it did not decide. */
export interface PassedRule {
  readonly rule: string;
  /** e.g. `device.known`. For `any`, only its name. */
  readonly because: string;
  /** It depends on the user, who has not identified. So the layer is undecided, and the rules below were not asked. */
  readonly unknown?: true;
}

/** One layer of a decision. */
export interface TracedLayer extends Pick<LayerTrace, 'layer' | 'policy' | 'outcome' | 'maxAge'> {
  /** Name of the deciding rule. */
  readonly rule?: string;
  /** The condition of this rule that could not be evaluated, and so denied. */
  readonly failed?: string;
  /** Whether the evidence met what the layer asked for. Absent if it asked for nothing. */
  readonly met?: boolean;
  /** The rules just before the deciding one, in order, and how many more came before them. */
  readonly passed?: readonly PassedRule[];
  readonly morePassed?: number;
  readonly requiredAcr?: readonly string[];
  readonly remembered?: readonly string[];
  readonly change?: GovernedChange;
}

/** One proof of the user. `replacesProof`: lines of earlier releases do not say it. */
export interface TracedProof extends TracedEvidence, Pick<Evidence, 'replacesProof'> {
  /** The origin of the evidence, if it was not a proof during a sign-in. */
  readonly origin?: Evidence['origin'];
  /** The proof comes from the session, from before this sign-in. */
  readonly earlier?: true;
  /** The longest time without activity since then (seconds). */
  readonly longestPause?: Seconds;
  /** By the same enrollment as a newer proof. Lines of earlier releases do not say it. */
  readonly again?: true;
}

/**
 * The basis of one decision. A line has either `skipped` or `noInteraction`. One of an earlier release has neither, and
 * leaves open what the browser remembered and what the user had skipped.
 */
export interface AuditTrace extends Partial<Pick<Facts['network'], 'zones' | 'unknownZones'>> {
  readonly layers: readonly TracedLayer[];
  /** Newest first. */
  readonly proved: readonly TracedProof[];
  /**
   * `known`: as in the facts. `remembered`: absent if there is none. The others are present only if a rule asked for
   * them.
   */
  readonly device: {
    readonly known: boolean;
    readonly platform?: Platform;
    readonly os?: OperatingSystem;
    /** What trusted sources said about it: `registered`, `managed`, names of assurances. */
    readonly signals?: readonly string[];
    readonly remembered?: readonly TracedMemory[];
  };
  /** Authenticators whose enrollment the user skipped in this transaction. */
  readonly skipped?: readonly string[];
  /** No page was shown: single sign-on, `prompt=none`, or a token. */
  readonly noInteraction?: true;
  /** What the user had skipped until then, in this transaction, too. */
  readonly skips?: readonly TracedSkips[];
  /** The signals of risk that counted. Absent if no rule asked. */
  readonly risk?: readonly RiskSignal[];
  /** The signals that could not be checked. */
  readonly unknownRisk?: readonly RiskSignal[];
  /** As in the facts, if a rule asked. `none`: the user has no usual place. */
  readonly distance?: NonNullable<Facts['distance']> | 'none';
  /** Seconds between the last sign-in and the session, if a rule asked. `never`: none is recorded. */
  readonly lastSignIn?: Seconds | 'never';
  /** Seconds since sign-ins have been recorded, if a rule asked about the last one and an older account has none. */
  readonly recordedSince?: Seconds;
  readonly scopes: readonly string[];
  /** If a rule asked about claims. */
  readonly essentialClaims?: readonly string[];
  readonly acrValues?: readonly string[];
  readonly acrEssential?: true;
  readonly maxAge?: Seconds;
  readonly promptLogin?: true;
  /** The user asked to stay signed in. */
  readonly kept?: true;
  /** The user was let in with a password that must be replaced and may not be. */
  readonly keptPassword?: KeptPassword;
  /**
   * This password must be replaced: so a new one was asked for, or more before that. Or the user was denied, because
   * this layer and rule ask for more than the user can prove.
   */
  readonly passwordToReplace?: PasswordToReplace & Pick<Denial, 'layer' | 'rule'>;
  /** The user was denied because something must be enrolled, and this layer and rule are in the way. */
  readonly missingEnrollment?: MissingEnrollment & Pick<Denial, 'layer' | 'rule'>;
  /** Id of the earlier transaction that this one continues for the same request. */
  readonly began?: string;
}

/** The most entries per list, and the most characters of a text from an app. */
const limits = { layers: 16, passed: 8, proved: mostTraced, names: 20, text: 100 };

interface TracedDecision extends Pick<AuditTrace, 'keptPassword'>, Omit<Partial<Denial>, 'reason'> {
  readonly trace: Trace;
}

/** The trace of this decision. `transaction`: the id in the audit line. */
export function auditTrace(
  { trace, keptPassword, passwordToReplace, missingEnrollment, layer, rule }: TracedDecision,
  facts: Facts,
  transaction?: string,
): { readonly trace: AuditTrace } {
  const { request, network } = facts;
  const asks = factsTested(trace);
  const began = facts.transaction?.id;
  return {
    trace: omitUndefined({
      layers: trace.layers.slice(0, limits.layers).map(tracedLayer),
      proved: provedBy(facts),
      zones: network.zones.length > 0 ? network.zones.slice(0, limits.names) : undefined,
      unknownZones: network.unknownZones?.slice(0, limits.names),
      device: tracedDevice(facts, asks),
      skipped: facts.transaction && (facts.transaction.skipped ?? []).slice(0, limits.proved),
      noInteraction: facts.transaction ? undefined : (true as const),
      skips: tracedSkips(facts),
      risk: asksAbout('risk', asks) ? (trace.risk?.reasons ?? []).map(({ signal }) => signal) : undefined,
      unknownRisk: asksAbout('risk', asks) ? trace.risk?.unknown : undefined,
      ...tracedPast(facts, asks),
      scopes: sent(request.scopes),
      essentialClaims: asks.has('claims') ? sent(request.essentialClaims ?? []) : undefined,
      acrValues: request.acrValues.length > 0 ? sent(request.acrValues) : undefined,
      acrEssential: request.acrEssential ? (true as const) : undefined,
      maxAge: request.maxAge,
      promptLogin: request.promptLogin ? (true as const) : undefined,
      kept: facts.keepSignedIn ? (true as const) : undefined,
      keptPassword,
      passwordToReplace: passwordToReplace && omitUndefined({ ...passwordToReplace, layer, rule }),
      missingEnrollment: missingEnrollment && omitUndefined({ ...missingEnrollment, layer, rule }),
      began: began === transaction ? undefined : began,
    }),
  };
}

/** Whether a rule asked for a condition or a part of it. */
function asksAbout(condition: string, asks: ReadonlySet<string>): boolean {
  return [...asks].some((name) => name === condition || name.startsWith(`${condition}.`));
}

function tracedDevice(facts: Facts, asks: ReadonlySet<string>): AuditTrace['device'] {
  const { device } = facts;
  const { known, platform, os, registered, managed, assurances = [] } = device;
  const asksSignals = ['registered', 'managed', 'assurance'].some((name) => asks.has(`device.${name}`));
  const signals = [...(registered ? ['registered'] : []), ...(managed ? ['managed'] : []), ...assurances];
  return omitUndefined({
    known,
    platform: asks.has('device.platform') ? platform : undefined,
    os: asks.has('device.os') ? os : undefined,
    signals: asksSignals ? signals.slice(0, limits.names) : undefined,
    remembered: tracedMemories(facts),
  });
}

function tracedPast(
  { now, distance, lastSignIn, isLastSignInAssumed }: Facts,
  asks: ReadonlySet<string>,
): Pick<AuditTrace, 'distance' | 'lastSignIn' | 'recordedSince'> {
  const since = typeof lastSignIn === 'number' ? Math.max(0, now - lastSignIn) : undefined;
  const isRecorded = lastSignIn !== 'unknown' && !isLastSignInAssumed;
  return omitUndefined({
    distance: asks.has('distance') ? (distance ?? ('none' as const)) : undefined,
    lastSignIn: asks.has('lastSignIn') && isRecorded ? (since ?? ('never' as const)) : undefined,
    recordedSince: asks.has('lastSignIn') && isLastSignInAssumed ? since : undefined,
  });
}

/** A reference for a sign-in without a page. */
export function newReference(): string {
  return randomBytes(16).toString('base64url');
}

/** Texts from an app, shortened. */
function sent(texts: readonly string[]): readonly string[] {
  return texts.slice(0, limits.names).map((text) => text.slice(0, limits.text));
}

function tracedLayer(layer: LayerTrace): TracedLayer {
  const { decidedBy, rules, satisfied, requiredAcr, maxAge, remembered, change } = layer;
  const decider = decidedBy === undefined ? undefined : rules.at(-1);
  const passed = decider === undefined ? upToUnknown(layer) : rules.slice(0, -1);
  return omitUndefined({
    layer: layer.layer,
    policy: layer.policy,
    outcome: layer.outcome,
    rule: decidedBy,
    failed: decider?.result === 'error' ? firstWith(decider, 'error') : undefined,
    met: satisfied,
    passed: passed.length > 0 ? passed.slice(-limits.passed).map(passedRule) : undefined,
    morePassed: passed.length > limits.passed ? passed.length - limits.passed : undefined,
    requiredAcr: requiredAcr && sent(requiredAcr),
    maxAge,
    remembered,
    change,
  });
}

/** Where no rule decided: all rules, or those up to the first that depends on the user. */
function upToUnknown({ rules, outcome }: LayerTrace): readonly RuleTrace[] {
  const unknown = rules.findIndex(({ result }) => result === 'unknown');
  return outcome === 'undecided' && unknown >= 0 ? rules.slice(0, unknown + 1) : rules;
}

function passedRule(rule: RuleTrace): PassedRule {
  const { result } = rule;
  return { rule: rule.rule, because: firstWith(rule, result), ...(result === 'unknown' && { unknown: true }) };
}

/** The first condition with this result. */
function firstWith({ conditions }: RuleTrace, result: RuleTrace['result']): string {
  return conditions.find((condition) => condition.result === result)?.condition ?? '';
}

/** The newest first, also of those that were proved within one second: a replay asks after which the user got in. */
function provedBy({ evidence, now, subject, transaction }: Facts): readonly TracedProof[] {
  return evidence
    .filter((proof) => proof.subject === subject?.id)
    .toReversed()
    .toSorted((a, b) => b.at - a.at)
    .slice(0, limits.proved)
    .map(({ authenticator, method, at, factors, characteristics, origin, replacesProof, ...proof }, index, proofs) =>
      omitUndefined({
        ...{ authenticator, method, age: Math.max(0, now - at), factors, replacesProof },
        characteristics: characteristics.length > 0 ? characteristics : undefined,
        origin: origin === 'sign_in' ? undefined : origin,
        earlier: proof.transaction === transaction?.id ? undefined : (true as const),
        longestPause: proof.longestPause || undefined,
        again: proofs.findIndex(({ enrollment }) => enrollment === proof.enrollment) < index || undefined,
      }),
    );
}

/** A decision about a recovery: the recovery policy replaces the sign-on policy, and there is no other layer. */
export function isRecovery(layers: readonly Pick<LayerTrace, 'layer' | 'policy'>[]): boolean {
  return layers.length > 0 && layers.every(({ layer, policy }) => layer === 'app' && policy === 'recovery');
}

/** The rules that decided, by layer, without repetitions, in the form of audit lines and `explain`. */
export function decidingRule({ trace }: Pick<Decision, 'trace'>): string {
  const nameOf = layerNames(trace);
  const layers = trace.layers.filter((layer) => layer.decidedBy !== undefined);
  // The account policy has one entry for each authenticator that could be enrolled.
  return [...new Set(layers.map(({ layer, decidedBy }) => `${nameOf(layer)}: ${decidedBy}`))].join('; ');
}

function layerNames({ layers }: Trace): (layer: LayerTrace['layer']) => string {
  return isRecovery(layers) ? () => 'recovery' : (layer) => layer;
}

/** The same for an audit line, including report-only rules. */
export function decidingRules(decision: Pick<Decision, 'trace'>): {
  readonly rule: string;
  readonly reported?: string;
  readonly risk?: string;
} {
  const { layers, risk } = decision.trace;
  const nameOf = layerNames(decision.trace);
  const reported = layers.flatMap(({ layer, reported: reportedRule }) => {
    if (reportedRule === undefined) return [];
    const outcome =
      reportedRule.outcome === 'allow' && reportedRule.satisfied === false ? 'unmet' : reportedRule.outcome;
    return [`${nameOf(layer)}: ${reportedRule.rule} (${reportedRule.result === 'error' ? 'error' : outcome})`];
  });
  return {
    rule: decidingRule(decision),
    ...(reported.length > 0 && { reported: reported.join('; ') }),
    ...(risk && { risk: riskText(risk) }),
  };
}
