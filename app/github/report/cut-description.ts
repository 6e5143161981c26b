/** GitHub refuses longer descriptions of deployments and statuses. Counted as JavaScript does, which is never less than GitHub. */
const LONGEST = 140;

export function cutDescription(text: string): string {
  if (text.length <= LONGEST) return text;
  let cut = '';
  for (const character of text) {
    if (cut.length + character.length >= LONGEST) break;
    cut += character;
  }
  return `${cut}…`;
}
