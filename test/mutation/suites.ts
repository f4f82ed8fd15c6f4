/** What is mutated, and by which tests the mutants should die. Paths are prefixes from the root of the repository. */
export interface Suite {
  readonly sources: readonly string[];
  readonly tests: readonly string[];
  /** Draws so many mutants, by the seed; absent: all of them. */
  readonly sample?: number;
}

/** Draws the sample. Another seed draws another one. */
export const seed = 20_261_125;

export const suites: Readonly<Record<string, Suite>> = {
  core: {
    sources: ['src/core/'],
    tests: [
      'test/core/',
      'test/unit/policy/account-lock-outs.test.ts',
      'test/unit/policy/enrollment.test.ts',
      'test/unit/policy/warnings.test.ts',
      'test/unit/policy/attainable.test.ts',
      'test/unit/policy/auxiliary.test.ts',
      'test/unit/policy/analysis.test.ts',
      'test/unit/policy/analysis-budget.test.ts',
      'test/unit/policy/analysis-of-apps.test.ts',
      'test/unit/policy/analysis-of-risk.test.ts',
      'test/unit/policy/attributes.test.ts',
      'test/unit/policy/expressions-and-time.test.ts',
      'test/unit/policy/invariants.test.ts',
      'test/unit/policy/methods.test.ts',
      'test/unit/policy/newcomers.test.ts',
      'test/unit/policy/password.test.ts',
      'test/unit/policy/standards.test.ts',
      'test/unit/cli/explain.test.ts',
      'test/unit/cli/no-weaker.test.ts',
      'test/unit/cli/config-diff.test.ts',
    ],
  },
  shell: {
    sources: [
      'src/flow/engine.ts',
      'src/flow/actions/',
      'src/flow/transaction/',
      'src/oidc/storage/adapter.ts',
      'src/stores/unit-of-work.ts',
    ],
    tests: ['test/unit/flow/', 'test/unit/stores/unit-of-work.test.ts', 'test/unit/oidc/'],
    sample: 300,
  },
};
