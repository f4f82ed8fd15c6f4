/** Builds the template models for notification addresses. */
import type { AddAddressPage, ConfirmAddressPage, RemoveAddressPage } from './account-pages.ts';
import { invalidBy, type OwnContent, stateForm } from './page-view.ts';

export function addressContent(page: AddAddressPage | ConfirmAddressPage | RemoveAddressPage): OwnContent {
  switch (page.kind) {
    case 'add-address':
      return {
        template: 'account/add-address',
        heading: { key: 'account.address.add.title' },
        model: {
          main: stateForm({ step: 'add-address', action: '/account/addresses/add' }, page.handle),
          email: page.email,
          ...invalidBy(page.notices, 'email'),
        },
      };
    case 'confirm-address':
      return {
        template: 'account/confirm-address',
        heading: { key: 'account.address.confirm.title' },
        model: {
          lead: { key: 'account.address.confirm.lead', params: { address: page.address } },
          main: stateForm({ step: 'confirm-address', action: '/account/addresses/confirm' }, page.handle),
          action: { key: 'account.address.confirm' },
          resend: {
            main: stateForm({ step: 'resend-address', action: '/account/addresses/resend' }, page.resendHandle),
            look: 'link',
            text: { key: 'options.resend' },
          },
          ...invalidBy(page.notices, 'passcode'),
        },
      };
    case 'remove-address':
      return {
        template: 'account/remove-address',
        heading: { key: 'account.address.remove.title' },
        model: {
          address: page.address,
          main: stateForm({ step: 'remove-address', action: page.action }, page.handle),
        },
      };
  }
}
