import { randomUUID } from 'node:crypto';
import { createShareLink } from '../../src/access/links.js';
import { setPreviewPassword } from '../../src/access/password.js';
import type { StoredEnvironment } from '../../src/environments/store.js';
import { changeProject } from '../../src/repositories/projects.js';
import { expectThat } from '../expect.js';
import { openGuestbook } from '../guestbook/story.js';
import { runWorkflow } from '../run-workflow.js';
import { breakBuild } from '../scenes/break-build.js';
import { openPullRequest } from '../scenes/open.js';
import { pushCommit } from '../scenes/push.js';
import { AUTHOR, REPOSITORY, type Stage } from '../stage.js';

/** What the pictures show, by name. */
export interface Scene {
  /** Live, after several deployments. */
  readonly live: StoredEnvironment;
  /** Its newest build failed. */
  readonly failed: StoredEnvironment;
  /** A Node server, protected with a password. */
  readonly program: StoredEnvironment;
}

interface Wanted {
  readonly title: string;
  readonly branch: string;
  /** The workflow runs too. */
  readonly isBuilt: boolean;
  readonly isDraft?: boolean;
}

/** With names as people choose them: short, very long, and from right to left. */
const MORE: readonly Wanted[] = [
  { title: 'Show prices with tax in the cart', branch: 'cart/prices-with-tax', isBuilt: true },
  { title: 'إضافة صفحة عن الشركة', branch: 'about-page-arabic', isBuilt: true },
  {
    title: `Move every page of the help centre to the new layout, with its search, its table of contents and the pictures that are only loaded when somebody looks at them`,
    branch: `feature/${'help-centre-new-layout-'.repeat(8)}end`,
    isBuilt: true,
  },
  { title: 'Try another search engine', branch: 'search-spike', isBuilt: false },
];

/** Plays the story of the demo, and opens a few more pull requests. */
export async function setScene(stage: Stage): Promise<Scene> {
  const note = () => undefined;
  const program = await openGuestbook(stage, 'welcome');
  const first = await openPullRequest(stage, { branch: 'greet-the-world', note });
  // The picture of the next commit is compared with that of this one.
  await stage.app.drain();
  await pushCommit(stage, { before: first, text: 'Hello again', note });
  const second = await openAnother(stage, MORE.slice(0, 1));
  for (const wanted of MORE.slice(1)) await openAnother(stage, [wanted]);
  const broken = { number: second, branch: MORE[0]?.branch ?? '', sha: '' };
  await breakBuild(stage, { before: broken, note }).catch(() => undefined);
  await stage.app.drain();
  const all = (await stage.app.ports.environments.list({}, { limit: 100 })).items;
  const of = (repository: string, number: number) => {
    const found = all.find((one) => one.repository === repository && one.pullRequest?.number === number);
    expectThat(found, `Pull request ${String(number)} of ${repository} should have a preview.`);
    return found;
  };
  await protect(stage, of('acme/guestbook', program.number));
  return {
    live: of(REPOSITORY, first.number),
    failed: of(REPOSITORY, second),
    program: of('acme/guestbook', program.number),
  };
}

/** With a password, and links for two people. */
async function protect({ app: { ports } }: Stage, environment: StoredEnvironment): Promise<void> {
  const settings = { access: 'password' };
  const project = await changeProject(ports, { id: environment.projectId, settings, actor: AUTHOR });
  await setPreviewPassword(ports, { project, password: randomUUID(), actor: AUTHOR });
  const link = { environment, path: '/', actor: AUTHOR };
  await createShareLink(ports, { ...link, name: 'Design review', duration: '7d' });
  await createShareLink(ports, { ...link, name: 'For the customer', duration: '1d' });
}

async function openAnother(stage: Stage, wanted: readonly Wanted[]): Promise<number> {
  let last = 0;
  for (const { title, branch, isBuilt } of wanted) {
    const { pullRequest } = await stage.github.openPullRequest({
      ...{ repository: REPOSITORY, author: AUTHOR, title, head: branch },
      files: { 'site/index.html': pageOf(title) },
    });
    await stage.app.drain();
    if (isBuilt) await runWorkflow(stage, { number: pullRequest.number });
    last = pullRequest.number;
  }
  return last;
}

/** A page that is told apart from others in a small picture. */
function pageOf(title: string): string {
  const hue = (title.length * 47) % 360;
  const colours = `background: hsl(${String(hue)} 45% 92%); border-top: 6rem solid hsl(${String(hue)} 45% 40%)`;
  const style = `margin: 0; padding: 3rem 4rem; font: 1.6rem/1.5 system-ui; ${colours}`;
  return `<!doctype html>\n<html lang="en">\n<body style="${style}">\n<h1 dir="auto">${title}</h1>\n<p>A page of the shop, as the pull request changes it.</p>\n</body>\n</html>\n`;
}
