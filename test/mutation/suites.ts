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
      'test/unit/policy/analysis/analysed/',
      'test/unit/policy/analysis/analysis.test.ts',
      'test/unit/policy/analysis/analysis-budget.test.ts',
      'test/unit/policy/analysis/analysis-of-apps.test.ts',
      'test/unit/policy/analysis/analysis-of-risk.test.ts',
      'test/unit/policy/analysis/clean-policies.test.ts',
      'test/unit/policy/analysis/invariants/',
      'test/unit/policy/analysis/lock-outs/',
      'test/unit/policy/analysis/rules/',
      'test/unit/policy/analysis/standards/',
      'test/unit/policy/check/warnings.test.ts',
      'test/unit/policy/check/attainable.test.ts',
      'test/unit/policy/check/auxiliary.test.ts',
      'test/unit/policy/schema/attributes.test.ts',
      'test/unit/policy/schema/enrollment.test.ts',
      'test/unit/policy/schema/expressions.test.ts',
      'test/unit/policy/schema/methods.test.ts',
      'test/unit/policy/schema/password.test.ts',
      'test/unit/cli/explain/explain.test.ts',
      'test/unit/cli/config/diff/config-diff.test.ts',
      'test/unit/cli/config/diff/deciding-rules.test.ts',
      'test/unit/cli/config/diff/user-classes.test.ts',
      'test/unit/cli/config/questions/',
      'test/unit/cli/config/revisions/no-weaker.test.ts',
      'test/unit/cli/config/revisions/no-weaker-enrollments.test.ts',
      'test/unit/cli/config/revisions/no-weaker-proofs.test.ts',
      'test/unit/cli/config/revisions/no-weaker-settings.test.ts',
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
