/**
 * What rules ask about users, apart from their groups: conditions, and the parts of expressions that read the user.
 * Users for whom all of these result in the same are not told apart by them.
 */

import type { CompiledExpression, ConditionSet } from '../../../../core/model/conditions.ts';
import type { Facts, Subject } from '../../../../core/model/facts.ts';
import { compileConditions, conditionsAbout } from '../../../../core/policy/rules/condition-table.ts';
import { expressionParts } from '../../../../core/policy/rules/expression-parts.ts';
import { everyCondition } from '../../../../core/queries/sign-in-conditions.ts';
import { getOrMake } from '../../../shared/values/get-or-make.ts';
import { factsIn, type VariedPair } from './circumstances.ts';

/** Something that rules ask about users, apart from their groups: a condition, or a part of an expression. */
export interface Atom {
  readonly id: string;
  readonly resultIn: (facts: Facts & { readonly subject: Subject }) => string;
  /** The facts that it reads, e.g. `now`, `subject.profile.site`. Those of the user only where it reads others, too. */
  readonly reads: readonly string[];
  /** One sign-in for each reading of these facts in the compared circumstances, before the user has identified. */
  readonly signIns: readonly Facts[];
  /** The results in these sign-ins by what is read of the user. */
  readonly known: Map<string, string>;
}

type AskedAtom = Omit<Atom, 'signIns' | 'known'>;

/** Groups are handled separately in a class. */
export const aboutUsers = conditionsAbout('user', 'account', 'past', 'anything').filter((name) => name !== 'groups');

/** Those of these pairs, with the sign-ins in which they may have different results. */
export function atomsOf(varied: readonly VariedPair[]): readonly Atom[] {
  const found = new Map<string, { readonly atom: AskedAtom; readonly signIns: Map<string, Facts> }>();
  for (const { pair, circumstances } of varied) {
    const { active, next } = pair;
    const sets = [active, next].flatMap(({ policies }) => everyCondition(policies));
    const atoms = new Map(sets.flatMap(atomsIn).map((asked) => [asked.id, asked]));
    if (atoms.size === 0) continue;
    const signIns = circumstances.flatMap((circumstance) => [
      factsIn(active, circumstance, 'active'),
      factsIn(next, circumstance, 'next'),
    ]);
    for (const asked of atoms.values()) {
      const own = getOrMake(found, asked.id, () => ({ atom: asked, signIns: new Map<string, Facts>() })).signIns;
      for (const facts of asked.reads.length === 0 ? signIns.slice(0, 1) : signIns) {
        const key = reading(facts, asked.reads);
        if (!own.has(key)) own.set(key, facts);
      }
    }
  }
  return Array.from(found.values(), ({ atom: asked, signIns }) => {
    return { ...asked, signIns: [...signIns.values()], known: new Map() };
  });
}

/** The ids of what the conditions ask about users, apart from groups. */
export function atomIds(set: ConditionSet): readonly string[] {
  return atomsIn(set).map(({ id }) => id);
}

/** Cached by expression: its parts are read once for all apps. */
const expressionAtoms = new WeakMap<CompiledExpression, readonly AskedAtom[]>();

function atomsIn(set: ConditionSet): readonly AskedAtom[] {
  const { expression } = set;
  return aboutUsers.flatMap((name): readonly AskedAtom[] => {
    const condition = set[name];
    if (condition === undefined) return [];
    if (name === 'expression' && expression)
      return getOrMake(expressionAtoms, expression, () => atomsOfExpression(expression));
    const tests = compileConditions({ [name]: condition });
    const reads = tests.some(({ varies }) => varies) ? ['now'] : [];
    return [
      atom(JSON.stringify([name, condition]), reads, (facts) => tests.map(({ test }) => test(facts)[0]).join('')),
    ];
  });
}

function atom(id: string, reads: readonly string[], resultIn: Atom['resultIn']): AskedAtom {
  return { id, reads, resultIn };
}

const user = /^user\b/;

/**
 * One that reads the user alone is evaluated once. Of another one, each part that is about the user: users whom it
 * distinguishes in some sign-in differ in one of them, or in their groups.
 */
function atomsOfExpression({ written, evaluate, logic, partOf }: CompiledExpression): readonly AskedAtom[] {
  const readBy = (text: string) => partOf?.(text).reads ?? [];
  if (readBy(written).every((path) => user.test(path))) return [atom(`expression ${written}`, [], evaluate)];
  return expressionParts(logic).flatMap((part): readonly AskedAtom[] => {
    if ('userType' in part)
      return [atom('user.userType', [], ({ subject: { userType } }) => JSON.stringify([userType]))];
    if (!('text' in part)) return [];
    const reads = readBy(part.text);
    const others = reads.filter((path) => !user.test(path));
    if (others.length === reads.length) return [];
    const all = others.length === 0 ? [] : reads.map((path) => path.replace(user, 'subject'));
    return [atom(`part ${part.text}`, all, partOf?.(part.text).evaluate ?? evaluate)];
  });
}

/** The facts at these paths. */
function reading(facts: object, paths: readonly string[]): string {
  return JSON.stringify(
    paths.map((path) =>
      path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], facts),
    ),
  );
}

/** In more sign-ins, users are told apart by what the condition reads of them. */
const mostSignIns = 64;

/** What the facts of a sign-in say of a user. */
type ComparedUser = Pick<Facts, 'lastSignIn'> & { readonly subject: Subject };

/** Equal for users whom the condition distinguishes in no circumstance. */
export function resultFor(compared: ComparedUser, asked: Atom): string {
  const { reads, signIns, known } = asked;
  if (!reads.some(isOfUser)) return resultsIn(compared, asked);
  const read = readOfUser(compared.subject, asked);
  return signIns.length > mostSignIns ? read : getOrMake(known, read, () => resultsIn(compared, asked));
}

/** A sign-in of this user. */
export function signInOfUser(facts: Facts, { subject, lastSignIn }: ComparedUser): Facts & ComparedUser {
  return { ...facts, subject, ...(lastSignIn !== undefined && { lastSignIn }) };
}

/** The results in each sign-in. */
function resultsIn(compared: ComparedUser, { resultIn, signIns }: Pick<Atom, 'resultIn' | 'signIns'>): string {
  return signIns.map((facts) => resultIn(signInOfUser(facts, compared))).join(' ');
}

/** What the condition reads of the user. */
export function readOfUser(subject: Subject, { reads }: Pick<Atom, 'reads'>): string {
  return reading({ subject }, reads.filter(isOfUser));
}

function isOfUser(path: string): boolean {
  return path.startsWith('subject');
}

/**
 * As `resultFor` at another app, where sign-ins differ from these in the app alone: of several sign-ins, other results
 * are equal at none of them. `read`: what the condition reads of the user.
 */
export function resultsAtApp(
  { resultIn, signIns }: Atom,
  clientId: string,
): (of: { readonly subject: Subject; readonly text: string }) => string {
  if (signIns.length > mostSignIns) return ({ text }) => `${clientId} ${text}`;
  const there = signIns.map((facts) => ({ ...facts, request: { ...facts.request, clientId } }));
  return ({ subject }) => resultsIn({ subject }, { resultIn, signIns: there });
}
