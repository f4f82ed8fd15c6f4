/** Finds unknown names in policy tests: such a test would pass or fail for the wrong reason. */

import { namesOf } from '../../core/model/authenticator-name.ts';
import { composedName, composedNames } from '../../core/model/composed-name.ts';
import type { RuleHead } from '../../core/model/policy.ts';
import type { CompiledPolicy, PolicySet } from '../../core/policy/rules/compile.ts';
import { accountScopes } from '../../policy/check/account-scopes.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import type { Documents } from '../../policy/model/documents.ts';
import type { Finding, FindingLocation } from '../../policy/model/finding.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { nameInFile } from '../../policy/schema/policies/session-policy.ts';
import { unknownName } from '../../policy/source/nearest-name.ts';
import type { Variables } from '../../policy/source/substitute-variables.ts';
import { type FoundValue, valuesAt, valuesInConditions } from '../../policy/source/values-at.ts';
import type { YamlSource } from '../../policy/source/yaml-source.ts';

/** What tests may refer to. */
export interface TestedConfiguration {
  readonly snapshot: Snapshot;
  /** Client ids. */
  readonly apps: readonly string[];
  readonly authenticators: readonly AuthenticatorKind[];
  readonly variables: Variables;
  /** Absent if the settings name no groups, so that users may be in any. */
  readonly groups?: readonly string[];
}

/** Works on data whose shape was not checked, so that all findings are reported at once. */
export async function unknownNames(
  source: YamlSource,
  configuration: TestedConfiguration,
): Promise<readonly Finding[]> {
  const { settings } = configuration.snapshot;
  const { attributes } = settings;
  const scopes = [...Object.keys(settings.scopes), ...settings.resources.flatMap((resource) => resource.scopes)];
  const ofAccount = accountScopes(configuration.authenticators);
  const acrValues = settings.acrValues.map(({ value }) => value);
  const proofs = configuration.authenticators.flatMap(namesOf);
  const references: readonly (readonly [string, string, readonly string[]])[] = [
    ['app', 'app', configuration.apps],
    ['network.zones.*', 'zone', Object.keys(settings.zones)],
    ['request.scopes.*', 'scope', [...scopes, ...ofAccount]],
    ['request.acrValues.*', 'acr value', acrValues],
    ['expect.acr', 'acr value', acrValues],
    ['evidence.*', 'authenticator', proofs],
    ['device.remembered.*', 'authenticator', proofs],
  ];
  const written = valuesAt(source.content, 'tests.*.user.attributes.*');
  const unknownAttributes = written.flatMap(({ path }) => {
    const name = String(path.at(-1));
    if (!attributes.closed || Object.hasOwn(attributes.attributes, name)) return [];
    const known = Object.keys(attributes.attributes);
    return [unknownReference(source.locationOfKey(path), unknownName('attribute', name, known))];
  });
  const unknownValues = references.flatMap(([pattern, what, known]) =>
    valuesAt(source.content, `tests.*.${pattern}`).flatMap(({ path, value }) => {
      const name = typeof value === 'string' ? nameIn(value, pattern) : undefined;
      return name === undefined || known.includes(name)
        ? []
        : [unknownReference(source.locationOf(path), unknownName(what, name, known))];
    }),
  );
  return [
    ...unknownAttributes,
    ...unknownValues,
    ...ungroupsInTests(source, configuration),
    ...(await unknownRules(source, configuration)),
  ];
}

