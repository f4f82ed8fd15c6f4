/** Steps that several sample pages share. */
import { ownQuestion, securityQuestions } from '../../authenticators/security-question/questions.ts';
import { qrCodeSvg } from '../../authenticators/totp/qr-code.ts';
import type { Attribute } from '../../core/model/attribute.ts';
import type { Skippable } from '../../core/model/decision.ts';
import { oneHour } from '../../core/model/durations.ts';
import type { Step } from '../../core/step/step.ts';
import type { StepPage } from '../../http/html/views/page-models.ts';
import { standardAttributes } from '../../policy/model/standard-attributes.ts';

type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>;

export const stepBase: Omit<StepPage, 'step'> = {
  uid: 'f1x2t3u4r5e6',
  stateHandle: 'Zm9ybS1oYW5kbGU',
  action: '/signin/f1x2t3u4r5e6',
  brand: { name: 'Acme ID' },
  app: { name: 'Payroll' },
  locale: 'en',
  canRestart: false,
  remaining: oneHour,
  afterEnd: { kind: 'restart', href: '/signin/f1x2t3u4r5e6?again' },
};
export const known = { account: { identifier: 'alice@demo.test' }, canRestart: true } as const;

const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const uri = `otpauth://totp/Acme%20ID:alice%40demo.test?secret=${secret}&issuer=Acme%20ID`;
export const identify: StepOf<'identify'> = { kind: 'identify', notices: [] };
/** The page's policy prevents its script from loading. */
export const sampleService = {
  script: 'https://challenges.example/api.js',
  siteKey: 'site-key',
  responseField: 'g-recaptcha-response',
} as const;
export const passwordStep: StepOf<'challenge'> = {
  kind: 'challenge',
  authenticator: 'password',
  inputs: ['secret'],
  enrollment: 'p1',
  challenge: {},
  alternatives: false,
  notices: [],
};
export const totp: StepOf<'challenge'> = {
  kind: 'challenge',
  authenticator: 'totp',
  inputs: ['one_time_code'],
  enrollment: 't1',
  challenge: {},
  alternatives: true,
  notices: [],
};
export const totpSetup: StepOf<'enroll'> = {
  kind: 'enroll',
  authenticator: 'totp',
  inputs: ['one_time_code', 'app_name'],
  offer: { secret, uri, qr: qrCodeSvg(uri, 'Code for an authenticator app') },
  alternatives: false,
  notices: [],
};
export const offeredQuestions = [...securityQuestions.keys(), ownQuestion];
export const questionInputs = ['question_choice', 'question_text', 'answer'] as const;
export const recoveryCodes = Array.from({ length: 10 }, (_, index) => `${index}ABC-DEFG-HJKM-NPQR`);
export const email: StepOf<'challenge'> = {
  kind: 'challenge',
  authenticator: 'email',
  inputs: ['one_time_code'],
  enrollment: 'e1',
  challenge: { address: 'i***a@h***o.net', resend: true, linkable: true },
  alternatives: true,
  notices: [],
};
export const own: Attribute = { type: 'text', read: 'user', write: 'user' };
const standard = (name: string, value?: string) => ({
  name,
  attribute: standardAttributes[name] ?? own,
  required: name !== 'phone',
  ...(value !== undefined && { value }),
});
const sizes = [{ value: 'S' }, { value: 'M', label: { en: 'Medium', de: 'Mittel' } }];
export const profileStep: StepOf<'profile'> = {
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
export const consent: StepOf<'consent'> = {
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
export const consentTexts: NonNullable<StepPage['consent']> = {
  texts: {
    orders: { label: { en: 'See your orders', de: 'Ihre Bestellungen sehen' } },
    reports: { label: { en: 'Write reports' }, help: { en: 'In your name, for your team.' } },
  },
  privacyPolicy: 'https://partner.example/privacy',
  termsOfService: 'https://partner.example/terms',
};
export const registers: StepOf<'profile'> = {
  kind: 'profile',
  fields: [standard('email'), standard('displayName')],
  secret: { authenticator: 'password', inputs: ['new_secret'], offer: { minLength: 15 } },
  terms: profileStep.terms,
  registers: true,
  notices: [],
};
export const follow = { status: '/signin/f1x2t3u4r5e6/status', version: 3 };
export const enrollEmail: StepOf<'enroll'> = {
  kind: 'enroll',
  authenticator: 'email',
  inputs: ['mail_address'],
  offer: { stage: 'address', address: 'alice@demo.test' },
  alternatives: true,
  notices: [],
};
export const phone: StepOf<'challenge'> = {
  kind: 'challenge',
  authenticator: 'phone',
  inputs: ['one_time_code'],
  enrollment: 'e1',
  challenge: { method: 'sms', methods: ['sms', 'voice'], resend: true, address: '+49 ••• •••• 12' },
  alternatives: true,
  notices: [],
};
export const enrollPhone: StepOf<'enroll'> = {
  kind: 'enroll',
  authenticator: 'phone',
  inputs: ['phone_number'],
  offer: { stage: 'number', restricted: true, country: 'DE' },
  alternatives: true,
  notices: [],
};
export const keyOptions = {
  challenge: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA',
  rpId: 'id.example.org',
  allowCredentials: [{ id: 'AQIDBA', transports: ['internal'] }],
  userVerification: 'preferred',
};
export const passkeyStep: StepOf<'challenge'> = {
  kind: 'challenge',
  authenticator: 'webauthn',
  inputs: ['public_key'],
  enrollment: 'w1',
  challenge: keyOptions,
  alternatives: true,
  notices: [],
};
export const newPasskey: StepOf<'enroll'> = {
  kind: 'enroll',
  authenticator: 'webauthn',
  inputs: ['public_key', 'key_name'],
  offer: { challenge: keyOptions.challenge, user: { id: 'AQIDBA' }, excludeCredentials: [] },
  alternatives: true,
  notices: [],
};
export const methodChoice: StepOf<'select'> = {
  kind: 'select',
  purpose: 'challenge',
  options: [
    { authenticator: 'password' },
    { authenticator: 'totp', enrollment: 't1', label: 'Work phone' },
    { authenticator: 'totp', enrollment: 't2', label: 'Tablet' },
  ],
  notices: [],
};

export const selectEnroll: StepOf<'select'> = {
  ...methodChoice,
  purpose: 'enroll',
  options: [{ authenticator: 'totp' }, { authenticator: 'webauthn' }],
};
export const skips: Skippable = { reason: 'grace', authenticators: ['totp'], skipsLeft: 3 };
/** The last day is January 31. */
export const until: Skippable = {
  reason: 'grace',
  authenticators: ['totp', 'webauthn'],
  until: Date.UTC(2027, 1, 1) / 1000,
};
