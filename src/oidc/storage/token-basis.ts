/**
 * What the tokens of a request rest on: the enrollments that the sign-in proved. It goes from the sign-in to the code, and from there from
 * token to token, however long ago the session ended.
 */
import type { UnitOfWork } from '../../stores/unit-of-work.ts';

const known = new WeakMap<UnitOfWork, readonly string[]>();

/** Says what this request issues tokens for. `enrollments`: ids. */
export function setTokenBasis(unit: UnitOfWork, enrollments: readonly string[]): void {
  known.set(unit, enrollments);
}

export function tokenBasis(unit: UnitOfWork): readonly string[] {
  return known.get(unit) ?? [];
}

/** Models of oidc-provider from which tokens follow. */
const carriers: ReadonlySet<string> = new Set(['AuthorizationCode', 'DeviceCode', 'RefreshToken']);

export function carriesTokenBasis(model: string): boolean {
  return carriers.has(model);
}
