/** One fixture for each state of the account pages. */
import type { ProfileField } from '../../src/core/step/step.ts';
import type { OwnApp } from '../../src/flow/account/apps.ts';
import type { Overview } from '../../src/flow/account/overview.ts';
import type { OwnProfile } from '../../src/flow/account/profile.ts';
import type { AccountPage, OverviewPage } from '../../src/http/html/views/account-pages.ts';
import { standardAttributes } from '../../src/policy/model/standard-attributes.ts';
import { errorNotice as error } from './notices.ts';

const at = 1_795_000_000;
const firefox = { browser: 'Firefox', system: 'Linux', ip: '192.0.2.7' };
const nowhere = { browser: '', system: '', ip: '' };
const base = { brand: { name: 'Acme ID' }, locale: 'en', messages: [] } as const;
const handle = 'Zm9ybS1oYW5kbGU';
const name = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA';

const partner: OwnApp = {
  id: name,
  clientId: 'partner',
  name: 'Partner',
  consent: { granted: ['openid', 'email', 'orders'], rejected: ['phone'], at },
  offlineSince: at + 86_400,
  texts: { orders: { label: { en: 'See your orders', de: 'Ihre Bestellungen sehen' } } },
};
const openable = ['Expenses', 'Notes', 'Payroll', 'Travel and conferences'].map((app) => ({
  name: app,
  href: `https://${app.slice(0, 5).toLowerCase()}.example/`,
}));
/** Of the operator's own. */
const backup: OwnApp = { id: name, clientId: 'backup', name: 'Backup', offlineSince: at, texts: {} };

function overview(more: Partial<Overview> = {}): Overview {
  return {
    identifier: 'alice@demo.test',
    authenticators: [
      { id: 'p1', authenticator: 'password', createdAt: at },
      { id: 't1', authenticator: 'totp', label: 'Work phone', createdAt: at + 86_400 },
      { id: 'w1', authenticator: 'webauthn', createdAt: at + 172_800 },
      { id: 'e1', authenticator: 'email', createdAt: at, address: 'a***e@d***o.test' },
    ],
    addable: ['totp', 'webauthn', 'recovery_code', 'email'],
    full: [],
    replaced: [],
    sessions: [
      { id: 's1', current: true, apps: ['Notes', 'Payroll'], startedAt: at, usedAt: at + 300, ...firefox },
      { id: 's2', current: false, apps: [], startedAt: at - 86_400, usedAt: at - 80_000, ...nowhere },
    ],
    devices: [{ id: 'd1', current: true, waived: ['totp'], at, until: at + 2_592_000, ...firefox }],
    signIns: [
      { at: at + 300, app: 'Payroll', proved: ['password', 'totp'], ...firefox },
      { at, app: 'Notes', proved: ['webauthn'], ...firefox, ip: '2001:db8:1::abcd:ef01:2345:6789' },
    ],
    addresses: [
      { address: 'alice@demo.test', source: 'profile' },
      { address: 'alice.archer@mail.example.org', source: 'authenticator' },
      { address: 'archer.family@example.net', source: 'added', name },
    ],
    mailed: true,
    canAddAddress: true,
    ...more,
  };
}

/** Pages whose texts are chosen to break out of them. */
function hostileOverview(hostile: string): Overview {
  const place = { browser: hostile, system: hostile, ip: hostile };
  return overview({
    identifier: hostile,
    authenticators: [{ id: 'x1', authenticator: 'totp', label: hostile, createdAt: at }],
    addable: [],
    sessions: [{ id: 's1', current: false, apps: [hostile], startedAt: at, usedAt: at, ...place }],
    devices: [{ id: 'd1', current: false, waived: [hostile], at, until: at, ...place }],
    signIns: [{ at, app: hostile, proved: [hostile], ...place }],
    addresses: [{ address: hostile, source: 'added', name }],
    askedAddress: hostile,
  });
}

