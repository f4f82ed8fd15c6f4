/** An example has no proof that it does not need. */
import { expect, test } from '@jest/globals';
import { withoutNeedless } from '../../../../src/core/analysis/proofs/needless-proofs.ts';
import type { AdmittedWith } from '../../../../src/core/analysis/proofs/proving-user.ts';
import { action } from '../../support/fixtures.ts';

const [password, totp, webauthn] = [action('password'), action('totp'), action('webauthn')];
const [sms, voice] = ['sms', 'voice'].map((method) => action('phone', { methods: [method] })) as [
  typeof password,
  typeof password,
];
const another = action('totp', { enrollment: 'totp 2' });

type Evidence = AdmittedWith['evidence'];
type Case = [string, Evidence, readonly string[], (found: AdmittedWith) => boolean, Evidence, readonly string[]];

const always = () => true;
const has = (key: string) => (found: AdmittedWith) => found.enrolled.includes(key);
const shows =
  (...all: Evidence) =>
  (found: AdmittedWith) =>
    all.every((proof) => found.evidence.includes(proof));

test.each<Case>([
  ['one proof stays', [password], ['password'], always, [password], ['password']],
  ['one of two, where any will do', [password, totp], ['password', 'totp'], always, [totp], ['totp']],
  ['one of three', [password, totp, webauthn], ['password', 'totp', 'webauthn'], always, [webauthn], ['webauthn']],
  ['the one that it needs', [password, totp], ['password', 'totp'], shows(password), [password], ['password']],
  [
    'two that it needs',
    [password, totp],
    ['password', 'totp'],
    shows(password, totp),
    [password, totp],
    ['password', 'totp'],
  ],
  ['what the user has to have', [password, totp], ['password', 'totp'], has('password'), [totp], ['password', 'totp']],
  ['what the user has besides', [password, totp], ['email', 'password', 'totp'], always, [totp], ['email', 'totp']],
  ['an enrollment that is proved in another way', [sms, voice], ['phone'], always, [voice], ['phone']],
  [
    'an enrollment that is proved in another way, beside another',
    [sms, voice, password],
    ['phone', 'password'],
    shows(voice, password),
    [voice, password],
    ['phone', 'password'],
  ],
  ['one enrollment of two', [totp, another], ['totp', 'password', 'totp'], always, [another], ['totp', 'password']],
])('%s', (_, evidence, enrolled, isGood, left, leftEnrolled) => {
  const others = { remembered: ['email'], unkept: true } as const;
  const found = withoutNeedless({ evidence, enrolled, ...others }, isGood);
  expect(found).toEqual({ evidence: left, enrolled: leftEnrolled, ...others });
});
