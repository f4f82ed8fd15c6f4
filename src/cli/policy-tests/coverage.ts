/** Rules that decided no test, and conditions that were never met, or never missed, in any test. */
import { locationKey } from '../../core/model/location-key.ts';
import type { RuleHead } from '../../core/model/policy.ts';
import { inOrderOfLocations } from '../../core/model/source-location.ts';
import { compilePolicy } from '../../core/policy/rules/compile.ts';
import type { CompiledCondition } from '../../core/policy/rules/condition-table.ts';
import type { ExplainedLayer } from '../../flow/explain.ts';
import type { Document, Documents } from '../../policy/model/documents.ts';
import { readEnrollmentPolicy, readPolicy, readProfilePolicy } from '../../policy/revision/read-document.ts';
import { conditionResults } from './condition-results.ts';
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
  readonly conditions: number;
  /** Conditions of rules that decided a test. For all other rules, every condition lacks something. */
  readonly uncoveredConditions: readonly UncoveredCondition[];
}

/** Policies that decide about sign-ins. */
const testable = ['session', 'sign-on', 'enrollment', 'profile'];

interface CoveredRule extends UncoveredRule {
  readonly conditions: readonly string[];
}

/**
 * In the order of files and lines. Disabled and report-only rules are left out, because they decide nothing. Only tests
 * about one sign-in count: one about all sign-ins would cover everything.
 */
export function coverageOf(documents: Documents, results: readonly TestResult[]): Coverage {
  const layers = results.flatMap(({ explanation: of }) => (of ? [...of.layers, ...of.later] : []));
  const covered = new Set(deciding(layers));
  const seen = new Set(conditionResults({ layers }));
  const all = [...documents.values()]
    .filter(({ kind }) => testable.includes(kind))
    .flatMap(rulesOf)
    .sort(inOrderOfLocations);
  const uncovered = all.filter((rule) => !covered.has(locationKey({ location: rule })));
  return {
    rules: all.length,
    uncovered: uncovered.map(({ conditions: _, ...rule }) => rule),
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

function deciding(layers: readonly ExplainedLayer[]): readonly string[] {
  return layers.flatMap(({ decidedBy, rules }) => {
    const rule = decidedBy === undefined ? undefined : rules.at(-1);
    return rule ? [locationKey(rule)] : [];
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
