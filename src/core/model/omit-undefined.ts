/** Optional members under `exactOptionalPropertyTypes`: a member is there with a value, or it is not there. */

/** `T` with each member that may be `undefined` made optional instead. */
export type OmitUndefined<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The same object without the members whose value is `undefined`. Looks at the top level only. */
export function omitUndefined<T extends object>(members: T): OmitUndefined<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as OmitUndefined<T>;
}

/** `T` whose optional members, at any depth, are never present with the value `undefined`. */
export type ExactOptional<T> = T extends readonly (infer Item)[]
  ? readonly ExactOptional<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: ExactOptional<Exclude<T[K], undefined>> }
    : T;