/** Without what stands before and behind the name of a proof. */
function nameIn(text: string, pattern: string): string | undefined {
  const named = pattern === 'evidence.*' ? text.replace(/^\+/, '') : text;
  return named.split(/[@[#]/, 1)[0];
}

/** The groups that the settings or rules name, or that users get when they register. */
export function groupsInTests(documents: Documents): readonly string[] | undefined {
  const contents = [...documents.values()].map(({ content }) => content);
  const declared = Object.keys((documents.get('settings')?.content as { groups?: object } | undefined)?.groups ?? {});
  if (declared.length === 0) return undefined;
  const named = contents.flatMap((content) => [
    ...valuesInConditions(content, 'groups.any|all|none.*'),
    ...valuesAt(content, 'rules.*.then.register.groups.*'),
  ]);
  return composedNames([...new Set([...declared, ...named.map(({ value }) => String(value))])]);
}

function ungroupsInTests(source: YamlSource, { groups }: TestedConfiguration): readonly Finding[] {
  if (groups === undefined) return [];
  return valuesAt(source.content, 'tests.*.user.groups.*').flatMap(({ path, value }) => {
    if (typeof value !== 'string' || value === '*' || groups.includes(composedName(value))) return [];
    return [
      unknownReference(
        source.locationOf(path),
        `${unknownName('group', value, groups)}; \`groups\` in stepgate.yaml names all`,
      ),
    ];
  });
}

function unknownReference(location: FindingLocation, message: string): Finding {
  return { ...location, message, code: 'unknown_reference' };
}

/** The layers whose rule a test may name. */
const layers = ['session', 'app', 'enrollment', 'profile'] as const;

async function unknownRules(source: YamlSource, { snapshot }: TestedConfiguration): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { path, value: clientId } of valuesAt(source.content, 'tests.*.app')) {
    const app = typeof clientId === 'string' ? await snapshot.app(clientId) : undefined;
    if (app === undefined) continue;
    const policies = await snapshot.policies(app);
    const at = `tests.${path[1]}.expect|always|never|depends.rule`;
    const ofAccount = policies.accountPolicy?.rules.map(({ name }) => name) ?? [];
    const all = [...layers.flatMap((layer) => ruleNames(policies, layer)), ...ofAccount];
    const reporting = layers.flatMap((layer) => reportingNames(policies, layer));
    findings.push(
      ...reportingIn(source, valuesAt(source.content, `tests.${path[1]}.never.rule`), reporting),
      ...reportingIn(source, valuesAt(source.content, `tests.${path[1]}.never.rule.*`), reporting),
      ...unknownIn(source, valuesAt(source.content, at), all),
      ...layers.flatMap((layer) =>
        unknownIn(source, valuesAt(source.content, `${at}.${layer}`), ruleNames(policies, layer)),
      ),
    );
  }
  return findings;
}

/** `none`: no rule decides. */
function unknownIn(source: YamlSource, found: readonly FoundValue[], known: readonly string[]): readonly Finding[] {
  return found.flatMap(({ path, value }) =>
    typeof value !== 'string' || value === 'none' || known.includes(value)
      ? []
      : [unknownReference(source.locationOf(path), unknownName('rule', value, [...new Set(known)]))],
  );
}

/** Rules that decide about sign-ins, including report-only rules. */
function ruleNames(policies: PolicySet, layer: (typeof layers)[number]): readonly string[] {
  const policy: CompiledPolicy<RuleHead> | undefined = policies[layer];
  const names = [...(policy?.rules ?? []), ...(policy?.reporting?.rules ?? [])].map(({ rule }) => rule.name);
  return layer === 'session' ? [...names, ...names.map(nameInFile)] : names;
}

/** Names that only report-only rules have. */
function reportingNames(policies: PolicySet, layer: (typeof layers)[number]): readonly string[] {
  const policy: CompiledPolicy<RuleHead> | undefined = policies[layer];
  const enforced = new Set(policy?.rules.map(({ rule }) => rule.name));
  return (policy?.reporting?.rules ?? []).flatMap(({ rule: { name } }) => (enforced.has(name) ? [] : [name]));
}

/** A rule that only reports never decides, so that such a test cannot fail. */
function reportingIn(
  source: YamlSource,
  found: readonly FoundValue[],
  reporting: readonly string[],
): readonly Finding[] {
  return found.flatMap(({ path, value }) =>
    typeof value === 'string' && reporting.includes(value)
      ? [unknownReference(source.locationOf(path), `the rule \`${value}\` only reports, so it never decides`)]
      : [],
  );
}
