/** Pages of the account. */
import {
  type AccountPages,
  accountBase,
  at,
  backup,
  confirm,
  deleting,
  firefox,
  handle,
  lost,
  name,
  onEachPage,
  openable,
  overview,
  partner,
  passwordPage,
  sampleProfile,
} from './account-data.ts';
import { errorNotice as error } from './sample-notice.ts';

/** By name. */
export function accountSamples(): AccountPages {
  return {
    ...overviewPages(),
    ...authenticatorPages(),
    ...sessionPages,
    ...appPages(),
    ...addressPages(),
    ...profilePages(),
    ...identifierPages(),
  };
}

function overviewPages(): AccountPages {
  const shown = { ...accountBase, kind: 'overview', now: at + 190_000 } as const;
  return {
    ...onEachPage('', {}),
    'account-deletion-asked': { ...shown, overview: overview(), keep: { dueAt: at, handle } },
    'account-from-app': {
      ...shown,
      overview: overview({
        addable: ['totp'],
        authenticators: [{ id: 'w1', authenticator: 'webauthn', createdAt: at }],
      }),
      returnTo: { name: 'Payroll', href: 'https://payroll.example/' },
    },
    ...onEachPage('-recovery-codes', {
      overview: overview({
        authenticators: [
          { id: 'r1', authenticator: 'recovery_code', createdAt: at, remaining: 2 },
          { id: 'f1', authenticator: 'phone', label: 'Mobile', createdAt: at, address: '+49 ••• •••• 12' },
        ],
        replaced: ['recovery_code'],
        signIns: [{ at, proved: ['recovery_code'], ...firefox }],
      }),
    }),
    ...crowdedPages(),
  };
}

/** The minimum and the maximum of content. */
function crowdedPages(): AccountPages {
  const shown = { ...accountBase, now: at + 190_000 } as const;
  return {
    ...onEachPage('-bare', {
      overview: overview({
        addresses: [],
        addable: [],
        signIns: [],
        devices: [],
        sessions: [{ id: 's1', current: true, apps: [], startedAt: at, usedAt: at, ...firefox }],
        authenticators: [],
        canAddAddress: false,
      }),
    }),
    'account-full': {
      ...shown,
      kind: 'methods',
      overview: overview({ addable: ['totp'], full: ['webauthn', 'email'] }),
      notices: [error('account.add.full', { params: { count: 10 } })],
    },
    'account-without-mail': { ...shown, kind: 'notifications', overview: overview({ mailed: false }) },
    'account-asked': {
      ...shown,
      kind: 'notifications',
      overview: overview({ askedAddress: 'archer@example.net' }),
      notices: [{ code: 'account.done.address_removed', level: 'info' }],
    },
    'account-added': {
      ...shown,
      kind: 'methods',
      overview: overview(),
      notices: [{ code: 'account.done.added', level: 'info', authenticator: 'totp', params: { others: 'ended' } }],
    },
    'account-changed': {
      ...shown,
      kind: 'methods',
      overview: overview(),
      notices: [{ code: 'account.done.changed', level: 'info', authenticator: 'password', params: { others: 'kept' } }],
    },
  };
}

function authenticatorPages(): AccountPages {
  return {
    'account-authenticator': { ...passwordPage },
    'account-last': { ...passwordPage, isLast: true },
    'account-unnamed': { ...passwordPage, notices: [error('account.name.invalid', { field: 'label' })] },
    'account-remove-confirm': { ...passwordPage, lost },
    'account-remove-unsaid': {
      ...passwordPage,
      locale: 'de',
      lost: { ...lost, more: 14 },
      notices: [error('account.remove.confirm', { field: 'confirm' })],
    },
    'account-remove-needed': {
      ...passwordPage,
      needed: { names: ['Payroll'], more: 0, instead: ['totp', 'webauthn'] },
    },
    'account-remove-refused': {
      ...passwordPage,
      locale: 'de',
      needed: { names: ['Expenses', 'Payroll', 'Travel'], more: 14, instead: [] },
      notices: [error('account.remove.required', { params: { apps: 'Expenses, Payroll, Travel …' } })],
    },
    'account-too-many': {
      ...passwordPage,
      notices: [error('account.changes.exceeded', { params: { seconds: 900 } })],
    },
  };
}

