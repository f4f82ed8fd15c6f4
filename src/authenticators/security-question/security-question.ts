/**
 * Something you know: the answer to a question about the user. NIST SP 800-63B-4 section 3.1.1.2 does not accept it as
 * an authenticator, and OWASP ASVS 5.0 6.4.2 forbids it. It is therefore auxiliary: it counts only if a policy names
 * it, and only after another proof. See decision 15.
 */

import { z } from 'zod';
import type { Subject } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { closed } from '../../policy/schema/fields/fields.ts';
import type {
  Authenticator,
  AuthenticatorContext,
  Credential,
  CredentialInput,
  Enrolled,
  IssuedChallenge,
  Refused,
  Verified,
} from '../authenticator.ts';
import { isCommonPassword } from '../shared/common-passwords.ts';
import type { HashingQueue } from '../shared/hashing-queue.ts';
import { decoySalt, digestKeyText, drawSalt, isSalt } from '../shared/key-text.ts';
import { challengeLifetime } from '../shared/limits.ts';
import { credentialOf, proofOf, refuse } from '../shared/results.ts';
import { isSameText } from '../shared/same-text.ts';
import { ownQuestion, readOwnQuestion, securityQuestions } from './questions.ts';

const descriptor = {
  key: 'security_question',
  factors: ['knowledge'],
  characteristics: ['userPresence'],
  enrollable: true,
  maxEnrollments: 1,
  auxiliary: true,
} as const;

const proof = proofOf(descriptor, ['kba']);

/** The longest answer as typed (UTF-16 units). */
const maxTypedLength = 200;

/** The default minimum length of a new answer (letters and digits). */
const defaultMinLength = 4;

const configuration = {
  settings: closed({
    enabled: z.boolean().default(false).describe('Users can enroll it. It counts only where a policy names it.'),
    minLength: z
      .int()
      .min(4)
      .max(32)
      .default(defaultMinLength)
      .describe('Shortest new answer, in letters and digits. Default 4.'),
  })
    .prefault({})
    .describe(
      'Security question. Against NIST SP 800-63B-4 and OWASP ASVS; counts only where a policy names it, and only together with another authenticator.',
    ),
  objection:
    'is enabled, against NIST SP 800-63B-4 section 3.1.1.2 (what users know about themselves is no authenticator) and OWASP ASVS 5.0 6.4.2 (level 1: no secret questions)',
} as const;

/** `code` of `securityQuestions`, or `ownQuestion` and its `text`. */
interface Question {
  readonly code: string;
  readonly text?: string;
}

interface AnswerSecret extends Question {
  readonly salt: string;
  readonly digest: string;
}

export function securityQuestionAuthenticator(queue: HashingQueue): Authenticator {
  return {
    descriptor,
    configuration,
    // Fewer than NIST SP 800-63B-4 section 3.2.2 allows, because most questions have few possible answers.
    attemptLimits: [
      { limit: 5, window: 900 },
      { limit: 20, window: 0 },
    ],
    challenge: async (credential, context) => ({
      inputs: ['answer'],
      public: shownQuestion(credential, context),
      private: {},
      expires: context.now + challengeLifetime,
    }),
    verify: (credential, { input }) => verifyAnswer(queue, credential, input),
    readableData: (credential) => {
      const { code, text } = readAnswerSecret(credential) ?? {};
      return omitUndefined({ question: text ?? code });
    },
    beginEnrollment: async (_subject, context) => ({
      inputs: ['question_choice', 'question_text', 'answer'],
      public: { questions: [...securityQuestions.keys(), ownQuestion] },
      private: {},
      expires: context.now + challengeLifetime,
    }),
    enroll: async (subject, { input }, context) => {
      const chosen = readEnrollment(subject, input, context);
      return 'ok' in chosen ? chosen : enrollAnswer(queue, chosen);
    },
  };
}

/** Letters and digits, without case, accents, white space and punctuation: `São-Paulo` becomes `saopaulo`. */
export function normaliseAnswer(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\s\p{P}\p{C}]/gu, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFC');
}

/**
 * No question is shown before the user has proved something (section 3.1.1.2: no hints). A user without a question gets
 * one as well, always the same.
 */
function shownQuestion(credential: Credential | undefined, context: AuthenticatorContext): IssuedChallenge['public'] {
  if (!context.mayShowDetails) return {};
  const { code, text } = readAnswerSecret(credential) ?? decoyQuestion(context);
  return { questionKey: code, ...omitUndefined({ question: text }) };
}

