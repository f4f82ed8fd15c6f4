/** Wraps lines of text in a picture, since SVG does not. */

/** Upper estimates for the widths (pixels) of characters in a 14-pixel sans-serif font. */
const narrow = 5;
const usual = 8.6;
const wide = 11.6;
const full = 15;

function widthOfOne(character: string): number {
  if (/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Emoji_Presentation}]/u.test(character)) return full;
  if (/[\p{Lu}mw@%]/u.test(character)) return wide - (/[A-LN-VX-Z]/.test(character) ? 2 : 0);
  return /[ijlt.,:;'|!()[\]{} ]/.test(character) ? narrow : usual;
}

/** A number and the unit of a duration (`12 h`) stay together. */
const words = /\d+ (?:d|h|min|s)\b\S*\s?|\S*\s|\S+/g;

/**
 * Splits the text into lines of at most this width (pixels). Joined, they are the original text. A word that is too
 * long is split.
 */
export function wrapped(text: string, widest: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of (text.match(words) ?? ['']).flatMap((word) => fitting(word, widest))) {
    if (line !== '' && widthOf(line + piece.trimEnd()) > widest) {
      lines.push(line);
      line = '';
    }
    line += piece;
  }
  return [...lines, line];
}

/** The word, or the pieces of it that fit into a line. */
function fitting(word: string, widest: number): readonly string[] {
  if (widthOf(word.trimEnd()) <= widest) return [word];
  const pieces: string[] = [];
  let piece = '';
  for (const character of word) {
    if (piece !== '' && character.trim() !== '' && widthOf(piece + character) > widest) {
      pieces.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...pieces, piece];
}

function widthOf(text: string): number {
  return [...text].reduce((total, character) => total + widthOfOne(character), 0);
}