/** `text`: a value that the user wrote. */
function ownProfile(text: string): OwnProfile {
  const standard = (name: string, value?: string): ProfileField => {
    const attribute = standardAttributes[name];
    if (!attribute) throw new Error(name);
    return { name, attribute, required: false, ...(value === undefined ? {} : { value }) };
  };
  const own = { type: 'text', read: 'user', write: 'user', label: { en: 'Shirt size' } } as const;
  const options = [{ value: 'S' }, { value: 'M', label: { en: 'Medium' } }];
  return {
    identifiers: [
      { kind: 'email', value: 'alice@demo.test', verified: true, canChange: true, asked: 'archer@example.net' },
      { kind: 'phone', verified: false, canChange: true },
      { kind: 'username', value: text.slice(0, 60), verified: true, canChange: false },
    ],
    fields: [
      standard('displayName', text),
      standard('birthdate', '1990-12-31'),
      standard('locale'),
      standard('locality', 'Vienna'),
      { name: 'shirtSize', attribute: { ...own, options }, required: false, value: 'M' },
    ],
    fixed: [
      { name: 'department', attribute: { ...own, write: 'admin', label: { en: 'Department' } }, value: text },
      { name: 'badges', attribute: { ...own, type: 'list', write: 'admin' }, value: ['red', 'blue'] },
      { name: 'contractor', attribute: { ...own, type: 'boolean', write: 'admin' }, value: true },
    ],
    canDownload: true,
    canDelete: true,
  };
}

const password = {
  ...base,
  kind: 'authenticator',
  authenticator: { id: 'p1', authenticator: 'password', createdAt: at },
  renameHandle: handle,
  removeHandle: handle,
} as const;
const lost = { names: ['Expenses', 'Payroll', 'Travel'], more: 0, confirmation: handle };
const confirm = {
  ...base,
  kind: 'confirm-address',
  address: 'archer@example.net',
  handle,
  resendHandle: handle,
} as const;

const deleting = {
  ...base,
  kind: 'delete-account',
  dueAt: at + 1_209_600,
  apps: { names: ['Notes', 'Payroll'], more: 0 },
  canDownload: true,
  handle,
} as const;

type AccountPages = Readonly<Record<string, AccountPage>>;

/** By name; `hostile` and `long` as the other fixtures have them. */
export function accountPages(hostile: string, long: string): AccountPages {
  return {
    ...overviewPages(hostile, long),
    ...authenticatorPages(hostile),
    ...sessionPages,
    ...appPages(hostile),
    ...addressPages(hostile),
    ...profilePages(hostile, long),
    ...identifierPages(hostile),
  };
}

/** Each part of the account that has a page of its own, in every state. */
const sections = ['overview', 'methods', 'devices', 'activity', 'notifications'] as const;

type OverviewState = Partial<Omit<OverviewPage, 'kind'>>;

/** The same state on each of the pages, as `account`, `account-methods` and so on. */
function onEachPage(name: string, state: OverviewState): AccountPages {
  return Object.fromEntries(
    sections.map((kind) => [
      kind === 'overview' ? `account${name}` : `account-${kind}${name}`,
      { ...base, now: at + 190_000, overview: overview(), ...state, kind },
    ]),
  );
}

function overviewPages(hostile: string, long: string): AccountPages {
  const shown = { ...base, kind: 'overview', now: at + 190_000 } as const;
  return {
    ...onEachPage('', {}),
    ...onEachPage('-german', { locale: 'de', now: at + 190_000 }),
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
    ...crowdedPages(hostile, long),
  };
}

