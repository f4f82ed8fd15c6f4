/** What the pages say of an enrollment: why it is asked for, how long it may be skipped, what comes first. */
import { expect, test } from '@jest/globals';
import { fieldsOf } from '../../../src/http/html/fields/fields.ts';
import { inputs } from '../../../src/http/html/fields/inputs.ts';
import { pageStates } from '../../support/pages/page-states.ts';
import { formsOf } from '../../support/pages/user-agent.ts';
import { sharedViews } from '../../support/shared/views.ts';

const renderer = sharedViews().pages;
const html = (state: string): string => pageStates.get(state)?.(renderer) ?? '';
const text = (state: string): string => html(state).replaceAll(/<\/?(?:bdi|time)[^>]*>/g, '');

test.each([
  ['enroll-totp-skips', 'You’ll soon need this to sign in.', 'Skip for now (3 skips left)'],
  ['enroll-totp-last-skip', 'Bald brauchen Sie das zum Anmelden.', 'Vorerst überspringen (noch einmal möglich)'],
  ['enroll-passkey-until', 'You’ll soon need this to sign in.', 'Skip for now (until January 31, 2027)'],
  ['enroll-passkey-promoted', 'Signing in gets easier and safer.', 'Skip for now'],
  ['select-enroll-optional', 'keeps your account safer', 'Skip for now'],
  [
    'select-enroll-until',
    'Bald brauchen Sie eine weitere Anmeldemethode',
    'Vorerst überspringen (bis 31. Januar 2027)',
  ],
])('%s: why, and how long there is time', (state, why, skip) => {
  expect(text(state)).toContain(why);
  expect(text(state)).toContain(skip);
  expect(formsOf(html(state)).map(({ step }) => step)).toContain('skip');
});

test.each(['enroll-totp', 'enroll-passkey', 'select-enroll', 'enroll-recovery-codes'])(
  '%s: a required enrollment cannot be skipped',
  (state) => {
    expect(formsOf(html(state)).map(({ step }) => step)).not.toContain('skip');
  },
);

test.each(['prove-first', 'prove-first-passkey'])('%s: says why there is one more question', (state) => {
  expect(html(state)).toContain('data-message="enroll.prove_first"');
});

test.each([
  ['enroll-email-invalid', 'credentials.email', 'alice@demo'],
  ['enroll-phone-invalid', 'credentials.phoneNumber', '030 901820'],
])('%s: what was mistyped is there to be corrected', (state, name, typed) => {
  expect(formsOf(html(state)).find(({ step }) => step === 'enroll')?.fields[name]).toBe(typed);
});

/** Whatever comes with a form: only what is neither a secret nor an answer may come back with the page. */
test('typed secrets, answers and boxes are not shown again', () => {
  const kinds = Object.keys(inputs) as (keyof typeof inputs)[];
  const typed = Object.fromEntries(Object.values(inputs).map(({ name }) => [name, `typed ${name}`]));
  const back = ['question', undefined].flatMap((stage) => {
    const offer = { ...(stage ? { stage } : {}), questions: [] };
    const step = { kind: 'enroll', authenticator: 'any', offer, alternatives: false, notices: [] } as const;
    return fieldsOf({ ...step, inputs: kinds }, typed).filter(({ value }) => value.startsWith('typed '));
  });
  expect([...new Set(back.map(({ name }) => name))].toSorted()).toEqual([
    'credentials.email',
    'credentials.label',
    'credentials.phoneNumber',
    'credentials.question',
    'credentials.questionKey',
  ]);
});

test.each(['totp', 'passkey'])('%s: an ordinary question gives no reason', (state) => {
  expect(html(state)).not.toContain('enroll.prove_first');
});
