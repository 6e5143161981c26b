// Asks Lighthouse about one page in a browser that runs already: node run.js <port of its DevTools> <address>. Prints scores and complaints.
import lighthouse from 'lighthouse';

const [port, url] = process.argv.slice(2);
const result = await lighthouse(url, {
  port: Number(port),
  output: 'json',
  logLevel: 'error',
  onlyCategories: ['performance', 'accessibility', 'best-practices'],
  // As the machine is: this server is on it. The session of the person stays.
  throttlingMethod: 'provided',
  disableStorageReset: true,
  formFactor: 'desktop',
  screenEmulation: { disabled: true },
});
const { categories, audits, finalDisplayedUrl } = result.lhr;
const scores = Object.fromEntries(Object.entries(categories).map(([name, { score }]) => [name, score]));
const complaints = Object.values(audits)
  .filter(({ score, scoreDisplayMode }) => score !== null && score < 1 && scoreDisplayMode !== 'informative')
  .map(({ id, score, displayValue = '' }) => `${id}: ${score} ${displayValue}`.trim());
process.stdout.write(JSON.stringify({ url: finalDisplayedUrl, scores, complaints }));
