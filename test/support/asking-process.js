// A process that asks for the token of a person when it is told to, as a server does that works for them on GitHub.
// Plain JavaScript over the compiled product, because it must be a process of its own.
import { createGitHubUsers } from '../../build/app/github/users/create-github-users.js';
import { connectStore } from '../../build/app/store/connect.js';
import { accessTokenOf } from '../../build/src/people/github-access.js';
import { createSeal } from '../../build/src/secrets/envelope.js';
import { parseKeys } from '../../build/src/secrets/keys.js';

const { mongodbUri, keys, githubUrl, clientId, clientSecret } = JSON.parse(process.argv[2] ?? '{}');
const clock = { now: () => new Date() };
const log = () => undefined;
const store = await connectStore({ uri: mongodbUri, log });
const { users: githubUsers } = createGitHubUsers({
  ...{
    website: githubUrl,
    apiUrl: githubUrl,
    clientId,
    clientSecret,
    callbackUrl: '',
    userAgent: 'test',
    clock,
    log,
  },
});
let ids = 0;
const newId = () => `${String(process.pid)}-${String((ids += 1))}`;
const ports = { ...store.stores, githubUsers, seal: createSeal(parseKeys(keys)), clock, log, newId };

process.on('message', async ({ userId, times }) => {
  const asked = Array.from({ length: times }, () => accessTokenOf(ports, userId));
  const settled = await Promise.allSettled(asked);
  process.send(settled.map(({ value, reason }) => value ?? `failed: ${String(reason)}`));
});
process.on('disconnect', () => void store.close().then(() => process.exit(0)));
process.send('ready');
