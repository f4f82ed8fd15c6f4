/**
 * Merges classes of users for the apps of one policy, which distinguish fewer users. Apps may be alike but for parts of
 * expressions that read the app and the user. What these read of the users is known once for all apps, so that little
 * is left for each of them. Apps at which they come to the same for all users share their classes.
 */
import { isRead } from '../../../../core/policy/rules/expression-parts.ts';
import { getOrMake } from '../../../shared/values/get-or-make.ts';
import { type Numbered, numbered, numberIn } from '../../../shared/values/numbered.ts';
import type { VariedPair } from './circumstances.ts';
import { addConsents, apartByConsent, type ConsentCounts, scopesAsked } from './counted-consents.ts';
import {
  type Atom,
  classKey,
  isToldByReads,
  keyBesideApp,
  type Projection,
  readOfUser,
  resultFor,
  resultsAtApp,
  signInOfUser,
  type UserClass,
} from './user-classes.ts';

/** Classes, with numbers in the place of what is compared often. */
export interface NumberedClasses {
  /** By their groups. */
  readonly byGroups: Numbered<UserClass>;
  /** By everything else that matters but the results of conditions that vary from app to app. */
  readonly byRest: Numbered<UserClass>;
  /** What the conditions read of the users. */
  readonly readBy: (atoms: readonly Atom[]) => ReadLists;
}

/** Values that one condition reads of users. */
interface ReadValues {
  /** By class: the number of the value. */
  readonly numberOf: readonly number[];
  /** By number: what the condition comes to at an app. */
  readonly values: readonly ((clientId: string) => string)[];
}

/** What several conditions read together. */
interface ReadLists {
  readonly ofAtoms: readonly ReadValues[];
  /** The numbers of the values. */
  readonly lists: readonly (readonly number[])[];
  readonly kinds: readonly Kind[];
}

/** Users who differ in nothing that matters at any app but in texts that come to the same everywhere. */
interface Kind {
  /** The first of the classes. */
  readonly userClass: UserClass;
  /** The numbers of its groups and of the rest. */
  readonly groups: number;
  readonly rest: number;
  /** What the conditions read: a position in `ReadLists.lists`. */
  readonly read: number;
  readonly consents: ConsentCounts;
  users: number;
}

/** `all`: the projection of the classes. `clientIds`: of all apps that are compared. */
export function numberedClasses(
  classes: readonly UserClass[],
  { atoms }: Projection,
  clientIds: readonly string[],
): NumberedClasses {
  const fixed = [...atoms.keys()].filter((at) => !variesByApp(atoms[at]));
  const restKey = ({ results, rest }: UserClass) => `${JSON.stringify(fixed.map((at) => results[at]))} ${rest}`;
  const values = new Map<string, ReadValues>();
  const lists = new Map<string, ReadLists>();
  const valuesOf = (atom: Atom) => getOrMake(values, keyBesideApp(atom), () => readValues(classes, atom, clientIds));
  const keysOf = (some: readonly Atom[]) => some.map(keyBesideApp).join();
  const byGroups = numbered(classes, ({ groups }) => JSON.stringify(groups));
  const byRest = numbered(classes, restKey);
  const readTogether = (some: readonly Atom[]) => readLists(classes, some.map(valuesOf), { byGroups, byRest });
  return { byGroups, byRest, readBy: (some) => getOrMake(lists, keysOf(some), () => readTogether(some)) };
}

function variesByApp(atom: Atom | undefined): boolean {
  return atom !== undefined && isRead('request.clientId', atom.reads);
}

type ReadValue = Parameters<ReturnType<typeof resultsAtApp>>[0];

/**
 * An expression that compares the client id with texts of the user comes to the same at all apps whose id is in none of
 * them, so it is evaluated at one app like these, and at the others. Users may have 100,000 such texts: those that come
 * to the same everywhere count as one value. `clientIds`: all apps that are asked about.
 */
