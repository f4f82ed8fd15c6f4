/** The note about an attempted action. */
import { dateText, twoFactorAcr } from './claims-text.ts';
import type { ClaimedAssurance, DemoNotice } from './demo-sessions.ts';
import { html, type Markup } from './html.ts';

type Tried = Extract<DemoNotice, { readonly kind: 'tried' }>;

const titles: Readonly<Record<Tried['action'], string>> = {
  plain: 'You are signed in',
  checkout: 'The shop knows where to send it',
  consent: 'You chose what it may see',
  'step-up': 'Two factors were asked for',
  again: 'You signed in again',
  recent: 'A recent sign-in was asked for',
  check: 'The provider answered without showing a page',
  refresh: 'The tokens are new',
};

/** Shows how an action changed the claims, side by side. */
export function triedNote({ action, before, after }: Tried): Markup {
  // `acr_values` is a voluntary claim, so an app that needs the level has to check it (OpenID Connect Core section
  // 3.1.2.1).
  const missed = action === 'step-up' && after.acr !== twoFactorAcr && !after.amr.includes('mfa');
  return html`<div class="notice ${missed ? 'bad' : 'good'}" role="status">
<p><strong>${titles[action]}</strong>${missed ? ', but the provider answered with another level.' : undefined}</p>
${before === undefined ? undefined : comparison(before, after)}
</div>
`;
}

function comparison(before: ClaimedAssurance, after: ClaimedAssurance): Markup {
  const earlier = asTexts(before);
  const later = asTexts(after);
  return html`<table>
<thead><tr><th scope="col">Claim</th><th scope="col">Before</th><th scope="col">Now</th></tr></thead>
<tbody>
${(['acr', 'amr', 'auth_time'] as const).map((claim) => row(claim, earlier[claim], later[claim]))}
</tbody>
</table>`;
}

const row = (
  claim: string,
  before: string,
  after: string,
) => html`<tr><th scope="row"><code>${claim}</code></th><td>${before}</td><td>${before === after ? html`<span class="quiet">the same</span>` : after}</td></tr>
`;

const asTexts = ({ acr, amr, authTime }: ClaimedAssurance) => ({
  acr: acr ?? 'absent',
  amr: amr.length === 0 ? 'absent' : amr.join(', '),
  auth_time: authTime === undefined ? 'absent' : dateText(authTime),
});