/** With nothing, as much as there can be, and texts that are made to be too long or to break out. */
function crowdedPages(hostile: string, long: string): AccountPages {
  const shown = { ...base, now: at + 190_000 } as const;
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
      messages: [error('account.add.full', { params: { count: 10 } })],
    },
    'account-without-mail': { ...shown, kind: 'notifications', overview: overview({ mailed: false }) },
    'account-asked': {
      ...shown,
      kind: 'notifications',
      overview: overview({ askedAddress: 'archer@example.net' }),
      messages: [{ code: 'account.done.address_removed', level: 'info' }],
    },
    'account-added': {
      ...shown,
      kind: 'methods',
      overview: overview(),
      messages: [{ code: 'account.done.added', level: 'info', authenticator: 'totp', params: { others: 'ended' } }],
    },
    'account-changed': {
      ...shown,
      kind: 'methods',
      overview: overview(),
      messages: [
        { code: 'account.done.changed', level: 'info', authenticator: 'password', params: { others: 'kept' } },
      ],
    },
    ...onEachPage('-long', {
      overview: overview({
        identifier: `${long}@demo.test`,
        authenticators: [{ id: 'l1', authenticator: 'totp', label: long, createdAt: at }],
        sessions: [{ id: 's3', current: true, apps: [long, long], startedAt: at, usedAt: at, ...firefox }],
        signIns: [{ at, app: long, proved: ['password', 'totp', 'recovery_code'], ...firefox }],
        addresses: [{ address: `${long}@${long}.test`, source: 'added', name }],
        askedAddress: `${long}@demo.test`,
      }),
    }),
    ...onEachPage('-hostile', { overview: hostileOverview(hostile), returnTo: { name: hostile, href: '/' } }),
  };
}

function authenticatorPages(hostile: string): AccountPages {
  return {
    'account-authenticator': { ...password },
    'account-last': { ...password, isLast: true },
    'account-unnamed': { ...password, messages: [error('account.name.invalid', { field: 'label' })] },
    'account-remove-confirm': { ...password, lost },
    'account-remove-unsaid': {
      ...password,
      locale: 'de',
      lost: { ...lost, more: 14 },
      messages: [error('account.remove.confirm', { field: 'confirm' })],
    },
    'account-remove-needed': { ...password, needed: { names: ['Payroll'], more: 0, instead: ['totp', 'webauthn'] } },
    'account-remove-refused': {
      ...password,
      locale: 'de',
      needed: { names: ['Expenses', 'Payroll', 'Travel'], more: 14, instead: [] },
      messages: [error('account.remove.required', { params: { apps: 'Expenses, Payroll, Travel …' } })],
    },
    'account-too-many': { ...password, messages: [error('account.changes.exceeded', { params: { seconds: 900 } })] },
    'account-authenticator-hostile': {
      ...password,
      authenticator: { id: 'x1', authenticator: 'totp', label: hostile, createdAt: at },
      lost: { names: [hostile], more: 0, confirmation: hostile },
    },
    'account-needed-hostile': { ...password, needed: { names: [hostile], more: 0, instead: [] } },
  };
}

const sessionPages: AccountPages = {
  'account-end-session': {
    ...base,
    kind: 'end-session',
    session: { id: 's2', current: false, apps: ['Notes'], startedAt: at, usedAt: at, ...firefox },
    action: '/account/sessions/s2/end',
    handle,
  },
  'account-forget-device': {
    ...base,
    kind: 'forget-device',
    device: { id: 'd1', current: false, waived: ['totp'], at, until: at + 2_592_000, ...firefox },
    action: '/account/devices/d1/forget',
    handle,
  },
  'account-end-others': { ...base, kind: 'end-session', action: '/account/sessions/others/end', handle },
};

function appPages(hostile: string): AccountPages {
  const asking = {
    ...base,
    kind: 'end-app-access',
    app: partner,
    action: `/account/apps/${name}/end`,
    handle,
  } as const;
  return {
    'account-apps': { ...base, kind: 'apps', apps: [partner, backup], openable },
    'account-apps-none': { ...base, kind: 'apps', apps: [], openable: [] },
    'account-apps-hostile': { ...base, kind: 'apps', apps: [{ ...partner, name: hostile }], openable: [] },
    'account-end-app-access': asking,
    'account-end-app-access-german': { ...asking, locale: 'de' },
  };
}

