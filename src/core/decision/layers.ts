/** The layers that must all agree: session policy, sign-on policy, the app's minimum `acr`, and the request. */

import type { EvidenceLimits } from '../evidence/counted-evidence.ts';
import {
  type AssessedEvidence,
  meetsLayerRequirement,
  meetsRequirement,
  requestMaxAge,
  stricterMaxAge,
} from '../evidence/requirement.ts';
import type { Denial, Layer, LayerRequirement } from '../model/decision.ts';
import type { Facts, RememberedProof, RequestFacts, Seconds } from '../model/facts.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { AllowTerms, GrantedSession, Rule, SessionTerms } from '../model/policy.ts';
import type { LayerTrace, Trace } from '../model/trace.ts';
import type { CompiledPolicy, PolicySet } from '../policy/rules/compile.ts';
import { applyRules, type RuleOutcome, reportOf } from '../policy/rules/rules.ts';
import { minimumAcrLayer } from './acr-layers.ts';
import { type Waiver, waiverOf } from './waiver.ts';

/** The rulings of session policy and sign-on policy, before any evidence is looked at. */
export interface PolicyLayers {
  readonly layers: readonly Layer[];
  /** The denial of the first layer that denies. */
  readonly denial?: Denial;
  readonly requirements: readonly LayerRequirement[];
  /** The member of `requirements` for the app's minimum `acr`. */
  readonly minimumAcrRequirement?: LayerRequirement;
  readonly session?: GrantedSession;
  /** The rule of the sign-on policy that decided. */
  readonly appRule?: Rule;
  /** The longest session that this rule allows at the app: the maximum age of all evidence (seconds). */
  readonly appSessionMaxAge?: Seconds;
  /** The longest pause of a session that this rule allows at the app (seconds). */
  readonly appSessionMaxIdle?: Seconds;
  /** How long (seconds) that rule lets a browser remember the second factor. */
  readonly remember?: Seconds;
  /** What this rule requires instead in this browser. */
  readonly waiver?: Waiver;
}

/**
 * Applies the policies. Without a subject a layer may be undecided: it then has neither a requirement nor a denial.
 * `remembered`: the proofs that may be waived in this browser if the app's rule allows it.
 */
export function policyLayersOf(
  policies: PolicySet,
  facts: Facts,
  remembered: readonly RememberedProof[] = [],
): PolicyLayers {
  const session = rulingOf(policies.session, facts);
  const app = policies.app && rulingOf(policies.app, facts);
  const terms = allowOf(app?.rule);
  const waiver = terms && waiverOf(terms, remembered, facts.now);
  const minimum = minimumAcrLayer(policies);
  const layers = [
    ruleLayer('session', session),
    app ? ruleLayer('app', app, waiver) : noPolicyLayer,
    ...(minimum ? [minimum] : []),
  ];
  const denial = layers.find((layer) => layer.denial)?.denial;
  const limits = allowOf(session.rule)?.session;
  const appSessionMaxAge = stricterMaxAge(terms?.appSession?.absolute, terms?.appSession?.unkept && limits?.absolute);
  const appSessionMaxIdle = terms?.appSession?.unkept && limits?.idle;
  return {
    layers,
    requirements: layers.flatMap(({ requirement }) => requirement ?? []),
    ...(denial && { denial }),
    ...(minimum?.requirement && { minimumAcrRequirement: minimum.requirement }),
    ...(limits && { session: granted(limits, facts) }),
    ...(app?.rule && { appRule: app.rule }),
    ...omitUndefined({ appSessionMaxAge, appSessionMaxIdle }),
    ...(terms?.remember !== undefined && { remember: terms.remember }),
    ...(waiver && { waiver }),
  };
}

/** What one policy says about these facts. */
interface Ruling extends RuleOutcome {
  /** Name of the policy. */
  readonly policy: string;
  readonly report?: Pick<LayerTrace, 'reporting' | 'reported'>;
}

