/** The sign-on policy of an app, by the documents of a configuration: several are read as one. */
import type { Policy } from '../../core/model/policy.ts';
import type { App } from '../model/app.ts';
import { type Documents, documentKey } from '../model/documents.ts';
import { readLabelledPolicy, readPolicy } from '../revision/read-document.ts';
import { joinedName, type LabelledPolicy, policiesOfApp } from '../revision/sign-on-policies.ts';

/** Cached by documents: every app asks for the policies that name labels. */
const known = new WeakMap<Documents, readonly LabelledPolicy[]>();
/** Cached by documents and name, so that apps with the same policies share one object. */
const joined = new WeakMap<Documents, Map<string, Policy>>();

/** The names of the policies that are read as one. Empty: there is none, or no user signs in to the app. */
export function signOnNames(app: App, documents: Documents): readonly string[] {
  return app.signOnPolicies === undefined ? [] : policiesOfApp(app, labelledPolicies(documents));
}

/** One object for all apps that have it. Undefined: there is none, or no user signs in to the app. */
export function signOnOf(app: App, documents: Documents): Policy | undefined {
  const names = signOnNames(app, documents);
  if (names.length === 0) return undefined;
  const byName = joined.get(documents) ?? new Map<string, Policy>();
  joined.set(documents, byName);
  const name = joinedName(names);
  const policy = byName.get(name) ?? { name, rules: names.flatMap((policyName) => rulesOf(policyName, documents)) };
  byName.set(name, policy);
  return policy;
}

function rulesOf(name: string, documents: Documents): Policy['rules'] {
  const document = documents.get(documentKey('sign-on', name));
  return document === undefined ? [] : readPolicy(document).rules;
}

function labelledPolicies(documents: Documents): readonly LabelledPolicy[] {
  const present = known.get(documents);
  if (present) return present;
  const made = [...documents.values()].filter(({ kind }) => kind === 'sign-on').map(readLabelledPolicy);
  known.set(documents, made);
  return made;
}
