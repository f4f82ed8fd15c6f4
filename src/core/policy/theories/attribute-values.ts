/** How the theories of the condition `attributes` describe values. */
import type { ValueTest } from '../../model/conditions.ts';
import type { Seconds } from '../../model/facts.ts';
import type { Formula } from './theory.ts';

/** Compiles the test of one value. The same function is used for decisions (Law 3). */
export type CompileValueTest = (test: ValueTest) => (value: unknown, now: Seconds) => boolean;

/** What formulas say about one value, and about whether there is one. */
export interface ValueFormulas {
  /** The formula for "a value passes this test". */
  readonly passes: (test: ValueTest) => Formula;
  readonly isPresent: Formula;
}