function rulingOf(policy: CompiledPolicy, facts: Facts): Ruling {
  const report = reportOf(policy, facts, ({ then: outcome }) => outcome.kind);
  const ruling = { policy: policy.name, ...applyRules(policy, facts) };
  if (report === undefined) return ruling;
  const { traces, decider } = report;
  if (decider === undefined) return { ...ruling, report: traces };
  const { rule, trace } = decider;
  const requirement = trace.outcome === 'allow' ? allowOf(rule)?.requirement : undefined;
  return { ...ruling, report: { ...traces, reported: { ...trace, ...omitUndefined({ requirement }) } } };
}

function granted({ keep, idle, absolute }: SessionTerms, { keepSignedIn }: Facts): GrantedSession {
  return keepSignedIn && keep ? { ...keep, kept: true } : { idle, absolute };
}

function allowOf(rule: Rule | undefined): AllowTerms | undefined {
  return rule?.then.kind === 'allow' ? rule.then : undefined;
}

/** The ruling of one policy as a layer. */
export function policyLayer(layer: 'account', policy: CompiledPolicy, facts: Facts): Layer {
  return ruleLayer(layer, rulingOf(policy, facts));
}

function ruleLayer(layer: 'session' | 'app' | 'account', ruling: Ruling, waiver?: Waiver): Layer {
  const { policy, outcome, rule, failed, traces, report } = ruling;
  const decider = rule ?? failed;
  const trace = {
    layer,
    policy,
    rules: traces,
    ...(decider && { decidedBy: decider.name }),
    ...report,
  };
  if (outcome === 'undecided') return { trace: { ...trace, outcome } };
  const requirement = allowOf(rule)?.requirement;
  if (requirement) {
    const remembered = waiver && { remembered: waiver.authenticators };
    const anyOf = [requirement, ...(waiver ? [{ anyOf: waiver.alternatives }] : [])];
    return { trace: { ...trace, outcome: 'allow', requirement, ...remembered }, requirement: { layer, anyOf } };
  }
  const reason = failed ? 'condition_failed' : 'rule';
  const denial: Denial = decider ? { reason, layer, rule: decider.name } : { reason: 'no_rule', layer };
  return { trace: { ...trace, outcome: 'deny' }, denial };
}

const noPolicyLayer: Layer = {
  trace: { layer: 'app', policy: '', rules: [], outcome: 'deny' },
  denial: { reason: 'no_policy', layer: 'app' },
};

/**
 * What bounds all evidence that a decision accepts: the strictest age of request, session and app rule, and the
 * strictest pause of session and app rule.
 */
export function evidenceLimits(facts: Facts, policyLayers: PolicyLayers): EvidenceLimits {
  const { session, appSessionMaxAge, appSessionMaxIdle } = policyLayers;
  const maxAge = stricterMaxAge(requestMaxAge(facts.request), stricterMaxAge(session?.absolute, appSessionMaxAge));
  const maxIdle = stricterMaxAge(session?.idle, appSessionMaxIdle);
  return omitUndefined({ maxAge, maxIdle });
}

/** The trace of all layers, each with whether the evidence meets its requirement. */
export function traceOf(layers: readonly Layer[], request: RequestFacts, evidence: readonly AssessedEvidence[]): Trace {
  const maxAge = requestMaxAge(request);
  return {
    layers: layers.map(({ trace, requirement }) => ({
      ...trace,
      ...(trace.layer === 'request' && maxAge !== undefined && { maxAge }),
      ...(requirement && { satisfied: meetsLayerRequirement(requirement, evidence) }),
      ...reportedWith(trace, evidence),
    })),
  };
}

function reportedWith({ reported }: LayerTrace, evidence: readonly AssessedEvidence[]): Pick<LayerTrace, 'reported'> {
  if (reported?.requirement === undefined) return {};
  return { reported: { ...reported, satisfied: meetsRequirement(reported.requirement, evidence) } };
}
