/** Builds the template models for deleting the account. */
import type { DeleteAccountModel, KeepAccountModel } from '../models/account-models.ts';
import type { DeleteAccountPage, KeepAccount, KeepAccountPage } from './account-pages.ts';
import { appsModel } from './apps-model.ts';
import { invalidBy, type OwnContent, stateForm } from './page-view.ts';

export function deletionContent(page: DeleteAccountPage | KeepAccountPage): OwnContent {
  const heading = { key: 'account.deletion.title' };
  return page.kind === 'delete-account'
    ? { template: 'account/delete', heading, model: deleteModel(page) }
    : { template: 'account/keep', heading, model: keepModel(page) };
}

function deleteModel({ dueAt, apps, canDownload, handle, notices }: DeleteAccountPage): DeleteAccountModel {
  return {
    lead: { key: 'account.deletion.lead', params: { due: { at: dueAt } } },
    ...(apps.names.length === 0 ? {} : { apps: appsModel('told', { key: 'account.deletion.apps' }, apps) }),
    canDownload,
    main: stateForm({ step: 'delete-account', action: '/account/deletion' }, handle),
    ...invalidBy(notices, 'confirm'),
  };
}

export function keepModel({ dueAt, handle }: KeepAccount): KeepAccountModel {
  return {
    lead: { key: 'account.deletion.asked', params: { due: { at: dueAt } } },
    main: stateForm({ step: 'keep-account', action: '/account/deletion/cancel' }, handle),
  };
}
