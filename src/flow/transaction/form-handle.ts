/**
 * Every form proves which step it answers (Law 11): its handle binds transaction, step, authenticator and version under
 * a secret of the server. A form of another transaction, of an older page, or a forged one does not verify and consumes
 * nothing. See decision 5.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Notice } from '../../core/step/step.ts';
import { macUnder } from '../server-mac.ts';

/** The form was made before its subject changed. The page is shown again, and nothing was done. */
export const staleForm: Notice = { code: 'form.stale', level: 'info' };

export interface FormBinding {
  readonly transaction: string;
  /** Kind of the step on the page. */
  readonly step: string;
  /** Authenticator of that step, or the digest of the scopes that it asks about. Empty if it has neither. */
  readonly authenticator: string;
  /** The version of the transaction from which the page was made. */
  readonly version: number;
}

function mac(secret: string, { transaction, step, authenticator, version }: FormBinding): Buffer {
  // JSON separates the parts, so that no authenticator's name can imitate another step.
  const text = JSON.stringify(['form', transaction, step, authenticator, version]);
  return macUnder(secret).update(text).digest();
}

export function formHandle(secret: string, binding: FormBinding): string {
  return [binding.version, binding.step, binding.authenticator, mac(secret, binding).toString('base64url')].join('.');
}

/** What the handle binds, if one of the secrets made it for this transaction. Otherwise undefined. */
export function readFormHandle(
  secrets: readonly string[],
  transaction: string,
  handle: string | undefined,
): FormBinding | undefined {
  const parts = /^(\d{1,15})\.([a-z_]{1,16})\.([\w-]{0,64})\.([\w-]{43})$/.exec(handle ?? '');
  if (!parts) return undefined;
  const binding = {
    transaction,
    version: Number(parts[1]),
    step: parts[2] as string,
    authenticator: parts[3] as string,
  };
  const given = Buffer.from(parts[4] as string, 'base64url');
  const genuine = secrets.some((secret) => timingSafeEqual(mac(secret, binding), given));
  return genuine ? binding : undefined;
}
