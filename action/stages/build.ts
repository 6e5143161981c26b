import { chooseBuild } from './choose-build.js';
import { SKIPPED, type Job } from './job.js';
import { readPackages } from './read-packages.js';
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
  const variables = { ...job.variables, ...inputs.env, ...inputs.buildEnv, ...inputs.secrets };
  return runCommand(job, { command: choice.command, variables });
}
