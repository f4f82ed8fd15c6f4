/**
 * `/account/undo`: the target of the link in the notification to a former address. Programs open links as well, so
 * opening it changes nothing. Its form needs no sign-in, since the link is the proof (the exception to Law 7).
 */
import type { Context } from 'koa';
import { readUndo, type Undo, undoChange } from '../../flow/account/restore-identifier.ts';
import { showPage } from '../answers.ts';
import { readForm } from '../middleware/form-body.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import { type AccountHttpRequest, type AccountParts, linkContext, linkRequest } from './account-request.ts';

export function undoHandlers(parts: AccountParts) {
  return {
    show: (ctx: Context) => show({ parts, ctx }),
    undo: (ctx: Context) => undo({ parts, ctx }),
  };
}

async function show(request: AccountHttpRequest): Promise<void> {
  const token = request.ctx.query.t;
  const found = await readUndo(linkRequest(request), token);
  if (found.kind !== 'open' || typeof token !== 'string') return showResult(request, found.kind);
  const { parts, ctx } = request;
  const [{ kind, value }] = found.changes;
  const html = parts.renderer.renderLinkQuestion({ ...(await linkContext(request)), does: 'undo', kind, value, token });
  showPage(ctx, html);
}

async function undo(request: AccountHttpRequest): Promise<void> {
  requireSameOrigin(request.ctx, request.parts.services.issuer);
  const fields = await readForm(request.ctx);
  const { kind } = await undoChange(linkRequest(request), fields['link.token'] ?? '');
  await showResult(request, kind);
}

async function showResult(request: AccountHttpRequest, result: Undo['kind']): Promise<void> {
  const { parts, ctx } = request;
  if (result !== 'open') ctx.status = 410;
  const shown = result === 'open' ? 'done' : result;
  showPage(ctx, parts.renderer.renderLinkResult({ ...(await linkContext(request)), does: 'undo', result: shown }));
}
