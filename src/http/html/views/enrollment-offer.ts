/** What an enrollment shows: a key and its picture, or codes to be kept. */

import type { MomentValue } from '../../../rendering/message-descriptor.ts';

export interface OfferView {
  readonly secret?: string;
  readonly uri?: string;
  /** Inline SVG of a few plain shapes, checked to be nothing else. */
  readonly picture?: string;
  /** Recovery codes, to be kept, and the day that they were made on. */
  readonly codes?: readonly string[];
  readonly made?: MomentValue;
}

/** One title, one rectangle, one path, and only attributes that draw: such an SVG can neither run nor load anything. */
const attributes = '(?: (?:xmlns|role|width|height|viewBox|shape-rendering|fill|d)="[^"<>&]*")*';
const plainPicture = new RegExp(
  `^<svg${attributes}><title>[^<>]*</title><rect${attributes}/><path${attributes}/></svg>$`,
);

export function offerView(offer: Readonly<Record<string, unknown>>): OfferView {
  const { secret, uri, qr, codes, made } = offer;
  const key = typeof secret === 'string' ? secret.replaceAll(/\s/g, '') : '';
  return {
    ...(key === '' ? {} : { secret: key }),
    ...(typeof uri === 'string' && uri.startsWith('otpauth://') ? { uri } : {}),
    ...(typeof qr === 'string' && plainPicture.test(qr) ? { picture: qr } : {}),
    ...(Array.isArray(codes) ? { codes: codes.map(String) } : {}),
    ...(typeof made === 'number' ? { made: { at: made, style: 'day' } as const } : {}),
  };
}
