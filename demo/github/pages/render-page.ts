import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { projectRoot } from '../../../app/config/project-root.js';
import type { ApiReply } from '../gateway/reply.js';
import type { PullRequestModel } from './pull-request-model.js';

export type PageRenderer = (model: PullRequestModel) => ApiReply;

/** Reads the template for the first page: most emulated GitHubs never show one. */
export function createPageRenderer(): PageRenderer {
  let page: ReturnType<typeof loadPage> | undefined;
  return (model) => {
    page ??= loadPage();
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': page.policy };
    return { status: 200, body: page.template(model), headers };
  };
}

function loadPage() {
  const read = (name: string) =>
    readFileSync(join(projectRoot(), `demo/github/pages/templates/pull-request${name}.hbs`), 'utf8').trim();
  const style = read('-style');
  const script = read('-script');
  const handlebars = Handlebars.create();
  handlebars.registerPartial({ style, script });
  const template = handlebars.compile<PullRequestModel>(read(''), { strict: true, knownHelpersOnly: true });
  const policy =
    `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; connect-src 'self'; ` +
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return { template, policy };
}

function hashOf(source: string): string {
  return `sha256-${createHash('sha256').update(source).digest('base64')}`;
}
