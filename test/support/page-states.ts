/** One fixture for each state of each page, and a small server that shows them under the headers of the real one. */

import { join } from 'node:path';
import { ownQuestion, securityQuestions } from '../../src/authenticators/security-question/questions.ts';
import { qrCodeSvg } from '../../src/authenticators/totp/qr-code.ts';
import type { Attribute } from '../../src/core/model/attribute.ts';
import type { Skippable } from '../../src/core/model/decision.ts';
import type { RefusalNoticeCode } from '../../src/core/step/notice-codes.ts';
import type { Step } from '../../src/core/step/step.ts';
import { assetCacheControl, assetOf } from '../../src/http/html/assets.ts';
import { createRenderer, type Renderer } from '../../src/http/html/render.ts';
import type { StepPage } from '../../src/http/html/views/page-models.ts';
import { contentSecurityPolicy } from '../../src/http/middleware/security-headers.ts';
import { standardAttributes } from '../../src/policy/model/standard-attributes.ts';
import { accountPages } from './account-page-states.ts';
import { openServer } from './http-server.ts';
import { errorNotice as error } from './notices.ts';
import { sampleBrand } from './sample-brand.ts';

export const viewsDir = join(import.meta.dirname, '../../views');

/** A name that tries to break out of the page or into the template. */
export const hostile = `"><svg onload=alert(1)><%= 7*7 %>{{7*7}}\${7*7}' onfocus='alert(2)</title><script>alert(3)</script>`;
const long = 'Department of Extraordinarily-Long-Names-Without-A-Place-To-Break'.repeat(3);

const base: Omit<StepPage, 'step'> = {
  uid: 'f1x2t3u4r5e6',
  stateHandle: 'Zm9ybS1oYW5kbGU',
  action: '/signin/f1x2t3u4r5e6',
  brand: { name: 'Acme ID' },
  app: { name: 'Payroll' },
  locale: 'en',
  canRestart: false,
};
const known = { account: { identifier: 'alice@demo.test' }, canRestart: true } as const;

