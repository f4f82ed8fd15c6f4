/** An input that takes a text, and how it answers. */
import type { FlowsInProgress } from './flows-in-progress.ts';
import type { Values } from './handed-out-values.ts';

export interface TestedInput {
  readonly name: string;
  /** Names of the values that belong here. The first one is put here in the end. */
  readonly takes: readonly [string, ...string[]];
  /** How it answers that one. */
  readonly taken: string;
  /** Whether it takes the same value again. */
  readonly counts: 'once' | 'always';
  /** How it answers what does not belong here. */
  readonly refusals: readonly string[];
  /** Audit lines that reaching this input leaves, for any value. */
  readonly onTheWay?: readonly string[];
  /** Puts the text here. Says in a few words what came back. */
  submit(flows: FlowsInProgress, value: string, values: Values): Promise<string>;
}
