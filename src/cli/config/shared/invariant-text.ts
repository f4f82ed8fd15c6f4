/** Describes for administrators what an invariant guarantees. */
import type { Guarantee } from '../../../core/analysis/proofs/demand-verdict.ts';
import type { ConditionSet } from '../../../core/model/conditions.ts';
import type { WrittenInvariant } from '../../../policy/schema/policies/invariants.ts';
import { conditionText } from '../../explain/condition-text.ts';
import { alternativesLine, requirementText } from '../../explain/requirement-text.ts';

export interface InvariantText {
  readonly name: string;
  /** The conditions: which users, from where. All must hold. Empty: every sign-in. */
  readonly when: readonly string[];
  readonly guarantee: string;
}

export function invariantText({ name, when, guarantee, countsRemembered }: WrittenInvariant): InvariantText {
  const { any = [], ...all } = when;
  const alternatives = any.map((set) => setText(set).join(' and ')).join('; or ');
  const remembered = countsRemembered ? ', a remembered proof included' : '';
  return {
    name,
    when: [...setText(all), ...(alternatives === '' ? [] : [`one of: ${alternatives}`])],
    guarantee: `${guaranteeText(guarantee)}${remembered}`,
  };
}

function setText(set: ConditionSet): readonly string[] {
  return Object.keys(set).map((name) => conditionText(set, name));
}

function guaranteeText(guarantee: Guarantee): string {
  switch (guarantee.kind) {
    case 'refused':
      return 'no user gets in';
    case 'admitted':
      return 'users get in';
    case 'proves':
      return `users get in only with ${alternativesLine(requirementText(guarantee.requirement))}`;
    case 'without':
      return `no user gets in who could not without ${guarantee.authenticators.join(' and ')}`;
    case 'offers':
      return `users who get in could do so with ${guarantee.authenticators.join(' or ')} alone`;
  }
}
