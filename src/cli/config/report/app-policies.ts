/** Which policies decide about which apps, for the policies that are not about all apps. */
import { signOnNames } from '../../../policy/check/sign-on-of.ts';
import type { App } from '../../../policy/model/app.ts';
import { type Documents, documentKey } from '../../../policy/model/documents.ts';
import { readApp } from '../../../policy/revision/read-document.ts';

export interface AppPolicies extends Pick<App, 'clientId' | 'name'> {
  /** Keys of the documents: sign-on policies in the order in which they are read, profile policy, service policy. */
  readonly policies: readonly string[];
}

/** All apps, also those to which no user signs in, by client id. */
export function appPolicies(documents: Documents): readonly AppPolicies[] {
  return [...documents.values()]
    .filter(({ kind }) => kind === 'app')
    .map(readApp)
    .map((app) => ({ clientId: app.clientId, name: app.name, policies: policiesOf(app, documents) }))
    .sort((one, other) => one.clientId.localeCompare(other.clientId));
}

function policiesOf(app: App, documents: Documents): readonly string[] {
  const { signOnPolicies, profilePolicy = 'default', service } = app;
  const keys = [
    ...signOnNames(app, documents).map((name) => documentKey('sign-on', name)),
    ...(signOnPolicies === undefined ? [] : [documentKey('profile', profilePolicy)]),
    ...(service === undefined ? [] : [documentKey('service', service.policy ?? 'default')]),
  ];
  return keys.filter((key) => documents.has(key));
}

/** `Payroll (payroll)`, as users and as files name it. */
export function appText({ clientId, name }: Pick<App, 'clientId' | 'name'>): string {
  return name === clientId ? name : `${name} (${clientId})`;
}

/** More names than these are counted. */
const mostNames = 4;

/** `app1, app2, app3 and 297 more`. */
export function shortList(names: readonly string[]): string {
  if (names.length <= mostNames) return names.join(', ');
  return `${names.slice(0, mostNames - 1).join(', ')} and ${names.length - mostNames + 1} more`;
}
