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
  const all = valuesAt(source.content, 'rules.*');
  const rules = all.filter(({ value }) => decides(value));
  const always = rules.findIndex(({ value }) => isCatchAll(value));
  if (always === -1) {
    const end = all.at(-1);
    if (end && isCatchAll(end.value))
      return [source.finding('catch_all_missing', end.path, `${noCatchAll}, and this one ${whyIdle(end.value)}`)];
    const at = rules.at(-1) ?? all[0];
    return at === undefined ? [] : [source.finding('catch_all_missing', at.path, noCatchAll)];
  }
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

function isCatchAll(rule: unknown): boolean {
  return typeof rule === 'object' && rule !== null && !('when' in rule) && !('change' in rule);
}

/** Of a rule that does not decide. */
function whyIdle(rule: unknown): string {
  return isSwitchedOff(rule) ? 'is switched off' : 'only reports';
}

/** Whether a rule, whose shape was not checked, is switched on and enforced. */
export function decides(rule: unknown): boolean {
  const { reportOnly } = { ...(rule as { readonly reportOnly?: unknown } | null) };
  return !isSwitchedOff(rule) && reportOnly !== true;
}

function isSwitchedOff(rule: unknown): boolean {
  const { enabled } = { ...(rule as { readonly enabled?: unknown } | null) };
  return enabled === false;
}
