import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { AuthenticatorContext, Credential } from '../../../src/authenticators/authenticator.ts';
import { securityQuestions } from '../../../src/authenticators/security-question/questions.ts';
import {
  normaliseAnswer,
  securityQuestionAuthenticator,
} from '../../../src/authenticators/security-question/security-question.ts';
import { suggestedAnswers } from '../../../src/authenticators/security-question/suggested-answers.ts';
import type { Subject } from '../../../src/core/model/facts.ts';
import { context } from '../../contract/authenticators/authenticator-contract.ts';
import { cheapQueue } from '../../support/servers/cheap-hashing.ts';

const messages = join(import.meta.dirname, '../../../views/messages');
const authenticator = securityQuestionAuthenticator(cheapQueue());
const subject: Subject = {
  id: 'u',
  status: 'active',
  identifiers: ['alice.archer@example.org'],
  groups: [],
  profile: { displayName: 'Alice Archer', nickname: 'Lissy' },
  enrollments: [],
};
const toy = { questionKey: 'stuffed_toy', passcode: 'Ottokar von Bärbach' };

const enroll = (input: Readonly<Record<string, string>>, given: AuthenticatorContext = context) =>
  authenticator.enroll(subject, { pending: {}, input }, given);

async function enrolled(input: Readonly<Record<string, string>>): Promise<Credential> {
  const result = await enroll(input);
  if (!result.ok || 'nextStage' in result) throw new Error('not enrolled');
  return { ...result.credential, id: 'one', createdAt: 1 };
}

describe('an answer is read without case, accents and punctuation', () => {
  test.each([
    ['  São-Paulo ', 'sao paulo'],
    ['ÉCOLE “Jean Moulin”', 'ecole jean moulin'],
    ['Straße', 'STRASSE'],
    ['O’Brien', "o'brien"],
    ['ﬁsch', 'Fisch'],
    ['Ａlpha', 'alpha'],
    ['İstanbul', 'istanbul'],
    ['ΟΔΟΣ ΑΒ', 'οδος αβ'],
    ['e\u0301cole', '\u00e9cole'],
    ['new\u200b york', 'New York'],
  ])('%s is %s', (one, other) => {
    expect(normaliseAnswer(one)).toBe(normaliseAnswer(other));
    expect(normaliseAnswer(one)).not.toBe('');
  });

  test.each([
    ['が', 'か'],
    ['दिल', 'दल'],
    ['й2', 'и3'],
  ])('%s is not %s: marks that make another letter stay', (one, other) => {
    expect(normaliseAnswer(one)).not.toBe(normaliseAnswer(other));
  });
});

describe('to verify', () => {
  test('another spelling does, another word does not', async () => {
    const credential = await enrolled(toy);
    const verify = (passcode: string) =>
      authenticator.verify(credential, { pending: {}, input: { passcode } }, context);
    expect(await verify(' ottokar VON-barbach')).toEqual({
      ok: true,
      credential: 'one',
      proof: { factors: ['knowledge'], characteristics: ['userPresence'], amr: ['kba'] },
      mustSave: false,
    });
    expect(await verify('Ottokar')).toEqual({ ok: false, code: 'credentials.invalid', field: 'credentials.passcode' });
    expect(await verify('…!')).toMatchObject({ code: 'credentials.malformed' });
    expect(await verify('x'.repeat(201))).toMatchObject({ code: 'credentials.malformed' });
  });

  test('nothing of the answer is kept but a salted hash', async () => {
    const [one, other] = [await enrolled(toy), await enrolled(toy)];
    expect(JSON.stringify(one)).not.toMatch(/ottokar|barbach/i);
    expect(one.secret).toEqual({ code: 'stuffed_toy', salt: expect.any(String), digest: expect.any(String) });
    expect(one.secret.digest).not.toBe(other.secret.digest);
  });
});