const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const uri = `otpauth://totp/Acme%20ID:alice%40demo.test?secret=${secret}&issuer=Acme%20ID`;
const identify: Step = { kind: 'identify', notices: [] };
/** Its script does not load: the policy of the page does not let it. */
const challengeService = {
  script: 'https://challenges.example/api.js',
  siteKey: 'site-key',
  responseField: 'g-recaptcha-response',
} as const;
const password: Step = {
  kind: 'challenge',
  authenticator: 'password',
  inputs: ['secret'],
  enrollment: 'p1',
  challenge: {},
  alternatives: false,
  notices: [],
};
const totp: Step = {
  kind: 'challenge',
  authenticator: 'totp',
  inputs: ['one_time_code'],
  enrollment: 't1',
  challenge: {},
  alternatives: true,
  notices: [],
};
const enroll: Step = {
  kind: 'enroll',
  authenticator: 'totp',
  inputs: ['one_time_code', 'app_name'],
  offer: { secret, uri, qr: qrCodeSvg(uri, 'Code for an authenticator app') },
  alternatives: false,
  notices: [],
};
const offeredQuestions = [...securityQuestions.keys(), ownQuestion];
const questionInputs = ['question_choice', 'question_text', 'answer'] as const;
const recoveryCodes = Array.from({ length: 10 }, (_, index) => `${index}ABC-DEFG-HJKM-NPQR`);
const email: Step = {
  kind: 'challenge',
  authenticator: 'email',
  inputs: ['one_time_code'],
  enrollment: 'e1',
  challenge: { address: 'i***a@h***o.net', resend: true, linkable: true },
  alternatives: true,
  notices: [],
};
const own: Attribute = { type: 'text', read: 'user', write: 'user' };
const standard = (name: string, value?: string) => ({
  name,
  attribute: standardAttributes[name] ?? own,
  required: name !== 'phone',
  ...(value !== undefined && { value }),
});
const sizes = [{ value: 'S' }, { value: 'M', label: { en: 'Medium', de: 'Mittel' } }];
const profile: Extract<Step, { kind: 'profile' }> = {
  kind: 'profile',
  fields: [
    standard('displayName', 'Alice Archer'),
    standard('streetAddress'),
    standard('postalCode'),
    standard('locality'),
    standard('country'),
    standard('birthdate'),
    standard('phone'),
    {
      name: 'shirt',
      attribute: {
        ...own,
        label: { en: 'Shirt size', de: 'Hemdgröße' },
        help: { en: 'For the gift.' },
        options: sizes,
      },
      required: true,
    },
    {
      name: 'news',
      attribute: { ...own, type: 'boolean', label: { en: 'Send me news' } },
      required: false,
      value: true,
    },
  ],
  terms: [{ id: 'shop', version: '1', label: { en: 'Terms of the shop' }, url: 'https://shop.example/terms' }],
  notices: [],
};
const consent: Extract<Step, { kind: 'consent' }> = {
  kind: 'consent',
  scopes: [
    { scope: 'openid', required: true, rejected: false },
    { scope: 'profile', required: true, rejected: false },
    { scope: 'email', required: false, rejected: false },
    { scope: 'phone', required: false, rejected: true },
    { scope: 'orders', required: false, rejected: false },
    { scope: 'reports', required: false, rejected: false },
    { scope: 'offline_access', required: false, rejected: false },
  ],
  notices: [],
};
const consentTexts: NonNullable<StepPage['consent']> = {
  texts: {
    orders: { label: { en: 'See your orders', de: 'Ihre Bestellungen sehen' } },
    reports: { label: { en: 'Write reports' }, help: { en: 'In your name, for your team.' } },
  },
  privacyPolicy: 'https://partner.example/privacy',
  termsOfService: 'https://partner.example/terms',
};
const registers: Extract<Step, { kind: 'profile' }> = {
  kind: 'profile',
  fields: [standard('email'), standard('displayName')],
  secret: { authenticator: 'password', inputs: ['new_secret'], offer: { minLength: 15 } },
  terms: profile.terms,
  registers: true,
  notices: [],
};
const follow = { status: '/signin/f1x2t3u4r5e6/status', version: 3 };
const enrollEmail: Step = {
  kind: 'enroll',
  authenticator: 'email',
  inputs: ['mail_address'],
  offer: { stage: 'address', address: 'alice@demo.test' },
  alternatives: true,
  notices: [],
};
const phone: Step = {
  kind: 'challenge',
  authenticator: 'phone',
  inputs: ['one_time_code'],
  enrollment: 'e1',
  challenge: { method: 'sms', methods: ['sms', 'voice'], resend: true, address: '+49 ••• •••• 12' },
  alternatives: true,
  notices: [],
};
const enrollPhone: Step = {
  kind: 'enroll',
  authenticator: 'phone',
  inputs: ['phone_number'],
  offer: { stage: 'number', restricted: true, country: 'DE' },
  alternatives: true,
  notices: [],
};
const keyOptions = {
  challenge: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA',
  rpId: 'id.example.org',
  allowCredentials: [{ id: 'AQIDBA', transports: ['internal'] }],
  userVerification: 'preferred',
};
const passkey: Step = {
  kind: 'challenge',
  authenticator: 'webauthn',
  inputs: ['public_key'],
  enrollment: 'w1',
  challenge: keyOptions,
  alternatives: true,
  notices: [],
};
const newPasskey: Step = {
  kind: 'enroll',
  authenticator: 'webauthn',
  inputs: ['public_key', 'key_name'],
  offer: { challenge: keyOptions.challenge, user: { id: 'AQIDBA' }, excludeCredentials: [] },
  alternatives: true,
  notices: [],
};
const select: Step = {
  kind: 'select',
  purpose: 'challenge',
  options: [
    { authenticator: 'password' },
    { authenticator: 'totp', enrollment: 't1', label: 'Work phone' },
    { authenticator: 'totp', enrollment: 't2', label: 'Tablet' },
  ],
  notices: [],
};

const selectEnroll: Step = {
  ...select,
  purpose: 'enroll',
  options: [{ authenticator: 'totp' }, { authenticator: 'webauthn' }],
};
const skips: Skippable = { reason: 'grace', authenticators: ['totp'], skipsLeft: 3 };
/** The last day is January 31. */
const until: Skippable = {
  reason: 'grace',
  authenticators: ['totp', 'webauthn'],
  until: Date.UTC(2027, 1, 1) / 1000,
};

