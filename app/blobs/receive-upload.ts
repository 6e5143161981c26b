/** The server's side of an upload: plan, packs, completion. The client's side is `src/targets/static-upload.ts`. */
export { answerPlan, type PlanInput, type UploadPorts } from './answer-plan.js';
export { completeUpload, type CompletedUpload } from './complete-upload.js';
export { receivePack, type PackReceived, type PackUpload } from './receive-pack.js';
export { createUploads } from './uploads.js';
