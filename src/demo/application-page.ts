/** The page of one demo app. */
import { acrText, agoText, amrText, dateText } from './claims-text.ts';
import type { DemoApp } from './demo-apps.ts';
import type { ClaimedAssurance, DemoNotice, SignedIn, SignInKind } from './demo-sessions.ts';
import { html, type Markup } from './html.ts';
import { page } from './page.ts';
import { requestParameters } from './sign-in.ts';
import { signInErrorNote } from './sign-in-error-note.ts';
import { triedNote } from './tried-note.ts';

/**
 * The user and the provider's claims about them, or the link to sign in.
 *
 * @param now seconds since the epoch
 */
export function applicationPage(
  app: DemoApp,
  { signedIn, notice }: { readonly signedIn: SignedIn | undefined; readonly notice: DemoNotice | undefined },
  now: number,
): string {
  const content = signedIn === undefined ? signedOutContent(app) : signedInContent(app, signedIn, now);
  return page(
    app.title,
    html`<h1>${app.title}</h1>
${notice === undefined ? undefined : noticeNote(notice)}
${content}`,
  );
}

const noticeNote = (notice: DemoNotice) =>
  notice.kind === 'problem' ? signInErrorNote(notice.problem) : triedNote(notice);

const signedOutContent = (app: DemoApp) => html`<p class="lead">${app.about}</p>
<p><strong>You are not signed in here.</strong> ${app.title} asks for: ${app.asksFor}</p>
<p><a class="button" href="/${app.key}/sign-in">Sign in to ${app.title}</a></p>
<ul class="actions">
${action(app, 'check')}
</ul>`;

const signedInContent = (
  app: DemoApp,
  signedIn: SignedIn,
  now: number,
) => html`<p class="lead">Hello ${signedIn.name ?? signedIn.email ?? signedIn.subject}${signedIn.name && signedIn.email ? html` <span class="quiet">(${signedIn.email})</span>` : undefined}</p>
<section aria-labelledby="how">
<h2 id="how">How the provider knows that it is you</h2>
${assuranceFacts(signedIn.assurance, now)}
</section>
${deliveryAddress(signedIn)}
${consentFacts(app, signedIn)}
<section aria-labelledby="try">
<h2 id="try">What you can try</h2>
<ul class="actions">
${actionsOf(app).map((kind) => action(app, kind))}
${refreshAction(app, signedIn)}
</ul>
</section>
<details>
<summary>For experts: the claims of the ID token</summary>
<pre tabindex="0" role="region" aria-label="Claims of the ID token"><code>${JSON.stringify(signedIn.claims, undefined, 2)}</code></pre>
</details>
<form method="post" action="/${app.key}/sign-out"><button class="button secondary">Sign out everywhere in this demo</button></form>`;

/** Only the shop ships anything, and only the third-party app asks for consent. */
function actionsOf({ key, consentScopes }: DemoApp): readonly Exclude<SignInKind, 'plain'>[] {
  return [
    ...(key === 'shop' ? (['checkout'] as const) : []),
    ...(consentScopes === undefined ? [] : (['consent'] as const)),
    'step-up',
    'again',
    'recent',
    'check',
  ];
}

/** The requested data to which the user consented. */
function consentFacts({ consentScopes }: DemoApp, { scopes }: SignedIn): Markup | undefined {
  if (consentScopes === undefined) return undefined;
  return html`<section aria-labelledby="consent">
<h2 id="consent">What you let it see</h2>
<dl class="facts">
${consentScopes.map((scope) => html`<div><dt><code>${scope}</code></dt><dd>${scopes.includes(scope) ? 'Yes' : 'No: you left it out'}</dd></div>`)}
</dl>
</section>`;
}

/** The claim `address`, once the user has been to the checkout of the shop (OpenID Connect Core section 5.1.1). */
function deliveryAddress({ claims: { address } }: SignedIn): Markup | undefined {
  const { formatted } = (address ?? {}) as { readonly formatted?: unknown };
  if (typeof formatted !== 'string') return undefined;
  return html`<section aria-labelledby="delivery">
<h2 id="delivery">Where it is sent</h2>
<address>${formatted.split('\n').map((line) => html`${line}<br>`)}</address>
</section>`;
}

function assuranceFacts({ acr, amr, authTime }: ClaimedAssurance, now: number): Markup {
  return html`<dl class="facts">
<div><dt>How sure <code>acr</code></dt>
<dd>${acrText(acr)} <code>${acr ?? 'absent'}</code></dd></div>
<div><dt>By which means <code>amr</code></dt>
<dd>${amr.length === 0 ? 'The provider did not say.' : html`<ul>${amr.map((value) => html`<li><code>${value}</code> ${amrText(value)}</li>`)}</ul>`}</dd></div>
<div><dt>Since when <code>auth_time</code></dt>
<dd>${authTime === undefined ? 'The provider did not say.' : html`<time datetime="${new Date(authTime * 1000).toISOString()}">${dateText(authTime)}</time> (${agoText(authTime, now)})`}</dd></div>
</dl>`;
}

const actionTexts: Readonly<Record<Exclude<SignInKind, 'plain'>, readonly [label: string, words: string]>> = {
  checkout: [
    'Go to the checkout',
    'The shop asks for your name and address. You fill in what is missing, once; the next time nothing is asked.',
  ],
  consent: [
    'Choose again what it may see',
    'You are asked about everything again, with what you chose before filled in.',
  ],
  'step-up': [
    'Ask for two factors',
    'You prove only what is missing. If you gave two kinds of proof already, nothing is asked.',
  ],
  again: ['Sign in again', 'You have to prove who you are once more, whatever you did before.'],
  recent: ['Ask for a recent sign-in', 'You have to prove who you are unless you did so within the last minute.'],
  check: [
    'Ask without showing a page',
    'The provider may only answer from its session, or say what stands in the way.',
  ],
};

function action(app: DemoApp, kind: Exclude<SignInKind, 'plain'>): Markup {
  const [label, words] = actionTexts[kind];
  const parameter = Object.entries(requestParameters[kind]).map(
    ([name, value]) => `${name}=${value.replaceAll(' ', '+')}`,
  );
  return html`<li><a class="button secondary" href="/${app.key}/sign-in/${kind}">${label}</a>
<p>${words} <code>${parameter.join('&')}</code></p></li>
`;
}

const refreshAction = (app: DemoApp, signedIn: SignedIn) =>
  signedIn.refreshToken === undefined
    ? html`<li><p>The provider gave no refresh token, so there is nothing to refresh.</p></li>`
    : html`<li><form method="post" action="/${app.key}/refresh"><button class="button secondary">Refresh the tokens</button></form>
<p>New tokens without you. They say the same about you: getting them proves nothing new. <code>grant_type=refresh_token</code></p></li>`;