const steps: Readonly<Record<string, StepPage>> = {
  identify: { ...base, step: identify },
  'identify-with-password': { ...base, step: { ...identify, identifyWith: 'password' } },
  'identify-wrong': {
    ...base,
    step: {
      ...identify,
      identifyWith: 'password',
      identifier: 'alice@demo.test',
      notices: [error('credentials.invalid')],
    },
  },
  'identify-empty': {
    ...base,
    step: { ...identify, identifyWith: 'password', notices: [error('identifier.required', { field: 'identifier' })] },
  },
  'identify-mismatch': {
    ...base,
    step: { ...identify, notices: [error('subject.mismatch', { field: 'identifier' })] },
  },
  'identify-passkey': {
    ...base,
    step: {
      ...identify,
      identifyWith: 'password',
      identifyByCredential: [
        { authenticator: 'webauthn', inputs: ['public_key'], challenge: { ...keyOptions, allowCredentials: [] } },
      ],
    },
  },
  'identify-passkey-wrong': {
    ...base,
    step: {
      ...identify,
      identifyByCredential: [
        { authenticator: 'webauthn', inputs: ['public_key'], challenge: { ...keyOptions, allowCredentials: [] } },
      ],
      notices: [error('credentials.invalid', { authenticator: 'webauthn' })],
    },
  },
  passkey: { ...base, ...known, step: passkey },
  'passkey-wrong': {
    ...base,
    ...known,
    locale: 'de',
    step: { ...passkey, notices: [error('credentials.unverified', { field: 'credentials.passcode' })] },
  },
  'enroll-passkey-ends-others': {
    ...base,
    ...known,
    done: ['password'],
    step: { ...newPasskey, endsOtherSessions: true },
  },
  'enroll-app-ends-others': {
    ...base,
    ...known,
    locale: 'de',
    done: ['password'],
    step: { ...enroll, endsOtherSessions: true },
  },
  'enroll-passkey': { ...base, ...known, done: ['password'], step: newPasskey },
  'enroll-passkey-taken': {
    ...base,
    ...known,
    done: ['password'],
    step: { ...newPasskey, notices: [error('credentials.taken', { field: 'credentials.passcode' })] },
  },
  password: { ...base, ...known, step: password },
  'password-too-many-recoverable': {
    ...base,
    ...known,
    step: {
      ...password,
      recoverable: true,
      notices: [error('attempts.exceeded', { field: 'credentials.passcode', params: { seconds: 840 } })],
    },
  },
  'password-too-many': {
    ...base,
    ...known,
    step: {
      ...password,
      notices: [error('attempts.exceeded', { field: 'credentials.passcode', params: { seconds: 840 } })],
    },
  },
  totp: { ...base, ...known, done: ['password'], step: totp },
  'totp-wrong': {
    ...base,
    ...known,
    done: ['password'],
    step: { ...totp, label: 'Work phone', notices: [error('credentials.invalid', { field: 'credentials.passcode' })] },
  },
  'totp-stale': {
    ...base,
    ...known,
    done: ['password'],
    step: { ...totp, notices: [{ code: 'form.stale', level: 'info' }] },
  },
  email: { ...base, ...known, follow, step: email },
  'email-again': {
    ...base,
    ...known,
    follow,
    step: {
      ...email,
      challenge: { ...email.challenge, address: '' },
      notices: [{ code: 'sent.again', level: 'info' }],
    },
  },
  'email-wrong': {
    ...base,
    ...known,
    follow,
    step: { ...email, notices: [error('credentials.invalid', { field: 'credentials.passcode' })] },
  },
  'email-german': { ...base, ...known, locale: 'de', follow, step: email },
  'enroll-email-address': { ...base, ...known, done: ['password'], step: enrollEmail },
  'enroll-email-invalid': {
    ...base,
    ...known,
    done: ['password'],
    step: { ...enrollEmail, notices: [error('email.invalid', { field: 'credentials.email' })] },
    typed: { 'credentials.email': 'alice@demo' },
  },
  'enroll-email-code': {
    ...base,
    ...known,
    done: ['password'],
    step: {
      ...enrollEmail,
      inputs: ['one_time_code'],
      offer: { stage: 'code', address: 'alice@demo.test', resend: true },
    },
  },
  'phone-called': {
    ...base,
    ...known,
    locale: 'de',
    step: {
      ...phone,
      challenge: { ...phone.challenge, method: 'voice', address: '' },
      notices: [{ code: 'sent.again', level: 'info' }],
    },
  },
  'enroll-phone-invalid': {
    ...base,
    ...known,
    done: ['password', 'totp'],
    step: { ...enrollPhone, notices: [error('phone.landline', { field: 'credentials.phoneNumber' })] },
    typed: { 'credentials.phoneNumber': '030 901820' },
  },
  'enroll-phone-code': {
    ...base,
    ...known,
    done: ['password', 'totp'],
    step: {
      ...enrollPhone,
      inputs: ['one_time_code'],
      offer: { stage: 'code', method: 'sms', methods: ['sms', 'voice'], resend: true, address: '+4915112345612' },
    },
  },
  phone: { ...base, ...known, step: phone },
  'enroll-phone': {
    ...base,
    ...known,
    app: { name: 'Acme ID', ownAccount: true },
    done: ['password'],
    step: enrollPhone,
  },
  select: { ...base, ...known, step: select },
  'identify-branded': { ...base, brand: sampleBrand, step: { ...identify, identifyWith: 'password' } },
  'totp-branded': { ...base, ...known, brand: sampleBrand, locale: 'de', done: ['password'], step: totp },
  'identify-forgotten': { ...base, step: { ...identify, identifyWith: 'password', recoverable: true } },
  'identify-raced': { ...base, step: { ...identify, notices: [{ code: 'form.raced', level: 'info' }] } },
  'identify-work': {
    ...base,
    recovering: true,
    canRestart: true,
    step: {
      ...identify,
      work: { challenge: 'c2F2ZWQgZnJvbSBib3Rz', bits: 32 },
      notices: [error('requests.exceeded', { params: { seconds: 1200 } })],
    },
  },
  'identify-challenge-service': {
    ...base,
    recovering: true,
    canRestart: true,
    challengeService,
    step: {
      ...identify,
      challengeService: true,
      notices: [error('challenge_service.exceeded', { params: { seconds: 1200 } })],
    },
  },
  'identify-recovering': { ...base, recovering: true, canRestart: true, step: identify },
  'identify-keep': { ...base, step: { ...identify, identifyWith: 'password', keepSignedIn: false } },
  'identify-keep-ticked': {
    ...base,
    locale: 'de',
    step: { ...identify, identifyWith: 'password', keepSignedIn: true, notices: [error('credentials.invalid')] },
  },
  'totp-remember': { ...base, ...known, done: ['password'], step: { ...totp, remember: 30 * 86_400 } },
  'webauthn-remember': { ...base, ...known, locale: 'de', done: ['password'], step: { ...passkey, remember: 86_400 } },
  'enroll-totp': { ...base, ...known, done: ['password'], step: enroll },
  'enroll-totp-wrong': {
    ...base,
    ...known,
    done: ['password'],
    step: { ...enroll, notices: [error('credentials.malformed', { field: 'credentials.passcode' })] },
  },
  'enroll-recovery-codes': {
    ...base,
    ...known,
    done: ['password'],
    step: {
      ...enroll,
      authenticator: 'recovery_code',
      inputs: ['saved'],
      offer: { codes: recoveryCodes, made: 1_795_500_000 },
    },
  },
  'enroll-recovery-codes-again': {
    ...base,
    ...known,
    app: { name: 'Acme ID', ownAccount: true },
    step: {
      ...enroll,
      authenticator: 'recovery_code',
      offer: { codes: recoveryCodes, made: 1_795_500_000, replaces: true },
    },
  },
  'identify-own-account': { ...base, app: { name: 'Acme ID', ownAccount: true }, step: identify },
  'enroll-recovery-codes-unsaved': {
    ...base,
    ...known,
    locale: 'de',
    step: {
      ...enroll,
      authenticator: 'recovery_code',
      inputs: ['saved'],
      offer: { codes: recoveryCodes, made: 1_795_500_000 },
      notices: [error('recovery_codes.unsaved', { field: 'credentials.saved' })],
    },
  },
  'recovery-code': {
    ...base,
    ...known,
    done: ['password'],
    step: { ...totp, authenticator: 'recovery_code', inputs: ['paper_code'] },
  },
  'security-question': {
    ...base,
    ...known,
    done: ['totp'],
    step: {
      ...totp,
      authenticator: 'security_question',
      inputs: ['answer'],
      challenge: { questionKey: 'stuffed_toy' },
    },
  },
  'security-question-own-wrong': {
    ...base,
    ...known,
    locale: 'de',
    step: {
      ...totp,
      authenticator: 'security_question',
      inputs: ['answer'],
      challenge: { questionKey: 'custom', question: 'Welches Boot habe ich auf der Ostsee versenkt?' },
      notices: [error('credentials.invalid', { field: 'credentials.passcode' })],
    },
  },
  'security-question-hostile': {
    ...base,
    ...known,
    step: {
      ...totp,
      authenticator: 'security_question',
      inputs: ['answer'],
      challenge: { questionKey: 'custom', question: hostile },
    },
  },
  'enroll-security-question': {
    ...base,
    ...known,
    step: {
      ...enroll,
      authenticator: 'security_question',
      inputs: questionInputs,
      offer: { questions: offeredQuestions },
    },
  },
  'enroll-security-question-none-chosen': {
    ...base,
    ...known,
    locale: 'de',
    step: {
      ...enroll,
      authenticator: 'security_question',
      inputs: questionInputs,
      offer: { questions: offeredQuestions },
      notices: [error('question.required', { field: 'credentials.questionKey' })],
    },
  },
  'access-code': {
    ...base,
    ...known,
    done: ['password'],
    step: { ...totp, authenticator: 'access_code', inputs: ['paper_code'] },
  },
  'select-enroll': {
    ...base,
    ...known,
    done: ['password'],
    step: selectEnroll,
  },
  'enroll-totp-skips': {
    ...base,
    ...known,
    done: ['password'],
    step: { ...enroll, alternatives: true, skippable: skips },
  },
  'enroll-totp-last-skip': {
    ...base,
    ...known,
    locale: 'de',
    done: ['password'],
    step: { ...enroll, skippable: { ...skips, skipsLeft: 1 } },
  },
  'enroll-passkey-until': { ...base, ...known, done: ['password'], step: { ...newPasskey, skippable: until } },
  'enroll-passkey-promoted': {
    ...base,
    ...known,
    done: ['password'],
    step: { ...newPasskey, alternatives: false, skippable: { reason: 'promotion', authenticators: ['webauthn'] } },
  },
  'select-enroll-optional': {
    ...base,
    ...known,
    done: ['password'],
    step: { ...selectEnroll, skippable: { reason: 'optional', authenticators: ['totp', 'webauthn'] } },
  },
  'select-enroll-until': {
    ...base,
    ...known,
    locale: 'de',
    done: ['password'],
    step: { ...selectEnroll, skippable: until },
  },
  'select-enroll-sole': {
    ...base,
    ...known,
    done: ['email'],
    step: {
      ...selectEnroll,
      options: [{ authenticator: 'webauthn' }],
      skippable: { reason: 'promotion', authenticators: ['webauthn'] },
    },
  },
  'prove-first': {
    ...base,
    ...known,
    done: ['password'],
    step: {
      ...totp,
      alternatives: false,
      toEnroll: ['webauthn'],
      skippable: { reason: 'optional', authenticators: ['webauthn'] },
    },
  },
  'prove-first-passkey': { ...base, ...known, locale: 'de', step: { ...passkey, toEnroll: ['totp'] } },
  'identify-register': { ...base, app: { name: 'Shop' }, step: { ...identify, canRegister: true } },
  register: { ...base, app: { name: 'Shop' }, canRestart: true, step: registers },
  // The task of a page is too hard to be solved while it is looked at.
  'register-work': {
    ...base,
    locale: 'de',
    canRestart: true,
    step: {
      ...registers,
      work: { challenge: 'c2F2ZWQgZnJvbSBib3Rz', bits: 32 },
      notices: [error('requests.exceeded', { params: { seconds: 1200 } })],
    },
  },
  'register-challenge-service': {
    ...base,
    locale: 'de',
    canRestart: true,
    challengeService,
    step: { ...registers, challengeService: true, notices: [error('challenge_service.refused')] },
  },
  'register-german': {
    ...base,
    locale: 'de',
    canRestart: true,
    step: {
      ...registers,
      notices: [error('profile.check'), error('profile.required', { field: 'userProfile.email' })],
    },
  },
  'register-code': {
    ...base,
    app: { name: 'Shop' },
    canRestart: true,
    step: {
      ...email,
      challenge: { stage: 'code', address: 'ann@example.net', resend: true },
      alternatives: false,
      registers: true,
    },
  },
  profile: { ...base, ...known, app: { name: 'Shop' }, step: profile },
  'profile-wrong': {
    ...base,
    ...known,
    step: {
      ...profile,
      notices: [
        error('profile.check'),
        error('profile.required', { field: 'userProfile.streetAddress' }),
        error('profile.invalid.phone', { field: 'userProfile.phone' }),
        error('profile.not_offered', { field: 'userProfile.shirt' }),
        error('terms.required', { field: 'terms.shop' }),
      ],
    },
    typed: { 'userProfile.displayName': 'Alice Archer', 'userProfile.phone': '030' },
  },
  'profile-german': { ...base, ...known, locale: 'de', step: { ...profile, canSkip: true } },
  consent: { ...base, ...known, app: { name: 'Partner' }, step: consent, consent: consentTexts },
  'consent-german': { ...base, ...known, locale: 'de', app: { name: 'Partner' }, step: consent, consent: consentTexts },
  'consent-required': {
    ...base,
    ...known,
    app: { name: 'Partner' },
    step: { ...consent, scopes: consent.scopes.filter(({ required }) => required) },
  },
  'consent-changed': {
    ...base,
    ...known,
    app: { name: 'Partner' },
    step: { ...consent, notices: [error('consent.changed')] },
  },
  'consent-hostile': {
    ...base,
    account: { identifier: hostile },
    app: { name: hostile },
    step: {
      ...consent,
      scopes: [
        { scope: 'openid', required: true, rejected: false },
        { scope: hostile, required: true, rejected: false },
        { scope: 'own', required: false, rejected: false },
        { scope: long, required: false, rejected: true },
      ],
    },
    consent: {
      texts: { own: { label: { en: hostile }, help: { en: hostile } } },
      privacyPolicy: 'https://partner.example/privacy',
    },
  },
  'identify-own-words': {
    ...base,
    step: identify,
    identify: { label: { en: 'Staff number' }, hint: { en: 'It stands on your badge.' } },
  },
  'identify-own-words-hostile': {
    ...base,
    step: identify,
    identify: { label: { en: hostile }, hint: { en: hostile } },
  },
  'keep-account': { ...base, ...known, step: { kind: 'keep_account', dueAt: 1_800_000_000, notices: [] } },
  'keep-account-german': {
    ...base,
    ...known,
    locale: 'de',
    step: { kind: 'keep_account', dueAt: 1_800_000_000, notices: [] },
  },
  'select-account': { ...base, ...known, step: { kind: 'select_account', notices: [] } },
  'select-account-german': { ...base, ...known, locale: 'de', step: { kind: 'select_account', notices: [] } },
  'select-account-hostile': {
    ...base,
    account: { identifier: hostile },
    canRestart: true,
    app: { name: hostile },
    step: { kind: 'select_account', notices: [] },
  },
  'profile-hostile': {
    ...base,
    ...known,
    step: {
      ...profile,
      fields: [
        {
          name: 'note',
          attribute: { ...own, label: { en: hostile }, help: { en: hostile }, options: [{ value: hostile }] },
          required: true,
          value: hostile,
        },
        { name: 'other', attribute: { ...own, label: { en: hostile } }, required: true, value: hostile },
      ],
      terms: [{ id: 'shop', version: hostile, label: { en: hostile }, url: 'https://shop.example/terms' }],
      notices: [],
    },
    typed: { 'userProfile.note': hostile, 'userProfile.other': hostile },
  },
  denied: { ...base, ...known, step: { kind: 'denied', reason: 'rule', notices: [] } },
  'denied-branded': { ...base, ...known, brand: sampleBrand, step: { kind: 'denied', reason: 'rule', notices: [] } },
  'denied-forbidden': { ...base, ...known, step: { kind: 'denied', reason: 'enrollment_forbids', notices: [] } },
  'denied-full': {
    ...base,
    ...known,
    locale: 'de',
    step: { kind: 'denied', reason: 'enrollments_full', notices: [] },
  },
  complete: { ...base, ...known, canRestart: false, step: { kind: 'complete', notices: [] } },
  'identify-german': {
    ...base,
    locale: 'de',
    step: { ...identify, identifyWith: 'password', notices: [error('credentials.invalid')] },
  },
  'enroll-german': { ...base, ...known, locale: 'de', done: ['password'], step: enroll },
  'identify-orange': {
    ...base,
    brand: { name: 'Orange Bank', accent: '#ff8800' },
    step: { ...identify, identifyWith: 'password' },
  },
  'totp-long': {
    ...base,
    brand: { name: long },
    app: { name: long },
    account: { identifier: `${long}@demo.test` },
    canRestart: true,
    step: { ...totp, label: long },
  },
  'identify-hostile': {
    ...base,
    brand: { name: hostile, accent: hostile },
    app: { name: hostile, logoUri: hostile },
    stateHandle: hostile,
    step: {
      ...identify,
      identifyWith: 'password',
      identifier: hostile,
      notices: [error(hostile as RefusalNoticeCode, { params: { account: hostile } })],
    },
  },
  'select-hostile': {
    ...base,
    app: { name: hostile, logoUri: 'javascript:alert(1)' },
    account: { identifier: hostile },
    done: ['totp'],
    step: { ...select, options: [{ authenticator: 'totp', enrollment: hostile, label: hostile }] },
    canRestart: true,
  },
  'enroll-hostile': {
    ...base,
    step: {
      ...enroll,
      offer: { secret: hostile, uri: 'javascript:alert(1)', qr: `<svg>${hostile}` },
    },
  },
  'denied-hostile': { ...base, app: { name: hostile }, step: { kind: 'denied', reason: hostile, notices: [] } },
};

