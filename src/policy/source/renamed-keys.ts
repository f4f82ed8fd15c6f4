/** Keys that had another name in the release before. Files with the old name still apply, with a warning. */
import { isMap, isScalar, isSeq, type Scalar } from 'yaml';
import type { WrittenKind } from '../model/documents.ts';

export interface RenamedKey {
  readonly kind: WrittenKind | 'tests';
  /** Of the mapping that it stands in: `*` is every key or element. `[]`: the file itself. */
  readonly in: readonly string[];
  readonly from: string;
  readonly to: string;
  /** The release that gave it the new name. The one after it may forget the old one. */
  readonly since: string;
}

/** Nothing was released yet, so nothing was renamed since. */
export const renamedKeys: readonly RenamedKey[] = [];

export interface FoundRename extends RenamedKey {
  readonly key: Scalar;
  /** The new name stands beside it, so that one of the two has to go. */
  readonly clashes: boolean;
}

/** Gives the keys their new names, but for those that clash, and says which ones they are. */
export function renameKeys(root: unknown, renames: readonly RenamedKey[]): readonly FoundRename[] {
  return renames.flatMap((rename) =>
    mappingsAt(root, rename.in).flatMap((mapping) => {
      const keys = isMap(mapping) ? mapping.items.flatMap(({ key }) => (isScalar(key) ? [key] : [])) : [];
      const clashes = keys.some(({ value }) => value === rename.to);
      return keys
        .filter(({ value }) => value === rename.from)
        .map((key) => {
          if (!clashes) key.value = rename.to;
          return { ...rename, key, clashes };
        });
    }),
  );
}

function mappingsAt(node: unknown, [step, ...rest]: readonly string[]): readonly unknown[] {
  if (step === undefined) return [node];
  if (isSeq(node)) return step === '*' ? node.items.flatMap((item) => mappingsAt(item, rest)) : [];
  if (!isMap(node)) return [];
  return node.items
    .filter(({ key }) => step === '*' || (isScalar(key) && key.value === step))
    .flatMap(({ value }) => mappingsAt(value, rest));
}
