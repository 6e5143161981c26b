import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { answerParent } from '../harness/answer-parent.js';
import type { Contender } from './contender.js';
import { directReport } from './direct-report.js';
import { insertOne, parseOnly } from './http-contenders.js';
import { probotMongoose, probotNoOp, probotReport } from './probot-contenders.js';

const CONTENDERS: Readonly<Record<string, Contender>> = {
  'parse-only': parseOnly,
  'insert-one': insertOne,
  'probot-no-op': probotNoOp,
  'probot-mongoose': probotMongoose,
  'probot-report': probotReport,
  'direct-report': directReport,
};

const Variables = z.object({
  WEBHOOK_SECRET: z.string(),
  APP_ID: z.coerce.number(),
  PRIVATE_KEY: z.string(),
  MONGODB_URI: z.string(),
  GITHUB_API_URL: z.string(),
});

const contender = CONTENDERS[process.argv[2] ?? ''];
if (!contender) throw new Error(`There is no receiver "${process.argv[2]}".`);
const env = Variables.parse(process.env);
const listener = await contender({
  secret: env.WEBHOOK_SECRET,
  appId: env.APP_ID,
  privateKey: env.PRIVATE_KEY,
  mongodbUri: env.MONGODB_URI,
  githubUrl: env.GITHUB_API_URL,
});
const server = createServer(listener);
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
answerParent({ ready: { port: (server.address() as AddressInfo).port } });
