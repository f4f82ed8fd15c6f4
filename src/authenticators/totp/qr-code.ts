/** A QR code (ISO/IEC 18004) as inline SVG: no script, no style attribute, dark on white in every colour scheme. */
import { encode } from 'uqr';

/** Width of the white margin around the code (modules). ISO/IEC 18004 requires four. */
const quietZone = 4;

/** `title`: the text for screen readers. */
export function qrCodeSvg(text: string, title: string): string {
  const { size, data } = encode(text, { ecc: 'M', border: quietZone });
  const path = data.map((row, y) => pathOfDarkModules(row, y)).join('');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="220" height="220" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">` +
    `<title>${escapeXml(title)}</title><rect width="${size}" height="${size}" fill="#fff"/><path stroke="#000" d="${path}"/></svg>`
  );
}

/** Lines one module wide along the middle of the row. They need half the size of outlines. */
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
