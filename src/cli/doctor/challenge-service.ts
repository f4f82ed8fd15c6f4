/** Checks that the server can ask the challenge service. */
import type { Settings } from '../../policy/model/settings.ts';
import type { Variables } from '../../policy/source/substitute-variables.ts';
import { type CheckResult, ok, warn } from './finding.ts';

/** Empty if none is configured. */
export function checkChallengeService(
  { challengeService: service }: Settings,
  variables: Variables,
): readonly CheckResult[] {
  if (service === undefined) return [];
  const { secretEnv, script } = service;
  if (variables[secretEnv]) return [ok('challenges', `come from ${new URL(script).host}, beyond what is free`)];
  return [
    warn(
      'challenges',
      `the challenge service needs ${secretEnv}, which is not set here: the proof of work stays in its place`,
      'set it where the server runs',
    ),
  ];
}
