/** What tokens may truthfully say about a sign-in: `acr`, `amr`, `auth_time`. */
import type { Assurance } from '../model/decision.ts';
import type { AcrValue } from '../model/policy.ts';
import type { CountedEvidence } from './counted-evidence.ts';
import { independentParts } from './recovered.ts';
import { meetsRequirement } from './requirement.ts';

/**
 * Derives the assurance from the evidence that a decision rests on (never empty).
 * `acr`: the first requested value that the evidence meets, else the strongest configured one (OpenID Connect Core
 * section 2).
 * `amr`: RFC 8176. `mfa` stands for two distinct factor types, of which an auxiliary authenticator covers none.
 */
export function assuranceOf(
  supportingEvidence: readonly CountedEvidence[],
  acrValues: readonly AcrValue[],
  requested: readonly string[],
): Assurance {
  const isMet = ({ requirement }: AcrValue) => meetsRequirement(requirement, supportingEvidence);
  const wanted = requested.find((value) => acrValues.some((one) => one.value === value && isMet(one)));
  const acr = wanted ?? acrValues.find(isMet)?.value;
  const counts = independentParts(supportingEvidence).map(
    (part) => new Set(part.flatMap(({ auxiliary, factors }) => (auxiliary ? [] : factors))).size,
  );
  const amr = new Set(supportingEvidence.flatMap(({ evidence }) => evidence.amr).filter((value) => value !== 'mfa'));
  if (Math.max(...counts) > 1) amr.add('mfa');
  return {
    ...(acr !== undefined && { acr }),
    amr: [...amr].sort(),
    authTime: Math.min(...supportingEvidence.map(({ evidence }) => evidence.at)),
    supportingEvidence: supportingEvidence.map(({ evidence }) => evidence),
  };
}
