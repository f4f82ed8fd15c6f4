/**
 * Groups users whom the rules of both sides do not distinguish: with the same groups that rules name, the same results
 * of other conditions about users, the same authenticators, and the same attributes that a profile policy may ask for.
 * Each class is evaluated once, however many users it has. At a third-party app, its users are told apart by consent.
 */

import type {
  AnyAllNone,
  CompiledExpression,
  ConditionSet,
  ExpressionPart,
} from '../../../../core/model/conditions.ts';
import type { Facts, Subject } from '../../../../core/model/facts.ts';
import { compileConditions, conditionsAbout } from '../../../../core/policy/rules/condition-table.ts';
import { expressionParts, withConditionsInside } from '../../../../core/policy/rules/expression-parts.ts';
import { everyCondition } from '../../../../core/queries/sign-in-conditions.ts';
import { getOrMake } from '../../../shared/values/get-or-make.ts';
import type { Identity } from '../../questions/identities.ts';
import { factsIn, type VariedPair } from './circumstances.ts';
import { type ConsentCounts, consentsGiven, type ScopesAsked, scopesAsked } from './counted-consents.ts';
import type { Having } from './having-text.ts';
import { type AskedOfUsers, asCompared, askedOfUsers, factsKey } from './subject-facts.ts';

/** A class of users, represented by one of them. */
export interface UserClass extends Pick<Facts, 'lastSignIn'> {
  readonly subject: Subject;
  /** Active users in the class. 0 if there are none today. */
  readonly users: number;
  /** The groups that rules name, sorted. */
  readonly groups: readonly string[];
  /** The result of each atom. */
  readonly results: readonly string[];
  /** Counted for all compared apps, until the class is seen by one of them. */
  readonly consents: ConsentCounts;
  /** A key of everything else that matters. */
  readonly rest: string;
  /** Equal for users of one class: their groups, results and the rest. */
  readonly key: string;
  /** Who a made-up user is, where rules ask. */
  readonly identity?: Identity;
  /** What a made-up user has, where no users are counted. */
  readonly having?: Having;
}

/** Something that rules ask about users, apart from their groups: a condition, or a part of an expression. */
export interface Atom {
  readonly id: string;
  readonly resultIn: (facts: Facts & { readonly subject: Subject }) => string;
  readonly comparedWithApp?: ExpressionPart['comparedWithApp'];
  /** The facts that it reads, e.g. `now`, `subject.profile.site`. Those of the user only where it reads others, too. */
  readonly reads: readonly string[];
  /** One sign-in for each reading of these facts in the compared circumstances, before the user has identified. */
  readonly signIns: readonly Facts[];
  /** The results in these sign-ins by what is read of the user. */
  readonly known: Map<string, string>;
}

type AskedAtom = Omit<Atom, 'signIns' | 'known'>;

/** The parts of users that both configurations use. */
export interface Projection extends AskedOfUsers {
  readonly groups: ReadonlySet<string>;
  readonly atoms: readonly Atom[];
  /** Rules ask when users last signed in. */
  readonly asksLastSignIn: boolean;
  readonly consents: ScopesAsked;
}

/** Groups are handled separately in a class. */
export const aboutUsers = conditionsAbout('user', 'account', 'past', 'anything').filter((name) => name !== 'groups');

/** The projection that these pairs need. */
export function projectionOf(varied: readonly VariedPair[]): Projection {
  const policies = varied.flatMap(({ pair: { active, next } }) => [active.policies, next.policies]);
  const sets = policies.flatMap(everyCondition);
  return {
    groups: groupsNamed(sets),
    atoms: atomsOf(varied),
    asksLastSignIn: sets.some(({ lastSignIn }) => lastSignIn !== undefined),
    ...askedOfUsers(varied),
    consents: scopesAsked(varied),
  };
}

/** In expressions, too. */
export function groupConditions(sets: readonly ConditionSet[]): readonly AnyAllNone[] {
  return withConditionsInside(sets).flatMap(({ groups }) => groups ?? []);
}

function groupsNamed(sets: readonly ConditionSet[]): ReadonlySet<string> {
  return new Set(groupConditions(sets).flatMap(({ any = [], all = [], none = [] }) => [...any, ...all, ...none]));
}

/** Those of these pairs, with the sign-ins in which they may have different results. */
function atomsOf(varied: readonly VariedPair[]): readonly Atom[] {
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
    const { evaluate: resultIn = evaluate, comparedWithApp } = partOf?.(part.text) ?? {};
    return [{ ...atom(`part ${part.text}`, all, resultIn), ...(comparedWithApp && { comparedWithApp }) }];
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

export function isToldByReads({ signIns }: Pick<Atom, 'signIns'>): boolean {
  return signIns.length > mostSignIns;
}

/** What the facts of a sign-in say of a user. */
type ComparedUser = Pick<UserClass, 'subject' | 'lastSignIn'>;

/** Equal for users whom the condition distinguishes in no circumstance. */
export function resultFor(compared: ComparedUser, asked: Atom): string {
  const { reads, known } = asked;
  if (!reads.some(isOfUser)) return resultsIn(compared, asked);
  const read = readOfUser(compared.subject, asked);
  return isToldByReads(asked) ? read : getOrMake(known, read, () => resultsIn(compared, asked));
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
  if (isToldByReads({ signIns })) return ({ text }) => `${clientId} ${text}`;
  const there = { resultIn, signIns: signIns.map((facts) => toApp(facts, clientId)) };
  return ({ subject }) => resultsIn({ subject }, there);
}

/** Equal for conditions that come to the same at any app. */
export function keyBesideApp({ id, reads, signIns }: Atom): string {
  return JSON.stringify([id, signIns.map((facts) => reading(toApp(facts, ''), reads))]);
}

function toApp(facts: Facts, clientId: string): Facts {
  return { ...facts, request: { ...facts.request, clientId } };
}

/** The class of this user. */
export function classOf(
  signingIn: Subject,
  projection: Projection,
  past: Pick<UserClass, 'lastSignIn'> = {},
): UserClass {
  const subject = asCompared(signingIn);
  const { lastSignIn } = past;
  const compared = { subject, ...(lastSignIn !== undefined && { lastSignIn }) };
  const results = projection.atoms.map((asked) => resultFor(compared, asked));
  const groups = [...new Set(subject.groups.filter((group) => projection.groups.has(group)))].sort();
  const consents = consentsGiven(subject, projection.consents);
  const rest = factsKey(subject, projection);
  return { ...compared, users: 1, groups, results, consents, rest, key: classKey({ groups, results, rest }) };
}

export function classKey({ groups, results, rest }: Pick<UserClass, 'groups' | 'results' | 'rest'>): string {
  return `${JSON.stringify([groups, results])} ${rest}`;
}