function decoyQuestion(context: AuthenticatorContext): Question {
  const codes = [...securityQuestions.keys()];
  const number = Buffer.from(
    context.mac('security question decoy', context.subjectId ?? context.transactionId),
    'base64url',
  ).readUInt32BE();
  return { code: codes[number % codes.length] as string };
}

async function verifyAnswer(
  queue: HashingQueue,
  credential: Credential | undefined,
  input: CredentialInput,
): Promise<Verified | Refused> {
  const answer = readAnswer(input);
  // These refusals depend only on the input, so they reveal nothing about the account.
  if (typeof answer !== 'string') return answer;
  const secret = readAnswerSecret(credential);
  const matches = isSameText(secret?.digest, await digestKeyText(queue, answer, secret?.salt ?? decoySalt));
  if (!credential || !secret || !matches) return refuse('credentials.invalid');
  return { ok: true, credential: credential.id, proof, mustSave: false };
}

/** The answer in the form, normalised. */
function readAnswer({ passcode }: CredentialInput): string | Refused {
  const text: unknown = passcode;
  if (typeof text !== 'string' || text.trim() === '') return refuse('credentials.required');
  if (text.length > maxTypedLength || !text.isWellFormed()) return refuse('credentials.malformed');
  const answer = normaliseAnswer(text);
  return answer === '' ? refuse('credentials.malformed') : answer;
}

interface ChosenAnswer {
  readonly question: Question;
  /** As `normaliseAnswer` returns it. */
  readonly answer: string;
}

function readEnrollment(
  subject: Subject,
  input: CredentialInput,
  context: AuthenticatorContext,
): ChosenAnswer | Refused {
  const question = readQuestion(input);
  if ('ok' in question) return question;
  const answer = readAnswer(input);
  if (typeof answer !== 'string') return answer;
  const minLength = Number(context.settings?.minLength ?? defaultMinLength);
  if ([...answer].length < minLength) return refuse('answer.too_short');
  return isObvious({ question, answer }, subject, context) ? refuse('answer.obvious') : { question, answer };
}

async function enrollAnswer(queue: HashingQueue, { question, answer }: ChosenAnswer): Promise<Enrolled> {
  const salt = drawSalt();
  const secret: AnswerSecret = { ...question, salt, digest: await digestKeyText(queue, answer, salt) };
  return { ok: true, credential: credentialOf(descriptor, { ...secret }), proof };
}

function readQuestion({ questionKey, question }: CredentialInput): Question | Refused {
  const code: unknown = questionKey;
  if (typeof code === 'string' && securityQuestions.has(code)) return { code };
  if (code !== ownQuestion) return refuse('question.required', 'credentials.questionKey');
  const written: unknown = question;
  if (typeof written !== 'string' || written.trim() === '') return refuse('question.unwritten', 'credentials.question');
  const text = readOwnQuestion(written);
  return text === undefined ? refuse('question.malformed', 'credentials.question') : { code, text };
}

/** A common answer, or one that follows from the question or the profile. */
function isObvious(
  { question: { code, text }, answer }: ChosenAnswer,
  subject: Subject,
  context: AuthenticatorContext,
): boolean {
  if (/^(.{1,3})\1+$/u.test(answer) || '0123456789'.includes(answer) || isCommonPassword(answer)) return true;
  if (text !== undefined && normaliseAnswer(text).includes(answer)) return true;
  const names = [
    ...subject.identifiers,
    ...Object.values(subject.profile),
    context.identifier,
    context.brand,
    context.app,
  ];
  const words = names.flatMap((name) => (typeof name === 'string' ? [name, ...name.split(/[\s@._-]+/)] : []));
  return [...words, ...(securityQuestions.get(code) ?? [])].some((word) => normaliseAnswer(word) === answer);
}

function readAnswerSecret(credential: Credential | undefined): AnswerSecret | undefined {
  if (credential?.authenticator !== descriptor.key) return undefined;
  const { code, text, salt, digest } = credential.secret;
  if (typeof code !== 'string' || !isSalt(salt) || typeof digest !== 'string') return undefined;
  if (securityQuestions.has(code)) return { code, salt, digest };
  const isWritten = code === ownQuestion && typeof text === 'string' && readOwnQuestion(text) === text;
  return isWritten ? { code, text, salt, digest } : undefined;
}
