/** The last pages: profile, consent, denial. */
import type { StepPage } from '../../http/html/views/page-models.ts';
import { errorNotice as error } from './sample-notice.ts';
import { consent, consentTexts, known, profileStep, stepBase } from './sample-steps.ts';

export const lastStepSamples: Readonly<Record<string, StepPage>> = {
  profile: { ...stepBase, ...known, app: { name: 'Shop' }, step: profileStep },
  'profile-wrong': {
    ...stepBase,
    ...known,
    step: {
      ...profileStep,
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
  consent: { ...stepBase, ...known, app: { name: 'Partner' }, step: consent, consent: consentTexts },
  'consent-required': {
    ...stepBase,
    ...known,
    app: { name: 'Partner' },
    step: { ...consent, scopes: consent.scopes.filter(({ required }) => required) },
  },
  'consent-changed': {
    ...stepBase,
    ...known,
    app: { name: 'Partner' },
    step: { ...consent, notices: [error('consent.changed')] },
  },
  denied: { ...stepBase, ...known, step: { kind: 'denied', reason: 'rule', notices: [] } },
  'denied-forbidden': { ...stepBase, ...known, step: { kind: 'denied', reason: 'enrollment_forbids', notices: [] } },
  'denied-full': {
    ...stepBase,
    ...known,
    locale: 'de',
    step: { kind: 'denied', reason: 'enrollments_full', notices: [] },
  },
  'denied-enrollment': {
    ...stepBase,
    ...known,
    step: { kind: 'denied', reason: 'authenticator_not_enrollable', notices: [] },
  },
  'denied-password': {
    ...stepBase,
    ...known,
    step: { kind: 'denied', reason: 'password_not_replaceable', notices: [] },
  },
  'denied-recovery': {
    ...stepBase,
    ...known,
    recovering: true,
    step: { kind: 'denied', reason: 'unsatisfiable', isPassing: true, notices: [] },
  },
  complete: { ...stepBase, ...known, canRestart: false, step: { kind: 'complete', notices: [] } },
};
