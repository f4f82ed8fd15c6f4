/** The data that an enrollment shows: a key with its QR code, or codes to keep. */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { RecoveryCodesModel, SetupModel } from '../models/step-models.ts';
import type { StepPage } from './page-models.ts';
import { stateForm } from './page-view.ts';

type Offer = Readonly<Record<string, unknown>>;

/** One title, one rectangle, one path, and only drawing attributes: such an SVG can neither run nor load anything. */
const attributes = '(?: (?:xmlns|role|width|height|viewBox|shape-rendering|fill|stroke|d)="[^"<>&]*")*';
const plainPicture = new RegExp(
  `^<svg${attributes}><title>[^<>]*</title><rect${attributes}/><path${attributes}/></svg>$`,
);

/** Undefined if the offer has no key. */
export function setupOf({ secret, uri, qr }: Offer): SetupModel | undefined {
  const key = typeof secret === 'string' ? secret.replaceAll(/\s/g, '') : '';
  if (key === '') return undefined;
  return {
    secret: key.match(/.{1,4}/gsu) ?? [],
    ...omitUndefined({
      uri: typeof uri === 'string' && uri.startsWith('otpauth://') ? uri : undefined,
      qrCode: typeof qr === 'string' && plainPicture.test(qr) ? { svg: qr } : undefined,
    }),
  };
}

/** Undefined if the offer has no codes. `made`: epoch seconds. */
export function recoveryCodesOf(page: StepPage, { codes, made }: Offer): RecoveryCodesModel | undefined {
  if (!Array.isArray(codes)) return undefined;
  const account = page.account?.identifier ?? '';
  const printed =
    typeof made === 'number'
      ? { key: 'recovery_codes.printed', params: { account, date: { at: made, style: 'day' } } as const }
      : undefined;
  return {
    codes: codes.map(String),
    download: stateForm({ step: 'download', action: `${page.action}/codes` }, page.stateHandle),
    ...omitUndefined({ printed }),
  };
}