function readValues(classes: readonly UserClass[], atom: Atom, clientIds: readonly string[]): ReadValues {
  const reads = classes.map(({ subject }) => ({ subject, text: readOfUser(subject, atom) }));
  const { numberOf, values } = numbered(reads, ({ text }) => text);
  const apps = new Map<string, ReturnType<typeof resultsAtApp>>();
  const resultAt = (clientId: string, value: ReadValue) =>
    getOrMake(apps, clientId, () => resultsAtApp(atom, clientId))(value);
  const { signIns, comparedWithApp } = atom;
  const [first] = signIns;
  if (isToldByReads(atom) || first === undefined || comparedWithApp === undefined)
    return { numberOf, values: values.map((value) => (clientId) => resultAt(clientId, value)) };
  const appsIn = appsNamedIn(clientIds);
  const found = values.map((value) => {
    const texts = comparedWithApp(signInOfUser(first, { subject: value.subject }));
    const elsewhere = resultAt(inNone(texts), value);
    const named = appsIn(texts).map((clientId) => [clientId, resultAt(clientId, value)] as const);
    return { elsewhere, others: named.filter(([, result]) => result !== elsewhere) };
  });
  const alike = numbered(found, ({ elsewhere, others }) => JSON.stringify([elsewhere, others]));
  return {
    numberOf: numberOf.map((number) => alike.numberOf[number] ?? 0),
    values: alike.values.map(({ elsewhere, others }) => {
      const byApp = new Map(others);
      return (clientId) => byApp.get(clientId) ?? elsewhere;
    }),
  };
}

/** What no text contains: it is longer. */
function inNone(texts: readonly string[]): string {
  return '-'.repeat(1 + texts.reduce((longest, { length }) => Math.max(longest, length), 0));
}

/** Finds the apps whose client id is in one of the texts, sorted. */
function appsNamedIn(clientIds: readonly string[]): (texts: readonly string[]) => readonly string[] {
  const ids = new Set(clientIds);
  const lengths = new Set(clientIds.map(({ length }) => length));
  return (texts) => {
    const found = new Set<string>();
    for (const text of texts)
      for (const length of lengths)
        for (let at = 0; at + length <= text.length; at += 1) {
          const part = text.slice(at, at + length);
          if (ids.has(part)) found.add(part);
        }
    return [...found].sort();
  };
}

function readLists(
  classes: readonly UserClass[],
  ofAtoms: readonly ReadValues[],
  { byGroups, byRest }: Omit<NumberedClasses, 'readBy'>,
): ReadLists {
  const own = classes.map((_, at) => ofAtoms.map((values) => values.numberOf[at] ?? 0));
  const byRead = numbered(own, String);
  const found = new Map<string, Kind>();
  for (const [at, userClass] of classes.entries()) {
    const [groups = 0, rest = 0, read = 0] = [byGroups, byRest, byRead].map(({ numberOf }) => numberOf[at]);
    const newKind = () => ({ userClass, groups, rest, read, consents: new Map(), users: 0 });
    const kind = getOrMake(found, `${groups} ${rest} ${read}`, newKind);
    kind.users += userClass.users;
    addConsents(kind.consents, userClass.consents);
  }
  return { ofAtoms, lists: byRead.values, kinds: [...found.values()] };
}

/** What of a class is the same at all of these apps. */
interface FixedTerms extends Pick<UserClass, 'groups' | 'results' | 'rest'> {
  readonly number: number;
}

/** Users of one class, as far as it is the same at all of these apps. */
interface Part {
  /** The first of the classes. */
  readonly userClass: UserClass;
  /** With '' for results that vary. */
  readonly fixed: FixedTerms;
  /** What the other conditions read: a position in `ReadLists.lists`. */
  readonly read: number;
  readonly consents: ConsentCounts;
  users: number;
}

/** `own`: the projection of one of the apps, of which others may differ in the app that the sign-ins are to. */
export function classesAtApps(
  classes: NumberedClasses,
  own: Projection,
  all: Projection,
): (varied: VariedPair) => readonly UserClass[] {
  const varying = own.atoms.flatMap((atom, at) => (variesByApp(atom) ? [{ atom, at }] : []));
  const reads = classes.readBy(varying.map(({ atom }) => atom));
  const none: ConsentCounts = new Map();
  const newConsents = (): ConsentCounts => (all.consents.size > 0 ? new Map() : none);
  const { parts, size } = partsOf(classes, { own, all, varying, reads, newConsents });
  const numbers = new Map<string, number>();
  const known = new Map<number, UserClass>();
  const mergedAt = ({ resultsOf, numberOf }: ResultsAtApp): readonly CountedClass[] => {
    const found = new Map<number, CountedClass>();
    for (const { userClass, fixed, read, users, consents } of parts) {
      const key = (numberOf[read] ?? 0) * size + fixed.number;
      let same = found.get(key);
      if (same === undefined) {
        const make = () => ({ ...userClass, ...withResults(fixed, varying, resultsOf[read] ?? []) });
        same = { userClass: getOrMake(known, key, make), users: 0, consents: newConsents() };
        found.set(key, same);
      }
      same.users += users;
      if (all.consents.size > 0) addConsents(same.consents, consents);
    }
    return [...found.values()];
  };
  const shared = new Map<string, readonly CountedClass[]>();
  const ofApps = new Map<readonly CountedClass[], readonly UserClass[]>();
  return (varied) => {
    const results = resultsAt(varied.pair.next.app.clientId, reads, numbers);
    const merged = getOrMake(shared, runsText(results.numberOf), () => mergedAt(results));
    const asked = scopesAsked([varied]);
    const apart = () => merged.flatMap(({ userClass, ...more }) => apartByConsent({ ...userClass, ...more }, asked));
    return asked.size > 0 ? apart() : getOrMake(ofApps, merged, apart);
  };
}

