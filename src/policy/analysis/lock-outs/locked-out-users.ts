/** Whether a lock-out concerns every user for whom the rules of its finding decide. */
import { findModel, newBudget } from '../../../core/analysis/space/find-model.ts';
import { deciding, type RuleCombination } from '../../../core/analysis/space/rule-combinations.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import { governedBy } from './denial-cause.ts';
import type { Denied } from './denied-newcomers.ts';

/**
 * Whether every user for whom one of the named rules decides is locked out, in each rule combination in which they
 * decide. `same`: all lock-outs by one cause.
 */
export function isOfAllNamed(same: readonly Denied[]): boolean {
  if (same.some(({ lockOut }) => !lockOut?.isForAll)) return false;
  const terms = distinct(same.map(termsOf));
  return [...Map.groupBy(same, ({ app }) => app)].every(([app, own]) => {
    const signOn = distinct(own.map(({ combination }) => combination.app));
    const asked = own.some(({ after }) => after) ? terms : undefined;
    return app.combinations
      .filter(
        (combination) =>
          signOn.includes(combination.app) && (asked !== undefined || terms.includes(combination.enrollment)),
      )
      .every((combination) => {
        const found = own.filter((denied) => denied.combination === combination);
        if (found.length === 0) return own.every((denied) => !decidesIn(combination, denied));
        return asked === undefined || asked.every((rule) => found.some((denied) => termsOf(denied) === rule));
      });
  });
}

function termsOf({ combination, after }: Denied): RuleHead | undefined {
  return after?.rule ?? combination.enrollment;
}

function distinct<Item>(items: readonly Item[]): readonly Item[] {
  return [...new Set(items)];
}

/** The rules of the account policy that are the cause may decide in another combination, too. */
function decidesIn(combination: RuleCombination, { app: { policies, space }, cause, facts }: Denied): boolean {
  const rules = governedBy([...cause.account, ...cause.together], facts, policies).flatMap(({ policy, rule }) =>
    deciding(policy, space).flatMap((each) => (each.rule === rule ? each.formulas : [])),
  );
  return findModel([...combination.formulas, ...rules], newBudget(), space.reader) !== 'impossible';
}
