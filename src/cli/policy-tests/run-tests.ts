/** Runs policy tests: each is one question to `explain`. */
import type { Facts } from '../../core/model/facts.ts';
import { plainTime } from '../../core/policy/theories/theory.ts';
import { signInConditions } from '../../core/queries/sign-in-conditions.ts';
import { StepgateError } from '../../errors.ts';
import { type DecidedSignIn, decidedSignIn, explainWhole, type WholeExplanation } from '../../flow/explain.ts';
import type { Finding } from '../../policy/model/finding.ts';
import type { PolicyTest } from '../../policy/schema/policy-tests.ts';
import { factsFromOptions } from '../explain/facts-from-options.ts';
import { outlivedSessions } from '../explain/outlived-sessions.ts';
import { pastLeftAside } from '../explain/unanswered-conditions.ts';
import { conditionResults, decidingLocations } from './condition-results.ts';
import { type Difference, differences } from './expectation-differences.ts';
import { openDifferences } from './open-differences.ts';
import { openSignIns } from './open-sign-ins.ts';
import type { TestFile } from './read-tests.ts';
import { factOptionsOf } from './test-facts.ts';
import type { TestedConfiguration } from './unknown-names.ts';

export interface TestResult {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly name: string;
  /** Empty if the test passed. */
  readonly differences: readonly Difference[];
  /** The explanation of its one sign-in. Absent for a test about all that it leaves open. */
  readonly explanation?: WholeExplanation;
  /** What decided in the sign-ins that a test about all that it leaves open looked at. Absent for other tests. */
  readonly evaluated?: EvaluatedRules;
  /** Conditions about the past of its user of which `expect` takes for granted that nothing is unusual. */
  readonly leftAside: readonly string[];
  /** Why no session can hold some of its evidence, in sentences. */
  readonly outlived: readonly string[];
}

/** Locations are in the form of `locationKey`. */
interface EvaluatedRules {
  /** Locations of rules that decided. */
  readonly rules: ReadonlySet<string>;
  /** `location condition result` for each condition that was evaluated. */
  readonly conditions: ReadonlySet<string>;
}

/** `findings`: tests that cannot be run, such as one with a proof by something that is not enrolled. */
export async function runTests(
  files: readonly TestFile[],
  configuration: TestedConfiguration,
): Promise<{ readonly results: readonly TestResult[]; readonly findings: readonly Finding[] }> {
  const results: TestResult[] = [];
  const findings: Finding[] = [];
  for (const { file, source, tests } of files) {
    for (const [index, test] of tests.entries()) {
      const path = ['tests', index];
      const { line, column } = source.locationOf(path);
      const outcome = await outcomeOf(test, configuration);
      if (typeof outcome === 'string') findings.push(source.finding('test_unaskable', path, outcome));
      else results.push({ file, line, column, name: test.name, ...outcome });
    }
  }
  return { results, findings };
}

/** Why it cannot be run, in one sentence. */
async function outcomeOf(
  test: PolicyTest,
  configuration: TestedConfiguration,
): Promise<Pick<TestResult, 'differences' | 'explanation' | 'evaluated' | 'leftAside' | 'outlived'> | string> {
  const { snapshot, authenticators } = configuration;
  const app = await snapshot.app(test.app);
  if (app?.signOnPolicies === undefined) return `no user signs in to ${test.app}: it is a service`;
  try {
    const options = factOptionsOf(test);
    const facts = factsFromOptions(options, { snapshot, app, authenticators, now: plainTime });
    const policies = await snapshot.policies(app);
    const sets = signInConditions(policies);
    const isOpen = (test.always ?? test.never ?? test.depends) !== undefined;
    const open = isOpen ? await openSignIns(test, app, configuration) : undefined;
    const { decide, evaluated } = watched((sample) => decidedSignIn(snapshot, app, sample));
    const explanation = test.expect && (await explainWhole(snapshot, app, facts));
    return {
      differences: [
        ...(test.expect ? differences(test.expect, await decidedSignIn(snapshot, app, facts)) : []),
        ...(open ? await openDifferences(test, open, decide) : []),
      ],
      leftAside: test.expect && test.user ? pastLeftAside(sets, options) : [],
      outlived: outlivedSessions(facts, policies),
      ...(explanation && { explanation }),
      ...(open && { evaluated }),
    };
  } catch (error) {
    if (error instanceof StepgateError && error.code === 'bad_request') return error.message;
    throw error;
  }
}

type Decide = (facts: Facts) => Promise<DecidedSignIn>;

/** Keeps what decided before and after the first proof, as that is what an expectation is compared with. */
function watched(decided: Decide): { readonly decide: Decide; readonly evaluated: EvaluatedRules } {
  const rules = new Set<string>();
  const conditions = new Set<string>();
  const decide: Decide = async (facts) => {
    const signIn = await decided(facts);
    for (const layers of new Set([signIn.first, signIn.layers])) {
      for (const location of decidingLocations(layers)) rules.add(location);
      for (const result of conditionResults({ layers })) conditions.add(result);
    }
    return signIn;
  };
  return { decide, evaluated: { rules, conditions } };
}
