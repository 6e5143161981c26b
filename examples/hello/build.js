// Builds site/ into dist/. Puts every page into frame.html, with a footer that names the environment, the branch and the commit.
const { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const { PREVIEW_ENVIRONMENT = 'production', PREVIEW_COMMIT_SHA = '', PREVIEW_BRANCH = 'main' } = process.env;
const escape = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
const frame = readFileSync(join('site', 'frame.html'), 'utf8');
for (const name of readdirSync('site')) {
  if (name === 'frame.html') continue;
  if (!name.endsWith('.html')) {
    cpSync(join('site', name), join('dist', name));
    continue;
  }
  const [, title = 'Hello'] = /<h1>(.*?)<\/h1>/.exec(readFileSync(join('site', name), 'utf8')) ?? [];
  const page = frame
    .replace('{title}', () => title)
    .replace('{body}', () => readFileSync(join('site', name), 'utf8'))
    .replace('{where}', () => escape(`${PREVIEW_ENVIRONMENT} · ${PREVIEW_BRANCH} · ${PREVIEW_COMMIT_SHA.slice(0, 7)}`));
  writeFileSync(join('dist', name), page);
  console.log(`built dist/${name} (${page.length} characters)`);
}
