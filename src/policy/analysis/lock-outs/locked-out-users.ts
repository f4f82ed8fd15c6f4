/** Whether a lock-out concerns every user for whom the rules of its finding decide. */
import { findModel, newBudget } from '../../../core/analysis/space/find-model.ts';
import { deciding, type RuleCombination } from '../../../core/analysis/space/rule-combinations.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import { atOwnApp, type DeniedAt } from './alike-apps.ts';
import { governedBy } from './denials/denial-cause.ts';
import type { Denied } from './denials/denied-users.ts';

/**
 * Whether every user for whom one of the named rules decides is locked out, in each rule combination in which they
 * decide. `same`: all lock-outs by one cause.
 */
export function isOfAllNamed(same: readonly DeniedAt[]): boolean {
  if (same.some(({ found: { lockOut } }) => !lockOut?.isForAll)) return false;
  const terms = distinct(same.map(termsOf));
  return [...Map.groupBy(same, ({ app }) => app)].every(([app, own]) => {
    const signOn = distinct(own.map(({ combination }) => combination.app));
    const asked = own.some(({ found }) => found.after) ? terms : undefined;
    return app.combinations
      .filter(
        (combination) =>
          signOn.includes(combination.app) && (asked !== undefined || terms.includes(combination.enrollment)),
      )
      .every((combination) => {
        const there = own.filter((denied) => denied.combination === combination);
        if (there.length === 0) return own.every((denied) => !decidesIn(combination, atOwnApp(denied)));
        return asked === undefined || asked.every((rule) => there.some((denied) => termsOf(denied) === rule));
      });
  });
}

function termsOf({ combination, found }: DeniedAt): RuleHead | undefined {
  return found.after?.rule ?? combination.enrollment;
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
