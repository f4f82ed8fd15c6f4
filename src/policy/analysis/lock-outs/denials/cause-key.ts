/** Keys of denials that findings tell together. */

import type { DeniedThere } from './circumstances.ts';
import { rulesIn } from './denial-cause.ts';

/** Equal for denials by the same rules. Absent: no rule is the cause, so that each sign-on rule has its own finding. */
export function causeKey({ cause, after }: Pick<DeniedThere, 'cause' | 'after'>): string | undefined {
  const rules = rulesIn(cause);
  if (rules.length === 0) return undefined;
  const named = [...rules, after?.rule].map((rule) => rule?.location);
  return JSON.stringify([named, after?.signedInWith]);
}

/** Equal for denials that one finding is about. */
export function firstRuleKey({ cause }: Pick<DeniedThere, 'cause'>): string | undefined {
  const [first] = rulesIn(cause);
  return first && JSON.stringify(first.location);
}
