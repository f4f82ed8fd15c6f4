/** The texts of links that lead on from a page without a form. */
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { NextLink } from './page-models.ts';

export function nextLinkText({ kind, app }: NextLink): MessageDescriptor {
  return app === undefined ? { key: `next.${kind}` } : { key: `next.${kind}.in_app`, params: { app } };
}