type Draw = (renderer: Renderer) => string;
const { brand, app } = base;
const device = { brand, locale: 'en', action: '/oauth2/v1/device', xsrf: 'eHNyZg' } as const;

const asked = { ip: '192.0.2.7', browser: 'Firefox', system: 'Linux' } as const;
const text = 'Enter this code:\n\n    012345\n\nOr open this link:\nhttps://id.example.org/signin/x/link?t=y\n';

const elsewhere = { brand, locale: 'en', app, code: '012345', asked } as const;
const confirmed = {
  brand,
  locale: 'en',
  app,
  account: { identifier: 'alice@demo.test' },
  action: base.action,
  stateHandle: base.stateHandle,
  authenticator: 'email',
  token: 'bGluay10b2tlbg',
  passcode: '012345',
} as const;

const standalone: Readonly<Record<string, Draw>> = {
  'magic-link-confirm': (r) => r.renderMagicLinkConfirm({ ...confirmed, recovering: false }),
  'magic-link-confirm-recovery': (r) => r.renderMagicLinkConfirm({ ...confirmed, locale: 'de', recovering: true }),
  'magic-link-elsewhere': (r) => r.renderMagicLinkElsewhere({ ...elsewhere, recovering: false }),
  'magic-link-elsewhere-recovery': (r) => r.renderMagicLinkElsewhere({ ...elsewhere, locale: 'de', recovering: true }),
  'magic-link-elsewhere-hostile': (r) =>
    r.renderMagicLinkElsewhere({
      brand,
      locale: 'en',
      app: { name: hostile },
      code: '012345',
      recovering: false,
      asked: { ip: hostile, browser: hostile, system: '' },
    }),
  'magic-link-replaced': (r) => r.renderMagicLinkOver({ brand, locale: 'en', reason: 'replaced' }),
  'magic-link-expired': (r) => r.renderMagicLinkOver({ brand, locale: 'de', reason: 'expired' }),
  'link-undo-email': (r) =>
    r.renderLinkQuestion({ brand, locale: 'en', does: 'undo', kind: 'email', value: 'alice@demo.test', token: 't' }),
  'link-undo-phone': (r) =>
    r.renderLinkQuestion({ brand, locale: 'de', does: 'undo', kind: 'phone', value: '+4915112345678', token: 't' }),
  'link-not-me': (r) =>
    r.renderLinkQuestion({
      brand,
      locale: 'en',
      does: 'not_me',
      signIn: { at: 1_795_000_000, app: 'Notes', browser: 'Firefox', system: 'Linux', ip: '192.0.2.7' },
      token: 't',
    }),
  'link-not-me-hostile': (r) =>
    r.renderLinkQuestion({
      brand,
      locale: 'de',
      does: 'not_me',
      signIn: { at: 1_795_000_000, app: hostile, browser: hostile, system: hostile, ip: hostile },
      token: hostile,
    }),
  'link-not-me-done': (r) =>
    r.renderLinkResult({ brand, locale: 'en', does: 'not_me', result: 'done', recover: 'alice@demo.test' }),
  'link-not-me-done-methods': (r) => r.renderLinkResult({ brand, locale: 'de', does: 'not_me', result: 'done' }),
  'link-not-me-over': (r) => r.renderLinkResult({ brand, locale: 'de', does: 'not_me', result: 'over' }),
  'link-undo-done': (r) => r.renderLinkResult({ brand, locale: 'en', does: 'undo', result: 'done' }),
  'link-undo-over': (r) => r.renderLinkResult({ brand, locale: 'de', does: 'undo', result: 'over' }),
  'link-undo-superseded': (r) => r.renderLinkResult({ brand, locale: 'en', does: 'undo', result: 'superseded' }),
  'sign-in-lost': (r) =>
    r.renderSignInLost({ brand, locale: 'en', app, action: '/signin/u/restart', stateHandle: 'h' }),
  'sign-in-lost-hostile': (r) =>
    r.renderSignInLost({
      brand,
      locale: 'de',
      app: { name: hostile },
      action: '/signin/u/restart',
      stateHandle: hostile,
    }),
  inbox: (r) =>
    r.renderInbox({
      brand,
      locale: 'en',
      messages: [
        {
          channel: 'email',
          to: 'alice@demo.test',
          subject: 'Sign in to Payroll',
          text,
          at: '2026-11-24T12:00:00.000Z',
        },
        {
          channel: 'sms',
          to: '+4915112345678',
          text: '012345 is your code to sign in to Notes.\n\n@id.example.org #012345\n',
          at: '2026-11-24T11:59:00.000Z',
        },
        {
          channel: 'voice',
          to: '+4930901820',
          text: 'Hello, this is Acme.\nYour code is: 0, 1, 2, 3, 4, 5.\n',
          at: '2026-11-24T11:58:00.000Z',
        },
      ],
    }),
  'inbox-empty': (r) => r.renderInbox({ brand, locale: 'en', messages: [] }),
  'inbox-hostile': (r) =>
    r.renderInbox({
      brand,
      locale: 'en',
      messages: [{ channel: 'email', to: hostile, subject: hostile, text: hostile, at: '2026-11-24T12:00:00.000Z' }],
    }),
  error: (r) =>
    r.renderError({
      brand,
      locale: 'en',
      code: 'store_unavailable',
      reference: 'req-7f3a90',
      nextLinks: [{ kind: 'retry', href: 'https://id.example/signin/a' }],
    }),
  'error-plain': (r) => r.renderError({ brand, locale: 'en', code: 'not_found', reference: 'req-7f3a90' }),
  'error-expired': (r) =>
    r.renderError({
      brand,
      locale: 'en',
      code: 'sign_in_expired',
      reference: 'req-7f3a90',
      nextLinks: [
        { kind: 'restart', href: '/oauth2/v1/authorize?client_id=notes&state=1' },
        { kind: 'app', href: 'https://notes.example/', app: 'Notes' },
      ],
    }),
  'error-expired-device': (r) =>
    r.renderError({ brand, locale: 'en', code: 'sign_in_expired', nextLinks: [{ kind: 'device', href: '/device' }] }),
  'error-finished': (r) =>
    r.renderError({
      brand,
      locale: 'en',
      code: 'sign_in_finished',
      nextLinks: [{ kind: 'restart', href: '/oauth2/v1/authorize?client_id=notes', app: hostile }],
    }),
  'error-cookies': (r) =>
    r.renderError({ brand, locale: 'en', code: 'cookies_missing', nextLinks: [{ kind: 'account', href: '/account' }] }),
  'oauth-error': (r) =>
    r.renderOAuthError({
      brand,
      locale: 'en',
      error: 'invalid_redirect_uri',
      description: "redirect_uri did not match any of the client's registered redirect_uris",
    }),
  'oauth-hostile': (r) =>
    r.renderOAuthError({
      brand: { name: hostile },
      locale: hostile,
      error: hostile,
      description: hostile,
      reference: hostile,
    }),
  'device-input': (r) => r.renderDeviceInput({ ...device, charset: 'base-20', messages: [] }),
  'device-input-wrong': (r) =>
    r.renderDeviceInput({
      ...device,
      charset: 'base-20',
      userCode: 'BCDF-XXXX',
      messages: [error('device.invalid', { field: 'user_code' })],
    }),
  'device-confirm': (r) =>
    r.renderDeviceConfirm({
      ...device,
      app,
      userCode: 'bcdfghjk',
      displayCode: 'BCDF-GHJK',
      device: { ip: '192.0.2.7', userAgent: 'Kitchen-TV/3.1' },
    }),
  'device-success': (r) => r.renderDeviceSuccess({ ...device, app }),
  logout: (r) => r.renderLogout({ ...device, app, account: { identifier: 'alice@demo.test' } }),
  'signed-out': (r) => r.renderSignedOut({ brand, locale: 'en', signedOut: true }),
  'stayed-signed-in': (r) => r.renderSignedOut({ brand, locale: 'en', signedOut: false, app }),
};

