/** Describes the sets of scopes with which a statement holds. */

type Scopes = readonly string[];

/**
 * For example `with the scope address`, or `with the scopes address and phone`, whatever other scopes there are. Where
 * these make a difference, `with exactly the scopes address, or phone and email`. `others`: the sets with which it does
 * not hold.
 */
export function scopeSetsText(own: readonly Scopes[], others: readonly Scopes[]): string {
  const named = [...new Set([...own, ...others].flat())];
  const inAll = named.filter((scope) => own.every((scopes) => scopes.includes(scope)));
  const inNone = named.filter((scope) => !own.some((scopes) => scopes.includes(scope)));
  const hasAll = (scopes: Scopes) => inAll.every((scope) => scopes.includes(scope));
  const hasSome = (some: Scopes) => (scopes: Scopes) => some.some((scope) => scopes.includes(scope));
  const without =
    inNone.length === named.length ? 'without the scopes that rules name' : `without ${namesText(inNone, 'or')}`;
  if (inAll.length > 0 && !others.some(hasAll)) return `with ${namesText(inAll, 'and')}`;
  if (inNone.length > 0 && others.every(hasSome(inNone))) return without;
  if (inAll.length > 0 && others.every((scopes) => !hasAll(scopes) || hasSome(inNone)(scopes)))
    return `with ${namesText(inAll, 'and')}, ${without}`;
  const inOwn = named.filter((scope) => !hasScope(others, scope));
  if (own.every(hasSome(inOwn))) return `with ${namesText(inOwn, 'or')}`;
  const inSome = named.filter((scope) => hasScope(own, scope));
  const hasUnlessOther = (scopes: Scopes) => hasSome(inSome)(scopes) && !hasSome(inNone)(scopes);
  if (own.every(hasUnlessOther) && !others.some(hasUnlessOther)) return `with ${namesText(inSome, 'or')}, ${without}`;
  const minimal = own.filter((scopes) => !own.some((fewer) => fewer.length < scopes.length && isWithin(fewer, scopes)));
  const hasMinimal = (scopes: Scopes) => minimal.some((some) => isWithin(some, scopes));
  const otherwise = others.filter(hasMinimal);
  if (otherwise.length === 0) return `with ${listedText(minimal)}`;
  if (otherwise.every(hasSome(inNone))) return `with ${listedText(minimal)}, ${without}`;
  return `with exactly ${listedText(own)}`;
}

function isWithin(scopes: Scopes, others: Scopes): boolean {
  return scopes.every((scope) => others.includes(scope));
}

function hasScope(sets: readonly Scopes[], scope: string): boolean {
  return sets.some((scopes) => scopes.includes(scope));
}

function listedText(own: readonly Scopes[]): string {
  const some = own.filter((scopes) => scopes.length > 0).toSorted((one, other) => one.length - other.length);
  const words = some.map((scopes) => scopes.join(' and ')).join(', or ');
  return `the scopes ${words}${some.length < own.length ? ', or none that rules name' : ''}`;
}

function namesText(scopes: Scopes, joiner: 'and' | 'or'): string {
  const isPlural = scopes.length > 1 && joiner === 'and';
  return `the ${isPlural ? 'scopes' : 'scope'} ${scopes.join(` ${joiner} `)}`;
}