describe('the question', () => {
  const proved = { ...context, mayShowDetails: true, subjectId: 'user-1' };

  test('is not shown before the user has proved something', async () => {
    for (const credential of [await enrolled(toy), undefined])
      expect((await authenticator.challenge(credential, { ...context, subjectId: 'u' })).public).toEqual({});
  });

  test('is shown to users who have proved something; a user without one gets one, always the same', async () => {
    expect((await authenticator.challenge(await enrolled(toy), proved)).public).toEqual({ questionKey: 'stuffed_toy' });
    const decoy = (id: string) => authenticator.challenge(undefined, { ...proved, subjectId: id });
    const codes = await Promise.all(
      Array.from({ length: 40 }, async (_, at) => (await decoy(`nobody ${at}`)).public.questionKey as string),
    );
    expect(new Set(codes)).toEqual(new Set(securityQuestions.keys()));
    expect((await decoy('nobody 1')).public).toEqual((await decoy('nobody 1')).public);
  });

  test('of one’s own is shown as it was written, in one line', async () => {
    const own = { questionKey: 'custom', question: '  What is\n the name  of my boat? ', passcode: 'Nepomuk' };
    expect((await authenticator.challenge(await enrolled(own), proved)).public).toEqual({
      questionKey: 'custom',
      question: 'What is the name of my boat?',
    });
  });

  test.each([
    [{}, 'question.required', 'questionKey'],
    [{ questionKey: 'no_such' }, 'question.required', 'questionKey'],
    [{ questionKey: 'constructor' }, 'question.required', 'questionKey'],
    [{ questionKey: 'custom' }, 'question.unwritten', 'question'],
    [{ questionKey: 'custom', question: '   ' }, 'question.unwritten', 'question'],
    [{ questionKey: 'custom', question: 'Boat?' }, 'question.malformed', 'question'],
    [{ questionKey: 'custom', question: 'x'.repeat(101) }, 'question.malformed', 'question'],
    [{ questionKey: 'custom', question: 'What is \u202ethe name?' }, 'question.malformed', 'question'],
    [{ questionKey: 'custom', question: 'What is \ud800 the name?' }, 'question.malformed', 'question'],
  ])('%j is refused', async (input, code, field) => {
    expect(await enroll({ passcode: 'Nepomuk', ...input })).toEqual({ ok: false, code, field: `credentials.${field}` });
  });
});

describe('a new answer', () => {
  test.each([
    ['', 'credentials.required'],
    ['abc', 'answer.too_short'],
    ['a - b - c', 'answer.too_short'],
    ['alice archer', 'answer.obvious'],
    ['ARCHER', 'answer.obvious'],
    ['lissy', 'answer.obvious'],
    ['alice.archer@example.org', 'answer.obvious'],
    ['Teddybär', 'answer.obvious'],
    ['passwort', 'answer.obvious'],
    ['aaaaaa', 'answer.obvious'],
    ['1234', 'answer.obvious'],
    ['Example', 'answer.obvious'],
  ])('%s is refused', async (passcode, code) => {
    expect(await enroll({ ...toy, passcode })).toEqual({ ok: false, code, field: 'credentials.passcode' });
  });

  test('that is part of the question is refused', async () => {
    const own = { questionKey: 'custom', question: 'Is my boat called Nepomuk?', passcode: 'nepomuk' };
    expect(await enroll(own)).toMatchObject({ code: 'answer.obvious' });
  });

  test('is as long as the settings demand', async () => {
    const settings = { enabled: true, minLength: 8 };
    expect(await enroll({ ...toy, passcode: 'Nepomuk' }, { ...context, settings })).toMatchObject({
      code: 'answer.too_short',
    });
    expect(await enroll({ ...toy, passcode: 'Nepomuk I' }, { ...context, settings })).toMatchObject({ ok: true });
  });
});

const locales = readdirSync(messages).map((file) => file.replace(/\.json$/, ''));

test.each(locales)('%s: every question has a text, and the example in it is refused as an answer', async (locale) => {
  const texts = JSON.parse(readFileSync(join(messages, `${locale}.json`), 'utf8')) as Record<string, string>;
  for (const questionKey of securityQuestions.keys() as Iterable<keyof (typeof suggestedAnswers)[string]>) {
    expect(texts[`question.${questionKey}`]).toMatch(/[?\u061f\uff1f]$/);
    const words = suggestedAnswers[locale]?.[questionKey] ?? [];
    expect(words.length).toBeGreaterThan(1);
    for (const passcode of words) {
      const answer = await enroll({ questionKey, passcode });
      // An answer of one or two characters is refused for its length.
      expect([passcode, answer]).toEqual([
        passcode,
        expect.objectContaining({ code: expect.stringMatching(/^answer\.(obvious|too_short)$/) }),
      ]);
    }
  }
});
