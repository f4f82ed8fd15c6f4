/** The first pages: identification and registration. */
import type { StepPage } from '../../http/html/views/page-models.ts';
import { errorNotice as error } from './sample-notice.ts';
import { email, identify, keyOptions, known, registers, sampleService, stepBase } from './sample-steps.ts';

export const identifySamples: Readonly<Record<string, StepPage>> = {
  identify: { ...stepBase, step: identify },
  'identify-with-password': { ...stepBase, step: { ...identify, identifyWith: 'password' } },
  'identify-wrong': {
    ...stepBase,
    step: {
      ...identify,
      identifyWith: 'password',
      identifier: 'alice@demo.test',
      notices: [error('credentials.invalid')],
    },
  },
  'identify-empty': {
    ...stepBase,
    step: { ...identify, identifyWith: 'password', notices: [error('identifier.required', { field: 'identifier' })] },
  },
  'identify-mismatch': {
    ...stepBase,
    step: { ...identify, notices: [error('subject.mismatch', { field: 'identifier' })] },
  },
  'identify-passkey': {
    ...stepBase,
    step: {
      ...identify,
      identifyWith: 'password',
      identifyByCredential: [
        { authenticator: 'webauthn', inputs: ['public_key'], challenge: { ...keyOptions, allowCredentials: [] } },
      ],
    },
  },
  'identify-passkey-wrong': {
    ...stepBase,
    step: {
      ...identify,
      identifyByCredential: [
        { authenticator: 'webauthn', inputs: ['public_key'], challenge: { ...keyOptions, allowCredentials: [] } },
      ],
      notices: [error('credentials.invalid', { authenticator: 'webauthn' })],
    },
  },
  'identify-forgotten': { ...stepBase, step: { ...identify, identifyWith: 'password', recoverable: true } },
  'identify-raced': { ...stepBase, step: { ...identify, notices: [{ code: 'form.raced', level: 'info' }] } },
  'identify-work': {
    ...stepBase,
    recovering: true,
    canRestart: true,
    step: {
      ...identify,
      work: { challenge: 'c2F2ZWQgZnJvbSBib3Rz', bits: 32 },
      notices: [error('requests.exceeded', { params: { seconds: 1200 } })],
    },
  },
  'identify-challenge-service': {
    ...stepBase,
    recovering: true,
    canRestart: true,
    challengeService: sampleService,
    step: {
      ...identify,
      challengeService: true,
      notices: [error('challenge_service.exceeded', { params: { seconds: 1200 } })],
    },
  },
  'identify-recovering': { ...stepBase, recovering: true, canRestart: true, step: identify },
  'identify-keep': { ...stepBase, step: { ...identify, identifyWith: 'password', keepSignedIn: false } },
  'identify-keep-ticked': {
    ...stepBase,
    locale: 'de',
    step: { ...identify, identifyWith: 'password', keepSignedIn: true, notices: [error('credentials.invalid')] },
  },
  'identify-own-account': { ...stepBase, app: { name: 'Acme ID', ownAccount: true }, step: identify },
  'identify-register': { ...stepBase, app: { name: 'Shop' }, step: { ...identify, canRegister: true } },
  register: { ...stepBase, app: { name: 'Shop' }, canRestart: true, step: registers },
  // The proof of work is too hard to be solved while the page is being looked at.
  'register-work': {
    ...stepBase,
    locale: 'de',
    canRestart: true,
    step: {
      ...registers,
      work: { challenge: 'c2F2ZWQgZnJvbSBib3Rz', bits: 32 },
      notices: [error('requests.exceeded', { params: { seconds: 1200 } })],
    },
  },
  'register-challenge-service': {
    ...stepBase,
    locale: 'de',
    canRestart: true,
    challengeService: sampleService,
    step: { ...registers, challengeService: true, notices: [error('challenge_service.refused')] },
  },
  'register-code': {
    ...stepBase,
    app: { name: 'Shop' },
    canRestart: true,
    step: {
      ...email,
      challenge: { stage: 'code', address: 'ann@example.net', resend: true },
      alternatives: false,
      registers: true,
    },
  },
  'identify-own-words': {
    ...stepBase,
    step: identify,
    identify: { label: { en: 'Staff number' }, hint: { en: 'It stands on your badge.' } },
  },
  'keep-account': { ...stepBase, ...known, step: { kind: 'keep_account', dueAt: 1_800_000_000, notices: [] } },
  'select-account': { ...stepBase, ...known, step: { kind: 'select_account', notices: [] } },
};
