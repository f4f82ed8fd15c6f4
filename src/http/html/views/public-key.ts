/** Forms that a WebAuthn ceremony fills in (`webauthn.js`). */
import type { Step } from '../../../core/step/step.ts';
import type { FormModel } from '../models/shared-models.ts';
import type { PublicKeyModel } from '../models/step-models.ts';
import type { StepPage } from './page-models.ts';
import { iconOf, stateForm } from './page-view.ts';

export const assertionInputs = ['clientData', 'authenticatorData', 'signatureData', 'userHandle', 'credentialId'];
export const attestationInputs = ['clientData', 'attestation', 'transports'];

/** Possible failures of a ceremony, by their names in `webauthn.js`. */
const ceremonyFailures: readonly string[] = [
  'webauthn.cancelled',
  'webauthn.registered',
  'webauthn.unverifiable',
  'webauthn.unsupported',
  'webauthn.unavailable',
  'webauthn.failed',
];

export function publicKeyModel(
  authenticator: string,
  inputs: readonly string[],
  button: Pick<PublicKeyModel, 'look' | 'action'>,
): PublicKeyModel {
  const names = inputs.map((name) => `credentials.${name}`);
  return { inputs: names, failures: ceremonyFailures, authenticatorIcon: iconOf(authenticator), ...button };
}

export function ceremonyForm(
  { action, stateHandle }: StepPage,
  { kind: step, authenticator }: Extract<Step, { kind: 'challenge' | 'enroll' }>,
  ceremony: NonNullable<FormModel['ceremony']>,
): FormModel {
  return stateForm({ step, authenticator, action, ceremony }, stateHandle);
}

export function takesPublicKey(step: Step): boolean {
  if (step.kind === 'identify')
    return step.identifyByCredential?.some(({ inputs }) => inputs.includes('public_key')) ?? false;
  return 'inputs' in step && step.inputs.includes('public_key');
}
