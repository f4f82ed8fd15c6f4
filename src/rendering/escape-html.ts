/** Text in HTML, inside elements and inside quoted attributes. */

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

export function escapeHtml(text: unknown): string {
  return String(text ?? '').replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}