const sessionPages: AccountPages = {
  'account-end-session': {
    ...accountBase,
    kind: 'end-session',
    session: { id: 's2', current: false, apps: ['Notes'], startedAt: at, usedAt: at, ...firefox },
    action: '/account/sessions/s2/end',
    handle,
  },
  'account-forget-device': {
    ...accountBase,
    kind: 'forget-device',
    device: { id: 'd1', current: false, waived: ['totp'], at, until: at + 2_592_000, ...firefox },
    action: '/account/devices/d1/forget',
    handle,
  },
  'account-end-others': { ...accountBase, kind: 'end-session', action: '/account/sessions/others/end', handle },
};

function appPages(): AccountPages {
  const asking = {
    ...accountBase,
    kind: 'end-app-access',
    app: partner,
    action: `/account/apps/${name}/end`,
    handle,
  } as const;
  return {
    'account-apps': { ...accountBase, kind: 'apps', apps: [partner, backup], openable },
    'account-apps-none': { ...accountBase, kind: 'apps', apps: [], openable: [] },
    'account-end-app-access': asking,
  };
}

function addressPages(): AccountPages {
  return {
    'account-add-address': { ...accountBase, kind: 'add-address', email: '', handle },
    'account-add-address-invalid': {
      ...accountBase,
      locale: 'de',
      kind: 'add-address',
      email: 'nobody',
      handle,
      notices: [error('email.invalid', { field: 'email' })],
    },
    'account-confirm-address': { ...confirm },
    'account-confirm-address-wrong': {
      ...confirm,
      notices: [error('credentials.invalid', { field: 'passcode', authenticator: 'email' })],
    },
    'account-remove-address': {
      ...accountBase,
      kind: 'remove-address',
      address: 'archer@example.net',
      action: `/account/addresses/${name}/remove`,
      handle,
    },
    'account-remove-address-last': {
      ...accountBase,
      kind: 'remove-address',
      address: 'archer@example.net',
      action: `/account/addresses/${name}/remove`,
      handle,
      notices: [error('account.address.last')],
    },
  };
}

function profilePages(): AccountPages {
  return {
    'account-profile': { ...accountBase, kind: 'profile', profile: sampleProfile('Alice Archer'), handle },
    'account-profile-saved': {
      ...accountBase,
      kind: 'profile',
      profile: sampleProfile('Alice Archer'),
      handle,
      notices: [{ code: 'account.done.profile_saved', level: 'info' }],
    },
    'account-profile-wrong': {
      ...accountBase,
      kind: 'profile',
      profile: sampleProfile('Alice Archer'),
      handle,
      typed: { 'userProfile.displayName': '<b>Alice</b>', 'userProfile.locality': 'Graz' },
      notices: [error('profile.check'), error('profile.markup', { field: 'userProfile.displayName' })],
    },
    'account-profile-bare': {
      ...accountBase,
      kind: 'profile',
      profile: {
        identifiers: [{ kind: 'email', verified: false, canChange: true }],
        fields: [],
        fixed: [],
        canDownload: false,
        canDelete: false,
      },
      handle,
    },
    'account-delete': { ...deleting },
    'account-delete-unsaid': {
      ...deleting,
      locale: 'de',
      apps: { names: [], more: 0 },
      canDownload: false,
      notices: [error('account.deletion.confirm', { field: 'confirm' })],
    },
    'account-keep': { ...accountBase, kind: 'keep-account', dueAt: at, handle },
    'account-data': { ...accountBase, kind: 'data', handle },
  };
}

function identifierPages(): AccountPages {
  return {
    'account-change-email': {
      ...accountBase,
      kind: 'change-identifier',
      identifier: 'email',
      present: 'alice@demo.test',
      typed: '',
      handle,
    },
    'account-change-email-taken': {
      ...accountBase,
      locale: 'de',
      kind: 'change-identifier',
      identifier: 'email',
      present: 'alice@demo.test',
      typed: 'bob@demo.test',
      handle,
      notices: [error('profile.taken')],
    },
    'account-change-phone': { ...accountBase, kind: 'change-identifier', identifier: 'phone', typed: '', handle },
    'account-change-username': {
      ...accountBase,
      kind: 'change-identifier',
      identifier: 'username',
      present: 'alice',
      typed: 'a@b',
      handle,
      notices: [error('account.username.invalid', { field: 'identifier' })],
    },
    'account-confirm-email': {
      ...accountBase,
      kind: 'confirm-identifier',
      identifier: 'email',
      value: 'archer@example.net',
      handle,
      resendHandle: handle,
    },
    'account-confirm-phone': {
      ...accountBase,
      locale: 'de',
      kind: 'confirm-identifier',
      identifier: 'phone',
      value: '+4915112345678',
      handle,
      resendHandle: handle,
      notices: [error('credentials.invalid', { field: 'passcode', authenticator: 'phone' })],
    },
  };
}
