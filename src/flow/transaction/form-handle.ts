/**
 * Every form proves which step it answers (Law 11): the handle binds transaction, step, authenticator and version under
 * a secret of the server. A form of another transaction, an older page or a forged one does not verify, and consumes
 * nothing. See decision 5.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Notice } from '../../core/step/step.ts';
import { macUnder } from '../server-mac.ts';

/** The form was made before what it is about changed: the page is shown anew, and nothing was done. */
export const staleForm: Notice = { code: 'form.stale', level: 'info' };

export interface FormBinding {
  readonly transaction: string;
  /** Kind of the step that the page shows. */
  readonly step: string;
  /** Authenticator of that step, or the digest of the scopes that it asks about; empty when it has neither. */
  readonly authenticator: string;
  /** Version of the transaction that the page was made from. */
  readonly version: number;
}

function mac(secret: string, { transaction, step, authenticator, version }: FormBinding): Buffer {
  // JSON keeps the parts apart: no authenticator can be named so that it reads as another step.
  const text = JSON.stringify(['form', transaction, step, authenticator, version]);
  return macUnder(secret).update(text).digest();
}

export function formHandle(secret: string, binding: FormBinding): string {
  return [binding.version, binding.step, binding.authenticator, mac(secret, binding).toString('base64url')].join('.');
}

/** What the handle binds, if one of the secrets made it for this transaction; else `undefined`. */
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
