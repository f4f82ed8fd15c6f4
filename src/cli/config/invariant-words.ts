/** Says to the admin what an invariant claims. */
import type { Claim } from '../../core/analysis/proofs/demand-verdict.ts';
import type { ConditionSet } from '../../core/model/conditions.ts';
import type { WrittenInvariant } from '../../policy/schema/invariants.ts';
import { conditionWords } from '../explain/condition-text.ts';
import { requirementWords } from '../explain/requirement-text.ts';

export interface InvariantWords {
  readonly name: string;
  /** For whom and from where; all of it must hold. Empty: for every sign-in. */
  readonly when: readonly string[];
  readonly claim: string;
}

export function invariantWords({ name, when, claim, countsRemembered }: WrittenInvariant): InvariantWords {
  const { any = [], ...all } = when;
  const alternatives = any.map((set) => setWords(set).join(' and ')).join('; or ');
  const remembered = countsRemembered ? ', a remembered proof included' : '';
  return {
    name,
    when: [...setWords(all), ...(alternatives === '' ? [] : [`one of: ${alternatives}`])],
    claim: `${claimWords(claim)}${remembered}`,
  };
}

function setWords(set: ConditionSet): readonly string[] {
  return Object.keys(set).map((name) => conditionWords(set, name));
}

function claimWords(claim: Claim): string {
  switch (claim.kind) {
    case 'refused':
      return 'no user gets in';
    case 'admitted':
      return 'users get in';
    case 'proves':
      return `users get in only with ${requirementWords(claim.requirement).join(', or ')}`;
    case 'without':
      return `no user gets in who could not without ${claim.authenticators.join(' and ')}`;
    case 'offers':
      return `users who get in could do so with ${claim.authenticators.join(' or ')} alone`;
  }
}
