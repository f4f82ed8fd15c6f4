/** Pages of the account in German, in another time zone, and with texts that are too long or try to break out. */
import type { Overview } from '../../../src/flow/account/overview.ts';
import {
  type AccountPages,
  accountBase,
  at,
  confirm,
  deleting,
  firefox,
  handle,
  name,
  onEachPage,
  overview,
  partner,
  passwordPage,
  sampleProfile,
} from '../../../src/preview/samples/account-data.ts';
import { appsWithLogos } from '../pages/sample-brand.ts';

/** By name; `hostile` and `long` as the other fixtures have them. */
export function accountVariants(hostile: string, long: string): AccountPages {
  return { ...otherPages, ...longPages(long), ...hostilePages(hostile) };
}

const otherPages: AccountPages = {
  'account-activity-zoned': {
    ...accountBase,
    kind: 'activity',
    now: at + 190_000,
    timeZone: 'America/New_York',
    overview: overview(),
  },
  'account-apps-with-logos': { ...accountBase, kind: 'apps', apps: [partner], openable: appsWithLogos },
  ...onEachPage('-german', { locale: 'de', now: at + 190_000 }),
  'account-end-app-access-german': {
    ...accountBase,
    locale: 'de',
    kind: 'end-app-access',
    app: partner,
    action: `/account/apps/${name}/end`,
    handle,
  },
  'account-profile-german': {
    ...accountBase,
    locale: 'de',
    kind: 'profile',
    profile: sampleProfile('Alice Archer'),
    handle,
    notices: [{ code: 'account.done.profile_saved', level: 'info' }],
  },
  'account-keep-german': { ...accountBase, locale: 'de', kind: 'keep-account', dueAt: at, handle },
  'account-data-german': { ...accountBase, locale: 'de', kind: 'data', handle },
};

function longPages(long: string): AccountPages {
  return {
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
    'account-profile-long': { ...accountBase, kind: 'profile', profile: sampleProfile(long), handle },
  };
}

/** Pages whose texts are chosen to break out of them. */
function hostilePages(hostile: string): AccountPages {
  return {
    ...onEachPage('-hostile', { overview: hostileOverview(hostile), returnTo: { name: hostile, href: '/' } }),
    'account-authenticator-hostile': {
      ...passwordPage,
      authenticator: { id: 'x1', authenticator: 'totp', label: hostile, createdAt: at },
      lost: { names: [hostile], more: 0, confirmation: hostile },
    },
    'account-needed-hostile': { ...passwordPage, needed: { names: [hostile], more: 0, instead: [] } },
    'account-apps-hostile': { ...accountBase, kind: 'apps', apps: [{ ...partner, name: hostile }], openable: [] },
    'account-add-address-odd': { ...accountBase, kind: 'add-address', email: hostile, handle: hostile },
    'account-confirm-address-hostile': { ...confirm, address: hostile },
    'account-delete-hostile': { ...deleting, apps: { names: [hostile], more: 3 } },
    'account-profile-hostile': { ...accountBase, kind: 'profile', profile: sampleProfile(hostile), handle },
    'account-change-hostile': {
      ...accountBase,
      kind: 'change-identifier',
      identifier: 'username',
      present: hostile,
      typed: hostile,
      handle,
    },
  };
}

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
