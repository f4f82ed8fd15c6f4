/** Browsers that one's own account is remembered by. */
import { browserInWords } from '../../authenticators/browser-in-words.ts';
import type { Seconds } from '../../core/model.ts';
import { forgetDevice as forget, rememberedDevices } from '../remembered-device.ts';
import { record } from './change.ts';
import type { OpenAccount } from './open-account.ts';
import type { Place } from './sessions.ts';

export interface OwnDevice extends Place {
  /** Names it to its owner; no other use. */
  readonly id: string;
  readonly current: boolean;
  /** When something was proved with it last, and until when that is remembered (epoch seconds). */
  readonly at: Seconds;
  readonly until: Seconds;
  /** Keys of the authenticators that it is spared. */
  readonly spared: readonly string[];
}

/** The one that was used last comes first. */
export function devicesOf({ account, visitor, runtime }: OpenAccount): readonly OwnDevice[] {
  return rememberedDevices(account, visitor.device, runtime.now()).map(
    ({ id, current, at, until, ip, userAgent, authenticators: spared }) => {
      return { id, current, at, until, spared, ip, ...browserInWords(userAgent) };
    },
  );
}

/** Whoever calls has checked the form and Law 7. */
export function forgetDevice(open: OpenAccount, { id }: OwnDevice): void {
  forget(open.unit, open.account, id);
  record(open, 'device_forgotten');
}
