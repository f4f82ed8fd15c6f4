/** Describes limits under which proofs count longer. */
import type { LongerLimit } from '../../../../core/analysis/comparison/longer-limits.ts';
import { durationText } from '../../../../policy/model/duration-text.ts';

const words: Readonly<Record<LongerLimit['what'], string>> = {
  absolute: 'a session lasts longer',
  idle: 'a session lasts longer without use',
  kept: 'a kept session lasts longer',
  kept_idle: 'a kept session lasts longer without use',
  at_app: 'what was proved counts longer at this app',
  kept_at_app: 'a kept session counts longer at this app',
  remembered: 'the second factor is remembered for longer',
  refreshed: 'refresh tokens count longer at this app',
};

/** For example `a session lasts longer: 1 d, and 8 h before`. */
export function limitText({ what, before, now }: LongerLimit): string {
  const length = (seconds: number | undefined) => (seconds === undefined ? 'not limited' : durationText(seconds));
  if (before === undefined && now === undefined) return words[what];
  return `${words[what]}: ${length(now)}, and ${before === undefined ? 'no time' : length(before)} before`;
}
