import { createHash } from 'node:crypto';

/** So many colours, evenly apart. */
const COLOURS = 12;

/** A picture of a person that needs no other server: the first letters of the login on a colour of its own. */
export function drawAvatar(login: string): string {
  const name = login.replace(/\[bot\]$/, '');
  const letters = (/[\p{L}\p{N}]+/gu.exec(name)?.[0] ?? '?').slice(0, 2).toUpperCase();
  const hue =
    ((createHash('sha256').update(name.toLowerCase()).digest()[0] ?? 0) % COLOURS) * (360 / COLOURS);
  const text = `<text x="20" y="20" dy=".36em" text-anchor="middle" fill="hsl(${hue} 60% 96%)" font-family="system-ui, sans-serif" font-size="15" font-weight="600">${escapeXml(letters)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40" width="40" height="40"><rect width="40" height="40" fill="hsl(${hue} 42% 38%)"/>${text}</svg>`;
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${String(character.codePointAt(0))};`);
}
