import { expect, test } from '@jest/globals';
import { markdownToHtml } from '../../../../demo/github/pages/markdown.js';
import { escapeText, fence, inlineCode } from '../../../../src/shared/markdown.js';

/** Line breaks between elements change nothing that a reader sees. */
function rendered(markdown: string): string {
  return markdownToHtml(markdown).replace(/>\n/g, '>').replace(/\n</g, '<');
}

test.each([
  ['a **bold** word', '<p>a <strong>bold</strong> word</p>'],
  ['`a | b`', '<p><code>a | b</code></p>'],
  ['``a ` b``', '<p><code>a ` b</code></p>'],
  [
    '[the *site*](https://a.example/b?c=1&d=2)',
    '<p><a href="https://a.example/b?c=1&amp;d=2">the <em>site</em></a></p>',
  ],
  ['[`abc`](<https://a.example/(b)>)', '<p><a href="https://a.example/(b)"><code>abc</code></a></p>'],
  [
    '**ready:** [open](http://a.example)',
    '<p><strong>ready:</strong> <a href="http://a.example">open</a></p>',
  ],
  ['not \\*bold\\* and 1 &lt; 2', '<p>not *bold* and 1 &lt; 2</p>'],
  ['one\ntwo\n\nthree', '<p>one<br>two</p><p>three</p>'],
  ['## Title', '<h2>Title</h2>'],
  ['- one\n- **two**', '<ul><li>one</li><li><strong>two</strong></li></ul>'],
  ['> said', '<blockquote><p>said</p></blockquote>'],
  ['```text\n<b> **x**\n```', '<pre><code class="language-text">&lt;b&gt; **x**</code></pre>'],
  ['<!-- vitrine:1:1 -->\nhello', '<p>hello</p>'],
  ['Rule: <sub>`x`</sub>', '<p>Rule: <sub><code>x</code></sub></p>'],
])('%j becomes %j', (markdown, html) => {
  expect(rendered(markdown)).toBe(html);
});

test('a table has a head, cells with links and its alignment', () => {
  const html = rendered('| A | B |\n| :--- | ---: |\n| [x](https://x.example) | `1` |');
  expect(html).toBe(
    '<table><thead><tr><th align="left">A</th><th align="right">B</th></tr></thead>' +
      '<tbody><tr><td align="left"><a href="https://x.example">x</a></td><td align="right"><code>1</code></td></tr></tbody></table>',
  );
});

test('details stay closed until the reader opens them', () => {
  const html = '<details><summary>More of it</summary><ul><li>one</li></ul></details>';
  expect(rendered('<details>\n<summary>More of it</summary>\n\n- one\n\n</details>')).toBe(html);
});

test.each([
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '[x](javascript:alert(1))',
  '[x](<javascript:alert(1)>)',
  '[x](https://a.example/"onmouseover="alert(1))',
  '<details onclick="alert(1)">',
  '<summary><script>alert(1)</script></summary>',
  '| <script>alert(1)</script> |\n| --- |\n| <img onerror=alert(1)> |',
  '<sub onclick=alert(1)>',
  '![x](javascript:alert(1))',
  '!["><script>alert(1)</script>](https://a.example/x.png)',
  '<!-- --><script>alert(1)</script>',
  '<!--> <img src=x onerror=alert(1)> -->',
  '<scr<!-- -->ipt>alert(1)</script>',
  '</div></article><script>alert(1)</script>',
  '`<script>`',
])('%j brings no element and no script of its own', (markdown) => {
  const html = markdownToHtml(markdown);
  expect(html).not.toMatch(/<(script|img|iframe|svg|\/div)|<\w+[^>]* on\w+=|href="javascript:/i);
});

test.each(['*_`[x](y)`_* <b> & | # @octo https://x.example 1) a - b', '```', '**', '[a](http://x.example)'])(
  'what our templates escaped reads as it was written: %j',
  (text) => {
    const plain = (html: string): string =>
      html
        .replace(/<[^>]+>/g, '')
        .replace(/[\u200b]/g, '')
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&#39;/g, "'")
        .replace(/&quot;/g, '"')
        .replace(/&amp;/g, '&');
    expect(plain(rendered(escapeText(text)))).toBe(text);
    expect(plain(rendered(inlineCode(text)))).toBe(text.replaceAll('|', '¦'));
    expect(plain(rendered(fence(text)))).toBe(text);
  },
);
