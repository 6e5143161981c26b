/** What is used of the toolkit; loaded at the end of a run only, because it takes longer to load than the first request takes. */
export { error, notice, setOutput, summary, warning } from '@actions/core';
