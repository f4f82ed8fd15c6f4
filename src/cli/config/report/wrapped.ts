/** Lines of text in a picture, which does not wrap by itself. */

/** Widths (pixels) of characters in a sans-serif font of 14 pixels, rather too wide than too narrow. */
const narrow = 5;
const usual = 8.6;
const wide = 11.6;
const full = 15;

function widthOf(character: string): number {
  if (/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Emoji_Presentation}]/u.test(character)) return full;
  if (/[\p{Lu}mw@%]/u.test(character)) return wide - (/[A-LN-VX-Z]/.test(character) ? 2 : 0);
  return /[ijlt.,:;'|!()[\]{} ]/.test(character) ? narrow : usual;
}

/** The text in lines that are no wider than this (pixels); joined they are the text. A word too long is cut. */
export function wrapped(text: string, widest: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  let width = 0;
  for (const word of text.match(/\S*\s|\S+/g) ?? ['']) {
    const own = sum(word.trimEnd());
    if (line !== '' && width + own > widest) {
      lines.push(line);
      line = '';
      width = 0;
    }
    for (const character of word) {
      const more = widthOf(character);
      if (line !== '' && character.trim() !== '' && width + more > widest) {
        lines.push(line);
        line = '';
        width = 0;
      }
      line += character;
      width += more;
    }
  }
  return [...lines, line];
}

function sum(word: string): number {
  return [...word].reduce((total, character) => total + widthOf(character), 0);
}
