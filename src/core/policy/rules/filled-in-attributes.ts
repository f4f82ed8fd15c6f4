/** Attributes that users may fill in during a sign-in, so that other rules decide from then on. */
import type { ConditionSet } from '../../model/conditions.ts';
import type { PolicySet } from './compile.ts';
import { isRead, openReads } from './expression-parts.ts';

/** What the profile policy may ask for. */
export function filledInAttributes({ profile }: Pick<PolicySet, 'profile'>): readonly string[] {
  return profile?.rules.flatMap(({ rule: { then } }) => [...then.required, ...then.optional]) ?? [];
}

/** Whether the conditions, or their expression, read one of these attributes. */
export function asksAboutAttributes(set: ConditionSet, names: readonly string[]): boolean {
  const reads = openReads([set]);
  return names.some((name) => set.attributes?.[name] !== undefined || isRead(`user.profile.${name}`, reads));
}
