/** Sets a password in the step loop, under the user's password policy. */
import type { PasswordBlocklist, Subject } from '../../core/model/facts.ts';
import { defaultPasswordTerms } from '../../core/model/password-policy.ts';
import type {
  AuthenticatorContext,
  ChallengeAnswer,
  Enrolled,
  IssuedChallenge,
  NewPasswordTerms,
  Refused,
} from '../authenticator.ts';
import type { HashingQueue } from '../shared/hashing-queue.ts';
import { challengeLifetime } from '../shared/limits.ts';
import { refuse } from '../shared/results.ts';
import { isBreached } from './breached-passwords.ts';
import { passwordCredential, proof } from './credential.ts';
import { checkPassword, hashPassword } from './hash.ts';
import { formFault, isContextWord, isGuessedFirst } from './new-password.ts';
import { isListed } from './password-list.ts';
import { type PasswordSettings, readPasswordSettings } from './settings.ts';

const faultCodes = {
  too_short: 'password.too_short',
  too_long: 'password.too_long',
  malformed: 'password.malformed',
} as const;

const blocklistCodes = {
  common: 'password.common',
  context: 'password.context',
  list: 'password.list',
  breached: 'password.breached',
} as const satisfies Record<PasswordBlocklist, string>;

/** The page says how long the password must be. */
export function beginPassword(context: AuthenticatorContext): IssuedChallenge {
  const { minLength } = termsOf(context);
  return { inputs: ['new_secret'], public: { minLength }, private: {}, expires: context.now + challengeLifetime };
}

/** Checks the new password, cheapest check first, and hashes it. Rejects like `Authenticator.enroll`. */
export async function enrollPassword(
  queue: HashingQueue,
  {
    subject,
    answer,
    context,
  }: {
    readonly subject: Subject;
    readonly answer: ChallengeAnswer;
    readonly context: AuthenticatorContext;
  },
): Promise<Enrolled | Refused> {
  const { passcode: text = '' } = answer.input;
  if (text === '') return refuse('credentials.required');
  const refused = await refusedPassword(text, subject, context);
  if (refused !== undefined) return refused;
  const former = formerHashes(context);
  for (const hash of former.compared)
    if (await checkPassword(queue, hash, Buffer.from(text.normalize('NFC')))) return refuse('password.repeated');
  const credential = passwordCredential(await hashPassword(queue, text), former.kept);
  return { ok: true, credential, proof };
}

/** The input for checking a new password, whether the user or an administrator sets it. */
export type ComparedWith = Pick<
  AuthenticatorContext,
  'brand' | 'issuer' | 'enrolled' | 'settings' | 'newPassword' | 'warn'
>;

/** Why the policy refuses the password, apart from former ones. Undefined if it does not. Rejects like `isListed`. */
export async function refusedPassword(
  text: string,
  subject: Pick<Subject, 'identifiers' | 'profile'>,
  context: ComparedWith,
): Promise<Refused | undefined> {
  const terms = termsOf(context);
  const fault = formFault(text, terms.minLength);
  if (fault !== undefined) return { ...refuse(faultCodes[fault]), params: { count: terms.minLength } };
  const settings = readPasswordSettings(context.settings);
  const words = [...wordsAbout(subject, context), ...settings.words];
  const blocklist = await blocklistOf(text, { terms, settings, words, warn: context.warn });
  return blocklist === undefined ? undefined : refuse(blocklistCodes[blocklist]);
}

/** The blocklist that contains the password. Undefined if none does. */
export async function blocklistOf(
  text: string,
  compared: {
    readonly terms: Pick<NewPasswordTerms, 'blocklists'>;
    readonly settings: PasswordSettings;
    readonly words: readonly string[];
    readonly warn: AuthenticatorContext['warn'];
  },
): Promise<PasswordBlocklist | undefined> {
  const { blocklists } = compared.terms;
  const { list, breachedPasswords } = compared.settings;
  if (blocklists.includes('common') && isGuessedFirst(text)) return 'common';
  if (blocklists.includes('context') && isContextWord(text, compared.words)) return 'context';
  if (list !== undefined && blocklists.includes('list') && (await isListed(text, list))) return 'list';
  const isAsked = breachedPasswords !== undefined && blocklists.includes('breached');
  return isAsked && (await isBreached(text, breachedPasswords, compared.warn)) ? 'breached' : undefined;
}

function termsOf({ newPassword }: Pick<AuthenticatorContext, 'newPassword'>): NewPasswordTerms {
  const { minLength, blocklists, history } = defaultPasswordTerms;
  return newPassword ?? { minLength, blocklists, history };
}

function wordsAbout(
  { identifiers, profile }: Pick<Subject, 'identifiers' | 'profile'>,
  { brand, issuer }: Pick<AuthenticatorContext, 'brand' | 'issuer'>,
): readonly string[] {
  const texts = Object.values(profile).filter((value) => typeof value === 'string');
  return [brand, new URL(issuer).hostname, ...identifiers, ...texts];
}

/** The present password is always compared. The policy says how many earlier ones are kept and compared. */
export function formerHashes(context: Pick<AuthenticatorContext, 'enrolled' | 'newPassword'>) {
  const { history } = termsOf(context);
  const { enrolled } = context;
  const hashes = enrolled.flatMap(({ secret: { hash, former } }) => [
    ...(typeof hash === 'string' ? [hash] : []),
    ...(Array.isArray(former)
      ? former.filter((formerHash): formerHash is string => typeof formerHash === 'string')
      : []),
  ]);
  return { compared: hashes.slice(0, Math.max(1, history)), kept: hashes.slice(0, history) };
}
