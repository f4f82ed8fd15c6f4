/** Describes for administrators what an invariant guarantees. */
import type { Guarantee } from '../../../core/analysis/proofs/demand-verdict.ts';
import type { ConditionSet } from '../../../core/model/conditions.ts';
import type { WrittenInvariant } from '../../../policy/schema/policies/invariants.ts';
import { conditionWords } from '../../explain/condition-text.ts';
import { requirementWords } from '../../explain/requirement-text.ts';

export interface InvariantWords {
  readonly name: string;
  /** The conditions: which users, from where. All must hold. Empty: every sign-in. */
  readonly when: readonly string[];
  readonly guarantee: string;
}

export function invariantWords({ name, when, guarantee, countsRemembered }: WrittenInvariant): InvariantWords {
  const { any = [], ...all } = when;
  const alternatives = any.map((set) => setWords(set).join(' and ')).join('; or ');
  const remembered = countsRemembered ? ', a remembered proof included' : '';
  return {
    name,
    when: [...setWords(all), ...(alternatives === '' ? [] : [`one of: ${alternatives}`])],
    guarantee: `${guaranteeWords(guarantee)}${remembered}`,
  };
}

function setWords(set: ConditionSet): readonly string[] {
  return Object.keys(set).map((name) => conditionWords(set, name));
}

function guaranteeWords(guarantee: Guarantee): string {
  switch (guarantee.kind) {
    case 'refused':
      return 'no user gets in';
    case 'admitted':
      return 'users get in';
    case 'proves':
      return `users get in only with ${requirementWords(guarantee.requirement).join(', or ')}`;
    case 'without':
      return `no user gets in who could not without ${guarantee.authenticators.join(' and ')}`;
    case 'offers':
      return `users who get in could do so with ${guarantee.authenticators.join(' or ')} alone`;
  }
}
