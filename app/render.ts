import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { projectRoot } from './config/project-root.js';
import { TAGS } from './markdown-tags.js';

/** A template with its model: parsed once, at the start, so that a mistake in one stops the start and not a report. */
export type Template<Model> = (model: Model) => string;
export type LoadTemplate = <Model>(name: string) => Template<Model>;

export function loadTemplates(directory: string = join(projectRoot(), 'templates')): LoadTemplate {
  const engine = Handlebars.create();
  engine.registerHelper(TAGS);
  const partials = join(directory, 'partials');
  for (const file of readdirSync(partials).filter((name) => name.endsWith('.hbs'))) {
    engine.registerPartial(file.slice(0, -'.hbs'.length), readFileSync(join(partials, file), 'utf8'));
  }
  return (name) => parse(engine, readFileSync(join(directory, `${name}.hbs`), 'utf8'));
}

function parse<Model>(engine: typeof Handlebars, source: string): Template<Model> {
  const render = engine.compile<Model>(Handlebars.parse(source), { strict: true });
  return (model) =>
    `${render(model)
      .replace(/\n{3,}/g, '\n\n')
      .trim()}\n`;
}
