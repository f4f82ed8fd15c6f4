import type { AcrValue, Requirement } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';

/** What the minimum `acr` of the app stands for. */
export function minimumOf({
  minimumAcr,
  acrValues,
}: Pick<PolicySet, 'minimumAcr'> & { readonly acrValues: readonly AcrValue[] }): readonly Requirement[] {
  return acrValues.filter(({ value }) => value === minimumAcr).map(({ requirement }) => requirement);
}
