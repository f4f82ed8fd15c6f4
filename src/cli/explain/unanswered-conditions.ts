/** What commands take for granted about the past of users, where rules ask about it. */
import type { ConditionSet } from '../../core/model/conditions.ts';
import type { Facts } from '../../core/model/facts.ts';
import { conditionsAbout } from '../../core/policy/rules/condition-table.ts';
import { isRead, openReads } from '../../core/policy/rules/expression-parts.ts';
import type { FactOptions } from './fact-options.ts';

/** Conditions about former sign-ins, each with an option of its name. Claims are a matter of the request. */
const aboutThePast = conditionsAbout('past', 'other').filter((name) => name !== 'claims');

/** The conditions about the past of which nothing is said. `told`: has a member named like each that is answered. */
export function pastLeftAside(sets: readonly ConditionSet[], told: object): readonly string[] {
  return aboutThePast.filter(
    (name) => !Object.hasOwn(told, name) && sets.some((set) => Object.hasOwn(set, name) && !isAnswered(set, name)),
  );
}

/** What rules ask about who the user is, of which the options say nothing: the names of these options. */
export function identityLeftAside(
  sets: readonly ConditionSet[],
  { identifiers, userId }: FactOptions,
): readonly string[] {
  const reads = openReads(sets);
  const asksNames = sets.some(({ users }) => users !== undefined) || isRead('user.identifiers', reads);
  return [
    ...(asksNames && (identifiers ?? userId) === undefined ? ['identifiers'] : []),
    ...(isRead('user.id', reads) && userId === undefined ? ['userId'] : []),
  ];
}

/** Whether a condition asks only what is known of each sign-in: a browser that is not known is a new device. */
export function isAnswered({ risk }: ConditionSet, name: string): boolean {
  if (name !== 'risk' || risk === undefined) return false;
  const named = [...(risk.any ?? []), ...(risk.none ?? [])];
  return risk.atLeast === undefined && risk.below === undefined && named.every((signal) => signal === 'newDevice');
}

/** What expressions may read of a sign-in and no command goes through, with the words for it. */
const unvaried: ReadonlyMap<string, string> = new Map([
  ['now', 'the time in expressions'],
  ['network.ip', 'the address in expressions'],
  ['request.scopes', 'the scopes in expressions'],
  ['request.acrValues', 'acr_values in expressions'],
]);

/** What answers about many sign-ins go through. */
const aboutIdentity = new Set(['user.identifiers', 'user.id']);

/**
 * What an answer about many sign-ins ignores of what expressions read, e.g. `expression.now`; `expression`: facts of
 * the user, if these are not known.
 */
export function readsLeftAside(
  sets: readonly ConditionSet[],
  { realUser }: { readonly realUser: boolean },
): readonly string[] {
  const reads = openReads(sets);
  return [
    ...(!realUser && reads.some((path) => /^user\b/.test(path) && !aboutIdentity.has(path)) ? ['expression'] : []),
    ...[...unvaried.keys()].filter((fact) => isRead(fact, reads)).map((fact) => `expression.${fact}`),
  ];
}

const otherNames: ReadonlyMap<string, string> = new Map([
  ['userId', 'the id of the user'],
  ['risk', 'risk other than that of a new browser'],
  ['expression', 'facts of the user in expressions'],
  ['enrollments', 'other sets of authenticators that users have'],
  ['skips', 'what users have skipped before'],
  ['consents', 'what users have consented to'],
  ['combinations', 'more combinations of place, device, time and scopes than are compared'],
  ...Array.from(unvaried, ([fact, words]) => [`expression.${fact}`, words] as const),
]);

/** For example `distance and lastSignIn`. */
export function conditionNamesText(names: readonly string[]): string {
  const all = names.map((name) => otherNames.get(name) ?? name);
  return [all.slice(0, -1).join(', '), ...all.slice(-1)].filter((part) => part !== '').join(' and ');
}

const plural =
  /^(?:users|identifiers|attributes|scopes|claims|combinations|enrollments|skips|consents|expression|expression\.request\..*)$/;

/** `it`, or `them` if there are several. */
export function pronounOf(names: readonly string[]): string {
  return names.length === 1 && !names.some((name) => plural.test(name)) ? 'it' : 'them';
}

/** What an explanation leaves aside, after an empty line. Empty if it leaves nothing. */
export function leftAsideLines(names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const options = names.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  const [what, pronoun] = [conditionNamesText(names), pronounOf(names)];
  return ['', `Rules also ask about ${what}. This is about a sign-in without ${pronoun}; say ${options.join(', ')}.`];
}

/** Facts without a risk that was not given and that no rule asks about. A user who has not identified has none yet. */
export function asFarAsAsked(facts: Facts, sets: readonly ConditionSet[], { risk: given }: FactOptions): Facts {
  const isAsked = sets.some(({ risk }) => risk !== undefined) && facts.subject !== undefined;
  if (isAsked || given !== undefined) return facts;
  const { risk: _, ...others } = facts;
  return others;
}
