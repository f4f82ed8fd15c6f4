/** The layout of the demo's pages. */
import { demoApps } from './demo-apps.ts';
import { html, type Markup } from './html.ts';

/** The whole page around its content. It has no script. */
export function page(title: string, content: Markup): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} – Stepgate demo</title>
<link rel="icon" type="image/svg+xml" href="/icon.svg">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<nav aria-label="Demo"><a class="home" href="/">Stepgate demo</a>${demoApps.map(({ key, title: appTitle }) => html` <a href="/${key}">${appTitle}</a>`)}</nav>
<p class="banner">This is a demo. It runs on this computer only, and nothing in it is real.</p>
</header>
<main id="content">
${content}
</main>
</body>
</html>
`.markup;
}
