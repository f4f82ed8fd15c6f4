/** Builds the template models for the account pages. */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { Overview, OwnAuthenticator } from '../../../flow/account/overview.ts';
import type { OwnSession, Place } from '../../../flow/account/sessions.ts';
import type { Translator } from '../../../rendering/translator.ts';
import type {
  AddAuthenticatorModel,
  AddressesModel,
  AuthenticatorModel,
  AuthenticatorsModel,
  AuthenticatorTitle,
  DevicesModel,
  SessionDetailsModel,
  SessionsModel,
  SignInsModel,
} from '../models/account-models.ts';
import { frameOf } from './account-frame.ts';
import { fewCodes, homeModel } from './account-home.ts';
import type { AccountPage, AuthenticatorPage, EndSessionPage, OverviewPage } from './account-pages.ts';
import { addressContent } from './address-view.ts';
import { appsModel } from './apps-model.ts';
import { appsContent } from './apps-view.ts';
import { deletionContent } from './deletion-view.ts';
import {
  accountModel,
  authenticatorName,
  iconOf,
  invalidBy,
  noticesModel,
  type OwnContent,
  placeText,
  stateForm,
  type View,
} from './page-view.ts';
import { profileContent } from './profile-view.ts';

export function accountView(page: AccountPage, t: Translator): View {
  const notices = noticesModel(page.notices, t, { only: ({ field }) => field === undefined || !besideInputs(page) });
  return { ...accountContent(page, t), notices, ...frameOf(page), scripts: ['times.js'] };
}

/** Whether errors are shown next to their inputs. */
function besideInputs({ kind }: AccountPage): boolean {
  return kind === 'profile' || kind === 'change-identifier';
}

function accountContent(page: AccountPage, t: Translator): OwnContent {
  switch (page.kind) {
    case 'overview':
      return {
        template: 'account/overview',
        heading: { key: 'account.title' },
        account: accountModel(page.overview),
        model: homeModel(page, t),
      };
    case 'methods':
    case 'devices':
    case 'activity':
    case 'notifications':
      return sectionContent(page, page.kind, t);
    case 'authenticator':
      return {
        template: 'account/authenticator',
        heading: { key: 'account.authenticator.title', params: { authenticator: titleOf(page.authenticator, t).name } },
        model: authenticatorModel(page, t),
      };
    case 'end-session':
      return endSessionContent(page);
    case 'forget-device':
      return {
        template: 'account/forget-device',
        heading: { key: 'account.device.forget.title' },
        model: {
          lead: placeText(page.device),
          main: stateForm({ step: 'forget-device', action: page.action }, page.handle),
        },
      };
    case 'add-address':
    case 'confirm-address':
    case 'remove-address':
      return addressContent(page);
    case 'apps':
    case 'end-app-access':
      return appsContent(page, t);
    case 'delete-account':
    case 'keep-account':
      return deletionContent(page);
    case 'data':
    case 'profile':
    case 'change-identifier':
    case 'confirm-identifier':
      return profileContent(page, t);
  }
}

function endSessionContent({ session, action, handle }: EndSessionPage): OwnContent {
  const step = session ? 'end' : 'end-others';
  return {
    template: 'account/end-session',
    heading: { key: session ? 'account.session.end.title' : 'account.sessions.others.title' },
    model: {
      lead: session ? placeText(session) : { key: 'account.sessions.others.lead' },
      ...omitUndefined({ session: session && sessionDetails(session) }),
      main: stateForm({ step, action }, handle),
      action: { key: session ? 'account.session.end.one' : 'account.sessions.others' },
    },
  };
}

function sectionContent(
  { overview, now }: OverviewPage,
  kind: Exclude<OverviewPage['kind'], 'overview'>,
  t: Translator,
): OwnContent {
  const heading = { key: `account.nav.${kind}` };
  switch (kind) {
    case 'methods':
      return { template: 'account/methods', heading, model: authenticatorsModel(overview, now, t) };
    case 'devices': {
      const model = { sessions: sessionsModel(overview, now, t), devices: devicesModel(overview, now, t) };
      return { template: 'account/devices', heading, model };
    }
    case 'activity':
      return { template: 'account/activity', heading, model: signInsModel(overview, now, t) };
    case 'notifications':
      return { template: 'account/notifications', heading, model: addressesModel(overview) };
  }
}

function authenticatorsModel(
  { authenticators, addable, replaced, full }: Overview,
  now: number,
  t: Translator,
): AuthenticatorsModel {
  return {
    authenticators: authenticators.map((ownAuthenticator) => {
      const title = titleOf(ownAuthenticator, t, now);
      const { remaining: count } = ownAuthenticator;
      const few = count !== undefined && count < fewCodes;
      const text = { key: few ? 'account.remaining.few' : 'account.remaining', params: { count: count ?? 0 } };
      return {
        ...title,
        ...(count === undefined ? {} : { remaining: { count, few, text } }),
        href: `/account/authenticators/${ownAuthenticator.id}`,
        manage: { key: 'account.manage.of', params: { name: title.name } },
      };
    }),
    addable: addable.map((key) => addModel(key, replaced.includes(key) ? 'replace' : 'add', t)),
    full: full.map((authenticator) => ({
      authenticator,
      text: { key: 'account.add.full.of', params: { authenticator: authenticatorName(authenticator, t) } },
    })),
  };
}

