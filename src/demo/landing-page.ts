/** The start page of the demo's relying party. */
import { acrText } from './claims-text.ts';
import { type DemoApp, demoApps } from './demo-apps.ts';
import type { ClaimedAssurance, DemoSession } from './demo-sessions.ts';
import { html, type Markup } from './html.ts';
import { page } from './page.ts';

/** The entry page to the apps. */
export function landingPage(session: DemoSession | undefined, issuer: string, signedOut: boolean): string {
  const [account, access, inbox] = ['/account', '/account/apps', '/demo/inbox'].map(
    (path) => new URL(path, issuer).href,
  );
  return page(
    'Welcome',
    html`<h1>Four applications, one sign-in</h1>
<p class="lead">All of them let Stepgate decide who you are, and each has its policy. Sign in to one, then go to another: you are asked only for what is still missing.</p>
${signedOut ? html`<p class="notice good" role="status"><strong>You are signed out</strong> here and at the provider.</p>` : undefined}
<div class="cards">
${demoApps.map((app) => card(app, session?.signedIn.get(app.key)?.email))}
</div>
<section aria-labelledby="order">
<h2 id="order">What to try, in this order</h2>
<ol>
<li><a href="/shop/sign-in">Register at the shop</a>: choose “Create an account” and any address. Its code waits in the <a href="${inbox}">inbox</a>. You may set up a passkey.</li>
<li><a href="/shop">Buy something</a>: the checkout asks for your name and address, once.</li>
<li><a href="/parcels/sign-in">Follow your parcel</a>: this app belongs to another company, so you choose what it may see. You can <a href="${access}">end its access</a> later.</li>
<li><a href="/payroll/sign-in">Open Payroll</a>, as Alice or Bob: you are asked only for what is still missing, and your tokens change (below).</li>
<li>Lose a key: remove it at <a href="${account}">your account</a>, or sign in as if you did not have it. What else you have counts, and what an application still needs is set up again.</li>
</ol>
<p><a href="${account}">Your account</a> has your sign-in methods, sessions and addresses. Mail, text messages and calls never leave this computer: they wait in the <a href="${inbox}">inbox</a>.</p>
</section>
${whatTheTokensSay(session)}
<section>
<h2>Who can sign in</h2>
<p>Alice, Bob and Carol: <code>alice@demo.test</code>, <code>bob@demo.test</code>, <code>carol@demo.test</code>. They share the password that the terminal shows. At the shop, you can make an account of your own.</p>
</section>`,
  );
}

/** What each policy requires next to what the tokens now say, which changes as the user proves more. */
function whatTheTokensSay(session: DemoSession | undefined): Markup | undefined {
  const rows = demoApps.flatMap((app) => {
    const signedIn = session?.signedIn.get(app.key);
    return signedIn === undefined ? [] : [tokenRow(app, signedIn.assurance)];
  });
  if (rows.length === 0) return undefined;
  return html`<section aria-labelledby="tokens">
<h2 id="tokens">What your tokens say now</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="tokens"><table>
<thead><tr><th scope="col">App</th><th scope="col">Its policy asks for</th><th scope="col"><code>acr</code></th><th scope="col"><code>amr</code></th></tr></thead>
<tbody>
${rows}
</tbody>
</table></div>
</section>`;
}

const tokenRow = (
  app: DemoApp,
  { acr, amr }: ClaimedAssurance,
) => html`<tr><th scope="row"><a href="/${app.key}">${app.title}</a></th><td>${app.policy}</td><td>${acrText(acr)} <code>${acr ?? 'absent'}</code></td><td><code>${amr.join(', ') || 'absent'}</code></td></tr>
`;

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
