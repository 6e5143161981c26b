import { whyNotHidden } from '../../src/shared/redact/forms.js';

/** Which secrets stay readable in the logs, and why. By name, never by value. */
export function weakSecrets(secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets).flatMap(([name, value]) => {
    const why = value === '' ? undefined : whyNotHidden(value);
    return why ? [`${name} ${why} and is not hidden in logs; choose a longer one.`] : [];
  });
}
