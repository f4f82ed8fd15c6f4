/** Reads from the options of `explain` what a user has enrolled and proved. */
import { isRememberable } from '../../core/analysis/proofs/asked-proofs.ts';
import { maxEnrollmentsPerAuthenticator } from '../../core/enrollment/enrollment-limit.ts';
import { authenticatorIn, enrollmentName, methodIn, methodName } from '../../core/model/authenticator-name.ts';
import {
  type AuthenticatorDescriptor,
  type Characteristic,
  characteristics,
  type Enrollment,
  type Evidence,
  type RememberedProof,
  type Seconds,
  type Skipped,
  type SkipReason,
  type Subject,
} from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { listsOfStored } from '../../core/model/password-policy.ts';
import { unknownName } from '../../policy/source/nearest-name.ts';
import { knownName, refusal } from '../shared/options/refusal.ts';
import { parseDuration } from '../shared/values/durations.ts';

/**
 * An enrollment of `--enrolled`: `totp`, `phone.voice` (receives calls only), `webauthn[userPresence]`, `password@40d`
 * (set this long ago), `password[breached]` (on this blocklist).
 */
function assumedEnrollment(text: string, index: number, { authenticators, now }: Owned): Enrollment {
  const [named = '', ago, ...more] = text.split('@');
  if (more.length > 0) throw refusal(`${text}: an age is written like password@40d`);
  const compromised = listOn(named, authenticators);
  const { key, method, shows } = keyOf(compromised ? named.replace(/\[.*/, '') : named);
  const descriptor = authenticators.find((authenticator) => authenticator.key === key);
  if (descriptor === undefined) {
    throw refusal(
      unknownName(
        'authenticator',
        key,
        authenticators.map((authenticator) => authenticator.key),
      ),
    );
  }
  const methods = method === undefined ? {} : { methods: [knownMethod(method, descriptor)] };
  const createdAt = ago === undefined ? undefined : now - secondsOf(text, 'age', ago);
  const own = { ...atMost(descriptor, shows), ...methods, ...omitUndefined({ createdAt, compromised }) };
  return { id: `assumed-${index}`, authenticator: key, ...own };
}

/** The blocklist that a password is on. Undefined: it is on none, or the brackets say what an authenticator shows. */
function listOn(
  text: string,
  authenticators: readonly AuthenticatorDescriptor[],
): (typeof listsOfStored)[number] | undefined {
  const [, key, list] = /^([\w.-]+)\[(\w+)\]$/.exec(text) ?? [];
  const isPassword = authenticators.some((descriptor) => descriptor.key === key && descriptor.underPasswordPolicy);
  return isPassword && list !== undefined ? knownName('blocklist of stored passwords', list, listsOfStored) : undefined;
}

/** What `--enrolled` may name, and when. */
interface Owned {
  readonly authenticators: readonly AuthenticatorDescriptor[];
  /** Epoch seconds. */
  readonly now: Seconds;
}

/** The user who gives proofs, and the possible proofs. */
interface Provers {
  readonly subject: Subject | undefined;
  /** Epoch seconds. */
  readonly now: Seconds;
  readonly descriptors: readonly AuthenticatorDescriptor[];
}

/** For example `totp@3d`: proved this long ago in this browser, which remembers it for as long as the rule allows. */
export function rememberedProofsOf(proofs: readonly string[], provers: Provers): readonly RememberedProof[] {
  for (const proof of proofs) {
    if (proof.startsWith(setUp)) throw refusal(`${proof}: a browser remembers what was proved, not what was set up`);
    if (timesOf(proof).paused !== undefined)
      throw refusal(`${proof}: a browser remembers proofs whatever pauses there were`);
    const { key } = provedBy(proof);
    const descriptor = provers.descriptors.find((authenticatorDescriptor) => authenticatorDescriptor.key === key);
    if (descriptor && !isRememberable(descriptor))
      throw refusal(
        `no browser remembers ${key}: it remembers second factors that the user has, no knowledge and no recovery`,
      );
  }
  return evidenceOf(proofs, provers).map(
    ({ authenticator, enrollment, method, factors, characteristics: proofCharacteristics, at }) => {
      const proved = {
        authenticator,
        enrollment,
        factors,
        characteristics: proofCharacteristics,
        ...omitUndefined({ method }),
      };
      return { ...proved, at, until: Number.MAX_SAFE_INTEGER };
    },
  );
}

/** Stands before what the user set up at that time: it counts, but the user did not sign in by it. */
const setUp = '+';

/**
 * For example `totp`, `phone.sms`, `totp@10m` or `totp@3h/20m`: proved just now, or this long ago in an earlier
 * sign-in, with a longest pause of this long since. `+totp@10m`: set up this long ago. Repeated proofs of one
 * authenticator use different enrollments as far as the user has several; further ones use the first. `totp#1@10m`: by
 * the first of them.
 */
export function evidenceOf(proofs: readonly string[], provers: Provers): readonly Evidence[] {
  const given = new Map<string, number>();
  return proofs.map((proof) => {
    const { key, position } = provedBy(proof);
    if (position !== undefined) return proofOf(proof, position - 1, provers);
    const before = given.get(key) ?? 0;
    given.set(key, before + 1);
    return proofOf(proof, before, provers);
  });
}

/** `index`: of the enrollment among those of the same authenticator. */
function proofOf(proof: string, index: number, { subject, now, descriptors }: Provers): Evidence {
  const { key: authenticator, method, shows, position } = provedBy(proof);
  const { age, longestPause } = readTimes(proof);
  const owner = required(subject);
  const descriptor = descriptors.find(({ key }) => key === authenticator);
  if (method !== undefined && descriptor) knownMethod(method, descriptor);
  const first = ownEnrollment(authenticator, owner, method);
  const own = owner.enrollments.filter((candidate) => proves(candidate, authenticator, method));
  const enrollment = position === undefined ? (own[index] ?? first) : numbered(proof, position, owner);
  const proved = { authenticator, enrollment: enrollment.id, subject: owner.id, ...atMost(enrollment, shows) };
  return {
    ...proved,
    amr: [],
    ...omitUndefined({ method, longestPause }),
    at: now - age,
    transaction: `earlier-${age}`,
    origin: proof.startsWith(setUp) ? 'enrollment' : 'sign_in',
  };
}

/** The enrollment of a name such as `email`, or `email#2`, the second of them. Without a number, it is the first. */
export function enrollmentNamed(name: string, subject: Subject): Enrollment {
  const { key, method, position } = provedBy(name);
  return position === undefined ? ownEnrollment(key, subject, method) : numbered(name, position, subject);
}

/** The enrollment that a proof names by its number among those of the authenticator, from 1. */
function numbered(proof: string, position: number, { enrollments }: Subject): Enrollment {
  const { key, method } = provedBy(proof);
  const own = enrollments.filter(({ authenticator }) => authenticator === key);
  const enrollment = own[position - 1];
  if (enrollment === undefined)
    throw refusal(`${proof}: the user has ${own.length} of ${key}, which are counted from 1`);
  if (method !== undefined && !proves(enrollment, key, method))
    throw refusal(`${proof}: number ${position} of ${key} gives no ${methodName(key, method)}`);
  return enrollment;
}

/** `position`: of the enrollment among those of the same authenticator, from 1. Absent: it is not named. */
function provedBy(proof: string): NamedKey & { readonly position?: number } {
  const [text = ''] = proof.split('@', 1);
  const [, named = text, position] = /^(.*)#(\d{1,4})$/.exec(text) ?? [];
  const key = keyOf(named.startsWith(setUp) ? named.slice(setUp.length) : named);
  return { ...key, ...omitUndefined({ position: position === undefined ? undefined : Number(position) }) };
}

/** The texts behind the name: how long ago it was proved, and the longest pause since. */
function timesOf(proof: string): { readonly ago?: string; readonly paused?: string } {
  const [, times, ...more] = proof.split('@');
  const [ago, paused, ...others] = times?.split('/') ?? [];
  if (more.length + others.length > 0) throw refusal(`${proof}: a proof is written like totp, totp@10m or totp@3h/20m`);
  return omitUndefined({ ago, paused });
}

/** In seconds. */
function readTimes(proof: string): Pick<Evidence, 'longestPause'> & { readonly age: Seconds } {
  const { ago, paused } = timesOf(proof);
  const age = ago === undefined ? 0 : secondsOf(proof, 'age', ago);
  if (paused === undefined) return { age };
  const longestPause = secondsOf(proof, 'pause', paused);
  if (longestPause > age) throw refusal(`${proof}: a pause since a proof is no longer than the proof is old`);
  return { age, longestPause };
}

function secondsOf(whole: string, what: string, text: string): Seconds {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw refusal(`${whole}: the ${what} must be like 90s, 10m, 12h, 3d or PT12H`);
  return seconds;
}

function knownMethod(method: string, { key, methods = [] }: AuthenticatorDescriptor): string {
  return knownName(`method of ${key}`, method, methods);
}

/** The user's first enrollment of an authenticator that can be proved by this method. */
export function ownEnrollment(authenticator: string, subject: Subject, method?: string): Enrollment {
  const enrollment = subject.enrollments.find((candidate) => proves(candidate, authenticator, method));
  if (enrollment !== undefined) return enrollment;
  const who = subject.identifiers[0] ?? 'this user';
  const has = subject.enrollments.map(enrollmentName).join(', ') || 'nothing';
  const what = method === undefined ? authenticator : methodName(authenticator, method);
  throw refusal(`${who} cannot have proved ${what}: enrolled is ${has}`);
}

function proves({ authenticator, methods }: Enrollment, key: string, method: string | undefined): boolean {
  return authenticator === key && (method === undefined || methods === undefined || methods.includes(method));
}

/**
 * The enrollments of `--enrolled`. An account has no more of one authenticator than the limit. `real`: those of the
 * user. Each of them is one of the assumed ones as long as these are of its authenticator, so that what is known of the
 * account by its id still holds: a password that was recovered by a mailbox is no second factor beside it.
 */
export function assumedEnrollments(
  keys: readonly string[],
  { real, ...owned }: Owned & { readonly real: readonly Enrollment[] },
): readonly Enrollment[] {
  const left = new Set(real);
  const assumed = keys.map((key, index) => {
    const made = assumedEnrollment(key, index, owned);
    const own = [...left].find((enrollment) => proves(enrollment, made.authenticator, made.methods?.[0]));
    if (own === undefined) return made;
    left.delete(own);
    return { ...made, id: own.id };
  });
  for (const [key, same] of Map.groupBy(assumed, ({ authenticator }) => authenticator))
    if (same.length > maxEnrollmentsPerAuthenticator)
      throw refusal(
        `an account has at most ${maxEnrollmentsPerAuthenticator} enrollments of ${key}, not ${same.length}`,
      );
  return assumed;
}

export function required(subject: Subject | undefined): Subject {
  if (subject === undefined) throw refusal('a proof needs a user: give --user or --groups');
  return subject;
}

/** An authenticator, a method of it, and the most that it proves. Absent: everything that it can. */
interface NamedKey {
  readonly key: string;
  readonly method?: string;
  readonly shows?: readonly Characteristic[];
}

/**
 * For example `phone.sms`, or `webauthn[userPresence]` for a key without user verification. `webauthn[]` proves no
 * characteristics.
 */
function keyOf(text: string): NamedKey {
  const [, name = text, list] = /^([\w.-]+)\[([\w+]*)\]$/.exec(text) ?? [];
  const named = { key: authenticatorIn(name), ...omitUndefined({ method: methodIn(name) }) };
  if (list === undefined) return named;
  const names = list.split('+').filter((part) => part !== '');
  return { ...named, shows: names.map((shown) => knownName('characteristic', shown, characteristics)) };
}

/** User verification is a factor of its own: without it, a key is only a possession. */
function atMost(
  { factors, characteristics: best }: Pick<Enrollment, 'factors' | 'characteristics'>,
  shows: readonly Characteristic[] | undefined,
): Pick<Enrollment, 'factors' | 'characteristics'> {
  if (shows === undefined) return { factors, characteristics: best };
  const verifies = best.includes('userVerification') && !shows.includes('userVerification');
  return {
    factors: verifies ? factors.filter((factor) => factor === 'possession') : factors,
    characteristics: best.filter((shown) => shows.includes(shown)),
  };
}

/**
 * For example `totp=2`: how often the user skipped an enrollment, whether it was required later, or offered. The last
 * time was just now, so that it is not offered again yet.
 */
export function skippedFrom(
  counts: readonly string[],
  { at, authenticators }: { readonly at: Seconds; readonly authenticators: readonly AuthenticatorDescriptor[] },
): NonNullable<Subject['skipped']> {
  const keys = authenticators.map(({ key }) => key);
  const pairs = counts.map((pair) => {
    const [key = '', count = ''] = pair.split('=');
    if (!/^\d{1,4}$/.test(count)) throw refusal(`--skipped takes how often, like totp=2, not ${pair}`);
    return [knownName('authenticator', key, keys), skippedOf({ count: Number(count), at })] as const;
  });
  return Object.fromEntries(pairs);
}

function skippedOf(skipped: Skipped): Readonly<Record<SkipReason, Skipped>> {
  return { grace: skipped, optional: skipped, promotion: skipped };
}
