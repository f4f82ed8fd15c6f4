/** Checks what the enrollment policy makes impossible. Works on a configuration that is otherwise valid. */

import { alwaysDeciding, enrollmentConflict } from '../../core/analysis/findings/enrollment-conflicts.ts';
import type { EnrollmentPolicy, RequiredEnrollment } from '../../core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../../core/model/facts.ts';
import type { Requirement, RuleHead } from '../../core/model/policy.ts';
import { sourceLocationText } from '../../core/model/source-location.ts';
import { beforeSignIn, compilePolicy } from '../../core/policy/rules/compile.ts';
import type { App } from '../model/app.ts';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import { type Documents, documentKey } from '../model/documents.ts';
import type { Finding } from '../model/finding.ts';
import type { Settings } from '../model/settings.ts';
import { enabledAuthenticators } from '../revision/enabled-authenticators.ts';
import { readApp, readEnrollmentPolicy, readPolicy, readSettings } from '../revision/read-document.ts';
import type { Path, YamlSource } from '../source/yaml-source.ts';
import { signOnOf } from './sign-on-of.ts';
import { unmeetable } from './unmeetable-requirements.ts';

export interface EnrollmentCheckOptions {
  /** All, enabled or not. */
  readonly authenticators: readonly AuthenticatorKind[];
}

/**
 * Finds rules that require or offer what cannot be enrolled, and a rule for all users that disables what a session or
 * sign-on rule for all users demands.
 */
export function checkEnrollment(
  source: YamlSource,
  documents: Documents,
  { authenticators: all }: EnrollmentCheckOptions,
): readonly Finding[] {
  const document = documents.get(documentKey('enrollment', 'enrollment'));
  const settingsDocument = documents.get(documentKey('settings', 'settings'));
  if (document === undefined || settingsDocument === undefined) return [];
  const settings = readSettings(settingsDocument, all);
  const authenticators = enabledAuthenticators(all, settings);
  const policy = readEnrollmentPolicy(document);
  return [
    ...unenrollable(source, policy, authenticators),
    ...unknownModels(source, policy, { kinds: all, settings }),
    ...conflicts(source, policy, { documents, settings, authenticators }),
  ];
}

function unenrollable(
  source: YamlSource,
  { rules }: EnrollmentPolicy,
  enabled: readonly AuthenticatorDescriptor[],
): readonly Finding[] {
  return rules.flatMap(({ then, off }, index) => {
    if (off) return [];
    const named: readonly (readonly [Path, readonly string[]])[] = [
      ...then.required.map(({ anyOf }, at) => [['required', at], anyOf] as const),
      ...then.optional.map((key, at) => [['optional', at], [key]] as const),
      ...then.promoted.map(({ authenticator }) => [['promote', authenticator], [authenticator]] as const),
    ];
    const tooMany = then.required.flatMap((enrollment, at) => {
      const fault = countFault(enrollment, enabled);
      return fault === undefined ? [] : [noUserCan(source, ['rules', index, 'then', 'required', at, 'count'], fault)];
    });
    const faults = named.flatMap(([path, keys]) => {
      const fault = enrollmentFault(keys, enabled);
      return fault === undefined ? [] : [noUserCan(source, ['rules', index, 'then', ...path], fault)];
    });
    return [...faults, ...tooMany];
  });
}

function noUserCan(source: YamlSource, path: Path, message: string): Finding {
  const advice = 'enable an authenticator in stepgate.yaml that users can set up, or name another one';
  return unmeetable('enrollment_unmeetable', { source, path }, { message, advice });
}

function disablesNeeded(source: YamlSource, index: number, message: string): Finding {
  const advice = 'disable less here, let the other rule take what may be used, or tell both apart by `when`';
  return unmeetable(
    'enrollment_unmeetable',
    { source, path: ['rules', index, 'then', 'disabled'] },
    { message, advice },
  );
}

/** Models that nothing vouches for: any key could say that it is one. */
function unknownModels(
  source: YamlSource,
  { rules }: EnrollmentPolicy,
  { kinds, settings }: { readonly kinds: readonly AuthenticatorKind[]; readonly settings: Settings },
): readonly Finding[] {
  return rules.flatMap(({ then: { models = {} }, off }, index) =>
    Object.entries(off ? {} : models).flatMap(([key, named]) => {
      const own = settings.authenticators[key] ?? { enabled: false };
      const { modelFault = () => 'has no models' } = kinds.find((kind) => kind.key === key) ?? {};
      return named.flatMap((model, at) => {
        const fault = modelFault(own, model);
        return fault === undefined
          ? []
          : [source.finding('authenticator_unfit', ['rules', index, 'then', 'models', key, at], fault)];
      });
    }),
  );
}

