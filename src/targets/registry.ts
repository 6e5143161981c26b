export {
  createStaticTarget,
  type StaticHandle,
  type StaticHosting,
  type StaticOptions,
} from './static/static.js';
export type { Deployed, Inspection, Release, Run, Target } from './target.js';