/** Name of the state, and how to draw it. */
export const pageStates: ReadonlyMap<string, Draw> = new Map([
  ...Object.entries(steps).map(([name, page]): [string, Draw] => [name, (renderer) => renderer.renderStep(page)]),
  ...Object.entries(accountPages(hostile, long)).map(([name, page]): [string, Draw] => [
    name,
    (renderer) => renderer.renderAccount(page),
  ]),
  ...Object.entries(standalone),
]);

const policy = contentSecurityPolicy();

export interface PageServer {
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves each state at `/<name>` on a free port. */
export async function servePages(renderer: Renderer = createRenderer({ viewsDir })): Promise<PageServer> {
  const { port, close } = await openServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const styles = renderer.brandStyles(path)?.css;
    const asset = renderer.asset(path) ?? (styles === undefined ? undefined : assetOf('text/css', Buffer.from(styles)));
    const draw = pageStates.get(path.slice(1));
    if (asset)
      response
        .writeHead(200, { 'content-type': asset.type, 'cache-control': assetCacheControl, etag: asset.etag })
        .end(asset.body);
    else if (draw)
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy })
        .end(draw(renderer));
    else if (path === follow.status) response.end(JSON.stringify({ version: follow.version, state: 'open' }));
    else response.writeHead(404).end();
  });
  return { origin: `http://127.0.0.1:${port}`, close };
}
