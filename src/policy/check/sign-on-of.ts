/** The sign-on policy of an app, for checks: several are read as one. */
import type { Policy } from '../../core/model/policy.ts';
import type { App } from '../model/app.ts';
import { type Documents, documentKey } from '../model/documents.ts';
import { readLabelledPolicy, readPolicy } from '../revision/read-document.ts';
import { joinedName, type LabelledPolicy, policiesOfApp } from '../revision/sign-on-policies.ts';

const known = new WeakMap<Documents, readonly LabelledPolicy[]>();

/** Undefined: there is none, or no user signs in to the app. */
export function signOnOf(app: App, documents: Documents): Policy | undefined {
  const names = app.signOnPolicies && policiesOfApp(app, labelledPolicies(documents));
  if (names === undefined || names.length === 0) return undefined;
  const policies = names.flatMap((name) => documents.get(documentKey('sign-on', name)) ?? []).map(readPolicy);
  return { name: joinedName(names), rules: policies.flatMap(({ rules }) => rules) };
}

function labelledPolicies(documents: Documents): readonly LabelledPolicy[] {
  const present = known.get(documents);
  if (present) return present;
  const made = [...documents.values()].filter(({ kind }) => kind === 'sign-on').map(readLabelledPolicy);
  known.set(documents, made);
  return made;
}
