import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { projectRoot } from '../../config/project-root.js';

interface StartPage {
  readonly token: string;
  readonly setupPath: string;
  readonly envFile: string;
  /** One phrase for each right that GitHub will ask the operator to grant. */
  readonly permissions: readonly string[];
  readonly action: string;
  readonly manifest: string;
  readonly organization: string | undefined;
  readonly publicUrl: string;
  readonly reachable: boolean;
}

interface DonePage {
  readonly installUrl: string;
  readonly envFile: string;
  /** What could not be written there; empty when all is well. */
  readonly unsaved: string;
}

interface ErrorPage {
  readonly heading: string;
  readonly message: string;
}

/** The pages of the set-up; every value is escaped. */
export function createSetupPages(directory = join(projectRoot(), 'templates')) {
  const read = (name: string) => readFileSync(join(directory, `setup-${name}.hbs`), 'utf8');
  const handlebars = Handlebars.create();
  handlebars.registerPartial('style', read('style').trim());
  const page = <Model>(name: string) => {
    const template = handlebars.compile<Model & { nonce: string }>(read(name));
    return (model: Model, nonce: string) => template({ ...model, nonce });
  };
  return {
    start: page<StartPage>('start'),
    done: page<DonePage>('done'),
    error: page<ErrorPage>('error'),
  };
}
