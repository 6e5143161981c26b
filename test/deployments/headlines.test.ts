import { expect, test } from '@jest/globals';
import { createViews } from '../../app/github/create-github.js';
import { COMMIT_PAGES, PREVIEW_PAGES } from '../../app/previews/page-texts.js';
import { HEADLINES, headlineHere } from '../../src/deployments/headlines.js';
import { situationOf } from '../../src/deployments/situation.js';
import { commentOf, SCENES } from '../app/github/report/scenes.js';

test('the comment on a pull request says the headline of its situation', () => {
  const { comment } = createViews();
  const scenes = Object.values(SCENES);
  expect(scenes.length).toBeGreaterThan(10);
  for (const scene of scenes)
    expect(comment(commentOf(scene))).toContain(`**${HEADLINES[situationOf(scene).kind]}`);
});

test('pages at the address of a preview or a commit say the same, of "this" one', () => {
  for (const kind of ['waiting', 'awaiting-approval', 'building', 'build-failed', 'removed'] as const)
    expect(PREVIEW_PAGES[kind].heading).toBe(headlineHere(kind));
  expect(PREVIEW_PAGES.building.heading).toBe('This preview is being built');
  expect(COMMIT_PAGES.building.heading).toBe('This commit is being built');
  expect(PREVIEW_PAGES['build-failed'].heading).toBe('The preview of this commit failed');
});