function addModel(authenticator: string, act: 'add' | 'replace', t: Translator): AddAuthenticatorModel {
  return {
    authenticatorIcon: iconOf(authenticator),
    href: `/account/add/${authenticator}`,
    text: {
      key: t.pick(`account.${act}.one.${authenticator}`, `account.${act}.one`),
      params: { authenticator: authenticatorName(authenticator, t) },
    },
  };
}

function titleOf(
  { authenticator, label, address, createdAt }: OwnAuthenticator,
  t: Translator,
  now?: number,
): AuthenticatorTitle {
  const name = authenticatorName(authenticator, t);
  const shows = label && address ? 'both' : label ? 'name' : address ? 'address' : 'none';
  const params = { shows, name, address: address ?? '', added: { at: createdAt, ...omitUndefined({ now }) } };
  return {
    icon: iconOf(authenticator),
    name: label ?? name,
    about: { key: 'account.authenticator.about', params },
  };
}

function sessionsModel({ sessions }: Overview, now: number, t: Translator): SessionsModel {
  return {
    sessions: sessions.map((session) => ({
      ...sessionDetails(session, now),
      current: session.current,
      place: placeText(session),
      href: session.current ? '/oauth2/v1/logout' : `/account/sessions/${session.id}`,
      end: session.current
        ? { key: 'logout.yes' }
        : { key: 'account.session.end.of', params: { place: placeLine(session, t) } },
    })),
  };
}

function sessionDetails({ apps, startedAt, usedAt }: OwnSession, now?: number): SessionDetailsModel {
  const moment = (time: number) => ({ at: time, ...omitUndefined({ now }) });
  return {
    apps,
    times: { key: 'account.session.times', params: { started: moment(startedAt), used: moment(usedAt) } },
  };
}

function devicesModel({ devices }: Overview, now: number, t: Translator): DevicesModel {
  return {
    devices: devices.map((device) => ({
      current: device.current,
      place: placeText(device),
      authenticators: device.waived.map((key) => authenticatorName(key, t)),
      times: {
        key: 'account.device.times',
        params: { since: { at: device.at, now }, until: { at: device.until, style: 'day' } },
      },
      href: `/account/devices/${device.id}`,
      forget: { key: 'account.device.forget.of', params: { place: placeLine(device, t) } },
    })),
  };
}

function signInsModel({ signIns }: Overview, now: number, t: Translator): SignInsModel {
  return {
    signIns: signIns.map((signIn) => ({
      ...omitUndefined({ app: signIn.app }),
      what: {
        key: 'account.sign_in.about',
        params: {
          at: { at: signIn.at, now },
          authenticators: { items: signIn.proved.map((key) => authenticatorName(key, t)) },
        },
      },
      place: placeText(signIn),
    })),
  };
}

function addressesModel({ addresses, mailed, canAddAddress, askedAddress }: Overview): AddressesModel {
  const lead = mailed ? (addresses.length > 0 ? 'lead' : 'none') : 'no_mail';
  return {
    lead: { key: `account.addresses.${lead}` },
    addresses: addresses.map(({ address, source, name }) => ({
      address,
      source: { key: `account.address.${source}` },
      ...(name === undefined
        ? {}
        : {
            remove: {
              href: `/account/addresses/${name}`,
              text: { key: 'account.address.remove.of', params: { address } },
            },
          }),
    })),
    canAdd: mailed && canAddAddress,
    ...(askedAddress === undefined
      ? {}
      : { asked: { key: 'account.address.asked', params: { address: askedAddress } } }),
  };
}

function authenticatorModel(page: AuthenticatorPage, t: Translator): AuthenticatorModel {
  const { authenticator: one, lost, needed } = page;
  const { icon: _, ...title } = titleOf(one, t);
  const form = (step: 'rename' | 'remove', handle: string) =>
    stateForm({ step, authenticator: one.authenticator, action: `/account/authenticators/${one.id}/${step}` }, handle);
  return {
    ...title,
    isLast: page.isLast === true,
    removeLead: { key: t.pick(`account.remove.lead.${one.authenticator}`, 'account.remove.lead') },
    rename: {
      form: form('rename', page.renameHandle),
      value: page.label ?? one.label ?? '',
      ...invalidBy(page.notices, 'label'),
    },
    remove: form('remove', page.removeHandle),
    ...(needed && {
      needed: {
        apps: appsModel('needed', { key: 'account.remove.needed' }, needed),
        instead: needed.instead.map((key) => addModel(key, 'add', t)),
      },
    }),
    ...(lost && {
      lost: {
        apps: appsModel('lost', { key: 'account.remove.lost' }, lost),
        confirmation: lost.confirmation,
        ...invalidBy(page.notices, 'confirm'),
      },
    }),
  };
}

function placeLine(place: Place, t: Translator): string {
  const { key, params } = placeText(place);
  return t.text(key, params);
}
