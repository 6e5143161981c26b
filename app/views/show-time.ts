export { showDuration, showSpan, showTime } from '../../src/domain/show-time.js';
