/** Keys of denials that findings tell together. */

import type { PolicySet } from '../../../../core/policy/rules/compile.ts';
import type { DeniedThere } from './circumstances.ts';
import { governedBy, rulesIn } from './denial-cause.ts';

/** Equal for denials by the same rules. Absent: no rule is the cause, so that each sign-on rule has its own finding. */
export function causeKey({ cause, after }: Pick<DeniedThere, 'cause' | 'after'>): string | undefined {
  const rules = rulesIn(cause);
  if (rules.length === 0) return undefined;
  const named = [...rules, after?.rule].map((rule) => rule?.location);
  return JSON.stringify([named, after?.signedInWith]);
}

/** Cached by cause, of which each denial has its own. */
const decided = new WeakMap<DeniedThere['cause'], string>();

/** Equal for denials by the same rules, which decide about the same authenticators. */
export function decidedKey(denied: DeniedThere, policies: PolicySet): string {
  const { cause, facts, after } = denied;
  const known = decided.get(cause);
  if (known !== undefined) return known;
  const governed = governedBy([...cause.account, ...cause.together], facts, policies);
  const named = [...rulesIn(cause), after?.rule].map((rule) => rule?.location);
  const key = JSON.stringify([named, after?.signedInWith, governed.map(({ key: of, rule }) => [of, rule.location])]);
  decided.set(cause, key);
  return key;
}

/** Equal for denials that one finding is about. */
export function firstRuleKey({ cause }: Pick<DeniedThere, 'cause'>): string | undefined {
  const [first] = rulesIn(cause);
  return first && JSON.stringify(first.location);
}
