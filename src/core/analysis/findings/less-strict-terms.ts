/**
 * Whether one rule of the enrollment or the password policy is less strict than another: for no user stricter in
 * anything, and for some users less strict. Terms that are stricter in one thing and less strict in another are not.
 */
import type { EnrollmentTerms, RequiredEnrollment } from '../../model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { PasswordLockout, PasswordTerms } from '../../model/password-policy.ts';
import { closesAsMuch } from '../comparison/enrollment-changes.ts';
import { requiresAsMuch } from '../comparison/required-enrollments.ts';
import { onceFor } from '../space/once-for.ts';
import { subsetsOf } from '../space/subsets.ts';

export type IsLessStrict<Terms> = (terms: Terms, than: Terms) => boolean;

export function isLessStrictPassword(terms: PasswordTerms, than: PasswordTerms): boolean {
  return asksNoMore(terms, than) && !asksNoMore(than, terms);
}

function asksNoMore(terms: PasswordTerms, than: PasswordTerms): boolean {
  return (
    terms.minLength <= than.minLength &&
    terms.minLengthBesideSecondFactor <= than.minLengthBesideSecondFactor &&
    terms.blocklists.every((list) => than.blocklists.includes(list)) &&
    terms.history <= than.history &&
    (terms.maxAge ?? Number.POSITIVE_INFINITY) >= (than.maxAge ?? Number.POSITIVE_INFINITY) &&
    takesAsMany(terms.lockout, than.lockout)
  );
}

/** A wait and what is left of `within` cannot be compared. */
function takesAsMany(lockout: PasswordLockout, than: PasswordLockout): boolean {
  const isComparable = (lockout.wait === undefined) === (than.wait === undefined);
  return (
    isComparable &&
    (lockout.wait ?? 0) <= (than.wait ?? 0) &&
    lockout.attempts >= than.attempts &&
    lockout.within <= than.within &&
    lockout.consecutive >= than.consecutive
  );
}

/** What is offered does not count, since users may skip it. `authenticators`: those that are enabled. */
export function lessStrictEnrollment(
  authenticators: readonly AuthenticatorDescriptor[],
): IsLessStrict<EnrollmentTerms> {
  const effectOf = onceFor((terms: EnrollmentTerms) => inEffect(terms, authenticators));
  return (terms, than) => {
    const [mild, strict] = [effectOf(terms), effectOf(than)];
    const usable = { before: mild.usable, next: strict.usable };
    const isNoStricter =
      mild.disabled.every((key) => strict.disabled.includes(key)) &&
      closesAsMuch(mild, strict) &&
      requiresAsMuch(mild.required, strict.required, { usable, had: [] });
    if (!isNoStricter) return false;
    const opens = strict.disabled.length > mild.disabled.length || !closesAsMuch(strict, mild);
    return opens || requiresLess(mild.required, strict.required);
  };
}

type TermsInEffect = EnrollmentTerms & { readonly usable: readonly AuthenticatorDescriptor[] };

/** Without what the terms say of authenticators for which it makes no difference. */
function inEffect(terms: EnrollmentTerms, authenticators: readonly AuthenticatorDescriptor[]): TermsInEffect {
  const { required, disabled, useOnly = [], models = {} } = terms;
  const usable = authenticators.filter(({ key }) => !disabled.includes(key));
  const keys = usable.map(({ key }) => key);
  const enrollable = usable.filter((descriptor) => descriptor.enrollable).map(({ key }) => key);
  const isEnrollable = (key: string) => enrollable.includes(key) && !useOnly.includes(key);
  return {
    ...terms,
    usable,
    required: required.map((each) => ({ ...each, anyOf: each.anyOf.filter((key) => keys.includes(key)) })),
    disabled: authenticators.map(({ key }) => key).filter((key) => disabled.includes(key)),
    useOnly: useOnly.filter((key) => enrollable.includes(key)),
    models: Object.fromEntries(Object.entries(models).filter(([key]) => isEnrollable(key))),
  };
}

/** Some user, with no more than one enrollment of each authenticator, has or may skip what one rule requires only. */
function requiresLess(mild: readonly RequiredEnrollment[], strict: readonly RequiredEnrollment[]): boolean {
  const keys = [...new Set([...mild, ...strict].flatMap(({ anyOf }) => anyOf))];
  if (keys.length > mostKeys) return false;
  return [atOnce, atLast].some((when) =>
    subsetsOf(keys).some((had) => when(mild).every(isMetBy(had)) && !when(strict).every(isMetBy(had))),
  );
}

/** More authenticators than there are would take long. */
const mostKeys = 10;

function atOnce(required: readonly RequiredEnrollment[]): readonly RequiredEnrollment[] {
  return required.filter(({ grace }) => grace === undefined);
}

function atLast(required: readonly RequiredEnrollment[]): readonly RequiredEnrollment[] {
  return required;
}

function isMetBy(had: readonly string[]): (required: RequiredEnrollment) => boolean {
  return ({ anyOf, count = 1 }) => had.filter((key) => anyOf.includes(key)).length >= count;
}
