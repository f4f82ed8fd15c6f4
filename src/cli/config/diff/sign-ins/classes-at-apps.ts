/**
 * Merges classes of users for the apps of one policy, which distinguish fewer users. Apps may be alike but for parts of
 * expressions that read the app and the user. What these read of the users is known once for all apps, so that little
 * is left for each of them.
 */
import type { Subject } from '../../../../core/model/facts.ts';
import { isRead } from '../../../../core/policy/rules/expression-parts.ts';
import { getOrMake } from '../../../shared/values/get-or-make.ts';
import { addConsents, apartByConsent, type ConsentCounts } from './counted-consents.ts';
import { type Atom, type Projection, readOfUser, resultAtApp, resultFor, type UserClass } from './user-classes.ts';

/** Classes, with numbers in the place of what is compared often. */
export interface NumberedClasses {
  readonly classes: readonly UserClass[];
  /** Lists of groups that occur. */
  readonly groupLists: readonly (readonly string[])[];
  /** By class: the number of its list of groups. */
  readonly groupsOf: readonly number[];
  /** By class: a number of everything else that matters. */
  readonly restOf: readonly number[];
  /** What the condition reads of the users. */
  readonly readBy: (atom: Atom) => ReadValues;
}

/** Values that a condition reads of users. */
interface ReadValues {
  /** By class: the number of the value. */
  readonly numberOf: readonly number[];
  /** By number. */
  readonly values: readonly { readonly text: string; readonly subject: Subject }[];
}

export function numberedClasses(classes: readonly UserClass[]): NumberedClasses {
  const groupNumbers = new Map<string, number>();
  const restNumbers = new Map<string, number>();
  const groupLists: (readonly string[])[] = [];
  const groupsOf = classes.map(({ groups }) => {
    const number = numberIn(groupNumbers, JSON.stringify(groups));
    groupLists[number] = groups;
    return number;
  });
  const reads = new Map<string, ReadValues>();
  return {
    classes,
    groupLists,
    groupsOf,
    restOf: classes.map(({ rest }) => numberIn(restNumbers, rest)),
    readBy: (atom) => getOrMake(reads, atom.id, () => readValues(classes, atom)),
  };
}

function readValues(classes: readonly UserClass[], atom: Atom): ReadValues {
  const numbers = new Map<string, number>();
  const values: { text: string; subject: Subject }[] = [];
  const numberOf = classes.map(({ subject }) => {
    const text = readOfUser(subject, atom);
    const number = numberIn(numbers, text);
    values[number] ??= { text, subject };
    return number;
  });
  return { numberOf, values };
}

function numberIn(numbers: Map<string, number>, key: string): number {
  return getOrMake(numbers, key, () => numbers.size);
}

/** Users of one class, as far as it is the same at all of these apps. */
interface Part {
  /** With results of the conditions that are the same at all of these apps, and '' for others. */
  readonly userClass: UserClass;
  /** Equal for parts that are one class where other conditions have the same results. */
  readonly fixed: number;
  /** What the other conditions read: numbers in `ReadValues`. */
  readonly read: readonly number[];
  readonly consents: ConsentCounts;
  users: number;
}

/** `own`: the projection of one of the apps, of which others may differ in the sign-ins of their atoms. */
export function classesAtApps(
  numbered: NumberedClasses,
  own: Projection,
  all: Projection,
): (atApp: Projection) => readonly UserClass[] {
  const varying = own.atoms.flatMap((atom, at) => (isRead('request.clientId', atom.reads) ? [{ atom, at }] : []));
  const parts = partsOf(numbered, { own, all, varying });
  return ({ atoms, consents: asked }) => {
    const resultsOf = varying.map(({ atom: { id }, at }) => {
      const atom = atoms[at];
      if (atom?.id !== id) throw new TypeError('apps with other conditions are not alike');
      return numbered.readBy(atom).values.map(({ text, subject }) => resultAtApp(subject, atom, text));
    });
    const numberOf = resultsOf.map(numbersOfResults);
    const found = new Map<number, { userClass: UserClass; users: number }>();
    for (const { userClass, fixed, read, users, consents } of parts) {
      const key = read.reduce((number, value, index) => numberOf[index]?.(number, value) ?? number, fixed);
      const same = getOrMake(found, key, () => {
        const results = read.map((value, index) => resultsOf[index]?.[value] ?? '');
        return { userClass: { ...withResults(userClass, varying, results), consents: new Map() }, users: 0 };
      });
      same.users += users;
      if (asked.size > 0) addConsents(same.userClass.consents, consents);
    }
    return [...found.values()].flatMap(({ userClass, users }) => apartByConsent({ ...userClass, users }, asked));
  };
}

/** Returns a function that numbers pairs of a number and the result for a value: texts as keys would take longer. */
function numbersOfResults(results: readonly string[]): (number: number, value: number) => number {
  const numbers = new Map<string, number>();
  const numberOf = results.map((result) => numberIn(numbers, result));
  const pairs = new Map<number, number>();
  return (number, value) => getOrMake(pairs, number * numbers.size + (numberOf[value] ?? 0), () => pairs.size);
}

type Varying = readonly { readonly atom: Atom; readonly at: number }[];

function partsOf(
  numbered: NumberedClasses,
  { own, all, varying }: { readonly own: Projection; readonly all: Projection; readonly varying: Varying },
): readonly Part[] {
  const { classes, groupsOf, restOf } = numbered;
  const ownGroups = numbered.groupLists.map((groups) => groups.filter((group) => own.groups.has(group)));
  const numbers = new Map<string, number>();
  const numberOf = ownGroups.map((groups) => numberIn(numbers, JSON.stringify(groups)));
  const resultsOf = fixedResults(own, all, varying);
  const read = varying.map(({ atom }) => numbered.readBy(atom).numberOf);
  const fixedNumbers = new Map<string, number>();
  const parts = new Map<string, Part>();
  for (const [at, userClass] of classes.entries()) {
    const list = groupsOf[at] ?? 0;
    const results = resultsOf(userClass);
    const fixed = numberIn(fixedNumbers, [numberOf[list], restOf[at], ...results].join('\n'));
    const values = read.map((ofAtom) => ofAtom[at] ?? 0);
    const groups = ownGroups[list] ?? [];
    const same = getOrMake(parts, [fixed, ...values].join(), () => {
      return { userClass: { ...userClass, groups, results }, fixed, read: values, consents: new Map(), users: 0 };
    });
    same.users += userClass.users;
    addConsents(same.consents, userClass.consents);
  }
  return [...parts.values()];
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

function withResults(userClass: UserClass, varying: Varying, found: readonly string[]): UserClass {
  const results = [...userClass.results];
  for (const [index, { at }] of varying.entries()) results[at] = found[index] ?? '';
  return { ...userClass, results };
}