interface CountedClass {
  readonly userClass: UserClass;
  readonly consents: ConsentCounts;
  users: number;
}

type Varying = readonly { readonly atom: Atom; readonly at: number }[];

/** By the number of what the conditions read, at one app. */
interface ResultsAtApp {
  readonly resultsOf: readonly (readonly string[])[];
  /** Equal for equal results, at other apps, too. */
  readonly numberOf: readonly number[];
}

function resultsAt(clientId: string, reads: ReadLists, numbers: Map<string, number>): ResultsAtApp {
  const ofAtoms = reads.ofAtoms.map(({ values }) => values.map((resultAt) => resultAt(clientId)));
  const resultsOf = reads.lists.map((list) => list.map((value, index) => ofAtoms[index]?.[value] ?? ''));
  return { resultsOf, numberOf: resultsOf.map((results) => numberIn(numbers, results.join('\n'))) };
}

/** Where other numbers begin: users with other results are few at most apps. */
function runsText(numbers: readonly number[]): string {
  return numbers.flatMap((number, at) => (number === numbers[at - 1] ? [] : [`${at}:${number}`])).join();
}

interface PartsFor {
  readonly varying: Varying;
  readonly reads: ReadLists;
  readonly own: Projection;
  readonly all: Projection;
  readonly newConsents: () => ConsentCounts;
}

/** `size`: more than any number of `FixedTerms`. */
function partsOf(
  { byGroups, byRest }: NumberedClasses,
  { own, all, varying, reads, newConsents }: PartsFor,
): { readonly parts: readonly Part[]; readonly size: number } {
  const resultsOf = fixedResults(own, all, varying);
  const groupsOf = byGroups.values.map(({ groups }) => groups.filter((group) => own.groups.has(group)));
  const othersOf = byRest.values.map((userClass) => ({ results: resultsOf(userClass), rest: userClass.rest }));
  const ownGroups = numbered(groupsOf, (groups) => JSON.stringify(groups));
  const others = numbered(othersOf, ({ results, rest }) => `${JSON.stringify(results)} ${rest}`);
  const terms = ownGroups.values
    .flatMap((groups) => others.values.map((other) => ({ groups, ...other })))
    .map((each, number): FixedTerms => ({ ...each, number }));
  const parts = new Map<number, Part>();
  for (const { userClass, groups, rest, read, users, consents } of reads.kinds) {
    const fixed = terms[(ownGroups.numberOf[groups] ?? 0) * others.values.length + (others.numberOf[rest] ?? 0)];
    if (fixed === undefined) continue;
    const key = read * terms.length + fixed.number;
    let part = parts.get(key);
    if (part === undefined) {
      part = { userClass, fixed, read, consents: newConsents(), users: 0 };
      parts.set(key, part);
    }
    part.users += users;
    if (all.consents.size > 0) addConsents(part.consents, consents);
  }
  return { parts: [...parts.values()], size: terms.length };
}

/** The results of conditions that are the same at all of these apps. */
function fixedResults(own: Projection, all: Projection, varying: Varying): (of: UserClass) => readonly string[] {
  const positions = own.atoms.map((atom, index) => {
    const at = all.atoms.findIndex(({ id }) => id === atom.id);
    // In the sign-ins of these apps alone, a condition may distinguish fewer users.
    const isAlike = all.atoms[at]?.signIns.length === atom.signIns.length;
    return { atom, at: isAlike ? at : undefined, isVarying: varying.some((other) => other.at === index) };
  });
  return (userClass) =>
    positions.map(({ atom, at, isVarying }) => {
      if (isVarying) return '';
      return at === undefined ? resultFor(userClass, atom) : (userClass.results[at] ?? '');
    });
}

function withResults({ groups, results, rest }: FixedTerms, varying: Varying, found: readonly string[]) {
  const all = [...results];
  for (const [index, { at }] of varying.entries()) all[at] = found[index] ?? '';
  return { groups, results: all, rest, key: classKey({ groups, results: all, rest }) };
}
