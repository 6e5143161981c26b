/** One entry of apt's source lists, with the file ending that tells apt how to read it. */
export type AptSource = { readonly ending: 'list' | 'sources'; readonly text: string };

/** The release to look in instead of the machine's own. */
export type SuiteChange = { readonly own: string; readonly wanted: string };

/**
 * The machine's own archive entry, pointed at another release of the same archive: the address, the mirror and the key
 * stay those the operator trusts, and none is written into this project.
 */
export function sourceForSuite(sources: readonly AptSource[], suite: SuiteChange): AptSource | undefined {
  for (const source of sources) {
    const text = source.ending === 'list' ? fromList(source.text, suite) : fromStanzas(source.text, suite);
    if (text) return { ending: source.ending, text };
  }
  return undefined;
}

/** `deb [options] address suite component ...`, one a line. */
function fromList(text: string, { own, wanted }: SuiteChange): string | undefined {
  for (const line of text.split('\n')) {
    const parts = /^\s*deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line);
    if (parts?.[3] === own && isMain(parts[4]) && !parts[2]?.startsWith('cdrom:')) {
      return `deb ${parts[1] ?? ''}${parts[2]} ${wanted} main\n`;
    }
  }
  return undefined;
}

/** `Field: value` paragraphs; a value may go on in indented lines, as an inline key does. */
function fromStanzas(text: string, { own, wanted }: SuiteChange): string | undefined {
  const stanzas = text.replace(/^#.*\n?/gm, '').split(/\n\s*\n/);
  const stanza = stanzas.find(
    (each) =>
      field(each, 'Suites').includes(own) &&
      isMain(field(each, 'Components').join(' ')) &&
      !field(each, 'Enabled').includes('no'),
  );
  if (!stanza) return undefined;
  const kept = stanza
    .trim()
    .replace(/^(Types|Suites|Components):.*\n?(?:[ \t].*\n?)*/gim, '')
    .trimEnd();
  return `Types: deb\nSuites: ${wanted}\nComponents: main\n${kept}\n`;
}

function field(stanza: string, name: string): string[] {
  const match = new RegExp(`^${name}:(.*(?:\\n[ \\t].*)*)`, 'im').exec(stanza);
  return (match?.[1] ?? '').split(/\s+/).filter(Boolean);
}

function isMain(components: string | undefined): boolean {
  return (components ?? '').split(/\s+/).includes('main');
}
