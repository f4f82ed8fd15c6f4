/** Describes a change in one sentence: who is affected, what changes, where, and with which effect. */
import type { AccessChange, AffectedUsers, Effect } from '../compared/configuration-changes.ts';

export function changeSentence({
  headline,
  kind,
  who,
  where,
  effects,
}: Pick<AccessChange, 'kind' | 'who' | 'where' | 'effects'> & { readonly headline: string }): string {
  // If steps differ, the headline already states the effect.
  const more = kind === 'steps' ? [] : new Set(effects.map((effect) => effectText(effect, who)));
  return [`${affectedUsersText(who)}${where === '' ? '' : `, ${where}`}: ${headline}`, ...more].join('; ');
}

function effectText({ words, users, having }: Effect, who: AffectedUsers): string {
  if (users === undefined)
    return having === undefined ? words : `${having.startsWith('except ') ? 'all' : 'those'} ${having} ${words}`;
  if (users === who.users) return users === 1 ? words : `all of them ${words}`;
  return `${users} of them ${words}`;
}

/** For example `412 editors`, or `no user today (users in auditors)`. */
export function affectedUsersText(who: AffectedUsers): string {
  const { users, of: total, groups, all, having } = who;
  if (users === undefined)
    return [all ? 'every user' : hypothetical(who), ...(having === undefined ? [] : [having])].join(' ');
  if (users === 0) return `no user today (${all ? 'every user' : hypothetical(who)})`;
  if (all) return users === 1 ? 'the one user' : `all ${users} users`;
  const whole = groups.filter((affected) => affected.users === users).sort((a, b) => a.of - b.of)[0];
  if (whole === undefined) return counted(`${users} of ${total} users`, groups);
  const { group, of } = whole;
  if (users === 1 && of === 1) return `1 user in ${group}`;
  // A group name in the plural is used for its members.
  const members = group.endsWith('s') ? group : `users in ${group}`;
  return of === users ? `${users} ${members}` : `${users} of ${of} ${members}`;
}

/** The most groups to name. */
const most = 4;

function counted(words: string, groups: AffectedUsers['groups']): string {
  const largest = groups.toSorted((a, b) => b.users - a.users).slice(0, most);
  const among = largest.map((affected) => `${affected.users} in ${affected.group}`);
  const rest = groups.length > most ? ', ...' : '';
  return `${words}${among.length > 0 ? ` (of them ${among.join(', ')}${rest})` : ''}`;
}

function hypothetical({ groups, such = [], ungrouped }: AffectedUsers): string {
  const names = groups.map(({ group }) => group);
  const places = [...(names.length > 0 ? [shortened(names)] : []), ...(ungrouped ? ['no group that rules name'] : [])];
  const examples = such.length > 0 ? ` such as ${shortened(such)}` : '';
  return `users in ${places.join(' or in ')}${examples}`;
}

function shortened(names: readonly string[]): string {
  return `${names.slice(0, most).join(', ')}${names.length > most ? ', ...' : ''}`;
}
