/** What the provider needs of HTTP: the pages that oidc-provider shows itself (each sets the body of the answer), and forms. */
import type { KoaContextWithOIDC } from 'oidc-provider';

type Shown = Promise<void>;

export interface ProviderPages {
  /** An OAuth error that cannot go back to the client (RFC 6749 section 4.1.2.1). */
  renderError(
    ctx: KoaContextWithOIDC,
    out: { readonly error: string; readonly error_description?: string | undefined },
  ): Shown;
  /** `form` holds the fields that must come back. `out`: why the code was refused. */
  deviceInput(
    ctx: KoaContextWithOIDC,
    form: string,
    out?: { readonly error: string },
    err?: Error & { readonly userCode?: string },
  ): Shown;
  deviceConfirm(ctx: KoaContextWithOIDC, form: string, client: unknown, deviceInfo: unknown, userCode: string): Shown;
  deviceSuccess(ctx: KoaContextWithOIDC): Shown;
  logout(ctx: KoaContextWithOIDC, form: string): Shown;
  loggedOut(ctx: KoaContextWithOIDC): Shown;
  /** The form on the page that was just shown ends at this address: its content security policy must let it. */
  formLeadsTo(ctx: KoaContextWithOIDC, uri: string): void;
  /** The fields of the form that was posted. Rejects with `StepgateError` when it is none that we take. */
  readForm(ctx: KoaContextWithOIDC): Promise<Readonly<Record<string, string>>>;
}
