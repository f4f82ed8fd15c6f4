/**
 * Groups users whom the rules of both sides do not distinguish: with the same groups that rules name, the same results
 * of other conditions about users, the same authenticators, and the same attributes that a profile policy may ask for.
 * Each class is evaluated once, however many users it has.
 */

import type { ConditionSet } from '../../../../core/model/conditions.ts';
import type { Enrollment, Facts, Seconds, Subject } from '../../../../core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../../core/model/neutral-facts.ts';
import {
  type CompiledCondition,
  compileConditions,
  conditionsAbout,
} from '../../../../core/policy/rules/condition-table.ts';
import { signInConditions } from '../../../../core/queries/sign-in-conditions.ts';
import { userKey, usersKey } from '../../../../stores/keys.ts';
import type { Store } from '../../../../stores/store.ts';
import { accountsOf } from '../../../../users/record/account.ts';
import { toSubject } from '../../../../users/record/user.ts';
import type { AppPair } from '../compared/app-pairs.ts';
import type { PlacePair } from './circumstances.ts';

/** A class of users, represented by one of them. */
export interface UserClass {
  readonly subject: Subject;
  /** Active users in the class. 0 if there are none today. */
  readonly users: number;
  /** The groups that rules name, sorted. */
  readonly groups: readonly string[];
  /** The condition's result for each atom. */
  readonly results: readonly string[];
  /** A key of everything else that matters. */
  readonly rest: string;
}

/** Something that rules ask about users, apart from their groups. */
interface Atom {
  readonly id: string;
  readonly tests: readonly CompiledCondition[];
  /** A formula may ask about anything. */
  readonly isFormula: boolean;
}

/** The parts of users that both configurations use. */
export interface Projection {
  readonly groups: ReadonlySet<string>;
  readonly atoms: readonly Atom[];
  /** Attributes and terms that profile policies ask for. */
  readonly attributes: readonly string[];
  readonly terms: readonly string[];
  /** Ages (seconds) at which passwords must be replaced. */
  readonly passwordAges: readonly Seconds[];
}

/** Groups are handled separately in a class. */
const aboutUsers = conditionsAbout('user', 'account', 'anything').filter((name) => name !== 'groups');

/** The projection that these pairs need. */
export function projectionOf(pairs: readonly AppPair[]): Projection {
  const policies = pairs.flatMap(({ active, next }) => [active.policies, next.policies]);
  const sets = policies.flatMap((policySet) => [
    ...signInConditions(policySet),
    ...signInConditions({ ...policySet, session: policySet.recovery ?? policySet.session }),
  ]);
  const atoms = new Map(sets.flatMap(atomsIn).map((atom) => [atom.id, atom] as const));
  const profiles = policies.flatMap(({ profile }) => profile?.rules.map(({ rule }) => rule.then) ?? []);
  const passwords = policies.flatMap(({ password }) => password?.rules.map(({ rule }) => rule.then) ?? []);
  return {
    groups: new Set(
      sets.flatMap(({ groups }) => [groups?.any, groups?.all, groups?.none].flatMap((list) => list ?? [])),
    ),
    atoms: [...atoms.values()],
    attributes: [...new Set(profiles.flatMap(({ required, optional }) => [...required, ...optional]))],
    terms: [...new Set(profiles.flatMap(({ terms }) => terms.map(({ id }) => id)))],
    passwordAges: [...new Set(passwords.flatMap(({ maxAge }) => maxAge ?? []))].sort((a, b) => a - b),
  };
}

function atomsIn(set: ConditionSet): readonly Atom[] {
  return aboutUsers.flatMap((name): readonly Atom[] => {
    const condition = set[name];
    if (condition === undefined) return [];
    const isFormula = name === 'expression';
    const id = isFormula ? `expression ${set.expression?.written}` : JSON.stringify([name, condition]);
    return [{ id, tests: compileConditions({ [name]: condition }), isFormula }];
  });
}

interface UserClassContext {
  readonly projection: Projection;
  readonly places: readonly PlacePair[];
  readonly now: Seconds;
}

