/** Whether the user would meet a report-only rule of the session policy or the sign-on policy if it were enforced. */
import { meetsLayerRequirement } from '../evidence/requirement.ts';
import type { Subject } from '../model/facts.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { LayerTrace, Trace } from '../model/trace.ts';
import { capabilitiesIn, chooseRequestLayer, type EvaluationContext, evaluationContext } from './evaluation-context.ts';

/** The trace with what the evidence at hand says about such rules. The same trace if there are none. */
export function withReportedRules(trace: Trace, subject: Subject, context: EvaluationContext): Trace {
  if (!trace.layers.some(asksToTry)) return trace;
  return { ...trace, layers: trace.layers.map((layer) => (asksToTry(layer) ? tried(layer, subject, context) : layer)) };
}

type ReportingLayer = LayerTrace & {
  readonly layer: 'session' | 'app';
  readonly reported: NonNullable<LayerTrace['reported']>;
};

function asksToTry(layer: LayerTrace): layer is ReportingLayer {
  return (layer.layer === 'session' || layer.layer === 'app') && layer.reported?.outcome === 'allow';
}

function tried(layer: ReportingLayer, subject: Subject, context: EvaluationContext): LayerTrace {
  const satisfied = wouldBeMet(layer.layer, subject, context);
  return { ...layer, reported: { ...layer.reported, ...omitUndefined({ satisfied }) } };
}

/**
 * Decides once more with the rule enforced: it may also limit how old the evidence is, and waive a remembered factor.
 */
function wouldBeMet(name: 'session' | 'app', subject: Subject, { policies, facts }: EvaluationContext) {
  const policy = policies[name]?.reporting;
  if (policy === undefined) return undefined;
  const enforced = evaluationContext({ ...policies, [name]: policy }, facts);
  const { capabilities } = capabilitiesIn(subject, enforced);
  const { policyLayers } = chooseRequestLayer(enforced, capabilities);
  const requirement = policyLayers.layers.find(({ trace }) => trace.layer === name)?.requirement;
  return requirement && meetsLayerRequirement(requirement, capabilities.evidence);
}
