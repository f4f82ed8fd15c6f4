/** Renders `docs/mutation-equivalents.md` from the list of mutants that change nothing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { instrument, type Mutant } from '../test/mutation/mutate.ts';

const repository = join(import.meta.dirname, '..');

export const mutationEquivalentsFile = join(repository, 'docs/mutation-equivalents.md');

/** A mutant that no test can notice, and why. */
export interface EquivalentMutant extends Mutant {
  readonly reason: string;
}

/**
 * By the key of the mutant, as `test/mutation/equivalent.json` has it: why it changes nothing that can be noticed.
 */
export function listedReasons(): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(join(repository, 'test/mutation/equivalent.json'), 'utf8'));
}

/** In the order of the list. Throws for a key of which the sources have no mutant any more. */
export function equivalentMutants(reasons: Readonly<Record<string, string>>): readonly EquivalentMutant[] {
  const files = new Set(Object.keys(reasons).map(fileOf));
  const mutants = new Map([...files].flatMap(mutantsOf).map((mutant) => [mutant.key, mutant]));
  return Object.entries(reasons).map(([key, reason]) => {
    const mutant = mutants.get(key);
    if (!mutant) throw new Error(`drop this line from test/mutation/equivalent.json, no mutant has its key: ${key}`);
    return { ...mutant, reason };
  });
}

function fileOf(key: string): string {
  return key.split(' ')[0] ?? '';
}

function mutantsOf(file: string): readonly Mutant[] {
  return instrument(file, readFileSync(join(repository, file), 'utf8')).mutants;
}

const introduction = `# Equivalent mutants

<!-- Written by \`npm run docs\` from \`test/mutation/equivalent.json\`; a test checks that it is up to date. -->

A mutant is a small change of a source that the tests should notice ([testing](testing.md)). These change nothing that a test could notice, so they do not
count in the score. Each has its reason. One that a reason does not convince you of is a gap: write the test, and drop the line.
`;

/** The whole file. */
export function renderMutationEquivalents(): string {
  const mutants = equivalentMutants(listedReasons());
  const files = [...new Set(mutants.map(({ file }) => file))];
  const sections = files.map((file) => section(mutants.filter((mutant) => mutant.file === file)));
  return [introduction, ...sections].join('\n');
}

function section(mutants: readonly EquivalentMutant[]): string {
  return [`## \`${mutants[0]?.file}\`\n`, ...mutants.map(item), ''].join('\n');
}

function item({ key, operator, original, replacement, reason }: EquivalentMutant): string {
  const place = / #(\d+)$/.exec(key)?.[1];
  const what = replacement === '' ? `${code(original)} left out` : `${code(original)} becomes ${code(replacement)}`;
  return `- ${what} (${operator}${place === undefined ? '' : `, number ${place} in the file`}). ${reason}`;
}

/** Code marks around code that may have such marks itself. */
function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}