function addressPages(hostile: string): AccountPages {
  return {
    'account-add-address': { ...base, kind: 'add-address', email: '', handle },
    'account-add-address-invalid': {
      ...base,
      locale: 'de',
      kind: 'add-address',
      email: 'nobody',
      handle,
      messages: [error('email.invalid', { field: 'email' })],
    },
    'account-add-address-odd': { ...base, kind: 'add-address', email: hostile, handle: hostile },
    'account-confirm-address': { ...confirm },
    'account-confirm-address-wrong': {
      ...confirm,
      messages: [error('credentials.invalid', { field: 'passcode', authenticator: 'email' })],
    },
    'account-confirm-address-hostile': { ...confirm, address: hostile },
    'account-remove-address': {
      ...base,
      kind: 'remove-address',
      address: 'archer@example.net',
      action: `/account/addresses/${name}/remove`,
      handle,
    },
    'account-remove-address-last': {
      ...base,
      kind: 'remove-address',
      address: 'archer@example.net',
      action: `/account/addresses/${name}/remove`,
      handle,
      messages: [error('account.address.last')],
    },
  };
}

function profilePages(hostile: string, long: string): AccountPages {
  return {
    'account-profile': { ...base, kind: 'profile', profile: ownProfile('Alice Archer'), handle },
    'account-profile-german': {
      ...base,
      locale: 'de',
      kind: 'profile',
      profile: ownProfile('Alice Archer'),
      handle,
      messages: [{ code: 'account.done.profile_saved', level: 'info' }],
    },
    'account-profile-wrong': {
      ...base,
      kind: 'profile',
      profile: ownProfile('Alice Archer'),
      handle,
      typed: { 'userProfile.displayName': '<b>Alice</b>', 'userProfile.locality': 'Graz' },
      messages: [error('profile.check'), error('profile.markup', { field: 'userProfile.displayName' })],
    },
    'account-profile-bare': {
      ...base,
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
      messages: [error('account.deletion.confirm', { field: 'confirm' })],
    },
    'account-delete-hostile': { ...deleting, apps: { names: [hostile], more: 3 } },
    'account-keep': { ...base, kind: 'keep-account', dueAt: at, handle },
    'account-keep-german': { ...base, locale: 'de', kind: 'keep-account', dueAt: at, handle },
    'account-data': { ...base, kind: 'data', handle },
    'account-data-german': { ...base, locale: 'de', kind: 'data', handle },
    'account-profile-long': { ...base, kind: 'profile', profile: ownProfile(long), handle },
    'account-profile-hostile': { ...base, kind: 'profile', profile: ownProfile(hostile), handle },
  };
}

function identifierPages(hostile: string): AccountPages {
  return {
    'account-change-email': {
      ...base,
      kind: 'change-identifier',
      identifier: 'email',
      present: 'alice@demo.test',
      typed: '',
      handle,
    },
    'account-change-email-taken': {
      ...base,
      locale: 'de',
      kind: 'change-identifier',
      identifier: 'email',
      present: 'alice@demo.test',
      typed: 'bob@demo.test',
      handle,
      messages: [error('profile.taken')],
    },
    'account-change-phone': { ...base, kind: 'change-identifier', identifier: 'phone', typed: '', handle },
    'account-change-username': {
      ...base,
      kind: 'change-identifier',
      identifier: 'username',
      present: 'alice',
      typed: 'a@b',
      handle,
      messages: [error('account.username.invalid', { field: 'identifier' })],
    },
    'account-change-hostile': {
      ...base,
      kind: 'change-identifier',
      identifier: 'username',
      present: hostile,
      typed: hostile,
      handle,
    },
    'account-confirm-email': {
      ...base,
      kind: 'confirm-identifier',
      identifier: 'email',
      value: 'archer@example.net',
      handle,
      resendHandle: handle,
    },
    'account-confirm-phone': {
      ...base,
      locale: 'de',
      kind: 'confirm-identifier',
      identifier: 'phone',
      value: '+4915112345678',
      handle,
      resendHandle: handle,
      messages: [error('credentials.invalid', { field: 'passcode', authenticator: 'phone' })],
    },
  };
}
