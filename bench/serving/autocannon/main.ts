import autocannon from 'autocannon';
import { z } from 'zod';
import { answerParent } from '../../harness/answer-parent.js';

const Visits = z.object({
  port: z.int(),
  addresses: z.array(z.string()),
  headers: z.record(z.string(), z.string()),
  seconds: z.number(),
});

const CONNECTIONS = 64;

async function visit(given: unknown) {
  const { port, addresses, headers, seconds } = Visits.parse(given);
  const result = await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections: CONNECTIONS,
    duration: seconds,
    headers,
    requests: addresses.map((path) => ({ path })),
  });
  return {
    perSecond: result.requests.average,
    p99: result.latency.p99,
    failed: result.errors + result['4xx'] + result['5xx'],
  };
}

answerParent({ ready: null, answers: { visit } });
