import type { Matcher } from './cause.js';
import {
  readAstro,
  readDocusaurus,
  readEleventy,
  readEsbuild,
  readLint,
  readNext,
  readParcel,
  readPrerender,
  readRollup,
  readSass,
  readSchema,
  readTest,
  readWebpack,
} from './bundlers.js';
import { readException, readPanic, readPython, readPythonSyntax, readUncaught } from './languages.js';
import { readNpm, readNpmScript, readPnpm, readYarn, YARN_ERROR } from './package-managers.js';
import { readHeading, readMessage } from './reading.js';

/** Yarn 1 says `error` in small letters, which other programs do too. */
const YARN_1 = /^yarn (?:\w+ )?v1\.\d/;

/** For a traceback of a framework, and for the difference of a lock file. */
const LONG = 400;

/** Every form of an error that is known. To add one, add a row and a real log of it: test/corpora/failures. */
export const MATCHERS: readonly Matcher[] = [
  // Package managers
  { tool: 'npm', rank: 1, starts: /^npm (?:ERR!|error) code (E\w+)$/, read: readNpm },
  { tool: 'npm', rank: 1, starts: /^npm (?:ERR!|error) (Missing script: .+)/, read: readMessage },
  { tool: 'npm', rank: 3, starts: /^npm (?:ERR!|error) code \d+$/, read: readNpmScript },
  { tool: 'pnpm', rank: 1, starts: /^\s*\[?(ERR_PNPM_\w+)\]?\s+(\S.+)/, read: readPnpm },
  {
    tool: 'yarn 1',
    rank: 1,
    starts: /^error (?!Command failed|Found incompatible module)(\S.+)/,
    read: readMessage,
    after: YARN_1,
  },
  { tool: 'yarn', rank: 1, starts: YARN_ERROR, read: readYarn, window: LONG },
  { tool: 'yarn', rank: 3, starts: /^➤ YN0009: (?:[│|] )?(.+)/, read: readMessage },
  { tool: 'yarn', rank: 1, starts: /^(?:Usage|Internal) Error: (.+)/, read: readMessage },

  // Compilers and bundlers
  { tool: 'tsc', rank: 1, starts: /^([^\s>$].*\(\d+,\d+\): error TS\d+: .+)/, read: readMessage },
  { tool: 'tsc', rank: 1, starts: /^(?:Error: )?([^\s>$].*:\d+:\d+ - error TS\d+: .+)/, read: readMessage },
  { tool: 'tsc', rank: 1, starts: /^error (TS\d+: .+)/, read: readMessage },
  { tool: 'vite', rank: 1, starts: /^error during build:$/, read: readHeading },
  { tool: 'esbuild', rank: 1, starts: /^[✘X] \[ERROR\] (.+)/, read: readEsbuild },
  { tool: 'rollup', rank: 1, starts: /^\[!\] (.+)/, read: readRollup },
  { tool: 'webpack', rank: 1, starts: /^ERROR in (.+)/, read: readWebpack },
  { tool: 'webpack', rank: 1, starts: /^\[webpack-cli\] (?!Compilation )(.+)/, read: readSchema },
  { tool: 'next', rank: 1, starts: /^Failed to compile\.?$/, read: readNext },
  { tool: 'next', rank: 1, starts: /^Error: Turbopack build failed with \d+ errors?:$/, read: readNext },
  {
    tool: 'next',
    rank: 1,
    starts: /^Error occurred prerendering page ("[^"]*")/,
    read: readPrerender,
  },
  { tool: 'next', rank: 1, starts: /^> (Couldn't find .+)/, read: readMessage },
  { tool: 'docusaurus', rank: 1, starts: /^\[ERROR\] (\S.+)/, read: readDocusaurus },
  { tool: 'astro', rank: 1, starts: /^\d\d:\d\d:\d\d \[ERROR\] (.+)/, read: readAstro },
  { tool: 'eleventy', rank: 1, starts: /^\[11ty\] 1\. (.+)/, read: readEleventy },
  { tool: 'sass', rank: 1, starts: /^Error: .+/, read: readSass },
  { tool: 'parcel', rank: 1, starts: /^🚨 Build failed\.$/, read: readParcel },
  { tool: 'eslint', rank: 1, starts: /^\s+(\d+:\d+)\s+error\s+(\S.*?)\s{2,}(\S+)$/, read: readLint },

  // Tests that run before a build
  { tool: 'jest', rank: 1, starts: /^\s+● (?!Console$|\w+ Warning)(.+)/, read: readTest },
  { tool: 'vitest', rank: 1, starts: /^\s*FAIL {2}(.+)/, read: readTest },

  // Languages
  {
    tool: 'node',
    rank: 1,
    starts: /^((?:node:|file:\/\/|\/|[A-Z]:\\|<).*):(\d+)$/,
    read: readUncaught,
  },
  { tool: 'node', rank: 1, starts: /^FATAL ERROR: (.+)/, read: readMessage },
  {
    tool: 'python',
    rank: 1,
    starts: /^\s*(?:\+ Exception Group )?Traceback \(most recent call last\):$/,
    read: readPython,
    window: LONG,
  },
  {
    tool: 'python',
    rank: 1,
    starts: /^(?:SyntaxError|IndentationError|TabError): .+/,
    read: readPythonSyntax,
  },
  { tool: 'go', rank: 1, starts: /^(?:vet: )?(\S+\.go:\d+:\d+: .+)/, read: readMessage },
  { tool: 'go', rank: 1, starts: /^(?:panic|fatal error): .+/, read: readPanic },
  {
    tool: 'go',
    rank: 1,
    starts: /^go: (?!downloading|finding|extracting|added|upgraded|creating|to add|warning)(.+)/,
    read: readMessage,
  },
  { tool: 'gcc', rank: 1, starts: /^(\S+:\d+(?::\d+)?: (?:fatal )?error: .+)/, read: readMessage },

  // Everything else that looks like an error
  {
    tool: 'shell',
    rank: 2,
    starts: /^(?:\/\S+\/)?(?:ba|da|z)?sh: (?:line )?\d+: (.+: (?:command )?not found)$/,
    read: readMessage,
  },
  {
    tool: 'exception',
    rank: 2,
    starts: /^ {0,2}((?:[A-Z]\w*)?(?:Error|Exception)(?: \[\w+\])?: .+)/,
    read: readException,
  },
  { tool: 'error', rank: 2, starts: /^(?:error|ERROR|fatal)(?:\[\w+\])?: (.+)/, read: readMessage },
  { tool: 'error', rank: 2, starts: /^\s?ERROR {1,2}(?!in )(\S.+)/, read: readMessage },
];
