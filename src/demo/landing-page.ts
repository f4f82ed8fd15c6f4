/** The start page of the demo's relying party. */
import { type DemoApp, demoApps } from './demo-apps.ts';
import type { DemoSession } from './demo-sessions.ts';
import { html, type Markup } from './html.ts';
import { page } from './page.ts';

/** The entry to the applications. */
export function landingPage(session: DemoSession | undefined, issuer: string, signedOut: boolean): string {
  return page(
    'Welcome',
    html`<h1>Three applications, one sign-in</h1>
<p class="lead">All of them let Stepgate decide who you are, and each has its own policy. Sign in to one, then go to another: you are asked only for what is still missing.</p>
${signedOut ? html`<p class="notice good" role="status"><strong>You are signed out</strong> here and at the provider.</p>` : undefined}
<div class="cards">
${demoApps.map((app) => card(app, session?.signedIn.get(app.key)?.email))}
</div>
<section>
<h2>Who can sign in</h2>
<p>Alice, Bob and Carol: <code>alice@demo.test</code>, <code>bob@demo.test</code>, <code>carol@demo.test</code>. They share the password that the terminal shows. Mail and text messages never leave this computer: they wait in the <a href="${new URL('/demo/inbox', issuer).href}">inbox</a>.</p>
</section>`,
  );
}

function card(app: DemoApp, email: string | undefined): Markup {
  const [href, label] = email === undefined ? [`/${app.key}/sign-in`, 'Sign in to'] : [`/${app.key}`, 'Open'];
  return html`<article class="card">
<h2>${app.title}</h2>
<p>${app.about}</p>
<p class="asks"><strong>Asks for</strong> ${app.asksFor}</p>
<p><a class="button" href="${href}">${label} ${app.title}</a></p>
${email === undefined ? undefined : html`<p class="quiet">Signed in as ${email}</p>`}
</article>
`;
}
