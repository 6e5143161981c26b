/** Everything that a run without a server loads, as one part of the bundle. */
export { connect } from './connect.js';
export { destroy } from './destroy.js';
export { findPullRequest } from './find-pull-request.js';
export { runWithoutServer } from './without-server.js';
