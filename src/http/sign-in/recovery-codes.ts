/** New recovery codes as a file: the same text that the page shows, as long as the page is where the person is. */
import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import { type SignInResult, view } from '../../flow/engine.ts';
import type { Services } from '../../flow/services.ts';
import { parseTransaction } from '../../flow/transaction/store.ts';
import { signInPath } from '../../oidc/interaction/interactions.ts';
import type { Translator } from '../../rendering/translator.ts';
import { transactionKey } from '../../stores/keys.ts';
import { seeOther } from '../answers.ts';
import type { Renderer } from '../html/render.ts';
import { inInitiatingBrowser } from '../middleware/browser-binding.ts';
import { readForm } from '../middleware/form-body.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import { pageContext } from '../page-context.ts';
import { transactionRequest } from './sign-in.ts';

export interface RecoveryCodesParts {
  readonly services: Services;
  readonly renderer: Renderer;
  readonly provider: () => Provider;
}

export function recoveryCodesHandlers({ services, renderer, provider }: RecoveryCodesParts) {
  return {
    /** A form of an older page leads to where the person is now: its codes count no more. */
    async download(ctx: Context): Promise<void> {
      requireSameOrigin(ctx, services.issuer);
      const { stateHandle } = await readForm(ctx);
      const request = transactionRequest(ctx, { services, provider });
      const outcome = await inInitiatingBrowser(ctx, provider(), request.uid, () => view(services, request));
      const offered = offeredIn(outcome, stateHandle);
      ctx.set('Cache-Control', 'no-store');
      if (!offered) {
        seeOther(ctx, signInPath(request.uid));
        return;
      }
      const entry = request.unit.peek(transactionKey(request.uid));
      const { brand, locale } = pageContext(
        renderer,
        offered.snapshot,
        entry && parseTransaction(entry.value).uiLocales,
      );
      ctx.type = 'text/plain; charset=utf-8';
      ctx.set('Content-Disposition', 'attachment; filename="recovery-codes.txt"');
      ctx.body = fileOf(offered, brand.name, renderer.texts(locale));
    },
  };
}

type Shown = Extract<SignInResult, { kind: 'step' }>;

interface Offered extends Pick<Shown, 'snapshot' | 'identifier'> {
  readonly codes: readonly string[];
  /** Epoch seconds. */
  readonly made: number;
}

function offeredIn(outcome: SignInResult, handle: string | undefined): Offered | undefined {
  if (outcome.kind !== 'step' || outcome.step.kind !== 'enroll' || outcome.handle !== handle) return undefined;
  const { codes, made } = outcome.step.offer;
  return Array.isArray(codes) && typeof made === 'number' ? { ...outcome, codes: codes.map(String), made } : undefined;
}

function fileOf({ codes, made, identifier }: Offered, brand: string, t: Translator): string {
  const account = (identifier ?? '').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
  const numbered = codes.map((code, at) => `${String(at + 1).padStart(2)}. ${code}`);
  const head = t.text('recovery_codes.printed', { account, date: { at: made, style: 'day' } });
  return [brand, head, '', ...numbered, ''].join('\r\n');
}
