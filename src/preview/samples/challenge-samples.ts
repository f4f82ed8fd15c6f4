/** Challenges, and the choice between them. */
import { oneDay } from '../../core/model/durations.ts';
import type { StepPage } from '../../http/html/views/page-models.ts';
import { errorNotice as error } from './sample-notice.ts';
import {
  email,
  follow,
  known,
  methodChoice,
  passkeyStep,
  passwordStep,
  phone,
  stepBase,
  totp,
} from './sample-steps.ts';

export const challengeSamples: Readonly<Record<string, StepPage>> = {
  passkey: { ...stepBase, ...known, step: passkeyStep },
  'passkey-wrong': {
    ...stepBase,
    ...known,
    locale: 'de',
    step: { ...passkeyStep, notices: [error('credentials.unverified', { field: 'credentials.passcode' })] },
  },
  password: { ...stepBase, ...known, step: passwordStep },
  'password-too-many': {
    ...stepBase,
    ...known,
    step: {
      ...passwordStep,
      notices: [error('attempts.exceeded', { field: 'credentials.passcode', params: { seconds: 840 } })],
    },
  },
  'password-too-many-recoverable': {
    ...stepBase,
    ...known,
    step: {
      ...passwordStep,
      recoverable: true,
      notices: [error('attempts.exceeded', { field: 'credentials.passcode', params: { seconds: 840 } })],
    },
  },
  totp: { ...stepBase, ...known, done: ['password'], step: totp },
  'totp-ending': { ...stepBase, ...known, remaining: 480, done: ['password'], step: totp },
  'totp-wrong': {
    ...stepBase,
    ...known,
    done: ['password'],
    step: { ...totp, label: 'Work phone', notices: [error('credentials.invalid', { field: 'credentials.passcode' })] },
  },
  'totp-stale': {
    ...stepBase,
    ...known,
    done: ['password'],
    step: { ...totp, notices: [{ code: 'form.stale', level: 'info' }] },
  },
  email: { ...stepBase, ...known, follow, step: email },
  'email-again': {
    ...stepBase,
    ...known,
    follow,
    step: {
      ...email,
      challenge: { ...email.challenge, address: '' },
      notices: [{ code: 'sent.again', level: 'info' }],
    },
  },
  'email-wrong': {
    ...stepBase,
    ...known,
    follow,
    step: { ...email, notices: [error('credentials.invalid', { field: 'credentials.passcode' })] },
  },
  'email-link': {
    ...stepBase,
    ...known,
    follow,
    step: { ...email, inputs: [], challenge: { ...email.challenge, method: 'link' } },
  },
  'phone-called': {
    ...stepBase,
    ...known,
    locale: 'de',
    step: {
      ...phone,
      challenge: { ...phone.challenge, method: 'voice', address: '' },
      notices: [{ code: 'sent.again', level: 'info' }],
    },
  },
  phone: { ...stepBase, ...known, step: phone },
  select: { ...stepBase, ...known, step: methodChoice },
  'select-by-method': {
    ...stepBase,
    ...known,
    step: {
      ...methodChoice,
      options: [
        { authenticator: 'email', method: 'link' },
        { authenticator: 'phone', method: 'voice' },
      ],
    },
  },
  'totp-remember': { ...stepBase, ...known, done: ['password'], step: { ...totp, remember: 30 * oneDay } },
  'webauthn-remember': {
    ...stepBase,
    ...known,
    locale: 'de',
    done: ['password'],
    step: { ...passkeyStep, remember: oneDay },
  },
  'recovery-code': {
    ...stepBase,
    ...known,
    done: ['password'],
    step: { ...totp, authenticator: 'recovery_code', inputs: ['paper_code'] },
  },
  'security-question': {
    ...stepBase,
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
    ...stepBase,
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
  'access-code': {
    ...stepBase,
    ...known,
    done: ['password'],
    step: { ...totp, authenticator: 'access_code', inputs: ['paper_code'] },
  },
};
