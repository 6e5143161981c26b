import type { Page } from 'playwright-core';

/** What pages are made of. Scripts of ours come from files, and pictures of people from /avatars. */
const ELEMENTS =
  'html head meta title link script style body a header nav span svg path circle rect polyline line polygon ellipse g form input button ' +
  'img main p footer kbd dialog h1 h2 h3 dl dt dd ul ol li section div label select option datalist details summary strong code pre mark ' +
  'table thead tbody tr th td fieldset legend textarea figure figcaption progress relative-time bdi canvas small time noscript i br';

/**
 * What a text from outside has made of a page: elements that no page of ours has, scripts, addresses elsewhere, and text that it turns
 * round. Text that turns what follows it must stand alone in an element that ends its effect.
 */
function examiner(hosts: readonly string[]): string {
  return `(() => {
  const known = new Set(${JSON.stringify(ELEMENTS.split(' '))});
  const hosts = new Set([location.host, ...${JSON.stringify(hosts)}]);
  const faults = [];
  const isOurs = (text) => {
    const { protocol, host } = new URL(text, location.href);
    return protocol === 'data:' || (/^https?:$/.test(protocol) && (hosts.has(host) || host.endsWith('.' + location.host)));
  };
  for (const element of document.querySelectorAll('*')) {
    if (!known.has(element.localName)) faults.push('element ' + element.localName);
    for (const { name, value } of element.attributes) {
      if (name.startsWith('on') || name === 'srcdoc') faults.push(element.localName + ' ' + name + '=' + value);
      if (['href', 'src', 'action', 'formaction', 'data', 'poster', 'srcset'].includes(name) && !isOurs(value))
        faults.push(element.localName + ' ' + name + '=' + value.slice(0, 120));
    }
  }
  const TURNS = /[\\u202a-\\u202e\\u2066-\\u2069]/;
  const ends = (element) => {
    const { display, unicodeBidi } = getComputedStyle(element);
    return (display !== 'inline' && display !== 'contents') || /isolate|plaintext/.test(unicodeBidi);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    if (!TURNS.test(node.data) || node.parentElement.closest('script, style')) continue;
    let around = node.parentElement;
    while (!ends(around)) around = around.parentElement;
    if (around.textContent.trim() !== node.data.trim()) faults.push('turned round: ' + around.outerHTML.slice(0, 200));
  }
  if ('hacked' in globalThis) faults.push('a script ran');
  if (document.documentElement.scrollWidth > innerWidth) faults.push('wider than the screen: ' + document.documentElement.scrollWidth);
  return [...new Set(faults)].slice(0, 20);
})()`;
}

/** Nothing, where texts from outside are inert. `hosts` are those that the pages may link to. */
export function faultsOf(page: Page, hosts: readonly string[]): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(examiner(hosts));
}

/** The text of the page without spaces and control characters, which HTML does not keep. */
export async function wordsOf(page: Page): Promise<string> {
  return bare(await page.evaluate<string>('document.body.textContent'));
}

export function bare(text: string): string {
  return text.replace(/[\s\p{Cc}\ufffd]+/gu, '');
}
