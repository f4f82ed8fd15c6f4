/** How theories of the condition `attributes` speak of values. */
import type { ValueTest } from '../../model/conditions.ts';
import type { Seconds } from '../../model/facts.ts';
import type { Formula } from './theory.ts';

/** How the condition tests one value; the same function decides (Law 3). */
export type CompileValueTest = (test: ValueTest) => (value: unknown, now: Seconds) => boolean;

/** What formulas say about one value, and about whether there is one. */
export interface Values {
  /** A value passes. */
  readonly passes: (test: ValueTest) => Formula;
  readonly isPresent: Formula;
}
