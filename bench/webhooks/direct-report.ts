import { Agent, request } from 'node:http';
import { z } from 'zod';
import type { Contender } from './contender.js';
import { receiveSigned } from './signed-body.js';

const Event = z.object({
  pull_request: z.object({ number: z.int(), head: z.object({ sha: z.string() }) }),
  repository: z.object({ full_name: z.string() }),
});

/** The floor of telling GitHub: a token at hand, both calls side by side. */
export const directReport: Contender = async ({ secret, githubUrl }) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const post = (path: string, body: unknown) =>
    new Promise<void>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', authorization: 'token kept' };
      const sent = request(`${githubUrl}${path}`, { method: 'POST', headers, agent }, (response) => {
        response.resume().on('end', resolve);
      });
      sent.on('error', reject).end(JSON.stringify(body));
    });
  return receiveSigned(secret, ({ payload }) => {
    const { pull_request: pull, repository } = Event.parse(payload);
    const repo = `/repos/${repository.full_name}`;
    return Promise.all([
      post(`${repo}/check-runs`, { name: 'Preview', head_sha: pull.head.sha }),
      post(`${repo}/issues/${pull.number}/comments`, { body: 'Preview: waiting for the build' }),
    ]);
  });
};
