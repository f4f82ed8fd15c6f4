/** Questions about the account: what an app gets, which account to use, whether to keep it. */
import type { AskedScope } from '../../../core/model/decision.ts';
import type { Step } from '../../../core/step/step.ts';
import type { Translator } from '../../../rendering/translator.ts';
import { fieldsWithNotices } from '../fields/fields.ts';
import type { Input } from '../fields/inputs.ts';
import { scopeModel, scopeText } from '../fields/scope-texts.ts';
import type { ConsentModel, SelectAccountModel } from '../models/step-models.ts';
import type { StepPage } from './page-models.ts';
import { stateForm } from './page-view.ts';
import { optionsOf } from './step-options.ts';

interface StepForm<K extends Step['kind']> {
  readonly page: StepPage;
  readonly step: Extract<Step, { kind: K }>;
  readonly t: Translator;
}

export function consentModel({ page, step, t }: StepForm<'consent'>): ConsentModel {
  const { texts = {}, privacyPolicy, termsOfService } = page.consent ?? {};
  const app = page.app.name;
  const link = (url: string | undefined, key: string) =>
    url === undefined ? [] : [{ url, text: { key, params: { app } } }];
  const optional = step.scopes.filter(({ required }) => !required);
  return {
    lead: { key: 'consent.lead', params: { app, brand: page.brand.name } },
    required: step.scopes.filter(({ required }) => required).map(({ scope }) => scopeModel(scope, texts, t)),
    main: stateForm({ step: 'consent', action: page.action }, page.stateHandle),
    fields: fieldsWithNotices(
      optional.map((scope) => boxOf(scope, scopeText(scope.scope, texts, t))),
      step.notices,
    ),
    action: { key: 'consent.action' },
    links: [...link(privacyPolicy, 'consent.privacy_policy'), ...link(termsOfService, 'consent.terms_of_service')],
    revocable: { key: 'consent.revocable' },
    options: optionsOf(page, t),
  };
}

/** Ticked, unless the user rejected it before. */
function boxOf(
  { scope, rejected }: AskedScope,
  { label, help }: { readonly label: string; readonly help?: string },
): Input {
  return {
    name: `scopes.${scope}`,
    type: 'checkbox',
    autocomplete: 'off',
    code: false,
    value: 'yes',
    optional: true,
    label: 'attribute.label',
    ...(help === undefined ? { params: { label } } : { hint: 'attribute.help', params: { label, help } }),
    ...(rejected ? {} : { checked: true as const }),
  };
}

export function selectAccountModel({ page, t }: StepForm<'select_account'>): SelectAccountModel {
  return {
    lead: { key: 'select_account.lead' },
    main: stateForm({ step: 'select-account', action: page.action }, page.stateHandle),
    action: { key: 'select_account.action' },
    options: optionsOf(page, t),
  };
}

export function keepAccountModel({ page, step, t }: StepForm<'keep_account'>): SelectAccountModel {
  return {
    lead: { key: 'keep_account.lead', params: { due: { at: step.dueAt, style: 'day' } } },
    main: stateForm({ step: 'keep-account', action: page.action }, page.stateHandle),
    action: { key: 'account.deletion.keep' },
    options: optionsOf(page, t),
  };
}
