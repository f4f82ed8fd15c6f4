/** Rules that no test decided by. */
import type { Documents } from '../../policy/model/documents.ts';
import { valuesAt } from '../../policy/source/values-at.ts';
import type { TestResult } from './run-tests.ts';

export interface UncoveredRule {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
}

/** Policies that sign-ins are decided by. */
const testable = ['session', 'sign-on', 'enrollment', 'profile'];

/**
 * In the order of files and lines. Rules that are switched off or only report decide nothing, so they are not among
 * them. `rules`: how many could be covered.
 */
export function uncoveredRules(
  documents: Documents,
  results: readonly TestResult[],
): { readonly rules: number; readonly uncovered: readonly UncoveredRule[] } {
  const deciding = results.flatMap(({ explanation }) =>
    explanation.layers.flatMap(({ decidedBy, rules }) => {
      const location = decidedBy === undefined ? undefined : rules.at(-1)?.location;
      return location ? [`${location.file}:${location.line}`] : [];
    }),
  );
  const covered = new Set(deciding);
  const all = [...documents.values()]
    .filter(({ kind }) => testable.includes(kind))
    .flatMap(({ file, ruleLines, content }) => {
      const off = [...valuesAt(content, 'rules.*.enabled'), ...valuesAt(content, 'rules.*.reportOnly')]
        .filter(({ path, value }) => value === (path.at(-1) === 'reportOnly'))
        .map(({ path }) => path[1]);
      return valuesAt(content, 'rules.*.name').flatMap(({ path: [, index], value }) =>
        off.includes(index ?? '') ? [] : [{ file, line: ruleLines[Number(index)] ?? 1, rule: String(value) }],
      );
    })
    .sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
  return { rules: all.length, uncovered: all.filter(({ file, line }) => !covered.has(`${file}:${line}`)) };
}
