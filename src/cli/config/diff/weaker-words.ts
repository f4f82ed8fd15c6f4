/** What is newly enough, and what tokens newly carry, in words. */
import type { MoreScopes } from '../../../core/analysis/newly-weaker.ts';
import type { EvidenceSet } from '../../../core/analysis/strictness.ts';
import { proofNames } from '../../../core/evidence/named.ts';

export function enoughWords(evidence: EvidenceSet): string {
  const proofs = [...new Set(evidence.map((item) => proofNames(item).at(-1)))];
  return `${proofs.join(' and ')} is enough, and was not`;
}

export function scopeWords(scopes: MoreScopes): string {
  return `tokens carry ${scopes === 'any' ? 'any scope' : scopes.join(' and ')}, and did not`;
}
