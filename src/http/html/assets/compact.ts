/**
 * Our own stylesheet and scripts without what only a reader of the source needs: comments and indentation. Each page
 * loads them, and has 30 KB (decision 82). Tests compare what is left with the source.
 */

/** CSS without comments, line breaks and optional spaces. It has no text with two spaces, or with a comment in it. */
export function compactStyles(css: string): string {
  return css
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,>]) ?/g, '$1')
    .replace(/: /g, ':')
    .replaceAll(';}', '}')
    .trim();
}

/** A script without indentation, and without comments on lines of their own. It has no template of many lines. */
export function compactScript(script: string): string {
  return script
    .replace(/^\s*\/\*\*[\s\S]*?\*\/\s*$/gm, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/^\s+/gm, '');
}
