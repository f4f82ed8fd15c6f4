/**
 * Policies that are switched off (`enabled: false`) are as if they were not there. Works on data whose shape was not
 * checked.
 */
import type { DocumentKind } from '../model/documents.ts';
import type { Finding } from '../model/finding.ts';
import { valuesAt } from '../source/values-at.ts';
import type { DocumentSource } from '../source/yaml-source.ts';

/** Whether the policy counts. */
export function isSwitchedOn({ kind, source }: DocumentSource): boolean {
  if (kind === 'app' || kind === 'settings') return true;
  return valuesAt(source.content, 'enabled').every(({ value }) => value !== false);
}

/** Where an app names policies, by their kind. */
const references: readonly { readonly kind: DocumentKind; readonly pattern: string; readonly what: string }[] = [
  { kind: 'sign-on', pattern: 'signOnPolicy', what: 'sign-on policy' },
  { kind: 'sign-on', pattern: 'signOnPolicy.*', what: 'sign-on policy' },
  { kind: 'profile', pattern: 'profilePolicy', what: 'profile policy' },
  { kind: 'service', pattern: 'service.policy', what: 'service policy' },
];

/** Finds apps that name a policy that is switched off, and a session policy that is. */
export function checkSwitchedOff(sources: readonly DocumentSource[]): readonly Finding[] {
  const off = sources.filter((documentSource) => !isSwitchedOn(documentSource));
  const session = off.filter(({ kind }) => kind === 'session');
  const apps = sources.filter(({ kind }) => kind === 'app');
  return [
    ...session.map(({ source }) =>
      source.finding(
        'invalid_value',
        ['enabled'],
        'must not be `false`: every sign-in is decided by the session policy',
      ),
    ),
    ...references.flatMap((reference) => {
      const names = off
        .filter(({ kind }) => kind === reference.kind)
        .flatMap(({ source }) => textsAt(source.content, 'name'));
      return apps.flatMap(({ source }) =>
        valuesAt(source.content, reference.pattern)
          .filter(({ value }) => names.includes(value))
          .map(({ path, value }) =>
            source.finding(
              'policy_off',
              path,
              `the ${reference.what} \`${String(value)}\` is switched off (\`enabled: false\`)`,
            ),
          ),
      );
    }),
  ];
}

function textsAt(content: unknown, pattern: string): readonly unknown[] {
  return valuesAt(content, pattern).map(({ value }) => value);
}
