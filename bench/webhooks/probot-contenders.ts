import mongoose, { Schema } from 'mongoose';
import { createNodeMiddleware, Probot, type ApplicationFunction } from 'probot';
import type { Contender, Given } from './contender.js';
import { whatIsKept } from './what-is-kept.js';

/** Probot as it comes, with a handler that does nothing. It stores nothing either. */
export const probotNoOp: Contender = (given) =>
  serve(given, (app) => {
    app.on('pull_request', async () => undefined);
  });

/** What people write first: three mongoose writes, one after the other, before the answer. */
export const probotMongoose: Contender = async (given) => {
  const connection = await mongoose
    .createConnection(given.mongodbUri, { writeConcern: { w: 'majority', journal: true } })
    .asPromise();
  const state = { sha: String, status: String };
  const Delivery = connection.model('Delivery', new Schema({ _id: String, kept: {} }));
  const Environment = connection.model(
    'Environment',
    new Schema({ _id: String, ...state }, { timestamps: true }),
  );
  const Deployment = connection.model(
    'Deployment',
    new Schema({ environment: String, ...state }, { timestamps: true }),
  );
  return serve(given, (app) => {
    app.on('pull_request', async ({ id, payload }) => {
      const { sha } = payload.pull_request.head;
      const environment = `${payload.repository.id}#${payload.pull_request.number}`;
      await Delivery.create({ _id: id, kept: whatIsKept(payload) });
      await Environment.updateOne({ _id: environment }, { sha, status: 'pending' }, { upsert: true });
      await Deployment.create({ environment, sha, status: 'queued' });
    });
  });
};

/** Stock Probot: a check run and a comment for each pull request, through the Octokit it hands out. */
export const probotReport: Contender = (given) =>
  serve(given, (app) => {
    app.on('pull_request', async ({ octokit, payload }) => {
      const repo = { owner: payload.repository.owner.login, repo: payload.repository.name };
      const { number, head } = payload.pull_request;
      await Promise.all([
        octokit.rest.checks.create({ ...repo, name: 'Preview', head_sha: head.sha, status: 'queued' }),
        octokit.rest.issues.createComment({
          ...repo,
          issue_number: number,
          body: 'Preview: waiting for the build',
        }),
      ]);
    });
  });

async function serve({ appId, privateKey, secret, githubUrl }: Given, app: ApplicationFunction) {
  const probot = new Probot({ appId, privateKey, secret, baseUrl: githubUrl, logLevel: 'fatal' });
  const middleware = await createNodeMiddleware(app, { probot });
  return (...[request, response]: Parameters<typeof middleware>) =>
    void middleware(request, response, () => void response.writeHead(404).end());
}
