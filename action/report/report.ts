/** All that the ways without a server load, at once. */
export { connect } from './connect.js';
export { destroy } from './destroy.js';
export { findPullRequest } from './find-pull-request.js';
export { runWithoutServer } from './without-server.js';
