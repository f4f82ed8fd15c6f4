/** Asks `config matrix`, `config who` and `config what`, and reads their tables. */
import { matrixCommand } from '../../../../src/cli/config/questions/matrix.ts';
import { whatCommand } from '../../../../src/cli/config/questions/what.ts';
import { whoCommand } from '../../../../src/cli/config/questions/who.ts';
import { StepgateError } from '../../../../src/errors.ts';
import { run, type Terminal } from './harness.ts';

export const questions = { matrix: matrixCommand, who: whoCommand, what: whatCommand };

/** What the command prints about these files, where there is no store. */
export async function askWithoutStore(
  terminal: Terminal,
  [command, configDir, ...words]: readonly [keyof typeof questions, string, ...string[]],
): Promise<string> {
  const openStore = async () => {
    throw new StepgateError('not_configured', 'there is no store');
  };
  await run(questions[command]({ ...terminal.context, configDir, openStore }), ...words);
  return terminal.printed();
}

/** The cells of a table, without what stands around it. */
export function cells(text: string): readonly (readonly string[])[] {
  const [, table = ''] = text.split('\n\n');
  return table
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));
}
