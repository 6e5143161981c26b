import { chooseInstall } from './choose-install.js';
import { SKIPPED, type Job } from './job.js';
import { readPackage } from './package-file.js';
import { runCommand } from './run-command.js';

export async function install(job: Job): Promise<typeof SKIPPED | undefined> {
  const given = job.inputs.installCommand ?? job.plan.install;
  const choice =
    given === null
      ? chooseInstall(await readPackage(job.directory))
      : { command: given, why: 'as configured' };
  if (choice.command === '') {
    job.log(`Nothing to install: ${choice.why}. Set the input "install-command" to change that.`);
    return SKIPPED;
  }
  job.log(`Installing with \`${choice.command}\` (${choice.why}; the input "install-command" changes it).`);
  return runCommand(job, { command: choice.command, variables: { ...job.variables, ...job.inputs.env } });
}
