/** Tells apart where rules stand: two of the core may be one in the file, and many may stand in one line of it. */
import type { RuleHead } from './policy.ts';

/** The same for rules of one location. Rules without a location have one and the same key. */
export function locationKey({ location }: Pick<RuleHead, 'location'>): string {
  return `${location?.file}:${location?.line}:${location?.column ?? ''}`;
}
