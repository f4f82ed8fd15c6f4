/** The layers that ask for an `acr` value: the app's minimum, and the request. */
import type { Layer } from '../model/decision.ts';
import type { RequestFacts } from '../model/facts.ts';
import type { AcrLevel } from '../model/policy.ts';
import type { PolicySet } from '../policy/rules/compile.ts';

/** What the file of the app asks of every sign-in to it. */
export function minimumAcrLayer({ minimumAcr, acrLevels }: PolicySet): Layer | undefined {
  if (minimumAcr === undefined) return undefined;
  return acrLayer({ layer: 'app', policy: 'minimumAcr', values: [minimumAcr] }, acrLevels);
}

interface AcrDemand {
  readonly layer: 'app' | 'request';
  readonly policy: string;
  /** Of which one is demanded: by the request, or by the app's file. */
  readonly values: readonly string[];
}

/** Requires any of these `acr` values, and denies if none of them is configured. */
function acrLayer({ layer, policy, values }: AcrDemand, acrLevels: readonly AcrLevel[]): Layer {
  const trace = { layer, policy, rules: [], requiredAcr: values };
  const levels = levelsOf(values, acrLevels);
  if (levels.length === 0)
    return { trace: { ...trace, outcome: 'deny' }, denial: { reason: 'acr_unattainable', layer } };
  const anyOf = levels.map(({ requirement: levelRequirement }) => levelRequirement);
  const [only, ...others] = anyOf;
  const requirement = others.length === 0 ? only : undefined;
  return { trace: { ...trace, outcome: 'allow', ...(requirement && { requirement }) }, requirement: { layer, anyOf } };
}

function levelsOf(values: readonly string[], acrLevels: readonly AcrLevel[]): readonly AcrLevel[] {
  return values.flatMap((value) => acrLevels.find((acr) => acr.value === value) ?? []);
}

/**
 * What the request may add, best first. With essential values (OpenID Connect Core section 5.5.1.1) any of them is
 * required. With voluntary values each is one alternative, in order, and the last alternative adds nothing.
 */
export function requestLayersOf(request: RequestFacts, acrLevels: readonly AcrLevel[]): readonly [Layer, ...Layer[]] {
  const forValues = (values: readonly string[]) =>
    acrLayer({ layer: 'request', policy: 'acr_values', values }, acrLevels);
  if (request.acrEssential && request.acrValues.length > 0) return [forValues(request.acrValues)];
  const notRequested: Layer = {
    trace: { layer: 'request', policy: 'acr_values', rules: [], outcome: 'not_requested' },
  };
  const [first, ...others] = levelsOf(request.acrValues, acrLevels).map(({ value }) => forValues([value]));
  return first ? [first, ...others, notRequested] : [notRequested];
}
