/** Rules that decided no test, and conditions that were never met, or never missed, in any test. */
import { locationKey } from '../../core/model/location-key.ts';
import type { RuleHead } from '../../core/model/policy.ts';
import { inOrderOfLocations } from '../../core/model/source-location.ts';
import { compilePolicy } from '../../core/policy/rules/compile.ts';
import type { CompiledCondition } from '../../core/policy/rules/condition-table.ts';
import type { Document, Documents } from '../../policy/model/documents.ts';
import { readEnrollmentPolicy, readPolicy, readProfilePolicy } from '../../policy/revision/read-document.ts';
import { conditionResults, decidingLocations } from './condition-results.ts';
import type { TestResult } from './run-tests.ts';

export interface UncoveredRule {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly rule: string;
}

export interface UncoveredCondition extends UncoveredRule {
  /** e.g. `network`, `attributes.department`, `any[1].groups`. */
  readonly condition: string;
  readonly lacks: 'a hit' | 'a miss' | 'both';
}

export interface Coverage {
  /** The number of rules that could be covered. */
  readonly rules: number;
  readonly uncovered: readonly UncoveredRule[];
  /** Of the others, those that decided only tests about all sign-ins that a test leaves open. */
  readonly withoutExpect: readonly UncoveredRule[];
  readonly conditions: number;
  /** Those of rules that are not covered are among them. */
  readonly uncoveredConditions: readonly UncoveredCondition[];
}

/** Policies that decide about sign-ins. */
const testable = ['session', 'sign-on', 'enrollment', 'profile'];

interface CoveredRule extends UncoveredRule {
  readonly conditions: readonly string[];
}

/**
 * In the order of files and lines. Disabled and report-only rules are left out, because they decide nothing. A rule is
 * covered if it decides in a sign-in that a test evaluates (decision 195).
 */
export function coverageOf(documents: Documents, results: readonly TestResult[]): Coverage {
  const layers = results.flatMap(({ explanation: of }) => (of ? [...of.layers, ...of.later] : []));
  const expected = new Set(decidingLocations(layers));
  const covered = new Set([...expected, ...results.flatMap(({ evaluated }) => [...(evaluated?.rules ?? [])])]);
  const seen = new Set([
    ...conditionResults({ layers }),
    ...results.flatMap(({ evaluated }) => [...(evaluated?.conditions ?? [])]),
  ]);
  const all = [...documents.values()]
    .filter(({ kind }) => testable.includes(kind))
    .flatMap(rulesOf)
    .sort(inOrderOfLocations);
  const rulesWhere = (isListed: (location: string) => boolean) =>
    all
      .filter((rule) => isListed(locationKey({ location: rule })))
      .map(({ conditions: _, ...rule }): UncoveredRule => rule);
  return {
    rules: all.length,
    uncovered: rulesWhere((location) => !covered.has(location)),
    withoutExpect: rulesWhere((location) => covered.has(location) && !expected.has(location)),
    conditions: all.flatMap(({ conditions }) => conditions).length,
    uncoveredConditions: all.flatMap((rule) => lackingConditions(rule, seen)),
  };
}

function lackingConditions(
  { conditions, ...rule }: CoveredRule,
  seen: ReadonlySet<string>,
): readonly UncoveredCondition[] {
  return conditions.flatMap((condition) => {
    const [hit, miss] = ['hit', 'miss'].map((result) =>
      seen.has(`${locationKey({ location: rule })} ${condition} ${result}`),
    );
    if (hit && miss) return [];
    return [{ ...rule, condition, lacks: hit ? 'a miss' : miss ? 'a hit' : 'both' } as const];
  });
}

/** Compiled like the evaluator's rules, so that conditions have the names used in traces. */
function rulesOf(document: Document): readonly CoveredRule[] {
  const { kind, file } = document;
  const policy = kind === 'enrollment' ? readEnrollmentPolicy(document) : undefined;
  const profile = kind === 'profile' ? readProfilePolicy(document) : undefined;
  const compiled = compilePolicy<RuleHead>(policy ?? profile ?? readPolicy(document));
  const byLocation = Map.groupBy(compiled.rules, ({ rule }) => locationKey(rule));
  return [...byLocation.values()].map((rules) => ({
    ...{ line: 1, column: 1, ...rules[0]?.rule.location, file },
    rule: rules[0]?.rule.name ?? '',
    conditions: [...new Set(rules.flatMap(({ conditions }) => conditionNames(conditions)))],
  }));
}

function conditionNames(conditions: readonly CompiledCondition[], prefix = ''): readonly string[] {
  return conditions.flatMap(({ name, alternatives }) =>
    alternatives === undefined
      ? [`${prefix}${name}`]
      : alternatives.flatMap((all, index) => conditionNames(all, `${prefix}${name}[${index}].`)),
  );
}
