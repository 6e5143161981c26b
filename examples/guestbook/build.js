// Copies all that the program needs into dist/, with its one dependency: what is started is exactly what was built.
const { cpSync, readFileSync, rmSync } = require('node:fs');
const { join } = require('node:path');

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

rmSync('dist', { recursive: true, force: true });
for (const name of ['package.json', 'server.js', 'public']) cpSync(name, join('dist', name), { recursive: true });
for (const name of Object.keys(dependencies)) {
  const folder = join('node_modules', name);
  cpSync(folder, join('dist', folder), { recursive: true, dereference: true });
}
console.log('built dist/ with its dependencies');
