/** Optional members under `exactOptionalPropertyTypes`: a member is there with a value, or it is not there. */

/** `T` with each member that may be `undefined` made optional instead. */
export type OmitUndefined<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The same object without the members whose value is `undefined`. Looks at the top level only. */
export function omitUndefined<T extends object>(members: T): OmitUndefined<T> {
  // Runs dozens of times in a request; by entries it costs nine times as much.
  const given = members as Readonly<Record<string, unknown>>;
  const kept: Record<string, unknown> = {};
  for (const name of Object.keys(given)) if (given[name] !== undefined) kept[name] = given[name];
  return kept as OmitUndefined<T>;
}

/** `T` whose optional members, at any depth, are never present with the value `undefined`. */
export type ExactOptional<T> = T extends (...args: never) => unknown
  ? T
  : T extends readonly (infer Item)[]
    ? readonly ExactOptional<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: ExactOptional<Exclude<T[K], undefined>> }
      : T;
