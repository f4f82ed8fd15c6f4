/** What tokens may truthfully say about a sign-in: `acr`, `amr`, `auth_time`. */
import type { Assurance } from '../model/decision.ts';
import type { AcrLevel } from '../model/policy.ts';
import type { CountedEvidence } from './counted-evidence.ts';
import { independentParts } from './recovered-password.ts';
import { type AssessedEvidence, coveredFactors, meetsRequirement } from './requirement.ts';

/**
 * Derives the assurance from the evidence that a decision rests on (never empty).
 * `acr`: the first requested value that the evidence meets, else the strongest configured one (OpenID Connect Core
 * section 2).
 * `amr`: RFC 8176. `mfa` stands for two distinct factor types, of which an auxiliary authenticator covers none.
 */
export function assuranceOf(
  supportingEvidence: readonly CountedEvidence[],
  acrLevels: readonly AcrLevel[],
  requested: readonly string[],
): Assurance {
  const acr = acrOf(supportingEvidence, acrLevels, requested);
  return {
    ...(acr !== undefined && { acr }),
    amr: amrOf(supportingEvidence),
    authTime: Math.min(...supportingEvidence.map(({ evidence }) => evidence.at)),
    supportingEvidence: supportingEvidence.map(({ evidence }) => evidence),
  };
}

/** The first requested value that the evidence meets, else the strongest one. Undefined: it meets none. */
export function acrOf(
  evidence: readonly AssessedEvidence[],
  acrLevels: readonly AcrLevel[],
  requested: readonly string[],
): string | undefined {
  const isMet = ({ requirement }: AcrLevel) => meetsRequirement(requirement, evidence);
  const wanted = requested.find((value) => acrLevels.some((level) => level.value === value && isMet(level)));
  return wanted ?? acrLevels.find(isMet)?.value;
}

/** Of these few values a search is faster than a set. */
function amrOf(supportingEvidence: readonly CountedEvidence[]): readonly string[] {
  const amr = independentParts(supportingEvidence).some(isMultiFactor) ? ['mfa'] : [];
  for (const { evidence } of supportingEvidence)
    for (const value of evidence.amr) if (value !== 'mfa' && !amr.includes(value)) amr.push(value);
  return amr.sort();
}

function isMultiFactor(evidence: readonly CountedEvidence[]): boolean {
  return coveredFactors({ demands: [] }, evidence).length > 1;
}
