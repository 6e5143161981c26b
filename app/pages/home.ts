import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { projectRoot } from '../config/project-root.js';

interface HomePage {
  readonly html: string;
  /** Content-Security-Policy of the page. */
  readonly policy: string;
}

interface HomeModel {
  readonly version: string;
  /** Where the description of the API is, and where readiness is asked. */
  readonly api: string;
  readonly ready: string;
}

/** The page at the server's own address. It never changes, so it is written once. */
export function renderHomePage(model: HomeModel, directory = join(projectRoot(), 'templates')): HomePage {
  const read = (name: string) => readFileSync(join(directory, `${name}.hbs`), 'utf8').trim();
  const style = read('setup-style');
  const handlebars = Handlebars.create();
  handlebars.registerPartial({ style });
  const html = handlebars.compile<HomeModel>(read('home'), { strict: true, knownHelpersOnly: true })(model);
  const hash = createHash('sha256').update(style).digest('base64');
  const policy =
    `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; ` +
    "form-action 'none'; frame-ancestors 'none'";
  return { html, policy };
}
