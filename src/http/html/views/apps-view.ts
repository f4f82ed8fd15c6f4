/** Builds the template models for apps with access to the account. */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { ConnectedApp } from '../../../flow/account/apps.ts';
import type { Translator } from '../../../rendering/translator.ts';
import { logoStyles } from '../assets/logo-styles.ts';
import { scopeText } from '../fields/scope-texts.ts';
import type { ConnectedAppModel } from '../models/account-models.ts';
import type { AppLogoModel } from '../models/shared-models.ts';
import type { AppsPage, EndAppAccessPage } from './account-pages.ts';
import { appView, type OwnContent, stateForm } from './page-view.ts';

export function appsContent(page: AppsPage | EndAppAccessPage, t: Translator): OwnContent {
  if (page.kind === 'apps') {
    // A separate picture for each app would need a request each.
    const logos = logoStyles([...page.openable, ...page.apps].flatMap(({ logoUri }) => logoUri ?? []));
    const logoOf = ({ name, logoUri = '' }: { readonly name: string; readonly logoUri?: string }): AppLogoModel => ({
      ...appView({ name }),
      ...omitUndefined({ sheet: logos?.indexOf(logoUri) }),
    });
    return {
      template: 'account/apps',
      heading: { key: 'account.nav.apps' },
      ...(logos && { styles: logos.href }),
      model: {
        lead: { key: page.apps.length > 0 ? 'account.apps.lead' : 'account.apps.none' },
        open: page.openable.map((openable) => ({
          app: logoOf(openable),
          href: openable.href,
          open: { key: 'account.app.open.of', params: { app: openable.name } },
        })),
        apps: page.apps.map((accountApp) => ({
          ...appModel(accountApp, t),
          logo: logoOf(accountApp),
          href: `/account/apps/${accountApp.id}`,
          end: { key: 'account.app.end.of', params: { app: accountApp.name } },
        })),
      },
    };
  }
  const { app, action, handle } = page;
  return {
    template: 'account/end-app-access',
    heading: { key: 'account.app.end.title', params: { app: app.name } },
    model: {
      lead: { key: 'account.app.end.lead', params: { app: app.name } },
      app: appModel(app, t),
      main: stateForm({ step: 'end-app-access', action }, handle),
    },
  };
}

function appModel({ name, consent, offlineSince, texts }: ConnectedApp, t: Translator): ConnectedAppModel {
  return {
    name,
    scopes: (consent?.granted ?? []).map((scope) => scopeText(scope, texts, t).label),
    ...omitUndefined({
      since: consent && { key: 'account.app.since', params: { date: { at: consent.at, style: 'day' as const } } },
      offline:
        offlineSince === undefined
          ? undefined
          : { key: 'account.app.offline', params: { date: { at: offlineSince, style: 'day' as const } } },
    }),
  };
}
