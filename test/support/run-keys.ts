/** The two RSA keys of this run, made once by test/support/global-setup.js: one takes longer to make than a GitHub takes to start. */
export const appKey = (): string => keyOf('TEST_APP_KEY');
export const oidcKey = (): string => keyOf('TEST_OIDC_KEY');

function keyOf(name: string): string {
  const key = process.env[name];
  if (!key) throw new Error(`${name} is not set: start the tests with "npm run unit".`);
  return key;
}
