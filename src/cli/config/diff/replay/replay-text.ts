/** Prints the result of a replay for administrators. */
import { durationText } from '../../../../policy/model/duration-text.ts';
import { differenceLines, forWhomText } from '../../shadow/differences-text.ts';
import { quantity } from '../../shared/quantities.ts';
import type { LeftOut, Replay } from './replay.ts';

const reasons: Readonly<Record<LeftOut, string>> = {
  noTrace: 'the audit log has no trace of them',
  noAccount: 'the account is gone',
  noApp: 'the active revision does not have the app',
  noDevice: 'the audit log does not say what the files ask about the browser, the device, claims or the past',
  tooMany: 'they are of users beyond the first 10,000',
};

/** `seconds`: how far back the replay went. */
export function replayText(replay: Replay, seconds: number): string {
  const head = `Replay: the sign-ins of the last ${durationText(seconds)} that the audit log kept, by users as they are now`;
  const lines = [head, `  ${sumText(replay)}`, ...leftOutTexts(replay).map((text) => `  ${text}`)];
  return `${[...lines, ...differenceLines(replay.differences)].join('\n')}\n`;
}

/** For example `12 sign-ins; 1 of them comes out otherwise, for 1 user`. */
export function sumText(replay: Replay): string {
  const { replayed, differing } = replay;
  const verb = differing === 1 ? 'comes' : 'come';
  const sum =
    differing === 0
      ? 'none of them comes out otherwise'
      : `${differing} of them ${verb} out otherwise${forWhomText(replay)}`;
  return `${quantity(replayed, 'sign-in')}; ${sum}`;
}

/** A sentence for each reason why sign-ins were left out. */
export function leftOutTexts({ left }: Replay): readonly string[] {
  return Object.entries(left).flatMap(([reason, count]) =>
    count === 0 ? [] : [`${count} left out: ${reasons[reason as LeftOut]}`],
  );
}
