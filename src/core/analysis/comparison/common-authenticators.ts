/** Which authenticators users of both sides of a comparison can use. */
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { PolicySides } from './deciding-together.ts';
import { textOf } from './evaluation-key.ts';

/** The authenticators that are enabled before and after, with the methods that both have. As they are after. */
export function commonAuthenticators({ active, next }: PolicySides): readonly AuthenticatorDescriptor[] {
  return next.authenticators.flatMap((authenticator) => {
    const before = active.authenticators.find(({ key }) => key === authenticator.key);
    if (before === undefined) return [];
    const methods = authenticator.methods?.filter((method) => before.methods?.includes(method) ?? true);
    return [{ ...authenticator, ...(methods && { methods }) }];
  });
}

/** Of these authenticators those that the policies have, too. */
export function alsoIn(
  { authenticators }: Pick<PolicySet, 'authenticators'>,
  common: readonly AuthenticatorDescriptor[],
): readonly AuthenticatorDescriptor[] {
  return common.filter(({ key }) => authenticators.some((authenticator) => authenticator.key === key));
}

/** Whether the same authenticators are enabled, in the same order. */
export function haveSameAuthenticators({ active, next }: Pick<PolicySides, 'active' | 'next'>): boolean {
  return textOf(active.authenticators) === textOf(next.authenticators);
}
