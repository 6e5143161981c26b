/** GitHub's own example payloads, from npm `@octokit/webhooks-examples`: they fill in what the emulator keeps no state for. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { toJson, type Json } from '../documents.js';

const catalogue = z.array(
  z.object({ name: z.string(), examples: z.array(z.record(z.string(), z.unknown())) }),
);

const FILE = createRequire(import.meta.url).resolve('@octokit/webhooks-examples/api.github.com/index.json');

let loaded: z.infer<typeof catalogue> | undefined;

function examples(): z.infer<typeof catalogue> {
  loaded ??= catalogue.parse(JSON.parse(readFileSync(FILE, 'utf8')));
  return loaded;
}

/** One part of an example, its addresses turned into those of a repository here. */
export function examplePart(
  source: { event: string; action: string; part: string },
  repository: { fullName: string; url: string },
): Json {
  const ofEvent = examples().find((one) => one.name === source.event)?.examples ?? [];
  const having = ofEvent.filter((one) => one[source.part] !== undefined);
  const example = having.find((one) => one.action === source.action) ?? having[0];
  return localised(toJson(example?.[source.part]), repository);
}

function localised(part: Json, { fullName, url }: { fullName: string; url: string }): Json {
  const text = JSON.stringify(part)
    .replaceAll(/https:\/\/(api\.)?github\.com/g, url)
    .replaceAll(/(repos\/|127\.0\.0\.1:\d+\/)[\w-]+\/[\w.-]+(?=[/"])/g, (match, lead: string) =>
      /\/(users|orgs|settings)\//.test(match) ? match : lead + fullName,
    );
  return toJson(JSON.parse(text));
}
