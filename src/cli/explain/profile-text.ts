/** Describes for administrators what a profile policy asks for. */
import type { AskedScope, ProfileRequest } from '../../core/model/decision.ts';
import type { ProfileTerms } from '../../core/model/profile-policy.ts';

/** Name and text of each row. A rule that asks for nothing has one row that says so. */
export function profileRows(terms: ProfileTerms): readonly (readonly [string, string])[] {
  const { registration, required, optional, terms: accepted } = terms;
  const rows = [
    ...(registration === undefined ? [] : [['registers', registrationText(registration)] as const]),
    ...(required.length === 0 ? [] : [['requires', required.join(', ')] as const]),
    ...(optional.length === 0 ? [] : [['offers', optional.join(', ')] as const]),
    ...accepted.map(({ id, version }) => ['accepts', `terms ${id} ${version}`] as const),
  ];
  return rows.length === 0 ? [['requires', 'nothing']] : rows;
}

function registrationText(registration: NonNullable<ProfileTerms['registration']>): string {
  const { required, optional, password, groups } = registration;
  const asked = ['an address', ...required, ...optional.map((name) => `${name} (optional)`)];
  const all = password ? [...asked, 'a password'] : asked;
  return `anyone, with ${all.join(', ')}${groups.length === 0 ? '' : `; into ${groups.join(', ')}`}`;
}

/** The question to a user whose account is due for deletion. */
export function keepText(dueAt: number): string {
  return `keep the account? it is deleted on ${new Date(dueAt * 1000).toISOString().slice(0, 10)}`;
}

/** What a third-party app asks for. */
export function consentText(scopes: readonly AskedScope[]): string {
  return scopes.map(({ scope, required }) => (required ? scope : `${scope} (optional)`)).join(', ');
}

/** What is asked for now. */
export function profileText({ required, optional, terms, canSkip }: ProfileRequest): string {
  const asked = [
    ...required,
    ...optional.map((name) => `${name} (optional)`),
    ...terms.map(({ id, version }) => `terms ${id} ${version}`),
  ];
  return `${asked.join(', ')}${canSkip ? ' (may be skipped)' : ''}`;
}
