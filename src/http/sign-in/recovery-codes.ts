/** Downloads new recovery codes as a file with the text of the page, for as long as the sign-in is at that page. */
import type { Context } from 'koa';
import { view } from '../../flow/engine.ts';
import type { SignInResult } from '../../flow/sign-in-result.ts';
import { parseTransaction } from '../../flow/transaction/store.ts';
import { signInPath } from '../../oidc/interaction/interactions.ts';
import type { Translator } from '../../rendering/translator.ts';
import { transactionKey } from '../../stores/keys.ts';
import { seeOther } from '../answers.ts';
import { inInitiatingBrowser } from '../middleware/browser-binding.ts';
import { readForm } from '../middleware/form-body.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import { pageContext } from '../page-context.ts';
import { type SignInParts, signInRequest } from './sign-in-request.ts';

export function recoveryCodesHandlers(parts: SignInParts) {
  return { download: (ctx: Context) => download(parts, ctx) };
}

/** A form of an older page leads to the current step, because its codes no longer count. */
async function download(parts: SignInParts, ctx: Context): Promise<void> {
  const { services, renderer } = parts;
  requireSameOrigin(ctx, services.issuer);
  const { stateHandle } = await readForm(ctx);
  const request = signInRequest(parts, ctx);
  const { uid, transaction } = request;
  const offered = offeredCodes(await inInitiatingBrowser(request, () => view(services, transaction)), stateHandle);
  ctx.set('Cache-Control', 'no-store');
  if (!offered) return seeOther(ctx, signInPath(uid));
  const entry = transaction.unit.peek(transactionKey(uid));
  const uiLocales = entry && parseTransaction(entry.value).uiLocales;
  const { brand, locale } = pageContext(renderer, offered.snapshot, { uiLocales });
  ctx.type = 'text/plain; charset=utf-8';
  ctx.set('Content-Disposition', 'attachment; filename="recovery-codes.txt"');
  ctx.body = fileOf(offered, brand.name, renderer.texts(locale));
}

interface OfferedCodes extends Pick<Extract<SignInResult, { kind: 'step' }>, 'snapshot' | 'identifier'> {
  readonly codes: readonly string[];
  /** Epoch seconds. */
  readonly made: number;
}

function offeredCodes(result: SignInResult, handle: string | undefined): OfferedCodes | undefined {
  if (result.kind !== 'step' || result.step.kind !== 'enroll' || result.handle !== handle) return undefined;
  const { codes, made } = result.step.offer;
  return Array.isArray(codes) && typeof made === 'number' ? { ...result, codes: codes.map(String), made } : undefined;
}

/** The identifier is chosen by the user. Without control and format characters it stays on its line. */
function fileOf({ codes, made, identifier }: OfferedCodes, brand: string, t: Translator): string {
  const account = (identifier ?? '').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
  const numbered = codes.map((code, index) => `${String(index + 1).padStart(2)}. ${code}`);
  const head = t.text('recovery_codes.printed', { account, date: { at: made, style: 'day' } });
  return [brand, head, '', ...numbered, ''].join('\r\n');
}
