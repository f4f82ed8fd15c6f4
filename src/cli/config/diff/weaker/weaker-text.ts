/** Describes what would newly be sufficient under a configuration. */
import { sourceLocationText } from '../../../../core/model/source-location.ts';
import { shellWord } from '../../../../policy/model/analysis-finding.ts';
import { printable } from '../../../../policy/model/printable.ts';
import type { NamedLocation } from '../compared/configuration-changes.ts';
import { appsText } from '../output/diff-text.ts';
import type { WeakerFindings, WeakerRule } from './weaker-rules.ts';

/** Returns whole lines. `dir`: where the files are. Absent if they belong to an earlier revision. */
export function weakerText({ weaker, undecided }: WeakerFindings, dir?: string): string {
  const lines = [
    ...(weaker.length > 0
      ? ['This lets users in with less than before:', ...weaker.flatMap((rule) => ruleLines(rule, dir))]
      : []),
    ...(undecided.length > 0 ? ['It could not be decided whether this does:'] : []),
    ...undecided.map((sentence) => `  ${sentence}`),
    ...(weaker.length > 0 && dir !== undefined ? ['Without --config, `explain` describes the active revision.'] : []),
    'nothing was changed, as --no-weaker says [weaker]',
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function ruleLines({ apps, words, before, after, example }: WeakerRule, dir: string | undefined): readonly string[] {
  const options = [...(dir === undefined ? [] : ['--config', dir]), ...example].map(shellWord);
  return [
    `  ${appsText(apps)}: ${words}`,
    `      before  ${locationsText(before)}`,
    `      after   ${locationsText(after)}`,
    `      see     npm run stepgate -- explain ${options.join(' ')}`,
  ];
}

function locationsText(locations: readonly NamedLocation[]): string {
  return locations.map((location) => `"${location.name}" ${sourceLocationText(location)}`).join(', ') || 'no rule';
}
