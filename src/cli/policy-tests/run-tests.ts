/** Runs policy tests: each is one question to `explain`. */
import { plainTime } from '../../core/analysis/rule-space.ts';
import { StepgateError } from '../../errors.ts';
import { type Explanation, explain } from '../../flow/explain.ts';
import type { Finding } from '../../policy/model/finding.ts';
import type { PolicyTest } from '../../policy/schema/policy-tests.ts';
import { factsFromOptions } from '../explain/facts-from-options.ts';
import { type Difference, differences } from './compare.ts';
import type { TestedConfiguration, TestFile } from './read-tests.ts';
import { factOptionsOf } from './test-facts.ts';

export interface TestResult {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  /** Empty: it passed. */
  readonly differences: readonly Difference[];
  readonly explanation: Explanation;
}

/** `findings`: tests that cannot be asked, such as one with a proof of what is not enrolled. */
export async function runTests(
  files: readonly TestFile[],
  configuration: TestedConfiguration,
): Promise<{ readonly results: readonly TestResult[]; readonly findings: readonly Finding[] }> {
  const results: TestResult[] = [];
  const findings: Finding[] = [];
  for (const { file, source, tests } of files) {
    for (const [index, test] of tests.entries()) {
      const path = ['tests', index];
      const explanation = await explanationOf(test, configuration);
      if (typeof explanation === 'string') findings.push(source.finding(path, explanation));
      else {
        const line = source.lineOf(path);
        results.push({ file, line, name: test.name, differences: differences(test, explanation), explanation });
      }
    }
  }
  return { results, findings };
}

/** A sentence: why it cannot be asked. */
async function explanationOf(
  test: PolicyTest,
  { snapshot, authenticators }: TestedConfiguration,
): Promise<Explanation | string> {
  const app = await snapshot.app(test.app);
  if (app?.signOnPolicies === undefined) return `no user signs in to ${test.app}: it is a service`;
  const options = factOptionsOf(test);
  try {
    const facts = factsFromOptions(options, { snapshot, app, authenticators, now: plainTime });
    return await explain(snapshot, app, facts);
  } catch (error) {
    if (error instanceof StepgateError && error.code === 'bad_request') return error.message;
    throw error;
  }
}
