/**
 * Checks what must be unique within a file. Works on data whose shape was not checked, so that all findings are
 * reported at once.
 */
import type { WrittenKind } from '../model/documents.ts';
import type { Finding } from '../model/finding.ts';
import { valuesAt } from '../source/values-at.ts';
import type { YamlSource } from '../source/yaml-source.ts';

const unique: readonly { readonly kind: WrittenKind; readonly pattern: string; readonly what: string }[] = [
  { kind: 'session', pattern: 'rules.*.name', what: 'rule' },
  { kind: 'enrollment', pattern: 'rules.*.name', what: 'rule' },
  { kind: 'password', pattern: 'rules.*.name', what: 'rule' },
  { kind: 'recovery', pattern: 'rules.*.name', what: 'rule' },
  { kind: 'account', pattern: 'rules.*.name', what: 'rule' },
  { kind: 'sign-on', pattern: 'rules.*.name', what: 'rule' },
  { kind: 'profile', pattern: 'rules.*.name', what: 'rule' },
  { kind: 'service', pattern: 'rules.*.name', what: 'rule' },
  { kind: 'invariants', pattern: 'invariants.*.name', what: 'invariant' },
  { kind: 'settings', pattern: 'acrValues.*.value', what: 'acr value' },
  { kind: 'settings', pattern: 'resources.*.indicator', what: 'resource' },
];

/** Finds each repetition, at its second location and those after it. */
export function checkDuplicates(kind: WrittenKind, source: YamlSource): readonly Finding[] {
  return unique
    .filter((each) => each.kind === kind)
    .flatMap(({ pattern, what }) => {
      const seen = new Map<unknown, number>();
      return valuesAt(source.content, pattern).flatMap(({ path, value }) => {
        const first = seen.get(value);
        seen.set(value, first ?? source.locationOf(path).line);
        return first === undefined
          ? []
          : [source.finding('duplicate_name', path, `another ${what}, in line ${first}, has the same name`)];
      });
    });
}
