/** The part of the toolkit that the Action uses. Loaded at the end of a run, because loading it takes longer than the first request. */
export { error, notice, setOutput, summary, warning } from '@actions/core';
