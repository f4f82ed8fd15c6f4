import { accessCodeAuthenticator, issueAccessCode } from '../../src/authenticators/access-code/access-code.ts';
import type { AuthenticatorContext, Credential } from '../../src/authenticators/authenticator.ts';
import { recoveryCodeAuthenticator } from '../../src/authenticators/recovery-code/recovery-code.ts';
import { securityQuestionAuthenticator } from '../../src/authenticators/security-question/security-question.ts';
import { HashingQueue } from '../../src/authenticators/shared/hashing-queue.ts';
import { authenticatorContract, context } from './authenticator-contract.ts';

const rest = { oneTime: true, field: 'credentials.passcode' } as const;
const subject = {
  id: 'u',
  status: 'active',
  identifiers: [],
  groups: [],
  profile: {},
  enrollments: [],
} as const;

authenticatorContract('recovery_code', async () => {
  const queue = new HashingQueue();
  const authenticator = recoveryCodeAuthenticator(queue);
  const codes = new Map<string, string>();
  const credential = async (id: string): Promise<Credential> => {
    const offer = await authenticator.beginEnrollment(subject, context);
    const enrolled = await authenticator.enroll(subject, { pending: offer.private, input: { saved: 'yes' } }, context);
    if (!enrolled.ok || 'nextStage' in enrolled) throw new Error('not enrolled');
    codes.set(id, (offer.public.codes as string[])[0] ?? '');
    return { ...enrolled.credential, id, createdAt: 1 };
  };
  return {
    ...rest,
    authenticator,
    credentials: [await credential('one'), await credential('two')],
    answer: async ({ id }: Credential) => ({ passcode: codes.get(id) ?? '' }),
    wrong: { passcode: '0000-0000-0000-0000' },
    work: () => queue.stats.started,
  };
});

authenticatorContract('access_code', async () => {
  const queue = new HashingQueue();
  const codes = new Map<string, string>();
  const credential = async (id: string): Promise<Credential> => {
    const issued = await issueAccessCode(queue, { length: 12, uses: 1, expiresAt: context.now + 60 });
    codes.set(id, issued.code);
    return { ...issued.credential, id, createdAt: 1 };
  };
  return {
    ...rest,
    authenticator: accessCodeAuthenticator(queue),
    credentials: [await credential('one'), await credential('two')],
    answer: async ({ id }: Credential, _context: AuthenticatorContext) => ({ passcode: codes.get(id) ?? '' }),
    wrong: { passcode: '0000-0000-0000' },
    work: () => queue.stats.started,
  };
});

authenticatorContract('security_question', async () => {
  const queue = new HashingQueue();
  const authenticator = securityQuestionAuthenticator(queue);
  const answers = { one: 'Ottokar von Bärbach', two: 'Nepomuk' };
  const credential = async (id: keyof typeof answers): Promise<Credential> => {
    const input = { questionKey: 'custom', question: 'What is the name of my boat?', passcode: answers[id] };
    const enrolled = await authenticator.enroll(subject, { pending: {}, input }, context);
    if (!enrolled.ok || 'nextStage' in enrolled) throw new Error('not enrolled');
    return { ...enrolled.credential, id, createdAt: 1 };
  };
  return {
    authenticator,
    credentials: [await credential('one'), await credential('two')],
    answer: async ({ id }: Credential) => ({ passcode: answers[id as keyof typeof answers] }),
    wrong: { passcode: 'Ottokar' },
    field: 'credentials.passcode',
    oneTime: false,
    work: () => queue.stats.started,
  };
});
