/** The policy for services: apps that act as themselves, without a user. */
import type { RuleHead } from './policy.ts';

/** A service meets no requirement beyond its own credentials, so a rule says yes or no. */
export interface ServiceRule extends RuleHead {
  readonly then: { readonly kind: 'allow' | 'deny' };
}

export interface ServicePolicy {
  readonly name: string;
  readonly rules: readonly ServiceRule[];
}
