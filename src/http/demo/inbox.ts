/**
 * `/demo/inbox` and `/demo/inbox.json`: mail and text messages of the demo, newest first. Outside the demo these pages
 * do not exist.
 */
import type { Context } from 'koa';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { showPage } from '../answers.ts';
import type { Renderer } from '../html/render.ts';
import type { InboxEntry } from '../html/views/page-models.ts';
import { pageContext } from '../page-context.ts';

export interface InboxParts {
  readonly renderer: Renderer;
  readonly snapshot: () => Snapshot | undefined;
  /** Newest first. */
  readonly read: () => Promise<readonly InboxEntry[]>;
}

export function inboxHandlers({ renderer, snapshot, read }: InboxParts) {
  return {
    async page(ctx: Context): Promise<void> {
      const messages = await read();
      showPage(ctx, renderer.renderInbox({ ...pageContext(renderer, snapshot()), messages }));
    },
    async json(ctx: Context): Promise<void> {
      ctx.set('Cache-Control', 'no-store');
      ctx.body = await read();
    },
  };
}
