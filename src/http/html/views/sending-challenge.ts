/** What must be solved before a form that sends messages: a proof of work, or the challenge of a service. */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { Work } from '../../../core/step/step.ts';
import type { ChallengeServiceModel, WorkModel } from '../models/shared-models.ts';
import type { StepPage } from './page-models.ts';

export function beforeSendingModel(
  page: StepPage,
  { work }: { readonly work?: Work },
): { readonly work?: WorkModel; readonly service?: ChallengeServiceModel } {
  return omitUndefined({ work, service: challengeServiceModel(page) });
}

/** The scripts of all services look for a class with the name of their field. */
function challengeServiceModel({ challengeService }: StepPage): ChallengeServiceModel | undefined {
  if (challengeService === undefined) return undefined;
  const { script, siteKey, responseField } = challengeService;
  return { script, siteKey, mark: responseField.replace(/-response$/, '') };
}
