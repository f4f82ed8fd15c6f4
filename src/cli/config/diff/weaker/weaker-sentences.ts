/** Describes what is newly sufficient, and what tokens newly carry. */
import type { MoreScopes } from '../../../../core/analysis/comparison/newly-weaker.ts';
import type { EvidenceSet } from '../../../../core/analysis/proofs/strictness.ts';
import { proofNames } from '../../../../core/evidence/proof-names.ts';

/** `remembered`: names of the proofs that the browser remembers. */
export function enoughText(evidence: EvidenceSet, remembered: readonly string[] = []): string {
  const proofs = [...new Set(evidence.map((item) => proofNames(item).at(-1)))];
  const browser = remembered.length > 0 ? ` in a browser that remembers ${remembered.join(' and ')}` : '';
  return `${proofs.join(' and ')} is enough${browser}, and was not`;
}

export function scopesText(scopes: MoreScopes): string {
  return `tokens carry ${scopes === 'any' ? 'any scope' : scopes.join(' and ')}, and did not`;
}
