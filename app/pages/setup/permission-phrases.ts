import { parse } from 'yaml';
import { z } from 'zod';

const AppFile = z.looseObject({ default_permissions: z.record(z.string(), z.enum(['read', 'write'])) });

const WHY: Readonly<Record<string, string>> = {
  metadata: 'see the repository and who may write to it',
  contents: 'read .github/preview.yml',
  pull_requests: 'see pull requests and keep one comment',
  checks: 'show the check Preview',
  deployments: "fill GitHub's deployment box",
  statuses: 'set a commit status, where the settings ask for one',
  actions: 'hear how workflow runs end',
};

/** What `app.yml` asks for, in words that an operator can judge: "Pull requests (write): see pull requests and keep one comment". */
export function permissionPhrases(appYml: string): string[] {
  const { default_permissions: permissions } = AppFile.parse(parse(appYml));
  return Object.entries(permissions).map(([name, level]) => {
    const words = name.replaceAll('_', ' ');
    const title = `${words.charAt(0).toUpperCase()}${words.slice(1)} (${level})`;
    const why = WHY[name];
    return why === undefined ? title : `${title}: ${why}`;
  });
}
