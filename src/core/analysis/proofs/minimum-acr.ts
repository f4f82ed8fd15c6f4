/** What the `minimumAcr` of an app requires. */
import type { AcrLevel, Requirement } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';

/** What the minimum `acr` of the app stands for. */
export function minimumOf({
  minimumAcr,
  acrLevels,
}: Pick<PolicySet, 'minimumAcr'> & { readonly acrLevels: readonly AcrLevel[] }): readonly Requirement[] {
  return acrLevels.filter(({ value }) => value === minimumAcr).map(({ requirement }) => requirement);
}
