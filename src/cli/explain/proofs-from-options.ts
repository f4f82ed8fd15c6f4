/** What a user has, and has proved, from the options of `explain`. */
import { authenticatorIn, methodIn } from '../../core/model/authenticator-name.ts';
import {
  type AuthenticatorDescriptor,
  type Characteristic,
  characteristics,
  type Enrollment,
  type Evidence,
  type RememberedProof,
  type Seconds,
  type Subject,
} from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { unknownName } from '../../policy/source/nearest-name.ts';
import { parseDuration } from '../shared/durations.ts';
import { knownName, refusal } from '../shared/refusal.ts';

/** An enrollment of `--enrolled`: `totp`, `phone.voice` (it takes calls alone), `webauthn[userPresence]`. */
export function assumedEnrollment(
  text: string,
  index: number,
  authenticators: readonly AuthenticatorDescriptor[],
): Enrollment {
  const { key, method, shows } = keyOf(text);
  const descriptor = authenticators.find((one) => one.key === key);
  if (descriptor === undefined) {
    throw refusal(
      unknownName(
        'authenticator',
        key,
        authenticators.map((one) => one.key),
      ),
    );
  }
  const methods = method === undefined ? {} : { methods: [knownMethod(method, descriptor)] };
  return { id: `assumed-${index}`, authenticator: key, ...atMost(descriptor, shows), ...methods };
}

/** The user who proved something, and what there is to prove. */
interface Provers {
  readonly subject: Subject | undefined;
  /** Epoch seconds. */
  readonly now: Seconds;
  readonly descriptors: readonly AuthenticatorDescriptor[];
}

/** `totp@3d`: proved so long ago with this browser, which remembers it for as long as the rule says. */
export function rememberedOf(proofs: readonly string[], provers: Provers): readonly RememberedProof[] {
  return evidenceOf(proofs, provers).map(({ authenticator, enrollment, method, factors, characteristics, at }) => {
    const proved = { authenticator, enrollment, factors, characteristics, ...omitUndefined({ method }) };
    return { ...proved, at, until: Number.MAX_SAFE_INTEGER };
  });
}

/**
 * `totp`, `phone.sms` or `totp@10m`: proved just now, or so long ago, in an earlier sign-in. Each proof by an
 * authenticator is by another enrollment, as far as the user has several of it; further ones are by the first.
 */
export function evidenceOf(proofs: readonly string[], provers: Provers): readonly Evidence[] {
  const given = new Map<string, number>();
  return proofs.map((proof) => {
    const { key } = keyOf(proof.split('@', 1)[0] ?? '');
    const before = given.get(key) ?? 0;
    given.set(key, before + 1);
    return proofOf(proof, before, provers);
  });
}

/** `before`: how many proofs by the same authenticator came before. */
function proofOf(proof: string, before: number, { subject, now, descriptors }: Provers): Evidence {
  const [text = '', ago] = proof.split('@', 2);
  const { key: authenticator, method, shows } = keyOf(text);
  const age = ago === undefined ? 0 : parseDuration(ago);
  if (age === undefined) throw refusal(`${proof}: the age must be like 90s, 10m, 12h, 3d or PT12H`);
  const owner = required(subject);
  const first = ownEnrollment(authenticator, owner);
  const enrollment = owner.enrollments.filter((one) => one.authenticator === authenticator)[before] ?? first;
  const descriptor = descriptors.find(({ key }) => key === authenticator);
  if (method !== undefined && descriptor) knownMethod(method, descriptor);
  const proved = { authenticator, enrollment: enrollment.id, subject: owner.id, ...atMost(enrollment, shows) };
  return {
    ...proved,
    amr: [],
    ...omitUndefined({ method }),
    at: now - age,
    transaction: `earlier-${age}`,
    origin: 'sign_in',
  };
}

function knownMethod(method: string, { key, methods = [] }: AuthenticatorDescriptor): string {
  return knownName(`method of ${key}`, method, methods);
}

/** The first enrollment that the user has of an authenticator. */
export function ownEnrollment(authenticator: string, subject: Subject): Enrollment {
  const enrollment = subject.enrollments.find((one) => one.authenticator === authenticator);
  if (enrollment !== undefined) return enrollment;
  const who = subject.identifiers[0] ?? 'this user';
  const has = subject.enrollments.map((one) => one.authenticator).join(', ') || 'nothing';
  throw refusal(`${who} cannot have proved ${authenticator}: enrolled is ${has}`);
}

export function required(subject: Subject | undefined): Subject {
  if (subject === undefined) throw refusal('a proof needs a user: give --user or --groups');
  return subject;
}

/** An authenticator, a method of it, and what it shows at most. Absent: all that it can. */
interface NamedKey {
  readonly key: string;
  readonly method?: string;
  readonly shows?: readonly Characteristic[];
}

/** `phone.sms`; `webauthn[userPresence]`: a key without user verification. `webauthn[]` shows nothing. */
function keyOf(text: string): NamedKey {
  const [, name = text, list] = /^([\w.-]+)\[([\w+]*)\]$/.exec(text) ?? [];
  const named = { key: authenticatorIn(name), ...omitUndefined({ method: methodIn(name) }) };
  if (list === undefined) return named;
  const names = list.split('+').filter((one) => one !== '');
  return { ...named, shows: names.map((one) => knownName('characteristic', one, characteristics)) };
}

/** What verifies the user is a factor of its own: without that, a key is possession alone. */
function atMost(
  { factors, characteristics: best }: Pick<Enrollment, 'factors' | 'characteristics'>,
  shows: readonly Characteristic[] | undefined,
): Pick<Enrollment, 'factors' | 'characteristics'> {
  if (shows === undefined) return { factors, characteristics: best };
  const verifies = best.includes('userVerification') && !shows.includes('userVerification');
  return {
    factors: verifies ? factors.filter((factor) => factor === 'possession') : factors,
    characteristics: best.filter((one) => shows.includes(one)),
  };
}

/** `totp=2`: the user skipped so often what a rule requires and lets users skip. */
export function skippedFrom(
  counts: readonly string[],
  { at, authenticators }: { readonly at: Seconds; readonly authenticators: readonly AuthenticatorDescriptor[] },
): NonNullable<Subject['skipped']> {
  const keys = authenticators.map(({ key }) => key);
  const pairs = counts.map((one) => {
    const [key = '', count = ''] = one.split('=');
    if (!/^\d{1,4}$/.test(count)) throw refusal(`--skipped takes how often, like totp=2, not ${one}`);
    return [knownName('authenticator', key, keys), { grace: { count: Number(count), at } }] as const;
  });
  return Object.fromEntries(pairs);
}
