/** What `config apply --no-weaker` claims of a change, with the sign-in of each example under both configurations. */
import { configCommand } from '../../../../../src/cli/config/config.ts';
import { explainCommand } from '../../../../../src/cli/explain/explain.ts';
import type { Explanation } from '../../../../../src/flow/explain.ts';
import { withConfiguration } from '../../../policy/support/configuration-dir.ts';
import { configContext, run, type Terminal } from '../../support/harness.ts';

type Files = Readonly<Record<string, string>>;

/** How a sign-in ends: what comes next, and the last step. `refused`: the app may not ask for its scopes. */
interface Ending {
  readonly outcome: string;
  readonly end: string | undefined;
  readonly scopes: readonly string[];
}

/** One claim. */
interface Claim {
  readonly words: string;
  readonly groups: string | undefined;
  /** The options of `explain`. */
  readonly example: string;
  readonly before: Ending;
  readonly after: Ending;
}

export interface ReplayedChange {
  readonly claims: readonly Claim[];
  readonly undecided: readonly string[];
}

/**
 * Applies the revisions in their order, and the next files with `--no-weaker`. Each example is given to `explain` as it
 * is printed.
 */
export async function replayedChange(
  terminal: Terminal,
  revisions: readonly Files[],
  next: Files,
): Promise<ReplayedChange> {
  const config = async (...words: readonly string[]) => {
    await run(configCommand(configContext(terminal)), ...words);
    return terminal.printed();
  };
  for (const files of revisions) {
    const applied = await withConfiguration(files, (dir) => config('apply', dir));
    if (!applied.includes('is active')) throw new Error(`a revision is refused: ${applied}`);
  }
  return withConfiguration(next, async (dir) => {
    const endingOf = async (...words: readonly string[]): Promise<Ending> => {
      const refused = await run(explainCommand(terminal.context), ...words, '--json').catch((error) => String(error));
      if (refused?.includes('may not ask for the scope')) return { outcome: 'refused', end: undefined, scopes: [] };
      if (refused !== undefined) throw new Error(refused);
      const { outcome, steps, request } = JSON.parse(terminal.printed()) as Explanation;
      return { outcome: outcome.kind, end: steps.at(-1)?.kind, scopes: request.scopes };
    };
    const { weaker = [], undecided = [] } = JSON.parse(await config('apply', dir, '--no-weaker', '--json'));
    const claims: Claim[] = [];
    for (const { words, example } of weaker) {
      const before = await endingOf(...example);
      const after = await endingOf('--config', dir, ...example);
      const groups = example[example.indexOf('--groups') + 1];
      claims.push({ words, groups, example: example.join(' '), before, after });
    }
    return { claims, undecided };
  });
}
