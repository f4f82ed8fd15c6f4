/** Users with a few authenticators who prove some of them, and what counts when they sign in. */
import { type AssessedEvidence, meetsAll, meetsRequirement } from '../../evidence/requirement.ts';
import type { AuthenticatorDescriptor, Enrollment } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { accountManagementRequirement } from '../../remediation/account-management.ts';
import { minimumOf } from '../proofs/minimum-acr.ts';
import { factsWith } from '../proofs/proving-user.ts';
import { possiblyShown } from '../proofs/shown-characteristics.ts';
import { withMethodsOf } from '../proofs/strictness.ts';
import type { SubjectFacts } from '../simulation/enrolling-only.ts';
import { proofsOf } from '../simulation/step-after.ts';
import { subsetsOf } from '../space/subsets.ts';
import { commonAuthenticators } from './common-authenticators.ts';
import type { Deciders, PolicySides } from './deciding-together.ts';

/** What counts in a sign-in of users for whom these rules decide. */
export function countedTerms({ session, app, enrollment }: Deciders, policies: PolicySet) {
  const requirements = [session, app].flatMap((rule) => (rule?.then.kind === 'allow' ? [rule.then.requirement] : []));
  const { disabled = [], useOnly = [], models = {} } = enrollment?.then ?? {};
  return { requirements: [...requirements, ...minimumOf(policies)], enrollment: { disabled, useOnly, models } };
}

type CountedTerms = ReturnType<typeof countedTerms>;

/** An authenticator as some user has it. */
interface Kind extends AuthenticatorDescriptor {
  readonly isWeak?: true;
}

export interface TriedUser {
  readonly proved: readonly Kind[];
  /** The user has these, too. */
  readonly besides: readonly Kind[];
}

export function factsOfUser(user: TriedUser, facts: UserFacts, { authenticators }: PolicySet): SubjectFacts {
  const given = factsWith(proofsOf(user), facts, authenticators);
  const { subject } = given;
  const enrollments = subject.enrollments.map((enrollment) => {
    const own = user.besides.find(({ key }) => key === enrollment.authenticator);
    return own ? { ...enrollment, factors: own.factors, characteristics: own.characteristics } : enrollment;
  });
  return { ...given, subject: { ...subject, enrollments } };
}

/**
 * Users with two or three authenticators who prove some of them, those with fewer first, or with four if two were not
 * enough. All that they have met what was asked for before, and does not meet what is asked for now. What they prove
 * suffices to set up something (Law 7).
 */
export function usersIn(
  sides: PolicySides,
  [before, now]: readonly [CountedTerms, CountedTerms],
): readonly TriedUser[] {
  const { authenticators: all } = sides.next;
  const asked = [...before.requirements, ...now.requirements];
  const { authenticators } = withMethodsOf({ authenticators: commonAuthenticators(sides) }, asked);
  const kinds = authenticators.flatMap(kindsOf);
  const pairs = setsOf(2, kinds);
  const isMoreAsked = !pairs.some((owned) => isEnough(owned, before));
  return [...pairs, ...setsOf(3, kinds), ...(isMoreAsked ? setsOf(4, kinds) : [])]
    .filter((owned) => isEnough(owned, before) && !isEnough(owned, now))
    .flatMap((owned) => usersWith(owned, all).filter(({ besides }) => besides.length > 0));
}

/**
 * Users with up to three authenticators who prove enough to set up something (Law 7), those with fewer first. Of
 * authenticators that no rule tells apart, two are enough.
 */
export function usersWithFew(sides: PolicySides): readonly TriedUser[] {
  const isNamed = namedIn(sides);
  const alike = Map.groupBy(commonAuthenticators(sides), ({ key, ...descriptor }) =>
    JSON.stringify(isNamed(key) ? key : descriptor),
  );
  const kinds = [...alike.values()].flatMap((all) => all.slice(0, 2)).flatMap(kindsOf);
  return [1, 2, 3].flatMap((size) =>
    setsOf(size, kinds).flatMap((owned) => usersWith(owned, sides.next.authenticators)),
  );
}

/** Whether a rule or an `acr` value may name the authenticator. */
function namedIn({ active, next }: PolicySides): (key: string) => boolean {
  const text = JSON.stringify(
    [active, next].map(({ session, app, enrollment, accountPolicy, acrLevels }) => [
      [session, app, enrollment].map((policy) => policy?.rules.map(({ rule }) => rule)),
      ...[accountPolicy?.rules, acrLevels],
    ]),
  );
  return (key) => text.includes(JSON.stringify(key).slice(0, -1));
}

function usersWith(owned: readonly Kind[], authenticators: readonly AuthenticatorDescriptor[]): readonly TriedUser[] {
  const toChange = [accountManagementRequirement(owned.map(enrollmentOf), authenticators)];
  return subsetsOf(owned)
    .filter((proved) => meetsAll(toChange, proved.map(evidenceOf)))
    .toSorted((one, other) => one.length - other.length)
    .map((proved) => ({ proved, besides: owned.filter((kind) => !proved.includes(kind)) }));
}

function isEnough(owned: readonly Kind[], { requirements, enrollment: { disabled } }: CountedTerms): boolean {
  const evidence = owned.filter(({ key }) => !disabled.includes(key)).map(evidenceOf);
  return requirements.every((requirement) => meetsRequirement(requirement, evidence));
}

function enrollmentOf({ key, factors, characteristics, methods, auxiliary }: Kind): Enrollment {
  const own = { id: key, authenticator: key, factors, characteristics };
  return { ...own, ...(methods && { methods }), ...(auxiliary && { auxiliary }) };
}

function evidenceOf(kind: Kind): AssessedEvidence {
  const { id: enrollment, ...proof } = enrollmentOf(kind);
  return { ...proof, enrollment, age: 'now' };
}

function setsOf(size: number, kinds: readonly Kind[]): readonly (readonly Kind[])[] {
  if (size === 0) return [[]];
  return kinds.flatMap((kind, index) =>
    setsOf(size - 1, kinds.slice(index + 1))
      .filter((others) => others.every(({ key }) => key !== kind.key))
      .map((others) => [kind, ...others]),
  );
}

/** By each method, and with as weak a key as there is. */
function kindsOf({ methods, ...descriptor }: AuthenticatorDescriptor): readonly Kind[] {
  if (methods) return methods.map((method) => ({ ...descriptor, methods: [method] }));
  const least = possiblyShown(descriptor).toSorted((a, b) => a.length - b.length)[0] ?? descriptor.characteristics;
  if (least.length === descriptor.characteristics.length) return [descriptor];
  const factors = least.includes('userVerification') ? descriptor.factors : descriptor.factors.slice(0, 1);
  return [descriptor, { ...descriptor, factors, characteristics: least, isWeak: true }];
}
