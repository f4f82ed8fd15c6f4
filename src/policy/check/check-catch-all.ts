/**
 * Checks the order of the rules of a policy. Works on data whose shape was not checked, so that all findings are
 * reported at once.
 */
import type { Finding } from '../model/finding.ts';
import { valuesAt } from '../source/values-at.ts';
import type { YamlSource } from '../source/yaml-source.ts';

const noCatchAll = 'the policy must end in a catch-all rule: one without `when`';

/**
 * The last rule must be the only one without `when`: no rule after it would ever apply. Rules that are switched off or
 * only report do not count.
 */
export function checkCatchAll(source: YamlSource): readonly Finding[] {
  const rules = valuesAt(source.content, 'rules.*').filter(({ value }) => decides(value));
  const always = rules.findIndex(
    ({ value }) => typeof value === 'object' && value !== null && !('when' in value) && !('change' in value),
  );
  const last = rules.at(-1);
  if (last === undefined)
    return valuesAt(source.content, 'rules.0').map(({ path }) => source.finding('catch_all_missing', path, noCatchAll));
  if (always === -1) return [source.finding('catch_all_missing', last.path, noCatchAll)];
  const after = rules[always + 1];
  if (after === undefined) return [];
  return [
    source.finding(
      'catch_all_misplaced',
      after.path,
      `never applies: the rule before it, in line ${source.locationOf(rules[always]?.path ?? []).line}, has no \`when\` and applies always`,
    ),
  ];
}

/** Whether a rule, whose shape was not checked, is switched on and enforced. */
export function decides(rule: unknown): boolean {
  const { enabled, reportOnly } = { ...(rule as { readonly enabled?: unknown; readonly reportOnly?: unknown } | null) };
  return enabled !== false && reportOnly !== true;
}