/** The class of this user. */
export function classOf(subject: Subject, { projection, places, now }: UserClassContext): UserClass {
  const nowhere = neutralFacts({ now, request, device, subject });
  const everywhere = () =>
    places.flatMap(({ active, next }) => [active, next].map((network): Facts => ({ ...nowhere, network })));
  const results = projection.atoms.map(({ tests, isFormula }) =>
    (isFormula ? everywhere() : [nowhere]).map((facts) => tests.map(({ test }) => test(facts)[0]).join('')).join(' '),
  );
  const groups = subject.groups.filter((group) => projection.groups.has(group)).sort();
  return { subject, users: 1, groups, results, rest: restOf(subject, projection, now) };
}

const request = neutralRequest('', ['openid']);
const device: Facts['device'] = { known: false, platform: 'desktop', os: 'other' };

function restOf(subject: Subject, { attributes, terms, passwordAges }: Projection, now: Seconds): string {
  const { profile, skipped, recovery, acceptedTerms = {}, offeredAttributes = [] } = subject;
  const passedAges = ({ createdAt }: Enrollment) =>
    passwordAges.filter((age) => (createdAt ?? now) + age <= now).length;
  const enrolled = subject.enrollments.map((enrollment) =>
    [
      enrollment.authenticator,
      enrollment.factors.join('+'),
      enrollment.characteristics.join('+'),
      enrollment.methods?.join('+') ?? '',
      enrollment.compromised ?? '',
      enrollment.consumed ? 'consumed' : '',
      enrollment.temporary ? 'temporary' : '',
      recovery?.by.includes(enrollment.id) ? 'recovered' : '',
      passedAges(enrollment),
    ].join(' '),
  );
  const missing = attributes.filter((name) => profile[name] === undefined);
  return JSON.stringify([
    enrolled.sort(),
    missing,
    missing.filter((name) => offeredAttributes.includes(name)),
    terms.map((id) => acceptedTerms[id] ?? null),
    skipped ?? null,
    recovery !== undefined,
  ]);
}

/** Merges classes for a subset of the apps, which distinguish fewer users. */
export function seenBy(classes: readonly UserClass[], own: Projection, all: Projection): readonly UserClass[] {
  const positions = own.atoms.map(({ id }) => all.atoms.findIndex((atom) => atom.id === id));
  const found = new Map<string, UserClass>();
  for (const userClass of classes) {
    const groups = userClass.groups.filter((group) => own.groups.has(group));
    const results = positions.map((at) => userClass.results[at] ?? '');
    add(found, { ...userClass, groups, results });
  }
  return [...found.values()];
}

function add(found: Map<string, UserClass>, userClass: UserClass): void {
  const key = JSON.stringify([userClass.groups, userClass.results, userClass.rest]);
  const same = found.get(key);
  found.set(key, same ? { ...same, users: same.users + userClass.users } : userClass);
}

/** The most users to read. */
const maxUsers = 1_000_000;

export interface CountedUsers {
  readonly classes: readonly UserClass[];
  /** Active users. */
  readonly users: number;
  readonly isPartial: boolean;
}

/** Reads the users in pages. Rejects with `StoreUnavailable`. */
export async function countUsers(store: Store, known: UserClassContext): Promise<CountedUsers> {
  const found = new Map<string, UserClass>();
  const seen = new Set<string>();
  let users = 0;
  for await (const ids of store.members(usersKey)) {
    // A set may contain a member twice.
    const page = ids.filter((id) => !seen.has(id));
    for (const id of page) seen.add(id);
    if (seen.size > maxUsers) return { classes: [...found.values()], users, isPartial: true };
    const { entries } = await store.load(page.map(userKey));
    for (const { user, credentials } of accountsOf(entries, page).accounts) {
      if (user.status !== 'active') continue;
      users += 1;
      add(found, classOf(toSubject(user, credentials, known.now), known));
    }
  }
  return { classes: [...found.values()], users, isPartial: false };
}
