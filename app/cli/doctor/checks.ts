import type { Check } from './check.js';
import { compose, firewall, network, ports, sandbox } from './containers.js';
import { engine, engineLimits, engineSecurity, engineStorage, registry } from './engine.js';
import { githubApp, githubWebhook } from './github.js';
import { database, dataDisk, engineDisk, mail } from './machine.js';
import { previewCertificate, previewNames, serverCertificate, serverName } from './names.js';
import { clock, reachability } from './public-url.js';
import { screenshots } from './screenshots.js';
import { secretFiles, settings } from './settings.js';

export interface CheckGroup {
  readonly title: string;
  readonly checks: readonly Check[];
}

/** Everything that the doctor looks at, in the order in which it is printed. docs/doctor.md has a line for each. */
export const CHECKS: readonly CheckGroup[] = [
  { title: 'Server', checks: [settings, secretFiles, database, dataDisk, clock, mail, screenshots] },
  {
    title: 'Network',
    checks: [serverName, previewNames, serverCertificate, previewCertificate, reachability],
  },
  { title: 'GitHub', checks: [githubApp, githubWebhook] },
  {
    title: 'Containers',
    checks: [engine, engineLimits, engineSecurity, engineStorage, engineDisk, registry, compose],
  },
  { title: 'Room for containers', checks: [ports, network, firewall, sandbox] },
];

/** They start a program, listen on ports, or have the engine fetch something: only the command does that. */
const BY_COMMAND: readonly Check[] = [screenshots, registry, compose, ports, firewall, sandbox];

/** What a running server looks at by itself. */
export const SERVER_CHECKS: readonly CheckGroup[] = CHECKS.map(({ title, checks }) => ({
  title,
  checks: checks.filter((check) => !BY_COMMAND.includes(check)),
}));
