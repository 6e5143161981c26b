import { type Choice, chooseInstall, type Packages, readPackages } from './install.js';
import { type Job, SKIPPED } from './job.js';
import { runCommand } from './run-command.js';

export async function build(job: Job): Promise<typeof SKIPPED | undefined> {
  const { inputs } = job;
  const given = inputs.buildCommand ?? job.plan.build;
  const choice =
    given === null ? chooseBuild(await readPackages(job)) : { command: given, why: 'as configured' };
  if (choice.command === '') {
    job.log(`Nothing to build: ${choice.why}. Set the input "build-command" to change that.`);
    return SKIPPED;
  }
  job.log(`Building with \`${choice.command}\` (${choice.why}; the input "build-command" changes it).`);
  const own = { ...inputs.env, ...inputs.buildEnv, ...inputs.secrets };
  // What the workflow gives is nearer than what the server stores.
  const variables = { ...job.variables, ...job.plan.secrets, ...own };
  return runCommand(job, { command: choice.command, variables });
}

/** The script "build" of package.json, run by the package manager that installs. */
export function chooseBuild({ found, root }: Packages): Choice {
  if (found.scripts === null) return { command: '', why: 'there is no package.json' };
  if (found.scripts.build === null) return { command: '', why: 'package.json has no script "build"' };
  const [manager = 'npm'] = chooseInstall({ found, root }).command.split(' ');
  return { command: `${manager} run build`, why: 'package.json has a script "build"' };
}
