/** Which of the given proofs no session can hold, by the session policy of today. */
import { proofNames } from '../../core/evidence/proof-names.ts';
import type { Evidence, Facts, Seconds } from '../../core/model/facts.ts';
import type { SessionLimits } from '../../core/model/policy.ts';
import type { PolicySet } from '../../core/policy/rules/compile.ts';
import { durationText } from '../../policy/model/duration-text.ts';

/**
 * A sentence for each proof that is older than any session, or has a longer pause. Which rule
 * decides is up to the evaluator, so only what no rule allows is told.
 */
export function outlivedSessions(
  { evidence, now, keepSignedIn }: Pick<Facts, 'evidence' | 'now' | 'keepSignedIn'>,
  { session }: Pick<PolicySet, 'session'>,
): readonly string[] {
  const limits = session.rules.flatMap(({ rule: { then } }): readonly SessionLimits[] => {
    const terms = then.kind === 'allow' ? then.session : undefined;
    return terms === undefined ? [] : [terms, ...(keepSignedIn && terms.keep ? [terms.keep] : [])];
  });
  if (limits.length === 0) return [];
  const absolute = Math.max(...limits.map((limit) => limit.absolute));
  const idle = Math.max(...limits.map((limit) => limit.idle));
  const which = keepSignedIn ? 'session' : 'session that is not kept';
  return evidence.flatMap((proof) => [
    ...(now - proof.at > absolute
      ? [`no ${which} is as old as ${nameOf(proof)}, proved ${durationText(now - proof.at)} ago: ${endsText(absolute)}`]
      : []),
    ...(proof.longestPause !== undefined && proof.longestPause > idle
      ? [
          `no ${which} has a pause of ${durationText(proof.longestPause)}, as given for ${nameOf(proof)}: ${endsText(idle)} without activity`,
        ]
      : []),
  ]);
}

function nameOf({ authenticator, method }: Evidence): string {
  return proofNames({ authenticator, ...(method !== undefined && { methods: [method] }) }).at(-1) ?? authenticator;
}

function endsText(limit: Seconds): string {
  return `each ends after ${durationText(limit)}`;
}
