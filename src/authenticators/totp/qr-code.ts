/** A QR code (ISO/IEC 18004) as inline SVG: no script, no style attribute, dark on white in every colour scheme. */
import { encode } from 'uqr';

/** Modules of white around the code; ISO/IEC 18004 asks for four. */
const quietZone = 4;

/** `title` is what a screen reader says instead of the picture. */
export function qrCodeSvg(text: string, title: string): string {
  const { size, data } = encode(text, { ecc: 'M', border: quietZone });
  const path = data.map((row, y) => pathOfDarkModules(row, y)).join('');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="220" height="220" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">` +
    `<title>${escapeXml(title)}</title><rect width="${size}" height="${size}" fill="#fff"/><path stroke="#000" d="${path}"/></svg>`
  );
}

/** Lines of one module's width along the middle of the row: half of what their outlines would take. */
function pathOfDarkModules(row: readonly boolean[], y: number): string {
  let path = '';
  let end = 0;
  for (let x = 0; x < row.length; x += 1) {
    if (row[x] !== true) continue;
    const from = x;
    while (row[x + 1] === true) x += 1;
    path += `${path === '' ? `M${from} ${y}.5` : `m${from - end} 0`}h${x + 1 - from}`;
    end = x + 1;
  }
  return path;
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
