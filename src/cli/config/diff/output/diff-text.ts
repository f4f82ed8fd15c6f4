/** A diff for terminals. */

import { sourceLocationText } from '../../../../core/model/source-location.ts';
import { printable } from '../../../../policy/model/printable.ts';
import { conditionNamesText, pronounOf } from '../../../explain/unanswered-conditions.ts';
import { quantity } from '../../shared/quantities.ts';
import type {
  AccessChange,
  AskedThere,
  ChangeKind,
  ConfigDiff,
  Effect,
  FileChange,
  PartChange,
} from '../compared/configuration-changes.ts';
import { affectedUsersText } from '../sign-ins/sentences.ts';

/** Returns whole lines. */
export function diffText(diff: ConfigDiff): string {
  const { against, files, apps, changes, refusedValues, leftAside } = diff;
  if (files.length === 0) return `Nothing differs from ${against}.\n`;
  const sections = [
    [`What differs from ${against}:`, ...files.flatMap(fileLines)],
    ...(apps.added.length > 0 ? [[`New apps: ${apps.added.join(', ')}`]] : []),
    ...(apps.removed.length > 0 ? [[`Apps that no user can open any more: ${apps.removed.join(', ')}`]] : []),
    ...(changes.length === 0 ? [[noChangeText(diff)]] : changeSections(diff)),
    ...(refusedValues.length === 0
      ? []
      : [[refusedValuesTitle, ...refusedValues.map((refused) => `  ${refusedText(refused, diff.isPartial)}`)]]),
    ...(leftAside.length === 0
      ? []
      : [
          [
            `Rules also ask about ${conditionNamesText(leftAside)}. This leaves ${pronounOf(leftAside)} aside; \`explain\` does not.`,
          ],
        ]),
  ];
  return sections.map((lines) => lines.map((line) => `${printable(line)}\n`).join('')).join('\n');
}

/** The findings are about values that the attributes allow. */
export const refusedValuesTitle =
  'Values that the attributes do not allow any more. No finding and no invariant is about them:';

export function refusedText({ attribute, users }: ConfigDiff['refusedValues'][number], isPartial = false): string {
  return `${attribute}: ${quantity(users, 'active user')}${isPartial ? ' or more' : ''}`;
}

function noChangeText({ users }: ConfigDiff): string {
  const counted = users === undefined ? '' : ` of ${quantity(users, 'active user')}`;
  return `No fresh sign-in${counted} changes.`;
}

const signs: Readonly<Record<FileChange['change'], string>> = { added: '+', changed: '~', removed: '-' };

function fileLines({ file, change, parts }: FileChange): readonly string[] {
  const only = change === 'changed' && parts.length === 0 ? '  (comments or layout only)' : '';
  return [`  ${signs[change]} ${file}${only}`, ...parts.map((part) => `      ${partText(part, file)}`)];
}

function partText({ change, rule, path, line, column, from, to }: PartChange, file: string): string {
  const what = [...(rule === undefined ? [] : [`rule "${rule}"`]), ...(path === undefined ? [] : [path])].join(', ');
  const values = [...(from === undefined ? [] : [from]), ...(to === undefined ? [] : [to])].join(' -> ');
  return `${change.padEnd(7)}  ${what}${values === '' ? '' : `: ${values}`}  ${sourceLocationText({ file, line, column })}`;
}

/** The sections, in printing order. */
export const sectionTitles: readonly (readonly [title: string, kinds: readonly ChangeKind[]])[] = [
  ['What users are asked for', ['requirement', 'steps']],
  ['Forgotten passwords', ['recovery']],
  ['Tokens and sessions', ['acr', 'scopes', 'session']],
];

function changeSections({ changes, users, isPartial }: ConfigDiff): readonly (readonly string[])[] {
  const counted = users === undefined ? '' : ` (${quantity(users, 'active user')}${isPartial ? ' or more' : ''} today)`;
  return sectionTitles.flatMap(([title, kinds]) => {
    const own = changes.filter(({ kind }) => kinds.includes(kind));
    return own.length === 0 ? [] : [[`${title}${counted}:`, ...byApps(own).flatMap(appLines)]];
  });
}

interface AppChanges {
  readonly apps: readonly string[];
  readonly changes: readonly AccessChange[];
}

/** Groups changes by apps. */
export function byApps(changes: readonly AccessChange[]): readonly AppChanges[] {
  const groups = Map.groupBy(changes, ({ apps }) => apps.join(' '));
  return [...groups.values()].flatMap((same) => (same[0] ? [{ apps: same[0].apps, changes: same }] : []));
}

function appLines({ apps, changes }: AppChanges): readonly string[] {
  return [`  ${appsText(apps)}`, ...changes.flatMap(changeLines)];
}

/** The most app names to show. */
const most = 6;

export function appsText(apps: readonly string[]): string {
  if (apps.length <= most) return apps.join(', ');
  return `${apps.slice(0, most).join(', ')} and ${apps.length - most} more`;
}

function changeLines(change: AccessChange): readonly string[] {
  const details = changeDetails(change).map(({ label, text }) => `        ${label.padEnd(6)}  ${text}`);
  return [`    ${change.sentence}`, ...details];
}

/** The details below the sentence. */
export function changeDetails({ kind, before, after, effects }: AccessChange) {
  // The sentence already contains it.
  const text = kind === 'requirement' || kind === 'steps' || kind === 'scopes' ? sideText : rulesText;
  const setUps = [...new Set(effects.flatMap(setUpText))];
  return [
    { label: 'before', text: text(before) },
    { label: 'after', text: text(after) },
    ...setUps.map((words) => ({ label: 'set up', text: words })),
  ].filter((line) => line.text !== '');
}

/** Alone, it is what the sentence is about. */
function setUpText({ enroll, who }: Effect): readonly string[] {
  if (enroll === undefined) return [];
  return [who === undefined ? enroll : `${affectedUsersText(who)}: ${enroll}`];
}

function sideText(side: AskedThere): string {
  return [side.words, rulesText(side)].filter((part) => part !== '').join('  by ');
}

function rulesText({ rules }: AskedThere): string {
  return rules
    .map((rule) => `"${rule.name}" ${sourceLocationText(rule)}${rule.fails ? ', which fails' : ''}`)
    .join(', ');
}
