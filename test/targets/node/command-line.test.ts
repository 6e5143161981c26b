import { expect, test } from '@jest/globals';
import { splitCommandLine } from '../../../src/targets/node/command-line.js';

test.each([
  ['npm start', ['npm', 'start']],
  ['node server.js', ['node', 'server.js']],
  ['  node\t--max-old-space-size=256   dist/main.js ', ['node', '--max-old-space-size=256', 'dist/main.js']],
  [`node "my server.js" --name='a "b" $c'`, ['node', 'my server.js', '--name=a "b" $c']],
  ['node my\\ server.js ""', ['node', 'my server.js', '']],
  ['node "a\\"b\\\\c"', ['node', 'a"b\\c']],
])('%s is a program and its arguments', (line, words) => {
  expect(splitCommandLine(line)).toEqual(words);
});

test.each([
  ['node server.js | tee log', '"|"'],
  ['npm run migrate && node server.js', '"&"'],
  ['node server.js > log', '">"'],
  ['node server.js --port $PORT', '"$"'],
  ['node "server.js $PORT"', '"$" in quotes'],
  ['node `which server`', '"`"'],
  ['node *.js', '"*"'],
  ['node a.js\nnode b.js', 'a line break'],
  ['PORT=3000 node server.js', 'a variable ("PORT")'],
  ['node "server.js', 'a quote that is not closed'],
  ['node server.js \\', 'ends with a backslash'],
  ['   ', 'is empty'],
])('%j is refused, and the reason says what a shell would be needed for', (line, reason) => {
  const split = () => splitCommandLine(line);
  expect(split).toThrow(expect.objectContaining({ code: 'unprocessable' }));
  expect(split).toThrow(reason);
  expect(split).toThrow('npm start');
});