/** Why no user can have this many of these; `undefined`: a user can. */
function countFault(
  { anyOf, count = 1 }: RequiredEnrollment,
  enabled: readonly AuthenticatorDescriptor[],
): string | undefined {
  const descriptors = enabled.filter(({ key, enrollable }) => anyOf.includes(key) && enrollable);
  if (
    descriptors.length > 0 &&
    descriptors.length < count &&
    descriptors.every(({ maxEnrollments }) => maxEnrollments === 1)
  )
    return `no user can have ${count} of ${anyOf.join(' or ')}: there is only one of each`;
  return undefined;
}

/** Why no user can enroll any of these; `undefined`: a user can. */
function enrollmentFault(keys: readonly string[], enabled: readonly AuthenticatorDescriptor[]): string | undefined {
  const descriptorOf = (name: string) => enabled.find(({ key }) => key === name);
  if (keys.some((name) => descriptorOf(name)?.enrollable)) return undefined;
  const several = keys.length > 1;
  const wrong = keys.filter((name) => descriptorOf(name) !== undefined);
  const off = keys.filter((name) => descriptorOf(name) === undefined);
  const notOn = wrong.length > 0 ? off.join(' and ') : several ? 'any of them' : 'it';
  const reasons = [
    ...(wrong.length > 0 ? [`users cannot set up ${wrong.join(' and ')} while they sign in`] : []),
    ...(off.length > 0 ? [`stepgate.yaml does not enable ${notOn}`] : []),
  ];
  return `no user can enroll ${keys.join(' or ')}: ${reasons.join(', and ')}`;
}

interface EnrollmentCheck {
  readonly documents: Documents;
  readonly settings: Settings;
  readonly authenticators: readonly AuthenticatorDescriptor[];
}

/** Only rules that decide about every user: the analysis finds all others, and its findings can be accepted. */
function conflicts(source: YamlSource, written: EnrollmentPolicy, context: EnrollmentCheck): readonly Finding[] {
  const { documents, settings } = context;
  const enrollment = compilePolicy(written);
  const always = alwaysDeciding(beforeSignIn(enrollment));
  if (always === undefined || always.then.disabled.length === 0) return [];
  const index = written.rules.indexOf(always);
  const session = documents.get(documentKey('session', 'session'));
  const ofSession = session ? [compilePolicy(readPolicy(session))] : [];
  const found = new Map<string, Finding>();
  for (const app of representatives(documents)) {
    const signOn = signOnOf(app, documents);
    const besides = minimumOf(app, settings);
    for (const policy of [...ofSession, ...(signOn ? [compilePolicy(signOn)] : [])]) {
      const conflict = enrollmentConflict({ ...context, policy, enrollment, besides });
      if (conflict === undefined) continue;
      const rule = ruleText(conflict.rule);
      const message = `disables ${always.then.disabled.join(', ')}, so that no user can meet the rule ${rule}, as in the app ${app.clientId}`;
      if (!found.has(rule)) found.set(rule, disablesNeeded(source, index, message));
    }
  }
  return [...found.values()];
}

function ruleText({ name, location }: RuleHead): string {
  return location === undefined ? `"${name}"` : `"${name}" in ${sourceLocationText(location)}`;
}

function minimumOf({ minimumAcr }: App, { acrValues }: Settings): readonly Requirement[] {
  return acrValues.filter(({ value }) => value === minimumAcr).map(({ requirement }) => requirement);
}

/** One app for all with the same sign-on policy and minimum `acr`. */
function representatives(documents: Documents): readonly App[] {
  const kept = new Map<string, App>();
  for (const document of documents.values()) {
    if (document.kind !== 'app') continue;
    const app = readApp(document);
    if (app.signOnPolicies === undefined) continue;
    const policy = JSON.stringify([app.signOnPolicies, app.signOnPolicies.length === 0 ? app.labels : []]);
    const key = `${policy} ${app.minimumAcr ?? ''}`;
    if (!kept.has(key)) kept.set(key, app);
  }
  return [...kept.values()];
}
