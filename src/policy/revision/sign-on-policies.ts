/** Which sign-on policies decide about an app: those that it names, or the one that names the labels of the app. */
import type { App } from '../model/app.ts';

/** A sign-on policy, and the labels of the apps that it is for. */
export interface LabelledPolicy {
  readonly name: string;
  readonly labels: readonly string[];
}

/** The policies that are for apps with one of these labels. Only one may be (`check/check-sign-on.ts`). */
function fittingPolicies(
  { labels }: Pick<App, 'labels'>,
  policies: readonly LabelledPolicy[],
): readonly LabelledPolicy[] {
  return policies.filter((policy) => policy.labels.some((label) => labels.includes(label)));
}

/**
 * Names of the policies, in the order in which they are read as one. Empty: the app names none, and not exactly one
 * fits.
 */
export function policiesOfApp(
  app: Pick<App, 'labels' | 'signOnPolicies'>,
  labelled: readonly LabelledPolicy[],
): readonly string[] {
  const { signOnPolicies = [] } = app;
  if (signOnPolicies.length > 0) return signOnPolicies;
  const fitting = fittingPolicies(app, labelled);
  return fitting.length === 1 ? fitting.map(({ name }) => name) : [];
}

/** The name of several policies that are read as one. */
export function joinedName(names: readonly string[]): string {
  return names.join(' + ');
}
