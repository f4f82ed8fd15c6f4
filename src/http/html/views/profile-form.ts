/** The profile form, and the registration form. */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { Step } from '../../../core/step/step.ts';
import type { Translator } from '../../../rendering/translator.ts';
import { profileInputs, termsLabel, termsLink } from '../fields/profile-fields.ts';
import type { ProfileFieldModel, ProfileModel } from '../models/step-models.ts';
import type { StepPage } from './page-models.ts';
import { noticesModel, stateForm } from './page-view.ts';
import { beforeSendingModel } from './sending-challenge.ts';
import { optionsOf } from './step-options.ts';
import { profileLead } from './step-texts.ts';

interface ProfileForm {
  readonly page: StepPage;
  readonly step: Extract<Step, { kind: 'profile' }>;
  readonly t: Translator;
}

export function profileModel(form: ProfileForm): ProfileModel {
  const { page, step, t } = form;
  return {
    lead: profileLead(page, step),
    main: stateForm({ step: 'profile', action: page.action, novalidate: true }, page.stateHandle),
    fields: fieldModels(form),
    ...beforeSendingModel(page, step),
    action: { key: step.registers ? 'register.action' : 'action.continue' },
    options: optionsOf(page, t),
  };
}

/** Errors are shown next to their inputs. */
function fieldModels({ page, step, t }: ProfileForm): readonly ProfileFieldModel[] {
  return profileInputs(step, page.typed, t).map((field) => {
    const { url, label } = step.terms.find(({ id }) => field.name === `terms.${id}`) ?? {};
    return {
      field,
      notices: noticesModel(step.notices, t, { only: (notice) => notice.field === field.name }),
      ...omitUndefined({ link: url === undefined ? undefined : { url, text: termsLink(termsLabel(label, t)) } }),
    };
  });
}
