import { relative } from 'node:path';
import { chooseInstall } from './choose-install.js';
import { SKIPPED, type Job } from './job.js';
import { readPackages } from './read-packages.js';
import { runCommand } from './run-command.js';

export async function install(job: Job): Promise<typeof SKIPPED | undefined> {
  const given = job.inputs.installCommand ?? job.plan.install;
  const choice =
    given === null
      ? chooseInstall(await readPackages(job))
      : { command: given, why: 'as configured', directory: job.directory };
  const { command, why, directory } = choice;
  if (command === '') {
    job.log(`Nothing to install: ${why}. Set the input "install-command" to change that.`);
    return SKIPPED;
  }
  const where =
    directory === job.directory ? '' : ` in ${JSON.stringify(relative(job.directory, directory))}`;
  job.log(`Installing with \`${command}\`${where} (${why}; the input "install-command" changes it).`);
  return runCommand({ ...job, directory }, { command, variables: { ...job.variables, ...job.inputs.env } });
}
