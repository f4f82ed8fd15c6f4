/** Says what a configuration would let users in with that was not enough before. */
import { printable } from '../../shared/printable.ts';
import { appsText } from './diff-text.ts';
import type { NamedPlace } from './model.ts';
import type { WeakerFindings, WeakerRule } from './weaker.ts';

/** Whole lines. */
export function weakerText({ weaker, undecided }: WeakerFindings): string {
  const lines = [
    ...(weaker.length > 0 ? ['This lets users in with less than before:', ...weaker.flatMap(ruleLines)] : []),
    ...(undecided.length > 0 ? ['It could not be decided whether this does:'] : []),
    ...undecided.map((sentence) => `  ${sentence}`),
    'nothing was changed, as --no-weaker says',
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function ruleLines({ apps, words, before, after, example }: WeakerRule): readonly string[] {
  const options = example.map((word) => (/^[\w./:,=@+-]+$/.test(word) ? word : JSON.stringify(word)));
  return [
    `  ${appsText(apps)}: ${words}`,
    `      before  ${placesText(before)}`,
    `      after   ${placesText(after)}`,
    `      see     explain ${options.join(' ')}`,
  ];
}

function placesText(places: readonly NamedPlace[]): string {
  return places.map(({ name, file, line }) => `"${name}" ${file}:${line}`).join(', ') || 'no rule';
}
