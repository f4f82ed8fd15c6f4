/** What a good configuration says at its own risk: it is applied all the same. Works on a configuration without a problem. */
import { bestShowings } from '../core/attainable-acr.ts';
import { minimalCompletions } from '../core/completions.ts';
import type { AuthenticatorTraits, Requirement, Rule } from '../core/model.ts';
import type { KindedSource } from './check-references.ts';
import { type Documents, documentKey, type Problem } from './documents.ts';
import { readPolicy, readSettings } from './read-document.ts';
import type { Settings } from './settings.ts';
import type { YamlSource } from './yaml-source.ts';

/** What the standards say against an authenticator as such. */
const objections: ReadonlyMap<string, string> = new Map([
  [
    'security_question',
    'is enabled, against NIST SP 800-63B-4 section 3.1.1.2 (what somebody knows about themselves is no authenticator) and OWASP ASVS 5.0 6.4.2 (level 1: no secret questions)',
  ],
]);

/** What the standards say against an authenticator where two factor types are asked for. */
const weakFactors: ReadonlyMap<string, string> = new Map([
  ['email', 'NIST SP 800-63B-4 section 3.1.3.1 takes no email for one'],
  ['phone', 'NIST SP 800-63B-4 section 3.1.3.3 restricts phones'],
]);

/** The parts of the settings by which the messages of an authenticator go out. */
const waysOut: ReadonlyMap<string, (settings: Settings) => readonly string[]> = new Map<
  string,
  (settings: Settings) => readonly string[]
>([
  ['email', () => ['mail']],
  ['phone', ({ authenticators }) => authenticators.phone.methods],
]);

export interface WarningOptions {
  /** All authenticators that there are, enabled or not. */
  readonly authenticators: readonly AuthenticatorTraits[];
  /** Messages without a way out go into an inbox. */
  readonly inbox?: boolean;
}

/** In no order. */
export function configurationWarnings(
  sources: readonly KindedSource[],
  documents: Documents,
  options: WarningOptions,
): readonly Problem[] {
  const document = documents.get(documentKey('settings', 'settings'));
  if (document === undefined) return [];
  const settings = readSettings(document);
  const enabled = options.authenticators.filter(({ key }) => settings.authenticators[key]?.enabled === true);
  return sources.flatMap(({ kind, source }) => {
    if (kind === 'settings') return ofSettings(source, settings, enabled, options);
    const policy = kind === 'sign-on' ? [...documents.values()].find(({ file }) => file === source.file) : undefined;
    return policy ? readPolicy(policy).rules.flatMap((rule, index) => ofRule(source, rule, index, enabled)) : [];
  });
}

function ofSettings(
  source: YamlSource,
  settings: Settings,
  enabled: readonly AuthenticatorTraits[],
  { inbox }: WarningOptions,
): readonly Problem[] {
  return enabled.flatMap(({ key }) => {
    const sections = inbox ? [] : (waysOut.get(key)?.(settings) ?? []);
    const missing = sections.filter((section) => !(section in settings));
    return [objections.get(key), ...missing.map(withoutWayOut)].flatMap((message) =>
      message === undefined ? [] : [source.problem(['authenticators'], message, key)],
    );
  });
}

function withoutWayOut(section: string): string {
  return `is enabled, and there is no \`${section}\` section: its messages go nowhere (the demo alone shows them, in its inbox)`;
}

function ofRule(
  source: YamlSource,
  { name, then }: Rule,
  index: number,
  enabled: readonly AuthenticatorTraits[],
): readonly Problem[] {
  if (then.kind === 'deny') return [];
  const helping = severalFactors(then.requirement).flatMap((requirement) => factorsOf(requirement, enabled));
  const weak = enabled.map(({ key }) => key).filter((key) => weakFactors.has(key) && helping.includes(key));
  if (weak.length === 0) return [];
  const reasons = weak.map((key) => weakFactors.get(key)).join(', ');
  const message = `rule "${name}" asks for several factors and takes ${weak.join(' and ')} as one: ${reasons}; \`exclude\` keeps out what you do not want`;
  return [source.problem(['rules', index, 'then', 'allow'], message)];
}

/** The parts of a requirement that one proof of one factor type cannot meet. */
function severalFactors(requirement: Requirement): readonly Requirement[] {
  if ('chains' in requirement)
    return requirement.chains.filter((chain) => chain.length > 1).map((chain) => ({ chains: [chain] }));
  return requirement.anyOf.filter(({ factors }) => factors > 1).map((alternative) => ({ anyOf: [alternative] }));
}

/** The authenticators that would do for some part of it. */
function factorsOf(requirement: Requirement, enabled: readonly AuthenticatorTraits[]): readonly string[] {
  const goal = { layer: 'app', anyOf: [requirement] } as const;
  const completions = minimalCompletions([goal], [], bestShowings(requirement, enabled));
  return completions.flatMap((completion) => completion.map(({ authenticator }) => authenticator));
}
