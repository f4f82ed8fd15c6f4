/** Describes what is newly sufficient, and what tokens newly carry. */
import type { MoreScopes } from '../../../../core/analysis/comparison/newly-carried-scopes.ts';
import type { AdmittedWith } from '../../../../core/analysis/proofs/proving-user.ts';
import { type Measure, proofText } from '../../../../policy/analysis/text/proofs-text.ts';
import { durationText } from '../../../../policy/model/duration-text.ts';

type RememberedProofs = Pick<AdmittedWith, 'remembered' | 'rememberedAge'>;

/** For example `webauthn (without user verification) is enough, and was not`. */
export function enoughText(proofs: Pick<AdmittedWith, 'evidence'> & RememberedProofs, measure: Measure): string {
  return `${provedText(proofs, measure)} is enough${rememberingText(proofs)}, and was not`;
}

/** Each kind of proof once. */
export function provedText({ evidence }: Pick<AdmittedWith, 'evidence'>, measure: Measure): string {
  return [...new Set(evidence.map((item) => proofText(item, measure)))].join(' and ');
}

export function rememberingText({ remembered, rememberedAge }: RememberedProofs): string {
  const age = rememberedAge ? ` (proved ${durationText(rememberedAge)} ago)` : '';
  return remembered.length > 0 ? ` in a browser that remembers ${remembered.join(' and ')}${age}` : '';
}

/** What the user has besides what is proved. */
export function ownerText({ evidence, enrolled }: AdmittedWith): string {
  return enrolled.length > evidence.length ? ` for a user who has ${enrolled.join(' and ')}` : '';
}

export function scopesText(scopes: MoreScopes): string {
  return `tokens carry ${scopes === 'any' ? 'any scope' : scopes.join(' and ')}, and did not`;
}
