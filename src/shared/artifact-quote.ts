/** A name from outside, safe to print and short enough for one line. */
export function quoteName(name: string): string {
  const text = JSON.stringify(name);
  return text.length > 120 ? `${text.slice(0, 116)}..."` : text;
}
