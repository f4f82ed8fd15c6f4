/** The note about a problem. */
import { html, type Markup } from './html.ts';
import type { SignInError } from './sign-in-errors.ts';

/** A problem as a note on a page: an explanation, followed by details for experts. */
export function signInErrorNote(problem: SignInError): Markup {
  const facts = [problem.code, problem.detail].filter((fact) => fact !== undefined);
  return html`<div class="notice bad" role="alert">
<p><strong>${problem.title}</strong></p>
<p>${problem.words}</p>
${facts.length > 0 ? html`<p class="quiet">The provider’s answer: <code>${facts.join(': ')}</code></p>` : undefined}
</div>
`;
}
