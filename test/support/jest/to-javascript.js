import { transformSync } from '@swc/core';

/** Types go, and `using` becomes what Node 20 knows. */
export function toJavaScript(source, { path, sourceMaps }) {
  return transformSync(source, {
    filename: path,
    configFile: false,
    swcrc: false,
    sourceMaps,
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  });
}
